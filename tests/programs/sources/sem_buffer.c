/* Producer and consumers with semaphores, the classic bounded buffer. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

#define SLOTS 8
#define ITEMS 100
#define CONSUMERS 2

static int buffer[SLOTS], front, rear;
static sem_t mutex, slots, items;

static void insert(int item)
{
    sem_wait(&slots);
    sem_wait(&mutex);
    buffer[rear++ % SLOTS] = item;
    sem_post(&mutex);
    sem_post(&items);
}

static int take(void)
{
    sem_wait(&items);
    sem_wait(&mutex);
    int item = buffer[front++ % SLOTS];
    sem_post(&mutex);
    sem_post(&slots);
    return item;
}

static void *consume(void *sum)
{
    for (int item; (item = take()) >= 0;)
        *(long *)sum += item;
    return NULL;
}

int main(void)
{
    pthread_t consumers[CONSUMERS];
    long sums[CONSUMERS] = {0};

    sem_init(&mutex, 0, 1);
    sem_init(&slots, 0, SLOTS);
    sem_init(&items, 0, 0);
    for (int i = 0; i < CONSUMERS; i++)
        pthread_create(&consumers[i], NULL, consume, &sums[i]);
    for (int i = 1; i <= ITEMS; i++)
        insert(i);
    for (int i = 0; i < CONSUMERS; i++)
        insert(-1);
    for (int i = 0; i < CONSUMERS; i++)
        pthread_join(consumers[i], NULL);
    printf("sum %ld\n", sums[0] + sums[1]);
    return 0;
}
