/* A sorted list: insert, reverse, remove. */
#include <stdio.h>
#include <stdlib.h>

struct node {
    int value;
    struct node *next;
};

static void insert(struct node **list, int value)
{
    while (*list && (*list)->value < value)
        list = &(*list)->next;
    struct node *n = malloc(sizeof *n);
    n->value = value;
    n->next = *list;
    *list = n;
}

static int remove_value(struct node **list, int value)
{
    for (; *list; list = &(*list)->next)
        if ((*list)->value == value) {
            struct node *gone = *list;
            *list = gone->next;
            free(gone);
            return 1;
        }
    return 0;
}

static struct node *reverse(struct node *list)
{
    struct node *done = NULL;
    while (list) {
        struct node *next = list->next;
        list->next = done;
        done = list;
        list = next;
    }
    return done;
}

static void print(const struct node *list)
{
    for (; list; list = list->next)
        printf("%d%s", list->value, list->next ? " -> " : "\n");
}

int main(void)
{
    static const int values[] = {31, 4, 15, 9, 26, 5, 35, 8, 97, 93, 2};
    struct node *list = NULL;

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        insert(&list, values[i]);
    print(list);
    printf("removed 26: %d, removed 27: %d\n", remove_value(&list, 26), remove_value(&list, 27));
    list = reverse(list);
    print(list);
    while (list)
        remove_value(&list, list->value);
    return 0;
}
