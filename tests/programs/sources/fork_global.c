/* Parent and child write the same global variable at the same address: each has its own. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int global = 6;

int main(void)
{
    int local = 88;

    printf("before fork: global %d, local %d\n", global, local);
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0) {
        perror("fork");
        return 1;
    }
    if (pid == 0) {
        global++;
        local++;
        printf("child: global %d, local %d\n", global, local);
        return 0;
    }
    waitpid(pid, NULL, 0);
    global += 10;
    printf("parent: global %d, local %d\n", global, local);
    return 0;
}
