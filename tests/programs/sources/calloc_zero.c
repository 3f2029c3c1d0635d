/* calloc gives zeros, even where the memory was used before; fresh mappings need no clearing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int nonzero(const unsigned char *bytes, size_t n)
{
    int count = 0;
    for (size_t i = 0; i < n; i++)
        count += bytes[i] != 0;
    return count;
}

int main(void)
{
    char *dirty = malloc(3000);
    memset(dirty, 0xff, 3000);
    free(dirty);

    unsigned char *small = calloc(300, 10);
    printf("small block: %d bytes are not zero\n", nonzero(small, 3000));
    unsigned char *large = calloc(1 << 20, 1);
    printf("large block: %d bytes are not zero\n", nonzero(large, 1 << 20));
    large[12345] = 1;
    printf("after a write: %d\n", nonzero(large, 1 << 20));
    volatile size_t huge = (size_t)-1 / 2;
    void *volatile refused = calloc(huge, 4);
    printf("overflow is refused: %s\n", refused ? "no" : "yes");
    free(small);
    free(large);
    return 0;
}
