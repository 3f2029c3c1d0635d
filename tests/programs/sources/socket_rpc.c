/* A parent asks, a child answers, over pairs of sockets: by a stream, by whole messages, and by a
   message that brings an open file along. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

struct request {
    uint32_t op, length; /* of what comes behind it */
};

static int read_all(int fd, void *where, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t got = read(fd, (char *)where + done, size - done);
        if (got <= 0)
            return 0;
        done += got;
    }
    return 1;
}

static void serve(int fd)
{
    struct request request;
    char *data = malloc(100000);

    while (read_all(fd, &request, sizeof request) && read_all(fd, data, request.length)) {
        uint64_t sum = 0;
        for (uint32_t i = 0; i < request.length; i++)
            sum += request.op == 1 ? (unsigned char)data[i] : 1;
        write(fd, &sum, sizeof sum);
    }
    write(fd, "bye", 3);
    _exit(7);
}

static uint64_t call(int fd, uint32_t op, const char *data, uint32_t length)
{
    struct request request = {op, length};
    struct iovec pieces[] = {{&request, sizeof request}, {(void *)data, length}};
    uint64_t answer = 0;

    writev(fd, pieces, 2);
    read_all(fd, &answer, sizeof answer);
    return answer;
}

static void by_a_stream(void)
{
    int fds[2], status;
    char *large = malloc(90000), rest[8] = "";

    socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
    pid_t child = fork();
    if (!child) {
        close(fds[0]);
        serve(fds[1]);
    }
    close(fds[1]);
    memset(large, 2, 90000);
    printf("sum %lu\n", call(fds[0], 1, "hello", 5));
    printf("count %lu\n", call(fds[0], 2, "hello", 5));
    printf("large %lu\n", call(fds[0], 1, large, 90000));
    shutdown(fds[0], SHUT_WR);
    printf("last %zd", read(fds[0], rest, sizeof rest));
    printf(" %s %zd\n", rest, read(fds[0], rest, sizeof rest));
    waitpid(child, &status, 0);
    printf("server ended with %d\n", WEXITSTATUS(status));
    printf("nobody: %zd", send(fds[0], "x", 1, MSG_NOSIGNAL));
    printf(" %s\n", strerror(errno));
    close(fds[0]);
    free(large);
}

static void by_messages(int type)
{
    int fds[2], value;
    char buffer[16];
    socklen_t length = sizeof value;

    socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, fds);
    getsockopt(fds[0], SOL_SOCKET, SO_TYPE, &value, &length);
    printf("type %d:", value);
    send(fds[0], "one", 3, 0);
    send(fds[0], "twenty-one bytes long", 21, 0);
    printf(" %zd", recv(fds[1], buffer, sizeof buffer, MSG_PEEK));
    printf(" %zd", recv(fds[1], buffer, sizeof buffer, 0));
    printf(" %zd", recv(fds[1], buffer, sizeof buffer, MSG_TRUNC));
    printf(" %zd", recv(fds[1], buffer, sizeof buffer, 0));
    printf(" %s\n", strerror(errno));
    int sent = 0;
    while (send(fds[0], buffer, 10, 0) == 10)
        sent++;
    printf("full after %d: %s\n", sent, strerror(errno));
    close(fds[0]);
    printf("closed: %zd\n", send(fds[1], "x", 1, 0));
    close(fds[1]);
}

static void an_open_file(void)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr head;
    } control = {0};
    struct iovec piece = {"here", 4};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    int fds[2], file, status;
    char text[32] = "";

    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds);
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    if (fork() == 0) {
        close(fds[0]);
        recvmsg(fds[1], &message, 0);
        memcpy(&file, CMSG_DATA(&control.head), sizeof file);
        read(file, text, 10);
        _exit(text[0]);
    }
    file = fileno(fopen("/tmp/input", "r"));
    control.head.cmsg_len = CMSG_LEN(sizeof file);
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    memcpy(CMSG_DATA(&control.head), &file, sizeof file);
    printf("sent %zd\n", sendmsg(fds[0], &message, 0));
    wait(&status);
    printf("the child read '%c', the place is %ld\n", WEXITSTATUS(status), lseek(file, 0, SEEK_CUR));
}

static void broken(int signal __attribute__((unused)))
{
    write(1, "broken pipe\n", 12);
}

int main(void)
{
    int fds[2];

    setvbuf(stdout, NULL, _IOLBF, 0);
    by_a_stream();
    by_messages(SOCK_SEQPACKET);
    by_messages(SOCK_DGRAM);
    an_open_file();
    signal(SIGPIPE, broken);
    socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
    close(fds[1]);
    printf("%zd\n", write(fds[0], "x", 1));
    printf("%d", socket(99, SOCK_STREAM, 0));
    printf(" %s\n", strerror(errno));
    return 0;
}
