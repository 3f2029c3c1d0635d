/* An instruction that no processor has: SIGILL at its address; the handler steps over it. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

extern char bad_instruction[];
static volatile int at_it, code, times;

static void on_ill(int signum, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)signum;
    at_it = (char *)info->si_addr == bad_instruction;
    code = info->si_code;
    times++;
    uc->uc_mcontext.gregs[REG_RIP] += 2; /* ud2 has two bytes */
}

int main(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_ill;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGILL, &action, NULL);
    __asm__ volatile(".globl bad_instruction\nbad_instruction: ud2" ::: "memory");
    printf("SIGILL %d time, code %d, at the instruction: %s\n", times, code, at_it ? "yes" : "no");
    fflush(stdout);
    signal(SIGILL, SIG_DFL);
    __asm__ volatile("ud2");
    return 0;
}
