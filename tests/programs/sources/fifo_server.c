/* A server and its clients, who know each other by the names of FIFOs only. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS = 3, PATH = 32 };
#define REQUESTS "/tmp/requests"

struct request {
    int client;
    int number;
};

static void path_of(int client, char *path)
{
    snprintf(path, PATH, "/tmp/answers.%d", client);
}

static int ask(int client)
{
    struct request request = {client, 10 * client + 1};
    char path[PATH];
    long answer = 0;
    int requests, answers;

    path_of(client, path);
    if (mkfifo(path, 0600) < 0)
        return 1;
    requests = open(REQUESTS, O_WRONLY); /* waits for the server */
    write(requests, &request, sizeof request);
    close(requests);
    answers = open(path, O_RDONLY); /* waits for the answer */
    read(answers, &answer, sizeof answer);
    close(answers);
    unlink(path);
    return answer == (long)request.number * request.number ? 0 : 2;
}

static void serve(int requests)
{
    struct request request;

    for (int served = 0; served < CLIENTS; served++) {
        char path[PATH];
        long answer;
        int fd;

        while (read(requests, &request, sizeof request) != sizeof request)
            ; /* nobody has it open just now */
        answer = (long)request.number * request.number;
        path_of(request.client, path);
        fd = open(path, O_WRONLY);
        write(fd, &answer, sizeof answer);
        close(fd);
        printf("client %d asked %d\n", request.client, request.number);
    }
}

int main(void)
{
    struct pollfd poll_fd = {.events = POLLIN};
    struct stat told;
    char text[16];
    int reader, writer, status, requests;

    if (mkfifo(REQUESTS, 0622) < 0 || mkfifo(REQUESTS, 0622) == 0)
        return 1;
    printf("again: %s\n", strerror(errno));
    stat(REQUESTS, &told);
    printf("fifo: %d, %o, %ld bytes\n", S_ISFIFO(told.st_mode), told.st_mode & 0777,
           (long)told.st_size);
    printf("without a reader: %d", open(REQUESTS, O_WRONLY | O_NONBLOCK));
    printf(", %s\n", strerror(errno));
    reader = poll_fd.fd = open(REQUESTS, O_RDONLY | O_NONBLOCK);
    printf("without a writer: %d bytes, poll %d\n", (int)read(reader, text, 8),
           poll(&poll_fd, 1, 0));
    writer = open(REQUESTS, O_WRONLY | O_NONBLOCK);
    printf("written: %d", (int)write(writer, "left over", 9));
    printf(", poll %d %#x\n", poll(&poll_fd, 1, 0), poll_fd.revents);
    close(writer);
    printf("read: %d", (int)read(reader, text, 4));
    printf(", %d, poll %d", (int)read(reader, text, 16), poll(&poll_fd, 1, 0));
    printf(" %#x\n", poll_fd.revents);
    close(reader);
    fflush(stdout);
    for (int client = 1; client <= CLIENTS; client++)
        if (fork() == 0)
            exit(ask(client));
    requests = open(REQUESTS, O_RDWR); /* so that there is a writer always */
    serve(requests);
    for (int client = 0; client < CLIENTS; client++) {
        wait(&status);
        printf("ended with %d\n", WEXITSTATUS(status));
    }
    close(requests);
    if (fork() == 0) {
        writer = open(REQUESTS, O_WRONLY);
        dprintf(writer, "last words");
        exit(0);
    }
    reader = open(REQUESTS, O_RDONLY); /* waits for the child */
    printf("%d bytes", (int)read(reader, text, sizeof text));
    printf(", then %d\n", (int)read(reader, text, sizeof text));
    wait(&status);
    printf("unlink: %d\n", unlink(REQUESTS));
    return 0;
}
