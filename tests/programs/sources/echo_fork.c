/* CS:APP, chapter 11: an echo server that forks a child for each client, and its clients. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT 15213

static int open_listenfd(int port) {
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        perror("setsockopt");
    server.sin_addr.s_addr = htonl(INADDR_ANY);
    if (bind(fd, (struct sockaddr *)&server, sizeof server) < 0 || listen(fd, 8) < 0) {
        perror("open_listenfd");
        exit(1);
    }
    return fd;
}

static int open_clientfd(const char *address, int port) {
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, address, &server.sin_addr);
    if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0) {
        printf("connect to %s: %s\n", address, strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

static void echo(int fd) {
    char line[100];
    ssize_t n;
    size_t total = 0;
    while ((n = read(fd, line, sizeof line)) > 0) {
        total += n;
        write(fd, line, n);
    }
    printf("child: echoed %zu bytes, then read %zd\n", total, n);
}

static void client(int number) {
    char text[64], answer[64];
    int fd = open_clientfd("127.0.0.1", PORT);
    for (int i = 0; i < 3; i++) {
        int n = snprintf(text, sizeof text, "client %d line %d\n", number, i);
        write(fd, text, n);
        ssize_t got = read(fd, answer, sizeof answer);
        printf("client %d got: %.*s", number, (int)got, answer);
    }
    close(fd);
    exit(number);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct sockaddr_in peer, own;
    socklen_t size = sizeof own;
    open_clientfd("127.0.0.1", PORT);
    open_clientfd("10.1.2.3", PORT);
    int listenfd = open_listenfd(PORT);
    getsockname(listenfd, (struct sockaddr *)&own, &size);
    printf("listens at %s:%d\n", inet_ntoa(own.sin_addr), ntohs(own.sin_port));

    int other = socket(AF_INET, SOCK_STREAM, 0);
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(other, (struct sockaddr *)&own, sizeof own) < 0)
        printf("a second bind: %s\n", strerror(errno));
    close(other);

    pid_t clients[2];
    for (int i = 0; i < 2; i++)
        if ((clients[i] = fork()) == 0) {
            close(listenfd);
            client(i + 1);
        }
    for (int i = 0; i < 2; i++) {
        size = sizeof peer;
        int connfd = accept(listenfd, (struct sockaddr *)&peer, &size);
        printf("accepted from %s, %d bytes of name\n", inet_ntoa(peer.sin_addr), (int)size);
        if (fork() == 0) {
            close(listenfd);
            echo(connfd);
            exit(0);
        }
        close(connfd);
    }
    int status, sum = 0;
    while (wait(&status) > 0)
        sum += WEXITSTATUS(status);
    printf("statuses: %d\n", sum);
    close(listenfd);
    open_clientfd("127.0.0.1", PORT);
    return 0;
}
