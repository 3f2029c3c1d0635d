/* A small server of files over HTTP: a thread for each connection; its client is a process. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUESTS 4

static struct sockaddr_in name = {.sin_family = AF_INET};

static void answer(int fd) {
    char request[256], method[8], path[64];
    ssize_t n = read(fd, request, sizeof request - 1);
    request[n > 0 ? n : 0] = 0;
    if (sscanf(request, "%7s %63s", method, path) != 2 || strcmp(method, "GET")) {
        dprintf(fd, "HTTP/1.0 400 Bad Request\r\n\r\n");
        return;
    }
    int file = open(path, O_RDONLY);
    if (file < 0) {
        dprintf(fd, "HTTP/1.0 404 Not Found\r\n\r\n%s\n", strerror(errno));
        return;
    }
    struct stat status;
    off_t done = 0;
    fstat(file, &status);
    dprintf(fd, "HTTP/1.0 200 OK\r\nContent-Length: %ld\r\n\r\n", (long)status.st_size);
    while (done < status.st_size && sendfile(fd, file, &done, status.st_size - done) > 0)
        ;
    close(file);
}

static void *work(void *argument) {
    int fd = (int)(long)argument;
    answer(fd);
    close(fd);
    return argument;
}

static int fetch(const char *request) {
    char text[1024];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&name, sizeof name) < 0)
        return 1;
    dprintf(fd, "%s", request);
    ssize_t n = recv(fd, text, sizeof text, MSG_WAITALL);
    printf("%.*s: %zd bytes\n", (int)strcspn(text, "\r\n"), text, n);
    close(fd);
    return 0;
}

int main(void) {
    const char *requests[REQUESTS] = {"GET /tmp/input HTTP/1.0\r\n\r\n", "GET /none HTTP/1.0\r\n\r\n",
                                      "PUT /tmp/input HTTP/1.0\r\n\r\n", "GET /tmp/input"};
    pthread_t thread;
    socklen_t size = sizeof name;
    setvbuf(stdout, NULL, _IOLBF, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(8080);
    bind(fd, (struct sockaddr *)&name, size);
    listen(fd, 16);
    pid_t pid = fork();
    if (pid == 0) {
        int failed = 0;
        for (int i = 0; i < REQUESTS; i++)
            failed += fetch(requests[i]);
        exit(failed);
    }
    for (int i = 0; i < REQUESTS; i++) {
        pthread_create(&thread, NULL, work, (void *)(long)accept(fd, NULL, NULL));
        pthread_join(thread, NULL);
    }
    int status;
    waitpid(pid, &status, 0);
    printf("client: %d\n", WEXITSTATUS(status));
    return 0;
}
