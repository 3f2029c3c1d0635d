/* Signals that carry values, in order; timers that tick, are waited for, and are deleted. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICK (SIGRTMIN + 1)
static volatile sig_atomic_t ticks, last_value, alarms;

static void on_value(int signal, siginfo_t *info, void *context)
{
    (void)context;
    printf("signal %d: code %d, value %d, from my child: %d\n", signal - SIGRTMIN, info->si_code,
           info->si_value.sival_int, info->si_pid != getpid());
}

static void on_tick(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    ticks++;
    last_value = info->si_value.sival_int;
    alarms += info->si_code == SI_TIMER;
}

static void told(const char *what, int result)
{
    printf("%s: %d %s\n", what, result, result < 0 ? strerror(errno) : "");
}

static void send_values(pid_t to)
{
    for (int value = 1; value <= 3; value++) {
        sigqueue(to, SIGRTMIN + 2, (union sigval){.sival_int = 20 + value});
        sigqueue(to, SIGRTMIN, (union sigval){.sival_int = value});
        sigqueue(to, SIGUSR1, (union sigval){.sival_int = 40 + value}); /* once is enough */
    }
    _exit(0);
}

/* So that the frames of handlers take no new page. */
static void touch_stack(void)
{
    volatile char room[32768];

    for (size_t at = 0; at < sizeof room; at += 4096)
        room[at] = 1;
}

static timer_t ticking(int value, long first, long again)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = TICK};
    struct itimerspec when = {{0, again}, {0, first}};
    timer_t timer;

    event.sigev_value.sival_int = value;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer))
        perror("timer_create");
    timer_settime(timer, 0, &when, NULL);
    return timer;
}

int main(void)
{
    struct sigaction value = {.sa_sigaction = on_value, .sa_flags = SA_SIGINFO};
    struct sigaction tick = {.sa_sigaction = on_tick, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct itimerspec left, none = {{0, 0}, {0, 0}};
    struct timespec moment = {0, 3000000}, zero = {0, 0};
    sigset_t blocked, before;
    siginfo_t info;
    timer_t timer, other;

    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("signals wait\n");
    sigemptyset(&blocked);
    for (int n = 0; n < 3; n++)
        sigaddset(&blocked, SIGRTMIN + n), sigaction(SIGRTMIN + n, &value, NULL);
    sigaddset(&blocked, SIGUSR1);
    sigaction(SIGUSR1, &value, NULL);
    sigaction(TICK, &tick, NULL);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    if (fork() == 0)
        send_values(getppid());
    wait(NULL);
    touch_stack();
    sigprocmask(SIG_SETMASK, &before, NULL); /* all of them run now */

    timer = ticking(7, 20000000, 50000000);
    while (ticks < 4)
        pause();
    printf("%d ticks of %d, all by a timer: %d\n", ticks, last_value, alarms == ticks);
    timer_gettime(timer, &left);
    printf("again in less than 50 ms: %d, interval %ld us\n", left.it_value.tv_nsec <= 50000000,
           left.it_interval.tv_nsec / 1000);
    printf("overrun %d\n", timer_getoverrun(timer));

    sigprocmask(SIG_BLOCK, &blocked, NULL);
    other = ticking(8, 1000000, 0);
    timer_settime(timer, 0, &none, NULL);
    nanosleep(&moment, NULL);
    printf("taken: %d", sigtimedwait(&blocked, &info, &zero) == TICK);
    printf(", value %d, overrun %d\n", info.si_value.sival_int, info.si_overrun);
    timer_settime(other, 0, &(struct itimerspec){{0, 0}, {0, 1000000}}, NULL);
    nanosleep(&moment, NULL);
    timer_delete(other); /* and its signal with it */
    told("after", sigtimedwait(&blocked, &info, &zero));
    if (fork() == 0) {
        told("in a child", timer_gettime(timer, &left));
        return 0;
    }
    wait(NULL);
    timer_delete(timer);
    return 0;
}
