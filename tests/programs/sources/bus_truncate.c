/* A mapping that reaches past the end of its file: SIGBUS, not SIGSEGV. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static sigjmp_buf again;
static volatile int signo, code;
static char *volatile where;

static void on_bus(int signum, siginfo_t *info, void *context)
{
    (void)context;
    signo = signum;
    code = info->si_code;
    where = info->si_addr;
    siglongjmp(again, 1);
}

static void touch(volatile char *area, long at)
{
    if (sigsetjmp(again, 1) == 0)
        printf("byte %ld is %d\n", at, area[at]);
    else
        printf("byte %ld: %s, code %d, at %ld\n", at, signo == SIGBUS ? "SIGBUS" : "?", code,
               (long)(where - (char *)area));
}

int main(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_bus;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGBUS, &action, NULL);
    int fd = open("/tmp/short", O_RDWR | O_CREAT | O_TRUNC, 0600);
    ftruncate(fd, 3 * 4096);
    char *area = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    area[0] = 1;
    area[2 * 4096] = 3;
    touch(area, 0);
    touch(area, 2 * 4096);
    touch(area, 3 * 4096 + 5);
    ftruncate(fd, 4096 + 10);
    touch(area, 4096 + 100);
    touch(area, 2 * 4096);
    unlink("/tmp/short");
    return 0;
}
