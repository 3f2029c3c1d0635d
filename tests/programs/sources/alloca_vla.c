/* Memory on the stack whose size is known only at run time. */
#include <alloca.h>
#include <stdio.h>
#include <string.h>

static long with_alloca(int n)
{
    char *bytes = alloca(n);
    long sum = 0;

    memset(bytes, 1, n);
    for (int i = 0; i < n; i++)
        sum += bytes[i];
    return sum;
}

static long with_vla(int rows, int columns)
{
    int table[rows][columns];
    long sum = 0;

    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            table[i][j] = i * j;
    for (int j = 0; j < columns; j++)
        sum += table[rows - 1][j];
    return sum;
}

static char *join(char *into, int n, const char *words[])
{
    size_t lengths[n];

    *into = '\0';
    for (int i = 0; i < n; i++) {
        lengths[i] = strlen(words[i]);
        memcpy(into, words[i], lengths[i] + 1);
        into += lengths[i];
    }
    return into;
}

int main(void)
{
    const char *words[] = {"vari", "able ", "length ", "array"};
    char text[40];

    for (int n = 1; n <= 1000000; n *= 10)
        printf("alloca(%d): %ld\n", n, with_alloca(n));
    printf("VLA 10 x 20: %ld, 300 x 400: %ld\n", with_vla(10, 20), with_vla(300, 400));
    printf("%ld letters: %s\n", (long)(join(text, 4, words) - text), text);
    return 0;
}
