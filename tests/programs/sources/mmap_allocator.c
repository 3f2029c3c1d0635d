/* A segregated allocator on mmap: a page for each size class, large blocks on their own. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096
#define CLASSES 7 /* 16, 32, ... 1024 bytes */

struct block {
    struct block *next;
};

static struct block *bins[CLASSES];
static int pages_mapped, large_mapped;

static int class_of(size_t size)
{
    int class = 0;
    while (class < CLASSES && (size_t)16 << class < size)
        class++;
    return class;
}

static void *map(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static void *allocate(size_t size)
{
    int class = class_of(size);

    if (class == CLASSES) {
        large_mapped++;
        return map(size);
    }
    if (!bins[class]) {
        char *page = map(PAGE);
        pages_mapped++;
        for (size_t at = 0; at < PAGE; at += (size_t)16 << class) {
            struct block *b = (struct block *)(page + at);
            b->next = bins[class];
            bins[class] = b;
        }
    }
    struct block *b = bins[class];
    bins[class] = b->next;
    return b;
}

static void release(void *p, size_t size)
{
    int class = class_of(size);

    if (class == CLASSES) {
        munmap(p, size);
        return;
    }
    struct block *b = p;
    b->next = bins[class];
    bins[class] = b;
}

int main(void)
{
    static void *blocks[300];
    static size_t sizes[300];
    uint32_t seed = 1;
    unsigned long total = 0;

    for (int round = 0; round < 2000; round++) {
        seed = seed * 1103515245 + 12345;
        int i = (seed >> 16) % 300;
        if (blocks[i]) {
            release(blocks[i], sizes[i]);
            blocks[i] = NULL;
            continue;
        }
        sizes[i] = 1 + (seed >> 8) % 1100;
        blocks[i] = allocate(sizes[i]);
        memset(blocks[i], round, sizes[i]);
        total += sizes[i];
    }
    printf("%lu bytes asked, %d pages for small blocks, %d large blocks\n", total, pages_mapped,
           large_mapped);
    return 0;
}
