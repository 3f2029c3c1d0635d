/* The program break, moved up and down by hand. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    char *start = sbrk(0);
    printf("sbrk gives the old end: %s\n", sbrk(10000) == start ? "yes" : "no");
    memset(start, 'h', 10000);
    printf("moved by %ld, last byte %c\n", (long)((char *)sbrk(0) - start), start[9999]);
    sbrk(-6000);
    printf("back by 6000: first byte %c\n", start[0]);
    sbrk(6000);
    printf("and up again: byte 3999 is %d, byte 9999 is %d\n", start[3999], start[9999]);
    printf("brk below the start: %d\n", brk((void *)4096));
    struct rlimit limit = {1 << 20, 1 << 20};
    setrlimit(RLIMIT_DATA, &limit);
    printf("over RLIMIT_DATA: %s\n", sbrk(2 << 20) == (void *)-1 ? "refused" : "given");
    sbrk(-10000);
    printf("at the start again: %s\n", sbrk(0) == start ? "yes" : "no");
    volatile char *gone = start + 8192;
    return *gone;
}
