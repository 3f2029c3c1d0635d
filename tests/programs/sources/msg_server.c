/* System V messages: a server and its clients, types, a queue that is full, one that is removed. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLIENTS 3
enum { REQUEST = 1, STOP = 2, REPLY = 10 };

struct request {
    long type;
    int client, number;
};
struct text {
    long type;
    char words[64];
};

static int queue;

static void serve(void)
{
    struct request asked, answer;
    int served = 0;

    /* The lowest type first: to stop comes last. */
    while (msgrcv(queue, &asked, sizeof asked - sizeof(long), -STOP, 0) > 0) {
        if (asked.type == STOP)
            break;
        answer = (struct request){REPLY + asked.client, asked.client,
                                  asked.number * asked.number};
        msgsnd(queue, &answer, sizeof answer - sizeof(long), 0);
        served++;
    }
    exit(served);
}

static void ask(int client)
{
    struct request message;
    int sum = 0;

    for (int number = 1; number <= 4; number++) {
        message = (struct request){REQUEST, client, number + client};
        msgsnd(queue, &message, sizeof message - sizeof(long), 0);
        msgrcv(queue, &message, sizeof message - sizeof(long), REPLY + client, 0);
        sum += message.number;
    }
    exit(sum);
}

static void told(const char *what, long result)
{
    printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
}

static void fill(void)
{
    struct text text = {7, ""};

    for (int n = 0; n < 4; n++) {
        snprintf(text.words, sizeof text.words, "line %d of a long letter", n);
        msgsnd(queue, &text, 40, 0);
    }
    exit(0);
}

static void on_alarm(int signal)
{
    (void)signal;
}

static void wait_for_ever(void)
{
    struct text text;
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};

    sigaction(SIGALRM, &action, NULL);
    alarm(1);
    told("alarmed", msgrcv(queue, &text, 64, 99, 0));
    told("removed", msgrcv(queue, &text, 64, 99, 0));
    exit(0);
}

int main(void)
{
    struct msqid_ds state;
    struct request stop = {STOP, 0, 0};
    struct text text;
    int status, server;

    setvbuf(stdout, NULL, _IOLBF, 0);
    queue = msgget(IPC_PRIVATE, 0600);
    if ((server = fork()) == 0)
        serve();
    for (int client = 0; client < CLIENTS; client++)
        if (fork() == 0)
            ask(client);
    for (int client = 0; client < CLIENTS; client++) {
        wait(&status);
        printf("sum %d\n", WEXITSTATUS(status));
    }
    msgsnd(queue, &stop, sizeof stop - sizeof(long), 0);
    waitpid(server, &status, 0);
    printf("served %d\n", WEXITSTATUS(status));

    msgctl(queue, IPC_STAT, &state);
    printf("%lu messages, limit %lu\n", (unsigned long)state.msg_qnum,
           (unsigned long)state.msg_qbytes);
    state.msg_qbytes = 100;
    msgctl(queue, IPC_SET, &state);
    if (fork() == 0)
        fill();
    usleep(300000);
    msgctl(queue, IPC_STAT, &state);
    printf("%lu messages\n", (unsigned long)state.msg_qnum);
    told("too long", msgrcv(queue, &text, 6, 0, 0));
    told("cut", msgrcv(queue, &text, 6, 0, MSG_NOERROR));
    for (int n = 0; n < 3; n++) {
        msgrcv(queue, &text, 64, -9, 0);
        printf("type %ld: %s\n", text.type, text.words);
    }
    wait(NULL);
    told("none", msgrcv(queue, &text, 64, 0, IPC_NOWAIT));
    if (fork() == 0)
        wait_for_ever();
    sleep(2);
    msgctl(queue, IPC_RMID, NULL);
    wait(NULL);
    told("gone", msgctl(queue, IPC_STAT, &state));
    return 0;
}
