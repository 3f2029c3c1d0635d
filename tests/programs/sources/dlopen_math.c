/* A library loaded while the program runs. */
#include <dlfcn.h>
#include <stdio.h>

int main(void)
{
    double (*function)(double);
    static const char *names[] = {"cos", "sqrt", "no_such_function"};

    void *library = dlopen("libm.so.6", RTLD_LAZY);
    if (!library) {
        puts("no libm.so.6");
        return 1;
    }
    for (int i = 0; i < 3; i++) {
        *(void **)&function = dlsym(library, names[i]);
        if (function)
            printf("%s(2) = %.6f\n", names[i], function(2.0));
        else
            printf("%s is not there\n", names[i]);
    }
    printf("dlclose: %d\n", dlclose(library));
    printf("a library that is not there: %s\n", dlopen("libnone.so", RTLD_NOW) ? "?" : "refused");
    return 0;
}
