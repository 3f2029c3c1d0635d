/* A chat by select over IPv6: what one client says, all others hear. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLIENTS 3

static struct sockaddr_in6 name = {.sin6_family = AF_INET6};

static void client(int number) {
    char text[32], line[200];
    size_t total = 0;
    ssize_t n;
    int fd = socket(AF_INET6, SOCK_STREAM, 0), error;
    socklen_t size = sizeof error;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    int result = connect(fd, (struct sockaddr *)&name, sizeof name);
    if (result < 0 && errno != EINPROGRESS)
        exit(9);
    fd_set out;
    FD_ZERO(&out);
    FD_SET(fd, &out);
    select(fd + 1, NULL, &out, NULL, NULL);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    fcntl(fd, F_SETFL, 0);
    snprintf(text, sizeof text, "<%d says hello>", number);
    write(fd, text, strlen(text));
    while ((n = read(fd, line + total, strlen(text))) > 0)
        total += n;
    printf("client %d, error %d, heard %zu bytes\n", number, error, total);
    exit(0);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    int fds[CLIENTS], used = 0, heard = 0, on = 1;
    char line[100], address[INET6_ADDRSTRLEN];
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    name.sin6_port = htons(6667);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bind(fd, (struct sockaddr *)&name, sizeof name);
    listen(fd, 10);
    name.sin6_addr = in6addr_loopback;
    for (int i = 1; i <= CLIENTS; i++)
        if (fork() == 0) {
            close(fd);
            client(i);
        }
    while (heard < CLIENTS) {
        fd_set in;
        int most = fd;
        FD_ZERO(&in);
        FD_SET(fd, &in);
        for (int i = 0; i < used; i++) {
            FD_SET(fds[i], &in);
            most = fds[i] > most ? fds[i] : most;
        }
        select(most + 1, &in, NULL, NULL, NULL);
        if (FD_ISSET(fd, &in)) {
            struct sockaddr_in6 from;
            socklen_t size = sizeof from;
            fds[used] = accept(fd, (struct sockaddr *)&from, &size);
            inet_ntop(AF_INET6, &from.sin6_addr, address, sizeof address);
            printf("client %d from %s\n", ++used, address);
            if (used < CLIENTS)
                continue;
        }
        for (int i = 0; i < used && used == CLIENTS; i++)
            if (FD_ISSET(fds[i], &in)) {
                ssize_t n = read(fds[i], line, sizeof line);
                printf("server: %.*s\n", (int)n, line);
                for (int k = 0; k < used; k++)
                    if (k != i)
                        write(fds[k], line, n);
                heard++;
            }
    }
    for (int i = 0; i < used; i++)
        close(fds[i]);
    while (wait(NULL) > 0)
        ;
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(6667)};
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int other = socket(AF_INET, SOCK_STREAM, 0);
    printf("by IPv4: %d\n", connect(other, (struct sockaddr *)&four, sizeof four));
    struct sockaddr_in6 from;
    socklen_t size = sizeof from;
    accept(fd, (struct sockaddr *)&from, &size);
    printf("from %s\n", inet_ntop(AF_INET6, &from.sin6_addr, address, sizeof address));
    return 0;
}
