/* A signal tells of each message that comes into an empty queue. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t told, code, value;

static void on_message(int number, siginfo_t *info, void *context) {
    (void)number, (void)context;
    told++;
    code = info->si_code;
    value = info->si_value.sival_int;
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct mq_attr attributes = {.mq_maxmsg = 10, .mq_msgsize = 64};
    struct sigaction action = {.sa_sigaction = on_message, .sa_flags = SA_SIGINFO};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    sigset_t blocked, before;
    char text[64];
    event.sigev_value.sival_int = 42;
    sigaction(SIGUSR1, &action, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    mqd_t queue = mq_open("/bell", O_CREAT | O_RDWR | O_NONBLOCK, 0644, &attributes);
    for (int round = 0; round < 3; round++) {
        if (mq_notify(queue, &event) < 0)
            perror("mq_notify");
        if (round == 0)
            printf("twice: %s\n", mq_notify(queue, &event) < 0 ? strerror(errno) : "");
        pid_t pid = fork();
        if (pid == 0) {
            for (int i = 0; i <= round; i++) {
                int n = snprintf(text, sizeof text, "message %d of round %d", i, round);
                mq_send(queue, text, n + 1, i);
            }
            exit(0);
        }
        sigsuspend(&before);
        waitpid(pid, NULL, 0);
        printf("told %d times, code %d, value %d\n", told, code, value);
        while (mq_receive(queue, text, sizeof text, NULL) > 0)
            printf("  %s\n", text);
    }
    mq_notify(queue, &event);
    mq_notify(queue, NULL);
    mq_send(queue, "x", 1, 0);
    printf("nobody is told: %d\n", told);
    event.sigev_signo = 99;
    printf("no such signal: %s\n", mq_notify(queue, &event) < 0 ? strerror(errno) : "");
    printf("no queue: %s\n", mq_notify(0, NULL) < 0 ? strerror(errno) : "");
    mq_unlink("/bell");
    return 0;
}
