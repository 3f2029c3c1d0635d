/* Locked pages are present at once; there is a limit. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define PAGE 4096
#define PAGES 16

static long faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

int main(void)
{
    char *area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("mlock: %d\n", mlock(area, 8 * PAGE));
    long before = faults();
    for (int i = 0; i < 8; i++)
        area[i * PAGE] = 1;
    long locked = faults() - before;
    before = faults();
    for (int i = 8; i < PAGES; i++)
        area[i * PAGE] = 1;
    long others = faults() - before;
    printf("faults: %ld in locked pages, %ld in others\n", locked, others);
    errno = 0;
    madvise(area, PAGE, MADV_DONTNEED);
    printf("MADV_DONTNEED of a locked page: %s\n", strerror(errno));
    printf("munlock: %d\n", munlock(area, PAGES * PAGE));
    printf("mlock2 on fault: %d\n", mlock2(area, PAGES * PAGE, MLOCK_ONFAULT));
    printf("mlockall: %d\n", mlockall(MCL_FUTURE));
    char *later = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    before = faults();
    later[0] = later[3 * PAGE] = 1;
    printf("a mapping made later: %ld faults\n", faults() - before);
    printf("munlockall: %d\n", munlockall());
    return 0;
}
