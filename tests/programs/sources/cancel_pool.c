/* A pool of threads that is told to stop while each of them sleeps in another call. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef __WNOTHREAD
#define __WNOTHREAD 0x20000000
#endif

enum { JOBS = 4 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER, done = PTHREAD_COND_INITIALIZER;
static int jobs[JOBS], nr_jobs, finished, fds[2];

static void say(void *what)
{
    printf("clean up: %s\n", (const char *)what);
}

static void unlock(void *what)
{
    printf("clean up: %s\n", (const char *)what);
    pthread_mutex_unlock(&mutex);
}

static void *worker(void *name)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock, name);
    for (;;) {
        while (!nr_jobs)
            pthread_cond_wait(&more, &mutex);
        printf("%s does %d\n", (const char *)name, jobs[--nr_jobs]);
        if (++finished == JOBS)
            pthread_cond_signal(&done);
    }
    pthread_cleanup_pop(0);
    return NULL;
}

static void *reader(void *name)
{
    char byte;

    pthread_cleanup_push(say, name);
    read(fds[0], &byte, 1);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *sleeper(void *name)
{
    struct timespec time = {100, 0};

    pthread_cleanup_push(say, name);
    nanosleep(&time, NULL);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *computer(void *name)
{
    int old;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    pthread_mutex_lock(&mutex);
    printf("%s is not to be disturbed\n", (const char *)name);
    pthread_mutex_unlock(&mutex);
    pthread_setcancelstate(old, NULL);
    pthread_testcancel();
    return "was not cancelled";
}

static void *forker(void *name)
{
    char byte;

    if (fork() == 0)
        _exit(0);
    read(fds[0], &byte, 1);
    return name;
}

static void join(pthread_t thread)
{
    void *answer;

    pthread_join(thread, &answer);
    printf("joined: %s\n", answer == PTHREAD_CANCELED ? "cancelled" : (char *)answer);
}

int main(void)
{
    void *(*const starts[])(void *) = {worker, worker, reader, sleeper};
    char *const names[] = {"worker 1", "worker 2", "reader", "sleeper"};
    struct timespec moment = {0, 50000000};
    pthread_t threads[4], other;

    setvbuf(stdout, NULL, _IOLBF, 0);
    pipe(fds);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, starts[i], names[i]);
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < JOBS; i++)
        jobs[nr_jobs++] = i + 1;
    pthread_cond_broadcast(&more);
    while (finished < JOBS)
        pthread_cond_wait(&done, &mutex);
    pthread_mutex_unlock(&mutex);
    nanosleep(&moment, NULL); /* until all of them sleep */
    for (int i = 0; i < 4; i++) {
        pthread_cancel(threads[i]);
        join(threads[i]);
    }
    pthread_mutex_lock(&mutex);
    pthread_create(&other, NULL, computer, "computer");
    nanosleep(&moment, NULL);
    pthread_cancel(other);
    pthread_mutex_unlock(&mutex);
    join(other);
    pthread_create(&other, NULL, forker, "forker");
    nanosleep(&moment, NULL);
    printf("own child: %d", waitpid(-1, NULL, __WNOTHREAD));
    printf(", %s", strerror(errno));
    printf("; any: %d\n", waitpid(-1, NULL, 0) > 0);
    write(fds[1], "x", 1);
    join(other);
    return 0;
}
