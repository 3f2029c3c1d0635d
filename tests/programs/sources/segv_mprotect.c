/* Which pages are written? A handler of SIGSEGV notes it and allows the write. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096
#define PAGES 8

static char *area;
static volatile int dirty[PAGES];

static void on_segv(int signum, siginfo_t *info, void *context)
{
    (void)signum;
    (void)context;
    size_t page = ((char *)info->si_addr - area) / PAGE;
    dirty[page]++;
    mprotect(area + page * PAGE, PAGE, PROT_READ | PROT_WRITE);
}

int main(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_segv;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, NULL);
    area = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (volatile char *p = area + 100; p < area + PAGES * PAGE; p += 3 * PAGE)
        *p = 'x';
    area[3 * PAGE] = 'y';
    for (int i = 0; i < PAGES; i++)
        printf("page %d: %d\n", i, dirty[i]);
    return 0;
}
