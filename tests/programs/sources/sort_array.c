/* A large array sorted by qsort and by a merge sort of one's own. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N 20000

static int compare(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static void merge_sort(int *a, int n, int *scratch)
{
    if (n < 2)
        return;
    int half = n / 2, i = 0, j = half, k = 0;
    merge_sort(a, half, scratch);
    merge_sort(a + half, n - half, scratch);
    while (i < half && j < n)
        scratch[k++] = a[j] < a[i] ? a[j++] : a[i++];
    while (i < half)
        scratch[k++] = a[i++];
    memcpy(a, scratch, k * sizeof *a);
}

int main(void)
{
    int *first = malloc(N * sizeof *first), *second = malloc(N * sizeof *second);
    int *scratch = malloc(N * sizeof *scratch);
    uint32_t seed = 42;

    for (int i = 0; i < N; i++) {
        seed = seed * 1664525 + 1013904223;
        first[i] = second[i] = (int)(seed >> 8) % 1000000;
    }
    qsort(first, N, sizeof *first, compare);
    merge_sort(second, N, scratch);
    printf("the same: %s\n", memcmp(first, second, N * sizeof *first) ? "no" : "yes");
    printf("least %d, middle %d, greatest %d\n", first[0], first[N / 2], first[N - 1]);
    int *found = bsearch(&first[777], first, N, sizeof *first, compare);
    printf("found again: %s\n", found && *found == first[777] ? "yes" : "no");
    free(first);
    free(second);
    free(scratch);
    return 0;
}
