/* A cache of pages by least recent use: a hash table and a list, before a file of blocks. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define BLOCK 4096
#define BLOCKS 32
#define FRAMES 6
#define BUCKETS 8

struct frame {
    int block, dirty;
    char *data;
    struct frame *chain, *newer, *older;
};

static struct frame frames[FRAMES], *buckets[BUCKETS], *newest, *oldest;
static int file, hits, misses, written;

static void unlink_frame(struct frame *frame) {
    if (frame->newer) frame->newer->older = frame->older; else newest = frame->older;
    if (frame->older) frame->older->newer = frame->newer; else oldest = frame->newer;
}

static void make_newest(struct frame *frame) {
    frame->newer = NULL;
    frame->older = newest;
    if (newest) newest->newer = frame; else oldest = frame;
    newest = frame;
}

static void forget(struct frame *frame) {
    struct frame **place = &buckets[frame->block % BUCKETS];
    while (*place && *place != frame)
        place = &(*place)->chain;
    if (*place)
        *place = frame->chain;
    if (frame->dirty) {
        pwrite(file, frame->data, BLOCK, (off_t)frame->block * BLOCK);
        written++;
    }
    frame->dirty = 0;
}

static struct frame *get(int block) {
    struct frame *frame = buckets[block % BUCKETS];
    while (frame && frame->block != block)
        frame = frame->chain;
    if (frame) {
        hits++;
    } else {
        misses++;
        frame = oldest;
        if (frame->block >= 0)
            forget(frame);
        frame->block = block;
        ssize_t n = pread(file, frame->data, BLOCK, (off_t)block * BLOCK);
        memset(frame->data + n, 0, BLOCK - n);
        frame->chain = buckets[block % BUCKETS];
        buckets[block % BUCKETS] = frame;
    }
    unlink_frame(frame);
    make_newest(frame);
    return frame;
}

int main(void) {
    uint32_t random = 12345;
    char *memory = mmap(NULL, FRAMES * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    file = open("/tmp/blocks", O_CREAT | O_RDWR | O_TRUNC, 0600);
    for (int i = 0; i < FRAMES; i++) {
        frames[i] = (struct frame){.block = -1, .data = memory + i * BLOCK};
        make_newest(&frames[i]);
    }
    for (int i = 0; i < 400; i++) {
        random = random * 1103515245 + 12345;
        int block = (random >> 16) % (i % 3 ? 8 : BLOCKS);
        struct frame *frame = get(block);
        if (random & 0x10000) {
            frame->data[i % BLOCK]++;
            frame->dirty = 1;
        }
    }
    for (int i = 0; i < FRAMES; i++)
        forget(&frames[i]);
    printf("%d hits, %d misses, %d blocks written\n", hits, misses, written);
    long sum = 0;
    off_t size = lseek(file, 0, SEEK_END);
    unsigned char *mapped = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
    for (off_t i = 0; i < size; i++)
        sum += mapped[i];
    printf("%ld bytes, sum %ld\n", (long)size, sum);
    munmap(mapped, size);
    ftruncate(file, 0);
    close(file);
    return unlink("/tmp/blocks");
}
