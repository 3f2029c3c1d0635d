/* Signals without handlers: sigwait, sigtimedwait; and SIGALRM by alarm and setitimer. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t ticks;

static void tick(int signum)
{
    (void)signum;
    ticks++;
}

int main(void)
{
    sigset_t set, old;
    int signum;
    siginfo_t info;
    struct timespec short_time = {0, 10000000};

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, &old);
    pid_t pid = fork();
    if (pid == 0) {
        kill(getppid(), SIGUSR1);
        _exit(4);
    }
    sigwait(&set, &signum);
    printf("sigwait: %s\n", strsignal(signum));
    sigwaitinfo(&set, &info);
    printf("sigwaitinfo: %s, code %d, status %d\n", strsignal(info.si_signo), info.si_code,
           info.si_status);
    waitpid(pid, NULL, 0);
    int found = sigtimedwait(&set, &info, &short_time);
    printf("sigtimedwait: %d, %s\n", found, strerror(errno));
    raise(SIGUSR1);
    printf("sigtimedwait: %s\n", strsignal(sigtimedwait(&set, &info, &short_time)));

    printf("alarm: %u", alarm(100));
    printf(", %u\n", alarm(1));
    sigwait(&set, &signum);
    printf("sigwait: %s\n", strsignal(signum));

    struct sigaction action = {.sa_handler = tick};
    sigaction(SIGALRM, &action, NULL);
    sigprocmask(SIG_SETMASK, &old, NULL);
    struct itimerval timer = {{0, 20000}, {0, 20000}};
    setitimer(ITIMER_REAL, &timer, NULL);
    while (ticks < 3)
        pause();
    printf("%d ticks; ", (int)ticks);
    printf("poll: %d", poll(NULL, 0, -1));
    printf(", %s\n", strerror(errno));
    memset(&timer, 0, sizeof timer);
    setitimer(ITIMER_REAL, &timer, NULL);
    getitimer(ITIMER_REAL, &timer);
    printf("left: %ld\n", (long)timer.it_value.tv_usec);
    printf("%d\n", (int)ticks);
    alarm(1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    ppoll(NULL, 0, NULL, &old);
    printf("ppoll: %s, %d ticks\n", strerror(errno), (int)ticks);
    return 0;
}
