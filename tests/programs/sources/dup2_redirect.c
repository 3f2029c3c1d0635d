/* Standard output goes to a file, comes back, and the file is read as standard input. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    char word[32];
    int count = 0;

    puts("to the console");
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    int fd = open("/tmp/redirected", O_RDWR | O_CREAT | O_TRUNC, 0644);
    dup2(fd, STDOUT_FILENO);
    for (int i = 0; i < 5; i++)
        printf("word%d ", i);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    puts("to the console again");
    lseek(fd, 0, SEEK_SET); /* one offset for both descriptors */
    dup2(fd, STDIN_FILENO);
    close(fd);
    while (scanf("%31s", word) == 1)
        count++;
    printf("%d words, the last is %s\n", count, word);
    unlink("/tmp/redirected");
    return 0;
}
