/* A bss of 256 MiB costs nothing but the pages that are written. */
#include <stdio.h>
#include <sys/resource.h>

#define SIZE (256UL << 20)

static char table[SIZE];

static long faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

int main(void)
{
    long start = faults();
    long sum = 0;
    for (size_t at = 0; at < SIZE; at += 4UL << 20)
        sum += table[at];
    long read = faults() - start;
    for (size_t at = 0; at < SIZE; at += 4UL << 20)
        table[at] = 1;
    long written = faults() - start - read;
    for (size_t at = 0; at < SIZE; at += 4UL << 20)
        sum += table[at];
    printf("sum %ld, %ld faults by reading, %ld by writing\n", sum, read, written);
    return 0;
}
