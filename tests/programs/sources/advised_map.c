/* wc twice: through a mapping and by read, with advice about what comes next. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 40 };

static int lines_mapped(int fd, size_t size)
{
    char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    unsigned char there[PAGES];
    int lines = 0, resident = 0;

    if (text == MAP_FAILED)
        return -1;
    madvise(text, size, MADV_SEQUENTIAL);
    for (char *at = text; (at = memchr(at, '\n', size - (at - text))); at++)
        lines++;
    mincore(text, size, there);
    for (int page = 0; page < PAGES; page++)
        resident += there[page] & 1;
    printf("%d pages in memory\n", resident);
    munmap(text, size);
    return lines;
}

static int lines_read(int fd)
{
    char buffer[3000];
    ssize_t count;
    int lines = 0;

    lseek(fd, 0, SEEK_SET);
    while ((count = read(fd, buffer, sizeof buffer)) > 0)
        for (ssize_t at = 0; at < count; at++)
            lines += buffer[at] == '\n';
    return lines;
}

int main(void)
{
    static const int advice[] = {POSIX_FADV_NORMAL, POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                 POSIX_FADV_WILLNEED, POSIX_FADV_NOREUSE, POSIX_FADV_DONTNEED, 99};
    int fd = open("/tmp/lines", O_CREAT | O_RDWR | O_TRUNC, 0600), ends[2];
    size_t size = PAGES * PAGE;

    for (size_t line = 0; line < size / 64; line++)
        dprintf(fd, "%062zu\n", line);
    ftruncate(fd, size);
    for (size_t each = 0; each < sizeof advice / sizeof *advice; each++)
        printf("advice %d: %s\n", advice[each], strerror(posix_fadvise(fd, 0, 0, advice[each])));
    printf("readahead: %zd\n", readahead(fd, 0, size));
    printf("sync_file_range: %d\n", sync_file_range(fd, 0, PAGE, SYNC_FILE_RANGE_WRITE));
    printf("%d lines mapped\n", lines_mapped(fd, size));
    printf("%d lines read\n", lines_read(fd));
    pipe(ends);
    printf("of a pipe: %s", strerror(posix_fadvise(ends[0], 0, 0, POSIX_FADV_NORMAL)));
    printf(", %zd", readahead(ends[0], 0, PAGE));
    printf(" %s", strerror(errno));
    printf(", %d", sync_file_range(ends[0], 0, PAGE, 0));
    printf(" %s\n", strerror(errno));
    printf("of a negative length: %s\n", strerror(posix_fadvise(fd, 0, -1, POSIX_FADV_NORMAL)));
    close(fd);
    printf("closed: %s\n", strerror(posix_fadvise(fd, 0, 0, POSIX_FADV_NORMAL)));
    return unlink("/tmp/lines");
}
