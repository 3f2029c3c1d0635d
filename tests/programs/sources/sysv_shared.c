/* System V shared memory: one segment, attached by two processes, at two addresses. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE (3 * 4096)

int main(void)
{
    struct shmid_ds state;
    int id = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0600);

    if (id < 0) {
        perror("shmget");
        return 1;
    }
    char *here = shmat(id, NULL, 0);
    char *there = shmat(id, (void *)0x40000000, SHM_RDONLY);
    strcpy(here + 4096, "written at one address");
    printf("%s, read at another: %s\n", there + 4096, here != there ? "yes" : "no");
    fflush(stdout);
    if (fork() == 0) {
        strcpy(here, "a message of the child");
        shmdt(there);
        _exit(0);
    }
    wait(NULL);
    shmctl(id, IPC_STAT, &state);
    printf("%s; %lu attached, %lu bytes\n", there, (unsigned long)state.shm_nattch,
           (unsigned long)state.shm_segsz);
    shmctl(id, IPC_RMID, NULL);
    printf("removed, still attached: %s\n", here);
    printf("shmdt: %d %d\n", shmdt(here), shmdt(there));
    errno = 0;
    char *again = shmat(id, NULL, 0);
    printf("attach again: %s\n", again == (void *)-1 ? strerror(errno) : "works");
    return 0;
}
