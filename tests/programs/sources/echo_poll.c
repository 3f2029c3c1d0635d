/* One process serves all clients by poll; a client ends one direction and reads the rest. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLIENTS 3

static struct sockaddr_in name;

static void client(int number) {
    char text[64], answer[256];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP), on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&name, sizeof name) < 0)
        exit(9);
    int n = snprintf(text, sizeof text, "number %d, ", number);
    for (int i = 0; i < number; i++)
        send(fd, text, n, 0);
    shutdown(fd, SHUT_WR);
    size_t total = 0;
    ssize_t got;
    while ((got = recv(fd, answer + total, sizeof answer - total, 0)) > 0)
        total += got;
    printf("client %d: %.*s\n", number, (int)total, answer);
    exit(send(fd, text, n, MSG_NOSIGNAL) < 0 ? errno == EPIPE : 2);
}

int main(void) {
    struct pollfd fds[1 + CLIENTS];
    socklen_t size = sizeof name;
    int used = 1, ended = 0, value;
    char buffer[128];
    setvbuf(stdout, NULL, _IOLBF, 0);
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(7007);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    bind(fd, (struct sockaddr *)&name, size);
    listen(fd, CLIENTS);
    size = sizeof value;
    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size);
    printf("listens: %d, accept says %s\n", value, accept(fd, NULL, NULL) < 0 ? strerror(errno) : "");
    for (int i = 1; i <= CLIENTS; i++)
        if (fork() == 0) {
            close(fd);
            client(i);
        }
    fds[0] = (struct pollfd){.fd = fd, .events = POLLIN};
    while (ended < CLIENTS) {
        int ready = poll(fds, used, -1);
        if (ready < 0)
            return 1;
        if (fds[0].revents & POLLIN) {
            fds[used].fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
            fds[used++].events = POLLIN | POLLRDHUP;
            continue;
        }
        for (int i = 1; i < used; i++) {
            if (!fds[i].revents)
                continue;
            ssize_t n = read(fds[i].fd, buffer, sizeof buffer);
            if (n > 0) {
                for (ssize_t k = 0; k < n; k++)
                    if (buffer[k] >= 'a' && buffer[k] <= 'z')
                        buffer[k] -= 32;
                write(fds[i].fd, buffer, n);
            } else {
                printf("connection %d ended: %zd\n", i, n);
                close(fds[i].fd);
                fds[i].fd = -1;
                ended++;
            }
        }
    }
    int status, sum = 0;
    while (wait(&status) > 0)
        sum += WEXITSTATUS(status);
    printf("statuses: %d\n", sum);
    return 0;
}
