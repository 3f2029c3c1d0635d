/* The stack grows page by page as calls get deeper, and keeps its pages when they return. */
#include <stdio.h>
#include <sys/resource.h>

static long faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

static int down(int levels, volatile char *caller)
{
    volatile char page[4096];

    page[0] = (char)levels;
    *caller = 1;
    return levels ? down(levels - 1, page) + page[0] : 0;
}

int main(void)
{
    long start = faults();
    char here;
    down(1, &here);
    long first = faults();
    down(200, &here);
    long deep = faults();
    down(200, &here);
    long again = faults();

    printf("the first calls fault: %s\n", first - start <= 4 ? "a little" : "much");
    printf("200 levels fault at least 198 times: %s\n", deep - first >= 198 ? "yes" : "no");
    printf("the same again: %ld faults\n", again - deep);
    return 0;
}
