/* All that printf can do, and what scanf reads back. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char text[200], word[20];
    int n, number;
    double real;

    printf("[%d] [%5d] [%-5d] [%05d] [%+d] [% d] [%i]\n", 42, 42, 42, 42, 42, 42, -42);
    printf("[%u] [%o] [%#o] [%x] [%X] [%#x] [%lx]\n", 42u, 42u, 42u, 255u, 255u, 255u, 1L << 40);
    printf("[%hhd] [%hd] [%ld] [%lld] [%zu] [%jd] [%td]\n", (signed char)-1, (short)-2, -3L, -4LL,
           (size_t)5, (intmax_t)-6, (ptrdiff_t)7);
    printf("[%f] [%.2f] [%10.3f] [%-10.1f] [%e] [%.3E]\n", 3.14159, 3.14159, 3.14159, 3.14159,
           31415.9, 0.000314159);
    printf("[%g] [%g] [%G] [%a] [%.0f] [%#.0f]\n", 0.0001, 1e10, 1e-10, 1.0, 2.5, 3.5);
    printf("[%f] [%F] [%e] [%.1Lf]\n", 1.0 / 0.0, -1.0 / 0.0, 0.0, 1.25L);
    printf("[%c] [%5c] [%s] [%10s] [%-10s] [%.3s] [%*s] [%%]\n", 'A', 'B', "text", "right", "left",
           "truncated", 6, "star");
    printf("[%2$s %1$s]\n", "one", "two");
    printf("counted%n", &n);
    printf(": %d\n", n);
    n = snprintf(text, 10, "%s", "longer than ten");
    printf("cut to \"%s\", would be %d\n", text, n);
    n = sscanf(" 12 3.5 word rest", "%d %lf %19s", &number, &real, word);
    printf("%d read: %d %.2f %s\n", n, number, real, word);
    strcpy(text, "a,b;;c");
    for (char *token = strtok(text, ",;"); token; token = strtok(NULL, ",;"))
        printf("<%s>", token);
    printf("\n%ld %lu %g\n", strtol("-0x1f", NULL, 16), strtoul("777", NULL, 8),
           strtod("1e3", NULL));
    return 0;
}
