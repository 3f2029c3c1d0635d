/* malloc and free of many sizes: small ones from the heap, large ones from mappings of their own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    void *kept[24];
    size_t size = 1;

    for (int i = 0; i < 24; i++, size *= 2) {
        kept[i] = malloc(size);
        if (!kept[i]) {
            printf("no %zu bytes\n", size);
            return 1;
        }
        memset(kept[i], 0x5a, size);
    }
    for (int i = 0; i < 24; i += 3) {
        free(kept[i]);
        kept[i] = NULL;
    }
    int wrong = 0;
    size = 1;
    for (int i = 0; i < 24; i++, size *= 2)
        if (kept[i] && ((unsigned char *)kept[i])[size - 1] != 0x5a)
            wrong++;
    for (int i = 0; i < 24; i++)
        free(kept[i]);
    printf("24 sizes from 1 to %zu bytes, %d wrong\n", size / 2, wrong);
    return 0;
}
