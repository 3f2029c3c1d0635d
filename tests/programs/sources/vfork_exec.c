/* vfork: the child borrows its parent's memory until it executes another program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int borrowed;

int main(int argc, char *argv[])
{
    int status;

    if (argc > 1) {
        printf("child: argv[1] is %s, borrowed %d\n", argv[1], borrowed);
        return 5;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    char *arguments[] = {argv[0], "again", NULL};
    pid_t pid = vfork();
    if (pid < 0) {
        perror("vfork");
        return 1;
    }
    if (pid == 0) {
        borrowed = 1;
        execv(argv[0], arguments);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    printf("parent: child returned %d, borrowed %d\n", WEXITSTATUS(status), borrowed);
    if ((pid = vfork()) == 0) {
        borrowed = 2;
        execl("/bin/no-such-program", "none", (char *)NULL);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    printf("parent: child returned %d, borrowed %d\n", WEXITSTATUS(status), borrowed);
    return 0;
}
