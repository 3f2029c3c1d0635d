/* All that wait tells: exit, signal, stop, continue, and that there is no child. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void tell(const char *what, int status)
{
    printf("%s: ", what);
    if (WIFEXITED(status))
        printf("exited with %d\n", WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        printf("killed by %s\n", strsignal(WTERMSIG(status)));
    else if (WIFSTOPPED(status))
        printf("stopped by signal %d\n", WSTOPSIG(status));
    else if (WIFCONTINUED(status))
        puts("continued");
}

static void run(const char *what, void (*action)(void))
{
    int status;

    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        action();
        _exit(0);
    }
    waitpid(pid, &status, 0);
    tell(what, status);
}

static void return_it(void) { _exit(42); }
static void large_code(void) { _exit(256 + 7); }
static void abort_it(void) { abort(); }
static void kill_it(void) { kill(getpid(), SIGKILL); }
static void fault(void) { *(volatile int *)16 = 0; }

int main(void)
{
    int status;

    run("_exit(42)", return_it);
    run("_exit(263)", large_code);
    run("abort", abort_it);
    run("SIGKILL", kill_it);
    run("fault", fault);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        raise(SIGSTOP);
        _exit(1);
    }
    waitpid(pid, &status, WUNTRACED);
    tell("SIGSTOP", status);
    kill(pid, SIGCONT);
    waitpid(pid, &status, 0);
    tell("afterwards", status);
    pid_t none = wait(&status);
    printf("no child left: %d, %s\n", (int)none, strerror(errno));
    return 0;
}
