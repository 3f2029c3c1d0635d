/* A record file edited in memory: what is written to a shared mapping is in the file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct record {
    char name[24];
    long visits;
};

#define RECORDS 300

int main(void)
{
    struct record last;
    int fd = open("/tmp/records", O_RDWR | O_CREAT | O_TRUNC, 0644);

    ftruncate(fd, RECORDS * sizeof(struct record));
    struct record *records = mmap(NULL, RECORDS * sizeof *records, PROT_READ | PROT_WRITE,
                                  MAP_SHARED, fd, 0);
    for (int i = 0; i < RECORDS; i++) {
        snprintf(records[i].name, sizeof records[i].name, "user-%03d", i);
        records[i].visits = i * i;
    }
    printf("msync: %d\n", msync(records, RECORDS * sizeof *records, MS_SYNC));
    pread(fd, &last, sizeof last, (RECORDS - 1) * sizeof last);
    printf("the file's last record: %s %ld\n", last.name, last.visits);
    strcpy(last.name, "renamed");
    pwrite(fd, &last, sizeof last, 0);
    printf("the mapping's first record: %s %ld\n", records[0].name, records[0].visits);
    errno = 0;
    msync((char *)records + 1, 4096, MS_SYNC);
    printf("not at a page: %s\n", strerror(errno));
    munmap(records, RECORDS * sizeof *records);
    errno = 0;
    msync(records, 4096, MS_ASYNC);
    printf("unmapped: %s\n", strerror(errno));
    unlink("/tmp/records");
    return 0;
}
