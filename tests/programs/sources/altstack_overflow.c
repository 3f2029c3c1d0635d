/* After a stack overflow a handler needs a stack of its own. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static sigjmp_buf out;
static volatile int depth, on_other_stack;
static char *other;

static void on_segv(int signum, siginfo_t *info, void *context)
{
    char here;

    (void)signum;
    (void)info;
    (void)context;
    on_other_stack = &here >= other && &here < other + 65536;
    siglongjmp(out, 1);
}

static int recurse(int n)
{
    volatile char frame[1024];

    frame[0] = (char)n;
    depth = n;
    return recurse(n + 1) + frame[0];
}

int main(void)
{
    struct sigaction action;
    struct rlimit limit = {256 * 1024, 256 * 1024};
    stack_t stack = {.ss_size = 65536};

    setrlimit(RLIMIT_STACK, &limit);
    other = stack.ss_sp = malloc(65536);
    sigaltstack(&stack, NULL);
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_segv;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGSEGV, &action, NULL);
    if (sigsetjmp(out, 1) == 0)
        recurse(0);
    printf("overflow at a depth over 150: %s, handler on its own stack: %s\n",
           depth > 150 ? "yes" : "no", on_other_stack ? "yes" : "no");
    return 0;
}
