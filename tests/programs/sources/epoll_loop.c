/* One loop for all that happens: workers write to pipes, ring an eventfd and send a signal, and a
   timer ticks. What each descriptor means stands in what epoll gives back. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 3, BELL = 100, TICK, SIGNAL };

static int epfd;

static void pause_for(int milliseconds)
{
    struct timespec time = {0, milliseconds * 1000000L};
    nanosleep(&time, NULL);
}

static void watch(int fd, uint32_t events, uint64_t meaning)
{
    struct epoll_event event = {.events = events, .data.u64 = meaning};
    if (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event) < 0)
        printf("not watched: %s\n", strerror(errno));
}

static int start_worker(int number, int bell)
{
    int fds[2];

    pipe(fds);
    if (fork() == 0) {
        uint64_t one = 1;
        close(fds[0]);
        for (int i = 0; i <= number; i++) {
            char line[40];
            pause_for(200 + 350 * number);
            write(fds[1], line, snprintf(line, sizeof line, "worker %d, part %d", number, i));
            pause_for(50);
            write(bell, &one, sizeof one);
        }
        pause_for(50);
        kill(getppid(), SIGUSR1);
        pause_for(50);
        _exit(number);
    }
    close(fds[1]);
    return fds[0];
}

static int answer(int number, int fd, uint32_t events)
{
    char line[64];
    ssize_t length = events & EPOLLIN ? read(fd, line, sizeof line - 1) : 0;

    if (length <= 0) {
        printf("worker %d hung up\n", number);
        epoll_ctl(epfd, EPOLL_CTL_DEL, fd, NULL); /* for later workers have it open too */
        close(fd);
        return 0;
    }
    line[length] = '\0';
    printf("got %s\n", line);
    return 1;
}

static void loop(int fds[], int bell, int tick, int signals)
{
    int left = WORKERS, rings = 0;

    while (left) {
        struct epoll_event events[4];
        int ready = epoll_wait(epfd, events, 4, 2000);
        printf("%d ready\n", ready);
        for (int i = 0; i < ready; i++) {
            uint64_t meaning = events[i].data.u64, count = 0;
            struct signalfd_siginfo info;
            if (meaning < WORKERS) {
                left -= !answer(meaning, fds[meaning], events[i].events);
            } else if (meaning == BELL) {
                read(bell, &count, sizeof count);
                rings += count;
            } else if (meaning == TICK) {
                read(tick, &count, sizeof count);
                printf("tick\n");
            } else {
                read(signals, &info, sizeof info);
                printf("signal %u\n", info.ssi_signo);
            }
        }
    }
    printf("the bell rang %d times\n", rings);
}

static void once_and_by_edges(void)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT};
    int fds[2], inner = epoll_create1(0);

    pipe(fds);
    watch(fds[0], EPOLLIN | EPOLLET, 1);
    write(fds[1], "a", 1);
    printf("by edges: %d", epoll_wait(epfd, &event, 1, 0));
    printf(" %d", epoll_wait(epfd, &event, 1, 0));
    write(fds[1], "b", 1);
    printf(" %d\n", epoll_wait(epfd, &event, 1, 0));
    event.events = EPOLLIN | EPOLLONESHOT;
    epoll_ctl(epfd, EPOLL_CTL_MOD, fds[0], &event);
    printf("once: %d", epoll_wait(epfd, &event, 1, 0));
    printf(" %d\n", epoll_wait(epfd, &event, 1, 10));
    watch(fds[0], EPOLLIN, 1);
    watch(inner, EPOLLIN, 2);
    watch(epfd, EPOLLIN, 3);
    epoll_ctl(inner, EPOLL_CTL_ADD, epfd, &event);
    printf("each other: %s\n", strerror(errno));
    watch(fileno(fopen("/tmp/input", "r")), EPOLLIN, 4);
    epoll_ctl(inner, EPOLL_CTL_DEL, fds[0], NULL);
    printf("not there: %s\n", strerror(errno));
}

int main(void)
{
    struct itimerspec ticks = {{1, 100000000}, {0, 450000000}};
    int fds[WORKERS], status;
    sigset_t set;

    setvbuf(stdout, NULL, _IOLBF, 0);
    epfd = epoll_create1(EPOLL_CLOEXEC);
    int bell = eventfd(0, EFD_NONBLOCK);
    int tick = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int signals = signalfd(-1, &set, 0);
    for (int i = 0; i < WORKERS; i++) {
        fds[i] = start_worker(i, bell);
        watch(fds[i], EPOLLIN, i);
    }
    watch(bell, EPOLLIN, BELL);
    watch(tick, EPOLLIN, TICK);
    watch(signals, EPOLLIN, SIGNAL);
    timerfd_settime(tick, 0, &ticks, NULL);
    loop(fds, bell, tick, signals);
    ticks.it_value = (struct timespec){0, 0};
    timerfd_settime(tick, 0, &ticks, NULL);
    close(signals);
    while (wait(&status) > 0)
        printf("ended with %d\n", WEXITSTATUS(status));
    once_and_by_edges();
    return 0;
}
