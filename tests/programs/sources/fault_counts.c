/* What costs a page fault, counted by the kernel: ru_minflt. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAGE 4096
#define PAGES 32

static long last;

static void count(const char *what)
{
    struct rusage usage;
    long before = last;

    getrusage(RUSAGE_SELF, &usage);
    last = usage.ru_minflt;
    if (what)
        printf("%-28s%ld\n", what, last - before);
    getrusage(RUSAGE_SELF, &usage);
    last = usage.ru_minflt;
}

static void touch(volatile char *p, int write)
{
    for (int i = 0; i < PAGES; i++)
        if (write)
            p[i * PAGE] = 1;
        else
            (void)p[i * PAGE];
}

int main(void)
{
    int rw = PROT_READ | PROT_WRITE, anon = MAP_PRIVATE | MAP_ANONYMOUS;

    printf("faults by\n");
    count(NULL);
    count("nothing");
    char *p = mmap(NULL, PAGES * PAGE, rw, anon, -1, 0);
    count("mmap");
    touch(p, 0);
    count("reads of new pages");
    touch(p, 1);
    count("writes where zeros were read");
    touch(p, 1);
    count("writes again");
    mprotect(p, PAGES * PAGE, PROT_READ);
    mprotect(p, PAGES * PAGE, rw);
    touch(p, 1);
    count("writes after mprotect");
    char *q = mmap(NULL, PAGES * PAGE, rw, anon | MAP_POPULATE, -1, 0);
    count("MAP_POPULATE");
    touch(q, 1);
    count("writes after it");
    char *s = mmap(NULL, PAGES * PAGE, rw, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    touch(s, 1);
    count("writes to a shared mapping");
    read(STDIN_FILENO, p, 0);
    munmap(p, PAGES * PAGE);
    munmap(q, PAGES * PAGE);
    count("munmap");
    return 0;
}
