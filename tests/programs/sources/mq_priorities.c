/* Producers and a consumer over a queue of messages with priorities. */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAME "/jobs"

static int ends[2]; /* of a pipe: its end lets producers end */

static void producer(int number) {
    mqd_t queue = mq_open(NAME, O_WRONLY);
    char text[32];
    close(ends[1]);
    for (int i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "job %d of %d", i, number);
        if (mq_send(queue, text, strlen(text) + 1, i * number) < 0)
            perror("mq_send");
    }
    mq_close(queue);
    read(ends[0], text, 1);
    exit(0);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct mq_attr attributes = {.mq_maxmsg = 3, .mq_msgsize = 32}, now;
    char text[32];
    unsigned priority;
    printf("none yet: %s\n", mq_open(NAME, O_RDONLY) < 0 ? strerror(errno) : "");
    mqd_t queue = mq_open(NAME, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
    printf("again: %s\n", mq_open(NAME, O_CREAT | O_EXCL | O_RDWR, 0600, NULL) < 0 ? strerror(errno) : "");
    pipe(ends);
    for (int i = 1; i <= 2; i++)
        if (fork() == 0)
            producer(i);
    sleep(1);
    mq_getattr(queue, &now);
    printf("%ld of %ld messages wait\n", now.mq_curmsgs, now.mq_maxmsg);
    for (int i = 0; i < 8; i++) {
        ssize_t n = mq_receive(queue, text, sizeof text, &priority);
        printf("%zd bytes of priority %u: %s\n", n, priority, text);
    }
    close(ends[1]);
    while (wait(NULL) > 0)
        ;
    struct timespec until = {.tv_sec = 1}; /* of 1970 */
    printf("in time: %s\n", mq_timedreceive(queue, text, sizeof text, NULL, &until) < 0 ? strerror(errno) : "");
    printf("little room: %s\n", mq_receive(queue, text, 16, NULL) < 0 ? strerror(errno) : "");
    printf("too long: %s\n", mq_send(queue, text, 33, 0) < 0 ? strerror(errno) : "");
    now.mq_flags = O_NONBLOCK;
    mq_setattr(queue, &now, NULL);
    printf("without sleep: %s\n", mq_receive(queue, text, sizeof text, NULL) < 0 ? strerror(errno) : "");
    mq_unlink(NAME);
    printf("unlinked: %s\n", mq_unlink(NAME) < 0 ? strerror(errno) : "");
    mq_send(queue, "still", 6, 7);
    mq_receive(queue, text, sizeof text, &priority);
    printf("%s there, %u\n", text, priority);
    mq_close(queue);
    return 0;
}
