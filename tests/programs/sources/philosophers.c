/* Dining philosophers: the last one takes the forks in the other order; a waiter counts seats. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sched.h>

#define SEATS 5
#define MEALS 6

struct philosopher {
    pthread_t thread;
    int number, meals;
    char *plate;
};

static pthread_mutex_t forks[SEATS];
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t start;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t own;
static sem_t waiter;
static int served;

static void forget(void *plate) {
    munmap(plate, 4096);
}

static void lay_table(void) {
    pthread_key_create(&own, forget);
    for (int i = 0; i < SEATS; i++)
        pthread_mutex_init(&forks[i], NULL);
}

static void *dine(void *argument) {
    struct philosopher *self = argument;
    int first = self->number, second = (self->number + 1) % SEATS;
    if (first > second) {
        first = second;
        second = self->number;
    }
    pthread_once(&once, lay_table);
    self->plate = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_setspecific(own, self->plate);
    pthread_barrier_wait(&start);
    while (self->meals < MEALS) {
        sem_wait(&waiter);
        pthread_mutex_lock(&forks[first]);
        sched_yield();
        pthread_mutex_lock(&forks[second]);
        self->plate[self->meals++]++;
        pthread_rwlock_wrlock(&table);
        served++;
        pthread_rwlock_unlock(&table);
        pthread_mutex_unlock(&forks[second]);
        pthread_mutex_unlock(&forks[first]);
        sem_post(&waiter);
    }
    pthread_rwlock_rdlock(&table);
    int seen = served;
    pthread_rwlock_unlock(&table);
    return (void *)(long)(seen >= MEALS);
}

int main(void) {
    static struct philosopher all[SEATS];
    long fine = 0;
    void *result;
    pthread_barrier_init(&start, NULL, SEATS);
    sem_init(&waiter, 0, SEATS - 1);
    for (int i = 0; i < SEATS; i++) {
        all[i].number = i;
        if (pthread_create(&all[i].thread, NULL, dine, &all[i]))
            return 1;
    }
    for (int i = 0; i < SEATS; i++) {
        pthread_join(all[i].thread, &result);
        fine += (long)result;
        printf("philosopher %d ate %d meals\n", i, all[i].meals);
    }
    printf("%d meals were served, %ld saw it\n", served, fine);
    sem_destroy(&waiter);
    pthread_barrier_destroy(&start);
    return served == SEATS * MEALS ? 0 : 1;
}
