/* A shell's job control: a job is stopped, and goes on; its parent hears of both. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t children, continued;

static void child_changed(int signum)
{
    (void)signum;
    children++;
}

static void goes_on(int signum)
{
    (void)signum;
    continued++;
}

static void tell(const char *when, int status)
{
    printf("%s: ", when);
    if (WIFSTOPPED(status))
        printf("stopped by %s", strsignal(WSTOPSIG(status)));
    else if (WIFCONTINUED(status))
        printf("continued");
    else if (WIFSIGNALED(status))
        printf("killed by %s", strsignal(WTERMSIG(status)));
    else
        printf("exited with %d", WEXITSTATUS(status));
    printf("\n");
}

static void job(void)
{
    sigset_t set;
    int signum;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGCONT, goes_on);
    setpgid(0, 0);
    raise(SIGSTOP);
    sigwait(&set, &signum);
    raise(SIGTSTP);
    _exit(continued);
}

static void as_info(pid_t pid)
{
    siginfo_t info;

    memset(&info, 0, sizeof info);
    kill(-pid, SIGSTOP);
    waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT);
    printf("waitid: code %d, status %d\n", info.si_code, info.si_status);
    waitid(P_PID, pid, &info, WSTOPPED);
    info.si_pid = 1;
    printf("again: %d", waitid(P_PID, pid, &info, WSTOPPED | WCONTINUED | WNOHANG));
    printf(", pid %d\n", (int)info.si_pid);
    kill(pid, SIGCONT);
    waitid(P_ALL, 0, &info, WCONTINUED);
    printf("waitid: code %d, status %d\n", info.si_code, info.si_status);
    kill(pid, SIGSTOP);
    kill(pid, SIGTERM);
    waitid(P_PID, pid, &info, WEXITED | WSTOPPED);
    printf("waitid: code %d, status %d\n", info.si_code, info.si_status);
    kill(pid, SIGKILL);
    waitid(P_PID, pid, &info, WEXITED);
    printf("waitid: code %d, status %d\n", info.si_code, info.si_status);
}

int main(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        job();
    waitpid(pid, &status, WUNTRACED);
    tell("first", status);
    printf("nothing new: %d\n", (int)waitpid(pid, &status, WUNTRACED | WNOHANG));
    kill(pid, SIGCONT);
    waitpid(pid, &status, WUNTRACED | WCONTINUED);
    tell("then", status);
    kill(pid, SIGUSR1);
    waitpid(pid, &status, WUNTRACED);
    tell("then", status);
    kill(pid, SIGCONT);
    waitpid(pid, &status, 0);
    tell("at last", status);

    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        for (;;)
            pause();
    }
    setpgid(pid, pid);
    as_info(pid);

    signal(SIGTSTP, SIG_IGN);
    raise(SIGTSTP);
    struct sigaction quiet = {.sa_handler = child_changed, .sa_flags = SA_NOCLDSTOP};
    sigaction(SIGCHLD, &quiet, NULL);
    pid = fork();
    if (pid == 0) {
        raise(SIGSTOP);
        _exit(0);
    }
    waitpid(pid, &status, WUNTRACED);
    kill(pid, SIGCONT);
    while (waitpid(pid, &status, 0) < 0)
        ;
    printf("SIGCHLD came %d times\n", (int)children);
    return 0;
}
