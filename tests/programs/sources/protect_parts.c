/* mprotect on parts of a mapping splits it; equal neighbours become one again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096

int main(void)
{
    char *p = mmap(NULL, 9 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memset(p, 1, 9 * PAGE);
    printf("middle: %d\n", mprotect(p + 3 * PAGE, 3 * PAGE, PROT_READ));
    printf("its middle: %d\n", mprotect(p + 4 * PAGE, PAGE, PROT_NONE));
    printf("all the same: %d\n", mprotect(p, 9 * PAGE, PROT_READ));
    printf("all writable: %d\n", mprotect(p, 9 * PAGE, PROT_READ | PROT_WRITE));
    munmap(p + 4 * PAGE, PAGE);
    errno = 0;
    mprotect(p, 9 * PAGE, PROT_READ);
    printf("across a hole: %s\n", strerror(errno));
    errno = 0;
    mprotect(p + 1, PAGE, PROT_READ);
    printf("not at a page: %s\n", strerror(errno));
    p[8 * PAGE] = 2; /* behind the hole nothing changed */
    printf("behind the hole: %d\n", p[8 * PAGE]);
    fflush(stdout);
    p[3 * PAGE] = 2;
    puts("never said");
    return 0;
}
