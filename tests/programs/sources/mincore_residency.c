/* Which pages are in memory? mincore tells. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096
#define PAGES 12

static void show(const char *what, void *area)
{
    unsigned char resident[PAGES];

    if (mincore(area, PAGES * PAGE, resident) < 0) {
        perror("mincore");
        return;
    }
    printf("%-12s", what);
    for (int i = 0; i < PAGES; i++)
        putchar(resident[i] & 1 ? '#' : '.');
    putchar('\n');
}

int main(void)
{
    char *area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = open("/tmp/resident", O_RDWR | O_CREAT | O_TRUNC, 0644);

    show("fresh", area);
    area[2 * PAGE] = 1;
    area[7 * PAGE] = 1;
    show("written", area);
    volatile char byte = area[4 * PAGE];
    (void)byte;
    show("read", area);
    madvise(area, 3 * PAGE, MADV_DONTNEED);
    show("discarded", area);
    ftruncate(fd, PAGES * PAGE);
    pwrite(fd, "x", 1, 5 * PAGE);
    char *file = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
    show("file", file);
    byte = file[9 * PAGE];
    show("file read", file);
    munmap(area + PAGE, PAGE);
    show("with a hole", area);
    unlink("/tmp/resident");
    return 0;
}
