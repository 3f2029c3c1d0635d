/* Free at the end of the heap goes back to the kernel; a block that stays holds what is below. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCKS 200
#define SIZE 4000

static char *bottom; /* the first block */

static long heap_pages(void)
{
    return ((char *)sbrk(0) - bottom) / 4096;
}

int main(void)
{
    char *blocks[BLOCKS];

    setvbuf(stdout, NULL, _IONBF, 0);
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(SIZE);
        memset(blocks[i], i, SIZE);
    }
    bottom = blocks[0];
    printf("after malloc: %ld pages\n", heap_pages());
    char *last = malloc(100);
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    printf("all free but the last: %ld pages\n", heap_pages());
    printf("malloc_trim returns %d: %ld pages\n", malloc_trim(0), heap_pages());
    free(last);
    printf("last one free: %ld pages\n", heap_pages());
    printf("malloc_trim returns %d: %ld pages\n", malloc_trim(0), heap_pages());
    return 0;
}
