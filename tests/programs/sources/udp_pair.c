/* Datagrams: a server answers who asks; what is too long is cut; nobody is at a port. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_in at(int port) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return name;
}

static int open_udp(int port) {
    struct sockaddr_in name = at(port);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(fd, (struct sockaddr *)&name, sizeof name) < 0)
        perror("bind");
    return fd;
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    char buffer[64];
    struct sockaddr_in from, to = at(5353);
    socklen_t size = sizeof from;
    int server = open_udp(5353);
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 3; i++) {
            size = sizeof from;
            ssize_t n = recvfrom(server, buffer, 8, 0, (struct sockaddr *)&from, &size);
            printf("server: %zd bytes from port %d: %.*s\n", n, ntohs(from.sin_port), (int)n, buffer);
            sendto(server, buffer, n, 0, (struct sockaddr *)&from, size);
        }
        exit(0);
    }
    int client = open_udp(5454);
    const char *words[] = {"one", "two", "three and more"};
    for (int i = 0; i < 3; i++) {
        sendto(client, words[i], strlen(words[i]), 0, (struct sockaddr *)&to, sizeof to);
        ssize_t n = recv(client, buffer, sizeof buffer, 0);
        printf("client: %.*s\n", (int)n, buffer);
    }
    wait(NULL);
    close(server);

    int lonely = open_udp(5555);
    printf("without an address: %s\n", send(lonely, "x", 1, 0) < 0 ? strerror(errno) : "sent");
    connect(lonely, (struct sockaddr *)&to, sizeof to);
    printf("first send: %zd\n", send(lonely, "x", 1, 0));
    printf("second send: %s\n", send(lonely, "x", 1, 0) < 0 ? strerror(errno) : "sent");
    struct timeval time = {.tv_usec = 20000};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    printf("nothing comes: %s\n", recv(client, buffer, 9, 0) < 0 ? strerror(errno) : "received");
    printf("too long: %s\n", sendto(client, malloc(70000), 70000, 0, (struct sockaddr *)&to, sizeof to) < 0 ? strerror(errno) : "sent");
    to.sin_addr.s_addr = htonl(0x08080808);
    printf("far away: %s\n", sendto(client, "x", 1, 0, (struct sockaddr *)&to, sizeof to) < 0 ? strerror(errno) : "sent");
    struct sockaddr_in none = {.sin_family = AF_UNSPEC};
    connect(lonely, (struct sockaddr *)&none, sizeof none);
    size = sizeof from;
    printf("peer: %s\n", getpeername(lonely, (struct sockaddr *)&from, &size) < 0 ? strerror(errno) : "");
    return 0;
}
