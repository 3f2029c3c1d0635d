/* Processes that share a page: each adds its part, atomically. */
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 4
#define ROUNDS 500

struct shared {
    atomic_long sum;
    int done[CHILDREN];
};

int main(void)
{
    long private = 0;
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    for (int i = 0; i < CHILDREN; i++)
        if (fork() == 0) {
            for (int round = 0; round < ROUNDS; round++) {
                atomic_fetch_add(&shared->sum, i + 1);
                private += i + 1;
            }
            shared->done[i] = (int)private;
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
    for (int i = 0; i < CHILDREN; i++)
        printf("child %d added %d\n", i, shared->done[i]);
    printf("shared sum %ld, private sum of the parent %ld\n", atomic_load(&shared->sum), private);
    return 0;
}
