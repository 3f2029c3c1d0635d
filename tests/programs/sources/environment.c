/* What a program is given: arguments, environment, and the kernel's auxiliary vector. */
#define _GNU_SOURCE
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char *argv[])
{
    char directory[100];

    for (int i = 0; i <= argc; i++)
        printf("argv[%d] = %s\n", i, argv[i] ? argv[i] : "NULL");
    for (char **variable = environ; *variable; variable++)
        if (strncmp(*variable, "GLIBC_TUNABLES", 14) != 0)
            printf("%s\n", *variable);
    printf("HOME is %s, NONE is %s\n", getenv("HOME"), getenv("NONE") ? "set" : "not set");
    setenv("ADDED", "1", 1);
    unsetenv("HOME");
    printf("ADDED is %s, HOME is %s\n", getenv("ADDED"), getenv("HOME") ? "set" : "not set");
    printf("page size %lu, entry is known: %s, %lu program headers of %lu bytes\n",
           getauxval(AT_PAGESZ), getauxval(AT_ENTRY) ? "yes" : "no",
           getauxval(AT_PHNUM) ? 1UL : 0UL, getauxval(AT_PHENT));
    printf("executed as %s, secure %lu\n", (char *)getauxval(AT_EXECFN), getauxval(AT_SECURE));
    printf("in %s, uid %d\n", getcwd(directory, sizeof directory), (int)getuid());
    return argc;
}
