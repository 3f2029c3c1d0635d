/* A ring buffer mapped twice in a row, so that what wraps around needs no second copy. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE (2 * 4096)

static char *make_ring(void)
{
    int fd = memfd_create("ring", 0);

    if (fd < 0 || ftruncate(fd, SIZE) < 0)
        return NULL;
    char *area = mmap(NULL, 2 * SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int half = 0; half < 2; half++)
        if (mmap(area + half * SIZE, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
            MAP_FAILED)
            return NULL;
    close(fd);
    return area;
}

int main(void)
{
    static const char message[] = "this sentence wraps around";
    char *ring = make_ring();
    unsigned head = 0, tail = 0, sent = 0;

    if (!ring)
        return 1;
    for (int i = 0; i < 1000; i++) {
        memcpy(ring + head % SIZE, message, sizeof message);
        head += sizeof message;
        if (memcmp(ring + tail % SIZE, message, sizeof message) == 0)
            sent++;
        tail += sizeof message;
    }
    printf("%u messages, %u rounds\n", sent, head / SIZE);
    ring[SIZE] = '!';
    printf("first byte by the other name: %c\n", ring[0]);
    return 0;
}
