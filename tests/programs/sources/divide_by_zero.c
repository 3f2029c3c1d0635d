/* Integer division by zero kills a child; the parent says how, and a handler may survive it. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int zero = 0;
static volatile int result;
static sigjmp_buf back;

static void on_fpe(int signum, siginfo_t *info, void *context)
{
    (void)signum;
    (void)context;
    siglongjmp(back, info->si_code);
}

static int divide(int a, int b)
{
#if defined(__x86_64__)
    int quotient, remainder;
    __asm__ volatile("cltd; idivl %3" : "=a"(quotient), "=&d"(remainder) : "0"(a), "r"(b));
    return quotient;
#else
    return a / b;
#endif
}

int main(void)
{
    int status;

    if (fork() == 0) {
        result = divide(1, zero);
        _exit(0);
    }
    wait(&status);
    printf("child: signal %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_fpe;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGFPE, &action, NULL);
    int code = sigsetjmp(back, 1);
    if (code == 0)
        result = divide(17, zero);
    printf("parent: handled, code %d\n", code);
    printf("17 / 5 = %d\n", divide(17, 5 + zero));
    fflush(stdout);
    signal(SIGFPE, SIG_DFL);
    return divide(1, zero);
}
