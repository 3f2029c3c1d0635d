/* Each process has two children, three levels deep; each returns how many it counts. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEPTH 3

static int tree(int depth, int path)
{
    int count = 1;

    if (depth == DEPTH)
        return count;
    for (int side = 0; side < 2; side++) {
        pid_t pid = fork();
        if (pid < 0) {
            perror("fork");
            exit(99);
        }
        if (pid == 0) {
            int below = tree(depth + 1, path * 2 + side);
            printf("node %d counts %d\n", path * 2 + side, below);
            exit(below);
        }
        int status;
        waitpid(pid, &status, 0);
        count += WEXITSTATUS(status);
    }
    return count;
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("root counts %d processes\n", tree(0, 1));
    return 0;
}
