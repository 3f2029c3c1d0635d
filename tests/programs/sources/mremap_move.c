/* mremap: grow in place, move when there is no room, to a given place, and shrink. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

int main(void)
{
    char *base = mmap((char *)0x30000000, 4 * PAGE, RW, ANON, -1, 0);
    for (int i = 0; i < 4; i++)
        base[i * PAGE] = (char)('a' + i);

    char *p = mremap(base, 4 * PAGE, 8 * PAGE, 0);
    printf("grown in place: %s\n", p == base ? "yes" : "no");
    mmap(base + 8 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
    p = mremap(base, 8 * PAGE, 16 * PAGE, 0);
    printf("no room: %s\n", p == MAP_FAILED ? strerror(errno) : "grown");
    p = mremap(base, 8 * PAGE, 16 * PAGE, MREMAP_MAYMOVE);
    printf("moved: %s, bytes %c%c%c%c\n", p != base ? "yes" : "no", p[0], p[PAGE], p[2 * PAGE],
           p[3 * PAGE]);
    char *there = (char *)0x50000000;
    p = mremap(p, 16 * PAGE, 16 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, there);
    printf("at the given place: %s, byte %c\n", p == there ? "yes" : "no", p[3 * PAGE]);
    p = mremap(p, 16 * PAGE, 2 * PAGE, 0);
    printf("shrunk: %c%c\n", p[0], p[PAGE]);
    unsigned char resident[2];
    int result = mincore(there + 2 * PAGE, PAGE, resident);
    printf("behind it: %s\n", result < 0 ? strerror(errno) : "mapped");
    char *kept = mremap(there, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
    printf("left behind: %d, moved: %c\n", there[0], kept[0]);
    return 0;
}
