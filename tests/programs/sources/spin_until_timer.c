/* A program that does not sleep sees its timers fire: by the clock, and by the time it used. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t came;

static void handler(int number)
{
    came = number;
}

static void spin(const char *name)
{
    while (!came)
        ;
    printf("%s: %s\n", name, strsignal(came));
    came = 0;
}

static void interval_timer(const char *name, int which, int number)
{
    struct itimerval timer = {{0, 0}, {0, 20000}};
    signal(number, handler);
    if (setitimer(which, &timer, NULL))
        perror("setitimer");
    spin(name);
    getitimer(which, &timer);
    printf("left: %ld\n", (long)(timer.it_value.tv_sec + timer.it_value.tv_usec));
}

static void posix_timer(const char *name, clockid_t clock)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec setting = {{0, 10000000}, {0, 10000000}};
    timer_t timer;
    if (timer_create(clock, &event, &timer) || timer_settime(timer, 0, &setting, NULL))
        perror("timer");
    spin(name);
    spin(name);
    timer_delete(timer);
    came = 0;
}

int main(void)
{
    signal(SIGUSR1, handler);
    interval_timer("real", ITIMER_REAL, SIGALRM);
    interval_timer("virtual", ITIMER_VIRTUAL, SIGVTALRM);
    interval_timer("prof", ITIMER_PROF, SIGPROF);
    posix_timer("realtime", CLOCK_REALTIME);
    posix_timer("monotonic", CLOCK_MONOTONIC);
    posix_timer("process", CLOCK_PROCESS_CPUTIME_ID);
    posix_timer("thread", CLOCK_THREAD_CPUTIME_ID);
    return 0;
}
