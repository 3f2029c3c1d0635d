/* Lines, words and bytes of standard input, read by read(2). */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    char buffer[512];
    long lines = 0, words = 0, bytes = 0, n;
    int inside = 0;

    while ((n = read(STDIN_FILENO, buffer, sizeof buffer)) > 0) {
        bytes += n;
        for (long i = 0; i < n; i++) {
            int space = buffer[i] == ' ' || buffer[i] == '\n' || buffer[i] == '\t';
            lines += buffer[i] == '\n';
            words += !space && !inside;
            inside = !space;
        }
    }
    printf("%ld lines, %ld words, %ld bytes\n", lines, words, bytes);
    return 0;
}
