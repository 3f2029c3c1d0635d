/* Each thread has its own copy of a __thread variable, at an address of its own. */
#include <pthread.h>
#include <stdio.h>

static __thread int mine = 10;
static __thread char scratch[5000];
static int ours = 10;

static void *change(void *arg)
{
    int by = *(int *)arg;

    mine += by;
    ours += by;
    scratch[4999] = (char)by;
    *(int *)arg = mine * 1000 + scratch[4999];
    return &mine;
}

int main(void)
{
    int values[] = {1, 2, 3};

    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        void *address;
        pthread_create(&thread, NULL, change, &values[i]);
        pthread_join(thread, &address);
        printf("thread %d: %d, its own address: %s\n", i, values[i],
               address != &mine ? "yes" : "no");
    }
    printf("main: mine %d, ours %d, scratch %d\n", mine, ours, scratch[4999]);
    return 0;
}
