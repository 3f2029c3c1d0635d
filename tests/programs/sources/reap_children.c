/* A handler of SIGCHLD reaps children as they end, while the parent sleeps in sigsuspend. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 3

static volatile sig_atomic_t reaped, sum;

static void on_child(int signum)
{
    int status;

    (void)signum;
    while (waitpid(-1, &status, WNOHANG) > 0) {
        reaped++;
        sum += WEXITSTATUS(status);
    }
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_RESTART};
    sigset_t child, old;

    sigemptyset(&action.sa_mask);
    sigaction(SIGCHLD, &action, NULL);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    for (int i = 0; i < CHILDREN; i++) {
        sigprocmask(SIG_BLOCK, &child, &old);
        if (fork() == 0)
            _exit(10 * (i + 1));
        while (reaped <= i)
            sigsuspend(&old);
        sigprocmask(SIG_SETMASK, &old, NULL);
    }
    printf("%d children, sum of their codes %d\n", (int)reaped, (int)sum);
    return 0;
}
