/* A bounded queue with one mutex and two condition variables. */
#include <pthread.h>
#include <stdio.h>

#define ROOM 4
#define ITEMS 20

static int queue[ROOM], head, length;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER;
static pthread_cond_t not_full = PTHREAD_COND_INITIALIZER;

static void put(int value)
{
    pthread_mutex_lock(&lock);
    while (length == ROOM)
        pthread_cond_wait(&not_full, &lock);
    queue[(head + length++) % ROOM] = value;
    pthread_cond_signal(&not_empty);
    pthread_mutex_unlock(&lock);
}

static int get(void)
{
    pthread_mutex_lock(&lock);
    while (length == 0)
        pthread_cond_wait(&not_empty, &lock);
    int value = queue[head];
    head = (head + 1) % ROOM;
    length--;
    pthread_cond_signal(&not_full);
    pthread_mutex_unlock(&lock);
    return value;
}

static void *produce(void *unused)
{
    (void)unused;
    for (int i = 1; i <= ITEMS; i++)
        put(i * i);
    put(-1);
    return NULL;
}

int main(void)
{
    pthread_t producer;
    int value, sum = 0, count = 0;

    pthread_create(&producer, NULL, produce, NULL);
    while ((value = get()) >= 0) {
        sum += value;
        count++;
    }
    pthread_join(producer, NULL);
    printf("%d squares, sum %d\n", count, sum);
    return 0;
}
