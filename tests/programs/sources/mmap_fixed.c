/* Where mappings go: a hint, MAP_FIXED over what is there, MAP_FIXED_NOREPLACE. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)

int main(void)
{
    char *base = (char *)0x10000000;
    char *hinted = mmap(base, 8 * PAGE, RW, ANON, -1, 0);
    printf("a free hint is taken: %s\n", hinted == base ? "yes" : "no");
    memset(hinted, 'a', 8 * PAGE);
    char *again = mmap(base, PAGE, RW, ANON, -1, 0);
    printf("a taken hint: %s\n", again == base ? "replaced" : "elsewhere");
    char *noreplace = mmap(base + PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);
    printf("MAP_FIXED_NOREPLACE: %s\n", noreplace == MAP_FAILED ? strerror(errno) : "mapped");
    char *fixed = mmap(base + 2 * PAGE, 2 * PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0);
    printf("MAP_FIXED replaces: %c %d %d %c\n", base[PAGE], fixed[0], fixed[PAGE], base[4 * PAGE]);
    munmap(base + 5 * PAGE, PAGE);
    char *hole = mmap(base + 5 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);
    printf("the hole can be filled: %s\n", hole == base + 5 * PAGE ? "yes" : "no");
    errno = 0;
    mmap(base + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0);
    printf("not at a page: %s\n", strerror(errno));
    mmap(NULL, 0, RW, ANON, -1, 0);
    printf("no length: %s\n", strerror(errno));
    mmap(NULL, (size_t)1 << 50, RW, ANON, -1, 0);
    printf("too long: %s\n", strerror(errno));
    return 0;
}
