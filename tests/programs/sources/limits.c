/* Memory has limits: over RLIMIT_AS, mmap and malloc fail politely. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

int main(void)
{
    struct rlimit limit;
    int blocks = 0;

    getrlimit(RLIMIT_STACK, &limit);
    printf("stack: %lu KiB\n", (unsigned long)limit.rlim_cur / 1024);
    limit.rlim_cur = limit.rlim_max = 64UL << 20;
    setrlimit(RLIMIT_AS, &limit);
    void *p = mmap(NULL, 100UL << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("100 MiB: %s\n", p == MAP_FAILED ? strerror(errno) : "mapped");
    for (volatile char *block; (block = malloc(1 << 20)); blocks++)
        *block = 1;
    printf("malloc gives up between 40 and 64 MiB: %s\n",
           blocks >= 40 && blocks < 64 ? "yes" : "no");
    errno = 0;
    limit.rlim_cur = 65UL << 20;
    setrlimit(RLIMIT_AS, &limit);
    printf("soft over hard: %s\n", strerror(errno));
    return 0;
}
