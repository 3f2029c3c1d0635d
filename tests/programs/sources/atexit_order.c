/* What runs before and after main, and what _exit leaves out. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((constructor)) static void before(void)
{
    puts("constructor");
}

__attribute__((destructor)) static void after(void)
{
    puts("destructor");
}

static void first(void)
{
    puts("registered first");
}

static void second(void)
{
    puts("registered second");
    atexit(first); /* registered while leaving: runs next */
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    atexit(first);
    atexit(second);
    puts("main");
    fflush(stdout);
    if (fork() == 0)
        _exit(0);
    wait(NULL);
    if (fork() == 0) {
        puts("child leaves by exit");
        exit(0);
    }
    wait(NULL);
    puts("parent leaves");
    return 3;
}
