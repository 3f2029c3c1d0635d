/* The most common mistake. */
#include <stdio.h>

struct node {
    struct node *next;
    int value;
};

int main(void)
{
    struct node last = {NULL, 1}, first = {&last, 2};
    int sum = 0;

    setvbuf(stdout, NULL, _IONBF, 0);
    for (volatile struct node *n = &first;; n = n->next) {
        sum += n->value;
        printf("sum %d\n", sum);
    }
}
