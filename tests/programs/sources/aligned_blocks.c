/* Blocks at a multiple of a power of two: posix_memalign and aligned_alloc. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    void *blocks[16];
    int n = 0;

    for (size_t align = 16; align <= 65536; align *= 4) {
        if (posix_memalign(&blocks[n], align, 5000)) {
            puts("posix_memalign fails");
            return 1;
        }
        memset(blocks[n], n, 5000);
        printf("%6zu: remainder %zu\n", align, (size_t)((uintptr_t)blocks[n] % align));
        n++;
    }
    blocks[n] = aligned_alloc(4096, 8192);
    memset(blocks[n], n, 8192);
    printf("a page: remainder %zu\n", (size_t)((uintptr_t)blocks[n++] % 4096));
    int error = posix_memalign(&blocks[n], 24, 100);
    printf("alignment 24: %s\n", error == EINVAL ? "EINVAL" : "?");
    while (n > 0)
        free(blocks[--n]);
    return 0;
}
