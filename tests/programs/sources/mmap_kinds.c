/* The kinds of mappings: private and shared, of a file and of nothing, reserved and filled. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE (4 * 4096)

static char *map(int flags, int fd)
{
    char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        _exit(1);
    }
    return p;
}

int main(void)
{
    static char bytes[SIZE];
    char text[16] = "";

    int fd = open("/tmp/kinds", O_RDWR | O_CREAT | O_TRUNC, 0644);
    for (int i = 0; i < SIZE; i += sizeof text)
        memcpy(bytes + i, "fifteen letters", sizeof text);
    write(fd, bytes, SIZE);
    char *file_private = map(MAP_PRIVATE, fd);
    char *file_shared = map(MAP_SHARED, fd);
    char *private = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
    char *shared = map(MAP_SHARED | MAP_ANONYMOUS, -1);
    char *reserved = map(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    char *filled = map(MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1);

    if (fork() == 0) {
        strcpy(file_private, "private");
        strcpy(file_shared + 4096, "shared");
        strcpy(private, "private");
        strcpy(shared, "shared");
        reserved[4096] = filled[4096] = 1;
        _exit(0);
    }
    wait(NULL);
    printf("file, private: %s\n", file_private);
    printf("file, shared: %s\n", file_shared + 4096);
    printf("anonymous, private: '%s'\n", private);
    printf("anonymous, shared: '%s'\n", shared);
    printf("others: %d %d\n", reserved[4096], filled[4096]);
    pread(fd, text, 15, 4096);
    printf("the file has: %s\n", text);
    munmap(file_shared, SIZE);
    close(fd);
    unlink("/tmp/kinds");
    printf("unlinked, still mapped: %s\n", file_private);
    return 0;
}
