/* A parent sends lines through a pipe; its child counts their words and sends the counts back. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *lines[] = {"the quick brown fox", "jumps over", "the lazy dog", ""};

static int words(const char *line)
{
    int count = 0, inside = 0;
    for (; *line; line++) {
        if (*line != ' ' && !inside)
            count++;
        inside = *line != ' ';
    }
    return count;
}

static void serve(FILE *in, FILE *out)
{
    char line[80];
    while (fgets(line, sizeof line, in)) {
        line[strcspn(line, "\n")] = '\0';
        fprintf(out, "%d\n", words(line));
        fflush(out);
    }
}

int main(void)
{
    int down[2], up[2], status;

    if (pipe(down) < 0 || pipe(up) < 0) {
        perror("pipe");
        return 1;
    }
    if (fork() == 0) {
        close(down[1]);
        close(up[0]);
        serve(fdopen(down[0], "r"), fdopen(up[1], "w"));
        _exit(3);
    }
    close(down[0]);
    close(up[1]);
    FILE *out = fdopen(down[1], "w"), *in = fdopen(up[0], "r");
    for (int i = 0; i < 4; i++) {
        int count = -1;
        fprintf(out, "%s\n", lines[i]);
        fflush(out);
        fscanf(in, "%d", &count);
        printf("\"%s\" has %d words\n", lines[i], count);
    }
    fclose(out);
    wait(&status);
    printf("the child ended with %d\n", WEXITSTATUS(status));
    return 0;
}
