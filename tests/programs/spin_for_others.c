/* Who spins lets others run: a sleeper in a thread, a child, and the clock itself. */
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int *flag;

static void *sleeper(void *unused)
{
    struct timespec time = {0, 20000000};
    nanosleep(&time, NULL);
    *flag = 1;
    return unused;
}

static long elapsed(const struct timespec *from, const struct timespec *to)
{
    return (to->tv_sec - from->tv_sec) * 1000000000L + to->tv_nsec - from->tv_nsec;
}

int main(void)
{
    flag = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_t thread;
    pthread_create(&thread, NULL, sleeper, NULL);
    while (*flag != 1)
        ;
    pthread_join(thread, NULL);
    puts("the thread slept");

    pid_t child = fork();
    if (child == 0) {
        while (*flag != 2)
            ;
        *flag = 3;
        _exit(7);
    }
    *flag = 2;
    while (*flag != 3)
        ;
    int status;
    waitpid(child, &status, 0);
    printf("the child answered: %d\n", WEXITSTATUS(status));
    return 0;
}
