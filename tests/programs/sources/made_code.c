/* A function made at run time: written to a page, which is then made executable. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096

/* mov eax, edi; imul eax, eax, N; add eax, M; ret */
static size_t emit(unsigned char *at, int factor, int summand)
{
    size_t n = 0;
    at[n++] = 0x89;
    at[n++] = 0xf8;
    at[n++] = 0x69;
    at[n++] = 0xc0;
    memcpy(at + n, &factor, 4);
    n += 4;
    at[n++] = 0x05;
    memcpy(at + n, &summand, 4);
    n += 4;
    at[n++] = 0xc3;
    return n;
}

int main(void)
{
    int (*function)(int);
    unsigned char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *address = page;

    memcpy(&function, &address, sizeof function);
    for (int factor = 2; factor < 5; factor++) {
        mprotect(page, PAGE, PROT_READ | PROT_WRITE);
        size_t n = emit(page, factor, 100);
        mprotect(page, PAGE, PROT_READ | PROT_EXEC);
        printf("%zu bytes of code: 7 * %d + 100 = %d\n", n, factor, function(7));
    }
    return 0;
}
