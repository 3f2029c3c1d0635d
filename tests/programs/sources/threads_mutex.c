/* Four threads count to a common sum under a mutex. */
#include <pthread.h>
#include <stdio.h>

#define THREADS 4
#define ROUNDS 1000

static long sum;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *count(void *arg)
{
    long step = (long)arg;

    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&lock);
        sum += step;
        pthread_mutex_unlock(&lock);
    }
    return (void *)(step * ROUNDS);
}

int main(void)
{
    pthread_t threads[THREADS];

    for (long i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, count, (void *)(i + 1))) {
            puts("no thread");
            return 1;
        }
    for (int i = 0; i < THREADS; i++) {
        void *part;
        pthread_join(threads[i], &part);
        printf("thread %d added %ld\n", i, (long)part);
    }
    printf("sum %ld\n", sum);
    return 0;
}
