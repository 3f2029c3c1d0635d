/* A buffer that ends at a page without rights: the first byte behind it is caught. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char *buffer;

static void on_segv(int signum, siginfo_t *info, void *context)
{
    char text[80];

    (void)signum;
    (void)context;
    int n = snprintf(text, sizeof text, "overrun at byte %ld, code %d\n",
                     (long)((char *)info->si_addr - buffer), info->si_code);
    write(STDERR_FILENO, text, n);
    _exit(1);
}

static void fill(volatile char *to, int n)
{
    for (int i = 0; i < n; i++)
        to[i] = 'x';
}

int main(void)
{
    struct sigaction action;
    size_t size = 1000;

    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_segv;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, NULL);
    char *pages = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(pages + 4096, 4096, PROT_NONE);
    buffer = pages + 4096 - size;
    fill(buffer, 1000);
    puts("1000 bytes fit");
    fflush(stdout);
    fill(buffer, 1001);
    puts("never said");
    return 0;
}
