/* From how many bytes on malloc asks for a mapping is a setting: M_MMAP_THRESHOLD. */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *where(void *p)
{
    static char *bottom;
    if (!bottom)
        bottom = (char *)sbrk(0) - 0x40000;
    return (char *)p >= bottom && (char *)p < (char *)sbrk(0) ? "heap" : "mapping";
}

static void try(size_t size)
{
    void *p = malloc(size);
    printf("%7zu bytes: %s\n", size, where(p));
    free(p);
}

int main(void)
{
    puts("default:");
    try(100000);
    try(132000);
    try(132000); /* freeing a mapping raised the limit */
    try(400000);
    mallopt(M_MMAP_THRESHOLD, 8192);
    puts("M_MMAP_THRESHOLD 8192:");
    try(8000);
    try(300000);
    mallopt(M_MMAP_MAX, 0);
    puts("M_MMAP_MAX 0:");
    try(1000000);
    return 0;
}
