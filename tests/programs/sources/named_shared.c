/* A producer and a consumer with a ring in named shared memory, and named semaphores. */
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOTS = 4, ITEMS = 20, PAGE = 4096 };

struct ring {
    unsigned head, tail;
    char padding[PAGE - 8];
    long slots[SLOTS];
};

static sem_t *named(const char *name, unsigned value)
{
    sem_t *sem = sem_open(name, O_CREAT | O_EXCL, 0600, value);

    if (sem == SEM_FAILED) {
        printf("%s: %s\n", name, strerror(errno));
        exit(1);
    }
    return sem;
}

static struct ring *attach(int flags)
{
    int fd = shm_open("/ring", flags | O_RDWR, 0640);
    struct ring *ring;

    if (fd < 0)
        return NULL;
    if (flags & O_CREAT)
        ftruncate(fd, sizeof *ring);
    ring = mmap(NULL, sizeof *ring, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return ring == MAP_FAILED ? NULL : ring;
}

static void produce(void)
{
    sem_t *space = sem_open("/space", 0), *items = sem_open("/items", 0);
    struct ring *ring = attach(0);

    for (long number = 1; number <= ITEMS; number++) {
        sem_wait(space);
        ring->slots[ring->head++ % SLOTS] = number * number;
        sem_post(items);
    }
    exit(0);
}

int main(void)
{
    sem_t *space = named("/space", SLOTS), *items = named("/items", 0);
    struct ring *ring = attach(O_CREAT);
    struct stat told;
    long sum = 0;
    int value, status;

    if (stat("/dev/shm/ring", &told) || !ring)
        return 1;
    printf("ring: %ld bytes, %o, %ld name\n", (long)told.st_size, told.st_mode & 0777,
           (long)told.st_nlink);
    printf("again: %d", shm_open("/ring", O_CREAT | O_EXCL | O_RDWR, 0600));
    printf(", %s\n", strerror(errno));
    fflush(stdout);
    if (fork() == 0)
        produce();
    for (int count = 0; count < ITEMS; count++) {
        sem_wait(items);
        sum += ring->slots[ring->tail++ % SLOTS];
        sem_post(space);
    }
    wait(&status);
    sem_getvalue(space, &value);
    printf("sum %ld, %d slots are free, status %d\n", sum, value, status);
    printf("trywait: %d", sem_trywait(items));
    printf(", %s\n", strerror(errno));
    printf("unlink: %d %d %d", shm_unlink("/ring"), sem_unlink("/space"), sem_unlink("/items"));
    printf(", %d", shm_unlink("/ring"));
    printf(", %s\n", strerror(errno));
    printf("still mapped: %u %u\n", ring->head, ring->tail);
    sem_close(space);
    sem_close(items);
    munmap(ring, sizeof *ring);
    return 0;
}
