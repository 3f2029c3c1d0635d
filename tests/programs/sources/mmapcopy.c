/* Copy a file, named on the command line, to standard output: map it and write it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void mmapcopy(int fd, size_t size)
{
    char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (text == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    write(STDOUT_FILENO, text, size);
}

int main(int argc, char *argv[])
{
    struct stat st;

    if (argc != 2) {
        fprintf(stderr, "usage: %s file\n", argv[0]);
        return 2;
    }
    int fd = open(argv[1], O_RDONLY);
    if (fd < 0) {
        perror(argv[1]);
        return 1;
    }
    fstat(fd, &st);
    mmapcopy(fd, st.st_size);
    return 0;
}
