/* yes | head: the writer of a pipeline ends by SIGPIPE; without it, write says EPIPE. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char data[200000];
static volatile sig_atomic_t came;

static void note(int signum) { came = signum; }

static void yes(int out)
{
    char lines[1024];

    for (size_t i = 0; i < sizeof lines; i++)
        lines[i] = "yes\n"[i % 4];
    for (;;)
        write(out, lines, sizeof lines);
}

static void head(int in, int lines)
{
    char c;
    while (lines && read(in, &c, 1) == 1) {
        write(1, &c, 1);
        lines -= c == '\n';
    }
}

static void pipeline(void)
{
    int fds[2], status;
    pid_t writer;

    pipe(fds);
    writer = fork();
    if (writer == 0) {
        close(fds[0]);
        yes(fds[1]);
    }
    if (fork() == 0) {
        close(fds[1]);
        head(fds[0], 3);
        _exit(0);
    }
    close(fds[0]);
    close(fds[1]);
    waitpid(writer, &status, 0);
    printf("yes: %s\n", WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "ended");
    wait(&status);
    printf("head: exited with %d\n", WEXITSTATUS(status));
}

static void half_written(void)
{
    int fds[2];

    pipe(fds);
    if (fork() == 0) {
        close(fds[1]);
        read(fds[0], data, 100);
        _exit(0);
    }
    close(fds[0]);
    long written = write(fds[1], data, sizeof data);
    printf("%ld bytes were written, then signal %d came\n", written, came);
    came = 0;
    written = write(fds[1], data, 1);
    printf("then %ld, %s, signal %d\n", written, strerror(errno), came);
    close(fds[1]);
    wait(NULL);
}

int main(void)
{
    int fds[2];

    pipeline();
    signal(SIGPIPE, note);
    half_written();
    signal(SIGPIPE, SIG_IGN);
    pipe(fds);
    close(fds[0]);
    printf("ignored: %zd", write(fds[1], "x", 1));
    printf(", %s; nothing at all: %zd\n", strerror(errno), write(fds[1], "x", 0));
    return 0;
}
