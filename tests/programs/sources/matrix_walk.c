/* A matrix walked by rows and by columns: the same sum, the same pages, another order. */
#include <stdio.h>
#include <sys/resource.h>

#define ROWS 64
#define COLUMNS 1024 /* a row of ints is a page */

static int matrix[ROWS][COLUMNS];

static long faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

static long by_rows(void)
{
    long sum = 0;
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++)
            sum += matrix[i][j];
    return sum;
}

static long by_columns(void)
{
    long sum = 0;
    for (int j = 0; j < COLUMNS; j++)
        for (int i = 0; i < ROWS; i++)
            sum += matrix[i][j];
    return sum;
}

int main(void)
{
    long start = faults();
    for (int j = 0; j < COLUMNS; j++)
        for (int i = 0; i < ROWS; i++)
            matrix[i][j] = i - j;
    long filled = faults() - start;
    printf("by rows %ld, by columns %ld\n", by_rows(), by_columns());
    printf("filled with at least a fault a row: %s\n", filled >= ROWS - 1 ? "yes" : "no");
    start = faults();
    by_columns();
    printf("walked again: %ld faults\n", faults() - start);
    return 0;
}
