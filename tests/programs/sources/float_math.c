/* Floating point: sums, roots, an integral, and what libm knows. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#define N 1000

static float single[N];
static double values[N];

static double integral(double (*f)(double), double from, double to, int steps)
{
    double sum = 0, width = (to - from) / steps;
    for (int i = 0; i < steps; i++)
        sum += f(from + (i + 0.5) * width) * width;
    return sum;
}

static double newton(double x)
{
    double root = x;
    while (fabs(root * root - x) > 1e-12 * x)
        root = (root + x / root) / 2;
    return root;
}

int main(void)
{
    volatile double zero = 0.0, tenth = 0.1;
    float sum = 0;
    double dot = 0;

    for (int i = 0; i < N; i++) {
        single[i] = 0.1f;
        values[i] = i * 0.5;
    }
    for (int i = 0; i < N; i++) {
        sum += single[i];
        dot += values[i] * values[N - 1 - i];
    }
    printf("a thousand tenths: %.6f, dot product %.3f\n", sum, dot);
    printf("0.1 + 0.2 == 0.3: %s\n", tenth + 0.2 == 0.3 ? "yes" : "no");
    printf("square root of 2: %.12f %.12f\n", newton(2), sqrt(2));
    printf("integral of sin from 0 to pi: %.6f\n", integral(sin, 0, acos(-1), 1000));
    printf("exp %.9f, log %.9f, pow %.3f, atan2 %.9f\n", exp(1), log(10), pow(2.5, 3.5),
           atan2(1, -1));
    printf("fmod %.3f, floor %.1f, ceil %.1f, round %.1f\n", fmod(7.5, 2), floor(-1.5), ceil(1.2),
           round(2.5));
    printf("1/0 %f, 0/0 is a number: %s\n", 1 / zero, isnan(zero / zero) ? "no" : "yes");
    printf("%d %ld %u\n", (int)-2.9, lrint(2.5), (unsigned)3000000000.0);
    printf("least step from 1: %g\n", DBL_EPSILON);
    return 0;
}
