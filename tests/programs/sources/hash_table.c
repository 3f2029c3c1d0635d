/* How often does each word occur? A hash table with chains, which doubles when it is full. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct entry *next;
    unsigned hash;
    int count;
    char word[];
};

static struct entry **buckets;
static unsigned room, filled;

static unsigned hash(const char *word)
{
    unsigned h = 2166136261u;
    for (; *word; word++)
        h = (h ^ (unsigned char)*word) * 16777619u;
    return h;
}

static void grow(void)
{
    unsigned wider = room ? room * 2 : 8;
    struct entry **table = calloc(wider, sizeof *table);

    for (unsigned i = 0; i < room; i++)
        while (buckets[i]) {
            struct entry *e = buckets[i];
            buckets[i] = e->next;
            e->next = table[e->hash % wider];
            table[e->hash % wider] = e;
        }
    free(buckets);
    buckets = table;
    room = wider;
}

static struct entry *look_up(const char *word)
{
    unsigned h = hash(word);

    if (filled >= room)
        grow();
    for (struct entry *e = buckets[h % room]; e; e = e->next)
        if (e->hash == h && strcmp(e->word, word) == 0)
            return e;
    struct entry *e = malloc(sizeof *e + strlen(word) + 1);
    *e = (struct entry){buckets[h % room], h, 0};
    strcpy(e->word, word);
    filled++;
    return buckets[h % room] = e;
}

int main(void)
{
    char word[64];
    int c, n = 0, total = 0;

    do {
        c = getchar();
        if (c != EOF && isalpha(c) && n < 63) {
            word[n++] = (char)tolower(c);
        } else if (n) {
            word[n] = '\0';
            look_up(word)->count++;
            total++;
            n = 0;
        }
    } while (c != EOF);
    printf("%d words, %u different, %u buckets\n", total, filled, room);
    printf("memory %d, page %d, the %d\n", look_up("memory")->count, look_up("page")->count,
           look_up("the")->count);
    return 0;
}
