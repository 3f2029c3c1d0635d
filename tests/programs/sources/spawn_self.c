/* posix_spawn: a child with its output in a pipe. */
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char *argv[])
{
    posix_spawn_file_actions_t actions;
    char *arguments[] = {argv[0], "child", NULL};
    char answer[100];
    int ends[2], status, error;
    pid_t pid;

    if (argc > 1) {
        printf("I am the %s", argv[1]);
        return 9;
    }
    pipe(ends);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    error = posix_spawn(&pid, argv[0], &actions, NULL, arguments, environ);
    if (error) {
        printf("posix_spawn: %s\n", strerror(error));
        return 1;
    }
    close(ends[1]);
    ssize_t n = read(ends[0], answer, sizeof answer - 1);
    answer[n > 0 ? n : 0] = '\0';
    waitpid(pid, &status, 0);
    printf("it says \"%s\" and ends with %d\n", answer, WEXITSTATUS(status));
    error = posix_spawn(&pid, "/bin/none", NULL, NULL, arguments, environ);
    printf("no such program: %s\n", strerror(error));
    posix_spawn_file_actions_destroy(&actions);
    return 0;
}
