/* Recursion without end reaches the limit of the stack: SIGSEGV. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int forever(int n)
{
    volatile char frame[3000];

    frame[n % 3000] = 1;
    return forever(n + 1) + frame[0];
}

int main(void)
{
    struct rlimit limit = {1 << 20, 1 << 20};
    int status;

    if (fork() == 0) {
        setrlimit(RLIMIT_STACK, &limit);
        _exit(forever(0));
    }
    wait(&status);
    printf("with 1 MiB of stack: signal %d\n", WTERMSIG(status));
    fflush(stdout);
    return forever(0);
}
