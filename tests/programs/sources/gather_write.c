/* Many pieces in one call: writev to a file, readv from it, and seek. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void)
{
    char head[6] = "", body[11] = "", tail[8] = "";
    struct iovec out[] = {{"head ", 5}, {"0123456789", 10}, {" tail\n", 6}};
    struct iovec in[] = {{head, 5}, {body, 10}, {tail, 7}};
    struct stat st;

    int fd = open("/tmp/pieces", O_RDWR | O_CREAT | O_TRUNC, 0640);
    printf("writev: %zd\n", writev(fd, out, 3));
    printf("at %ld\n", (long)lseek(fd, 0, SEEK_CUR));
    lseek(fd, 0, SEEK_SET);
    printf("readv: %zd\n", readv(fd, in, 3));
    printf("[%s][%s][%.5s]\n", head, body, tail);
    printf("at the end: %zd\n", readv(fd, in, 3));
    lseek(fd, 10000, SEEK_END);
    write(fd, "!", 1);
    fstat(fd, &st);
    printf("size %ld, mode %o\n", (long)st.st_size, st.st_mode & 0777);
    rename("/tmp/pieces", "/tmp/renamed");
    printf("old name: %d, new name: %d\n", access("/tmp/pieces", F_OK),
           access("/tmp/renamed", R_OK));
    fflush(stdout);
    writev(STDOUT_FILENO, out, 3);
    unlink("/tmp/renamed");
    return 0;
}
