/* Datagrams between processes, by names that are no paths; one that is full. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static socklen_t abstract(struct sockaddr_un *name, const char *text) {
    memset(name, 0, sizeof *name);
    name->sun_family = AF_UNIX;
    strcpy(name->sun_path + 1, text);
    return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(text);
}

static int open_named(const char *text) {
    struct sockaddr_un name;
    socklen_t size = abstract(&name, text);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (bind(fd, (struct sockaddr *)&name, size) < 0)
        printf("bind %s: %s\n", text, strerror(errno));
    return fd;
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct sockaddr_un to, from;
    socklen_t size;
    char buffer[64];
    int log = open_named("log");
    open_named("log");
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 16; i++) {
            size = sizeof from;
            ssize_t n = recvfrom(log, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &size);
            printf("log: %.*s from %.*s\n", (int)n, buffer, (int)size - 3, from.sun_path + 1);
        }
        sendto(log, "done", 4, 0, (struct sockaddr *)&from, size);
        exit(0);
    }
    int writer = open_named("writer");
    size = abstract(&to, "log");
    for (int i = 0; i < 16; i++) {
        int n = snprintf(buffer, sizeof buffer, "line %d", i);
        sendto(writer, buffer, n, 0, (struct sockaddr *)&to, size);
    }
    ssize_t n = recv(writer, buffer, sizeof buffer, 0);
    printf("writer: %.*s\n", (int)n, buffer);
    wait(NULL);

    int count = 0;
    while (sendto(writer, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&to, size) == 1)
        count++;
    printf("%d fit, then: %s\n", count, strerror(errno));
    close(log);
    printf("nobody: %s\n", sendto(writer, "x", 1, 0, (struct sockaddr *)&to, size) < 0 ? strerror(errno) : "");
    int stream = socket(AF_UNIX, SOCK_STREAM, 0);
    size = abstract(&to, "writer");
    printf("other type: %s\n", connect(stream, (struct sockaddr *)&to, size) < 0 ? strerror(errno) : "");
    connect(writer, (struct sockaddr *)&to, size);
    send(writer, "to myself", 9, 0);
    n = recv(writer, buffer, sizeof buffer, 0);
    printf("%.*s\n", (int)n, buffer);
    return 0;
}
