/* The name of a task, and other things that prctl knows. */
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *name(void)
{
    static __thread char text[16];
    prctl(PR_GET_NAME, text);
    return text;
}

static void *worker(void *unused)
{
    (void)unused;
    printf("a thread is born as %s", name());
    prctl(PR_SET_NAME, "worker");
    printf(", and is now %s\n", name());
    return NULL;
}

int main(void)
{
    pthread_t thread;
    int signum = -1;

    printf("%s\n", name());
    prctl(PR_SET_NAME, "a name that is too long");
    printf("%s\n", name());
    pthread_create(&thread, NULL, worker, NULL);
    pthread_join(thread, NULL);
    printf("%s\n", name());
    fflush(stdout);
    if (fork() == 0) {
        printf("child: %s\n", name());
        return 0;
    }
    wait(NULL);
    printf("dumpable: %d\n", prctl(PR_GET_DUMPABLE));
    prctl(PR_GET_PDEATHSIG, &signum);
    printf("signal when the parent ends: %d\n", signum);
    return 0;
}
