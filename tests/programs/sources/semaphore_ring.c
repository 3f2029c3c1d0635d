/* A producer and consumers in processes of their own: POSIX semaphores in shared memory. */
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOTS 4
#define ITEMS 20

struct ring {
    sem_t filled, empty;
    pthread_mutex_t lock;
    int first, last, slots[SLOTS];
    long sums[2];
};

static struct ring *ring;
static volatile sig_atomic_t ready;

static void on_ready(int number) {
    (void)number;
    ready++;
}

static int take(void) {
    sem_wait(&ring->filled);
    pthread_mutex_lock(&ring->lock);
    int item = ring->slots[ring->first++ % SLOTS];
    pthread_mutex_unlock(&ring->lock);
    sem_post(&ring->empty);
    return item;
}

static void put(int item) {
    sem_wait(&ring->empty);
    pthread_mutex_lock(&ring->lock);
    ring->slots[ring->last++ % SLOTS] = item;
    pthread_mutex_unlock(&ring->lock);
    sem_post(&ring->filled);
}

int main(void) {
    pthread_mutexattr_t shared;
    sigset_t blocked, before;
    setvbuf(stdout, NULL, _IOLBF, 0);
    ring = mmap(NULL, sizeof *ring, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_init(&shared);
    pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&shared, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&ring->lock, &shared);
    sem_init(&ring->filled, 1, 0);
    sem_init(&ring->empty, 1, SLOTS);
    signal(SIGUSR1, on_ready);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            int item;
            kill(getppid(), SIGUSR1);
            while ((item = take()) >= 0)
                ring->sums[i] += item;
            exit(0);
        }
    while (!ready)
        sigsuspend(&before);
    for (int i = 1; i <= ITEMS; i++)
        put(i);
    for (int i = 0; i < 2; i++)
        put(-1);
    for (int i = 0; i < 2; i++)
        wait(NULL);
    printf("sum %ld\n", ring->sums[0] + ring->sums[1]);

    if (fork() == 0) {
        pthread_mutex_lock(&ring->lock);
        _exit(0);
    }
    wait(NULL);
    int result = pthread_mutex_lock(&ring->lock);
    printf("its owner died: %d\n", result);
    pthread_mutex_consistent(&ring->lock);
    pthread_mutex_unlock(&ring->lock);
    printf("again: %d\n", pthread_mutex_lock(&ring->lock));
    return 0;
}
