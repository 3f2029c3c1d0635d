/* Pages given back: MADV_DONTNEED brings zeros or the file's bytes, MADV_FREE maybe later. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAGE 4096
#define PAGES 16

static long faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

static long touch(volatile char *p)
{
    long before = faults();
    for (int i = 0; i < PAGES; i++)
        p[i * PAGE] += 1;
    return faults() - before;
}

int main(void)
{
    int fd = open("/tmp/discard", O_RDWR | O_CREAT | O_TRUNC, 0644);
    char page[PAGE];
    memset(page, '0', PAGE);
    for (int i = 0; i < PAGES; i++)
        write(fd, page, PAGE);
    char *anonymous = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *file = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

    touch(anonymous);
    long again = touch(anonymous);
    madvise(anonymous, PAGES * PAGE, MADV_DONTNEED);
    long discarded = touch(anonymous);
    printf("anonymous: %ld faults again, %ld after MADV_DONTNEED, byte %d\n", again, discarded,
           anonymous[0]);
    touch(file);
    printf("file: byte %c", file[0]);
    madvise(file, PAGES * PAGE, MADV_DONTNEED);
    printf(", after MADV_DONTNEED %c\n", file[0]);
    int result = madvise(anonymous, 4 * PAGE, MADV_FREE);
    anonymous[0] = 9;
    printf("MADV_FREE returns %d, a byte written after it stays %d\n", result, anonymous[0]);
    result = madvise(file, PAGE, MADV_FREE);
    printf("MADV_FREE of a file's page: %s\n", result < 0 ? "refused" : "done");
    madvise(anonymous, PAGES * PAGE, MADV_DONTFORK);
    unlink("/tmp/discard");
    return 0;
}
