// Locks on parts of a file: two processes count in it, one waits for the other, and one would wait
// for ever.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static int lock(int fd, int command, int type, long start, long length)
{
    struct flock wanted = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    return fcntl(fd, command, &wanted);
}

static int count(int fd)
{
    int value = 0;
    lock(fd, F_SETLKW, F_WRLCK, 0, sizeof value);
    pread(fd, &value, sizeof value, 0);
    value++;
    pwrite(fd, &value, sizeof value, 0);
    lock(fd, F_SETLK, F_UNLCK, 0, sizeof value);
    return value;
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    int fd = open("/tmp/counter", O_RDWR | O_CREAT | O_TRUNC, 0600);
    int ready[2];
    char byte;
    pipe(ready);
    lock(fd, F_SETLK, F_WRLCK, 100, 10);
    flock(fd, LOCK_EX);
    if (fork() == 0) {
        int own = open("/tmp/counter", O_RDWR);
        struct flock asked = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 95};
        fcntl(own, F_GETLK, &asked);
        printf("somebody has %ld bytes at %ld\n", (long)asked.l_len, (long)asked.l_start);
        printf("take them: %s\n", lock(own, F_SETLK, F_RDLCK, 105, 1) ? strerror(errno) : "done");
        printf("flock: %s\n", flock(own, LOCK_SH | LOCK_NB) ? strerror(errno) : "done");
        printf("the child counts %d\n", count(own));
        lock(own, F_SETLK, F_WRLCK, 200, 1);
        write(ready[1], "x", 1);
        printf("the child waits: %d\n", lock(own, F_SETLKW, F_WRLCK, 100, 1));
        printf("then for flock: %d\n", flock(own, LOCK_EX));
        _exit(0);
    }
    read(ready[0], &byte, 1);
    printf("the parent counts %d\n", count(fd));
    usleep(1000);
    printf("wait for the child: %s\n",
           lock(fd, F_SETLKW, F_WRLCK, 200, 1) ? strerror(errno) : "done");
    lock(fd, F_SETLK, F_UNLCK, 0, 0);
    usleep(1000);
    flock(fd, LOCK_UN);
    wait(NULL);
    printf("at the end %d\n", count(fd));
    int copy = open("/tmp/copy", O_RDWR | O_CREAT, 0600);
    lseek(fd, 0, SEEK_SET);
    printf("copied %zd bytes\n", copy_file_range(fd, NULL, copy, NULL, 100, 0));
    return 0;
}
