/* Is an address readable? Try it, and jump out of the handler if not. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static sigjmp_buf out;

static void on_fault(int signum)
{
    siglongjmp(out, signum);
}

static const char *probe(const volatile char *p)
{
    switch (sigsetjmp(out, 1)) {
    case 0:
        (void)*p;
        return "readable";
    case SIGSEGV:
        return "SIGSEGV";
    default:
        return "SIGBUS";
    }
}

int main(void)
{
    static const char text[] = "text";
    int local = 0;

    signal(SIGSEGV, on_fault);
    signal(SIGBUS, on_fault);
    char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("constant: %s\n", probe(text));
    printf("local: %s\n", probe((char *)&local));
    printf("null: %s\n", probe(NULL));
    printf("no rights: %s\n", probe(none));
    mprotect(none, 4096, PROT_READ);
    printf("rights given: %s\n", probe(none));
    munmap(none, 4096);
    printf("unmapped: %s\n", probe(none));
    printf("not canonical: %s\n", probe((char *)0x8000000000000000));
    printf("of the kernel: %s\n", probe((char *)0xffffffff81000000));
    return 0;
}
