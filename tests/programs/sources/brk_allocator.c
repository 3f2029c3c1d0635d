/* An allocator of the textbook on sbrk: implicit free list, first fit, boundary tags. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORD 8
#define CHUNK 4096
#define PACK(size, used) ((size) | (used))
#define GET(p) (*(uint64_t *)(p))
#define PUT(p, v) (*(uint64_t *)(p) = (v))
#define SIZE(p) (GET(p) & ~(uint64_t)15)
#define USED(p) (GET(p) & 1)
#define HEADER(b) ((char *)(b) - WORD)
#define FOOTER(b) ((char *)(b) + SIZE(HEADER(b)) - 2 * WORD)
#define NEXT(b) ((char *)(b) + SIZE(HEADER(b)))
#define PREVIOUS(b) ((char *)(b) - SIZE((char *)(b) - 2 * WORD))

static char *first;

static void mark(char *block, uint64_t size, int used)
{
    PUT(HEADER(block), PACK(size, used));
    PUT(FOOTER(block), PACK(size, used));
}

static char *coalesce(char *block)
{
    uint64_t size = SIZE(HEADER(block));

    if (!USED(HEADER(NEXT(block))))
        size += SIZE(HEADER(NEXT(block)));
    if (!USED(block - 2 * WORD)) {
        block = PREVIOUS(block);
        size += SIZE(HEADER(block));
    }
    mark(block, size, 0);
    return block;
}

static char *extend(uint64_t size)
{
    char *block = sbrk(size);

    if (block == (void *)-1)
        return NULL;
    mark(block, size, 0);
    PUT(HEADER(NEXT(block)), PACK(0, 1));
    return coalesce(block);
}

static int init(void)
{
    char *start = sbrk(4 * WORD);

    if (start == (void *)-1)
        return -1;
    PUT(start, 0);
    PUT(start + WORD, PACK(2 * WORD, 1));
    PUT(start + 2 * WORD, PACK(2 * WORD, 1));
    PUT(start + 3 * WORD, PACK(0, 1));
    first = start + 2 * WORD;
    return extend(CHUNK) ? 0 : -1;
}

static void *allocate(size_t bytes)
{
    uint64_t size = (bytes + 2 * WORD + 15) & ~(uint64_t)15;
    char *block;

    for (block = first; SIZE(HEADER(block)) > 0; block = NEXT(block))
        if (!USED(HEADER(block)) && SIZE(HEADER(block)) >= size)
            break;
    if (SIZE(HEADER(block)) == 0)
        block = extend(size > CHUNK ? size : CHUNK);
    if (!block)
        return NULL;
    uint64_t rest = SIZE(HEADER(block)) - size;
    if (rest >= 4 * WORD) {
        mark(block, size, 1);
        mark(NEXT(block), rest, 0);
    } else {
        mark(block, size + rest, 1);
    }
    return block;
}

static void release(void *block)
{
    mark(block, SIZE(HEADER(block)), 0);
    coalesce(block);
}

int main(void)
{
    void *blocks[64];
    char *before = sbrk(0);

    if (init() < 0)
        return 1;
    for (int i = 0; i < 64; i++) {
        size_t size = 16 + i * 37 % 700;
        blocks[i] = allocate(size);
        memset(blocks[i], i, size);
    }
    for (int i = 0; i < 64; i += 2)
        release(blocks[i]);
    void *again = allocate(16);
    void *large = allocate(50000);
    memset(large, 1, 50000);
    int free_blocks = 0, used_blocks = 0;
    for (char *b = first; SIZE(HEADER(b)) > 0; b = NEXT(b))
        *(USED(HEADER(b)) ? &used_blocks : &free_blocks) += 1;
    long grown = (char *)sbrk(0) - before; /* printf allocates a buffer: only now */
    printf("first fit finds block 0 again: %s\n", again == blocks[0] ? "yes" : "no");
    printf("%d used, %d free, heap grew by %ld bytes\n", used_blocks, free_blocks, grown);
    return 0;
}
