/* A log file that grows under its mapping: ftruncate, then mmap of the longer file. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char *log_bytes;
static size_t room, used;
static int fd;

static int append(const char *line)
{
    size_t n = strlen(line);

    if (used + n > room) {
        if (log_bytes)
            munmap(log_bytes, room);
        room = room ? room * 2 : 4096;
        if (ftruncate(fd, room) < 0)
            return -1;
        log_bytes = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (log_bytes == MAP_FAILED)
            return -1;
    }
    memcpy(log_bytes + used, line, n);
    used += n;
    return 0;
}

int main(void)
{
    char line[64], end[8] = "";
    struct stat st;

    fd = open("/tmp/growing.log", O_RDWR | O_CREAT | O_TRUNC, 0644);
    for (int i = 0; i < 1000; i++) {
        snprintf(line, sizeof line, "event %d of the day\n", i);
        if (append(line) < 0)
            return 1;
    }
    munmap(log_bytes, room);
    ftruncate(fd, used);
    fstat(fd, &st);
    pread(fd, end, 4, used - 4);
    printf("%ld bytes, %zu of them mapped at last, end \"%.3s\"\n", (long)st.st_size, room, end);
    unlink("/tmp/growing.log");
    return 0;
}
