/* String constants are in pages that may only be read, data in pages that may not be executed. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned char code[] = {0xc3}; /* ret */

static void write_it(void)
{
    volatile char *constant = (char *)"constant";
    *constant = 'C';
}

static void run_it(void)
{
    void (*function)(void);
    void *address = code;
    memcpy(&function, &address, sizeof function);
    function();
}

static void report(const char *what, void (*action)(void))
{
    int status;

    fflush(stdout);
    if (fork() == 0) {
        action();
        _exit(0);
    }
    wait(&status);
    printf("%s: %s\n", what, WIFSIGNALED(status) ? "killed" : "works");
}

int main(void)
{
    report("write a constant", write_it);
    report("run data", run_it);
    write_it();
    return 0;
}
