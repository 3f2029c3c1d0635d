/* A program that counts down by executing itself: new memory, same process. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int started;

int main(int argc, char *argv[])
{
    int left = argc > 1 ? atoi(argv[1]) : 3;
    const char *first = getenv("FIRST_PID");
    char number[16], pid[32];

    started++;
    snprintf(pid, sizeof pid, "FIRST_PID=%d", first ? atoi(first) : (int)getpid());
    printf("%d left, started %d, same process: %s\n", left, started,
           !first || atoi(first) == getpid() ? "yes" : "no");
    if (left == 0)
        return 7;
    fflush(stdout);
    snprintf(number, sizeof number, "%d", left - 1);
    char *next[] = {argv[0], number, "a", "b", NULL};
    char *environment[] = {pid, NULL};
    execve(argv[0], next, environment);
    perror("execve");
    return 1;
}
