/* A mapping that grows down like a stack, until it meets its neighbour's gap. */
#include <stdio.h>
#include <sys/mman.h>

#define PAGE 4096

int main(void)
{
    char *base = (char *)0x20000000;
    char *top = mmap(base, PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
    if (top == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    for (int page = 0; page < 20; page++)
        *(volatile char *)(top - page * PAGE) = (char)page;
    int sum = 0;
    for (int page = 0; page < 20; page++)
        sum += top[-page * PAGE];
    printf("20 pages, sum %d\n", sum);
    /* A neighbour less than 256 pages below stops it. */
    mmap(base - 100 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    puts("with a neighbour close by:");
    *(volatile char *)(top - 20 * PAGE) = 1;
    puts("grown");
    return 0;
}
