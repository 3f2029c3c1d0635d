/* A server with a name in a directory passes an open file to each client. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "/tmp/server"};

static void send_file(int to, int fd) {
    char space[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec text = {"here", 4};
    struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = space,
                             .msg_controllen = sizeof space};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
                               .cmsg_len = CMSG_LEN(sizeof fd)};
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    sendmsg(to, &message, 0);
}

static int receive_file(int from) {
    char space[CMSG_SPACE(sizeof(int))], text[8];
    struct iovec room = {text, sizeof text};
    struct msghdr message = {.msg_iov = &room, .msg_iovlen = 1, .msg_control = space,
                             .msg_controllen = sizeof space};
    int fd = -1;
    if (recvmsg(from, &message, 0) > 0 && CMSG_FIRSTHDR(&message))
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

static void client(int number) {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct ucred who;
    socklen_t size = sizeof who;
    char line[16];
    if (connect(fd, (struct sockaddr *)&name, sizeof name) < 0)
        exit(9);
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size);
    int file = receive_file(fd);
    ssize_t n = read(file, line, 8);
    printf("client %d: uid %d has %.*s\n", number, who.uid, (int)n, line);
    dprintf(fd, "thanks %d", number);
    exit(0);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct stat status;
    struct sockaddr_un other;
    socklen_t size = sizeof other;
    char answer[32];
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    printf("nobody: %s\n", connect(fd, (struct sockaddr *)&name, sizeof name) < 0 ? strerror(errno) : "");
    printf("listen: %s\n", listen(fd, 1) < 0 ? strerror(errno) : "");
    bind(fd, (struct sockaddr *)&name, sizeof name);
    printf("again: %s\n", bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof name) < 0 ? strerror(errno) : "");
    stat(name.sun_path, &status);
    printf("a socket: %d, rights %o\n", S_ISSOCK(status.st_mode), status.st_mode & 0777);
    printf("not yet: %s\n", connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof name) < 0 ? strerror(errno) : "");
    printf("open: %s\n", open(name.sun_path, O_RDWR) < 0 ? strerror(errno) : "");
    listen(fd, 4);
    for (int i = 1; i <= 2; i++)
        if (fork() == 0)
            client(i);
    int shared = open("/tmp/input", O_RDONLY);
    for (int i = 0; i < 2; i++) {
        int one = accept(fd, (struct sockaddr *)&other, &size);
        printf("accepted: %u bytes of name\n", (unsigned)size);
        size = sizeof other;
        send_file(one, shared);
        ssize_t n = read(one, answer, sizeof answer);
        printf("server: %.*s\n", (int)n, answer);
        size = sizeof other;
        getsockname(one, (struct sockaddr *)&other, &size);
        printf("its name: %s, %u bytes\n", other.sun_path, (unsigned)size);
        close(one);
    }
    while (wait(NULL) > 0)
        ;
    unlink(name.sun_path);
    printf("gone: %s\n", connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof name) < 0 ? strerror(errno) : "");
    return 0;
}
