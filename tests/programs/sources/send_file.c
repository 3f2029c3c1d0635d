/* Copying without a buffer: sendfile to a file, to a pipe, and to the terminal. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char data[100000];

int main(void)
{
    int in = open("/tmp/input", O_RDONLY);
    int copy = open("/tmp/copy", O_CREAT | O_RDWR, 0600);
    int fds[2];
    struct stat told;
    off_t from = 24;
    char text[64] = "";

    fstat(in, &told);
    printf("copied: %zd of %ld\n", sendfile(copy, in, NULL, told.st_size), (long)told.st_size);
    printf("at its end: %zd\n", sendfile(copy, in, NULL, 10));
    printf("position: %ld\n", (long)lseek(copy, 0, SEEK_CUR));
    pread(copy, text, 23, 0);
    printf("%s\n", text);
    printf("from 24 on: %zd", sendfile(copy, in, &from, 16));
    printf(", now %ld, file at %ld\n", (long)from, (long)lseek(in, 0, SEEK_CUR));

    int large = open("/tmp/large", O_CREAT | O_RDWR, 0600);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = "0123456789"[i % 10];
    write(large, data, sizeof data);
    lseek(large, 0, SEEK_SET);
    pipe(fds);
    printf("a pipe takes %zd", sendfile(fds[1], large, NULL, sizeof data));
    fcntl(fds[1], F_SETFL, O_NONBLOCK);
    printf(", then %zd", sendfile(fds[1], large, NULL, sizeof data));
    printf(" (%s)\n", strerror(errno));
    printf("read: %zd, %.10s\n", read(fds[0], data, 5005), data + 4995);

    fflush(stdout);
    lseek(in, 0, SEEK_SET);
    sendfile(1, in, NULL, 24);
    printf("\nfrom a pipe: %zd", sendfile(copy, fds[0], NULL, 10));
    printf(" (%s)\n", strerror(errno));
    int end = open("/tmp/copy", O_WRONLY | O_APPEND);
    printf("to the end: %zd", sendfile(end, in, NULL, 10));
    printf(" (%s)\n", strerror(errno));
    from = -1;
    printf("from before: %zd", sendfile(copy, in, &from, 10));
    printf(" (%s)\n", strerror(errno));
    return 0;
}
