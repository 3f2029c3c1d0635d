/* A process sends itself and its child SIGUSR1; blocked signals wait, and do not queue. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t got;

static void on_usr1(int signum)
{
    (void)signum;
    got++;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_usr1};
    sigset_t usr1, pending, old;
    int status, ready[2];
    char byte;

    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    kill(getpid(), SIGUSR1);
    printf("after kill: %d\n", (int)got);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, &old);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR1);
    sigpending(&pending);
    printf("blocked: %d, pending: %d\n", (int)got, sigismember(&pending, SIGUSR1));
    sigprocmask(SIG_SETMASK, &old, NULL);
    printf("let in: %d\n", (int)got);
    fflush(stdout);
    pipe(ready);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGUSR1, SIG_DFL);
        write(ready[1], "r", 1);
        for (;;)
            pause();
    }
    read(ready[0], &byte, 1);
    kill(pid, SIGUSR1);
    waitpid(pid, &status, 0);
    printf("child: killed %d, by SIGUSR1 %d\n", WIFSIGNALED(status), WTERMSIG(status) == SIGUSR1);
    raise(SIGTERM);
    return 0;
}
