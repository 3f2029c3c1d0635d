/* System V semaphores: a bounded buffer in shared memory, a barrier, a holder that dies, a set
 * that is removed under its waiters. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 3
#define ITEMS 12
enum { MUTEX, EMPTY, FULL, GATE };

union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};
struct buffer {
    int slot[SLOTS];
    int in, out, sum[2], taken[2];
};

static int set;
static struct buffer *buffer;

static int change(int first, int by, int second, int by2, int flags)
{
    struct sembuf ops[2] = {{first, by, flags}, {second, by2, flags}};
    return semop(set, ops, by2 ? 2 : 1);
}

static void told(const char *what, int result)
{
    printf("%s: %d %s\n", what, result, result < 0 ? strerror(errno) : "");
}

static void produce(void)
{
    for (int item = 1; item <= ITEMS; item++) {
        change(EMPTY, -1, MUTEX, -1, 0);
        buffer->slot[buffer->in++ % SLOTS] = item;
        change(MUTEX, 1, FULL, 1, 0);
    }
    _exit(0);
}

static void consume(int me)
{
    change(GATE, -1, 0, 0, 0);
    change(GATE, 0, 0, 0, 0); /* until the others are here too */
    for (int item = 0; item < ITEMS / 2; item++) {
        change(FULL, -1, MUTEX, -1, 0);
        buffer->sum[me] += buffer->slot[buffer->out++ % SLOTS];
        buffer->taken[me]++;
        change(MUTEX, 1, EMPTY, 1, 0);
    }
    _exit(0);
}

static void hold_and_die(void)
{
    change(MUTEX, -1, 0, 0, SEM_UNDO);
    printf("holder: mutex %d\n", semctl(set, MUTEX, GETVAL));
    raise(SIGKILL);
}

static void wait_for_ever(void)
{
    told("waiter", change(FULL, -5, 0, 0, 0));
    _exit(0);
}

int main(void)
{
    unsigned short values[4] = {1, SLOTS, 0, 3};
    struct semid_ds state;
    struct timespec moment = {0, 2000000};
    struct sembuf much = {FULL, -9, 0};
    int shm = shmget(IPC_PRIVATE, sizeof *buffer, 0600), status;
    pid_t holder;

    setvbuf(stdout, NULL, _IOLBF, 0);
    set = semget(0x5e11, 4, IPC_CREAT | IPC_EXCL | 0640);
    semctl(set, 0, SETALL, (union semun){.array = values});
    buffer = shmat(shm, NULL, 0);
    if (fork() == 0)
        produce();
    for (int me = 0; me < 2; me++)
        if (fork() == 0)
            consume(me);
    change(GATE, -1, 0, 0, 0);
    while (wait(&status) > 0)
        ;
    printf("taken %d and %d, sum %d\n", buffer->taken[0], buffer->taken[1],
           buffer->sum[0] + buffer->sum[1]);
    semctl(set, 0, GETALL, (union semun){.array = values});
    printf("values %d %d %d %d\n", values[MUTEX], values[EMPTY], values[FULL], values[GATE]);

    if ((holder = fork()) == 0)
        hold_and_die();
    waitpid(holder, &status, 0); /* its end gives the mutex back */
    printf("holder died of %d, mutex %d, last changed by it: %d\n", WTERMSIG(status),
           semctl(set, MUTEX, GETVAL), semctl(set, MUTEX, GETPID) == holder);
    told("timed", semtimedop(set, &much, 1, &moment));
    much.sem_flg = IPC_NOWAIT;
    told("at once", semop(set, &much, 1));
    for (int n = 0; n < 2; n++)
        if (fork() == 0)
            wait_for_ever();
    usleep(300000);
    semctl(set, 0, IPC_STAT, (union semun){.buf = &state});
    printf("%lu semaphores, mode %o, %d wait\n", (unsigned long)state.sem_nsems,
           state.sem_perm.mode, semctl(set, FULL, GETNCNT));
    semctl(set, 0, IPC_RMID);
    while (wait(NULL) > 0)
        ;
    shmctl(shm, IPC_RMID, NULL);
    told("gone", semctl(set, 0, GETVAL));
    return 0;
}
