/* A vector that doubles: realloc copies in the heap, and moves pages once it is a mapping. */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    int *vector = NULL;
    size_t capacity = 0, length = 0;
    int grown = 0;

    for (int i = 0; i < 300000; i++) {
        if (length == capacity) {
            capacity = capacity ? capacity * 2 : 4;
            int *wider = realloc(vector, capacity * sizeof *vector);
            if (!wider) {
                perror("realloc");
                return 1;
            }
            vector = wider;
            grown++;
        }
        vector[length++] = i;
    }
    long long sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += vector[i];
    printf("grown %d times to %zu entries, sum %lld\n", grown, capacity, sum);
    vector = realloc(vector, 10 * sizeof *vector);
    printf("shrunk: last entry %d\n", vector[9]);
    free(vector);
    return 0;
}
