/* int3 is how a debugger stops a program: SIGTRAP after the instruction. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

extern char after_breakpoint[];
static volatile int traps, behind, code;

static void on_trap(int signum, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)signum;
    traps++;
    code = info->si_code;
    behind += uc->uc_mcontext.gregs[REG_RIP] == (greg_t)after_breakpoint;
}

__attribute__((noinline)) static void step(void)
{
    __asm__ volatile(".globl after_breakpoint\nint3\nafter_breakpoint: nop" ::: "memory");
}

int main(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_trap;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGTRAP, &action, NULL);
    for (volatile int i = 0; i < 3; i++)
        step();
    printf("%d traps, code %d, %d right behind int3\n", traps, code, behind);
    fflush(stdout);
    signal(SIGTRAP, SIG_DFL);
    step();
    return 0;
}
