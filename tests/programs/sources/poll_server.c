/* A server that waits for two clients at once: poll, select, and what they say when one is gone. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int client(const char *name, int requests, int *its_end)
{
    int fds[2];

    pipe(fds);
    if (fork() == 0) {
        close(fds[0]);
        for (int i = 0; i < requests; i++) {
            char line[32];
            int length = snprintf(line, sizeof line, "%s %d", name, i);
            struct timespec while_ = {0, *name == 'a' ? 60000000 : 150000000};
            nanosleep(&while_, NULL);
            write(fds[1], line, length);
        }
        _exit(0);
    }
    close(fds[1]);
    *its_end = fds[0];
    return fds[0];
}

static int answer(int fd)
{
    char line[32];
    ssize_t length = read(fd, line, sizeof line - 1);

    if (length <= 0)
        return 0;
    line[length] = '\0';
    printf("request: %s\n", line);
    return 1;
}

static void with_poll(void)
{
    struct pollfd fds[3] = {{.events = POLLIN}, {.events = POLLIN}, {.fd = -1, .events = POLLIN}};
    int left = 2;

    client("anna", 3, &fds[0].fd);
    client("bob", 2, &fds[1].fd);
    while (left) {
        int ready = poll(fds, 3, 5000);
        printf("%d ready\n", ready);
        for (int i = 0; i < 2; i++) {
            if (fds[i].revents & POLLIN)
                answer(fds[i].fd);
            else if (fds[i].revents & POLLHUP) {
                printf("client %d hung up\n", i);
                close(fds[i].fd);
                fds[i].fd = -1;
                left--;
            }
        }
    }
    printf("no client: %d\n", poll(fds, 3, 10));
    fds[2].fd = 99;
    printf("no descriptor: %d", poll(fds, 3, -1));
    printf(", %#x\n", fds[2].revents);
    while (wait(NULL) > 0)
        ;
}

static void with_select(void)
{
    int one, two, left = 2;

    client("anna", 2, &one);
    client("bob", 2, &two);
    while (left) {
        struct timeval limit = {1, 0};
        fd_set set;
        FD_ZERO(&set);
        if (one >= 0)
            FD_SET(one, &set);
        if (two >= 0)
            FD_SET(two, &set);
        int ready = select(10, &set, NULL, NULL, &limit);
        for (int *fd = &one; ready > 0 && fd; fd = fd == &one ? &two : NULL) {
            if (*fd < 0 || !FD_ISSET(*fd, &set))
                continue;
            if (answer(*fd))
                continue;
            printf("end of a client\n");
            close(*fd);
            *fd = -1;
            left--;
        }
    }
    while (wait(NULL) > 0)
        ;
}

int main(void)
{
    fd_set set;
    int fds[2];

    with_poll();
    with_select();
    pipe(fds);
    FD_ZERO(&set);
    FD_SET(fds[1], &set);
    printf("can be written: %d\n", select(fds[1] + 1, NULL, &set, NULL, NULL));
    close(fds[0]);
    close(fds[1]);
    int failed = select(fds[1] + 1, &set, NULL, NULL, NULL);
    printf("closed: %d, %s\n", failed, strerror(errno));
    return 0;
}
