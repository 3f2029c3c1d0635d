/* fork copies no pages; the first write to each does. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define PAGES 64

static long faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

static long touch(volatile char *p, int write)
{
    long before = faults();
    for (int i = 0; i < PAGES; i++)
        if (write)
            p[i * PAGE]++;
        else
            (void)p[i * PAGE];
    return faults() - before;
}

int main(void)
{
    char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    touch(p, 1);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("parent, own pages: %ld\n", touch(p, 1));
    pid_t pid = fork();
    if (pid == 0) {
        touch(p, 0);
        long written = touch(p, 1), again = touch(p, 1);
        printf("child: writes %ld, again %ld, byte %d\n", written, again, p[0]);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    long written = touch(p, 1), again = touch(p, 1);
    printf("parent: writes %ld, again %ld, byte %d\n", written, again, p[0]);
    return 0;
}
