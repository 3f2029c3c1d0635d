/* The stack of a thread is a mapping with a guard: its size can be set, its overflow is caught. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static int deep(int n, volatile char *caller)
{
    volatile char frame[2048];

    frame[0] = (char)n;
    *caller = (char)(n + 1);
    return n ? deep(n - 1, frame) + frame[0] : 0;
}

static void *run(void *levels)
{
    char here;

    return (void *)(long)deep(*(int *)levels, &here);
}

int main(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    size_t stack, guard;
    int levels = 20;
    void *sum;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 * 1024);
    pthread_attr_getstacksize(&attributes, &stack);
    pthread_attr_setguardsize(&attributes, 4096);
    pthread_attr_getguardsize(&attributes, &guard);
    printf("stack %zu, guard %zu\n", stack, guard);
    pthread_create(&thread, &attributes, run, &levels);
    pthread_join(thread, &sum);
    printf("20 levels: %ld\n", (long)sum);
    fflush(stdout);
    levels = 100;
    pthread_create(&thread, &attributes, run, &levels);
    pthread_join(thread, &sum);
    puts("never said");
    return 0;
}
