/* ls: what is in a directory, by opendir and readdir, and what kinds of files they are. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make(const char *path, int size)
{
    int fd = open(path, O_CREAT | O_WRONLY, 0640);

    ftruncate(fd, size);
    close(fd);
}

static int list(const char *path, int depth)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    int count = 0;

    if (!dir) {
        printf("%s: %s\n", path, strerror(errno));
        return 0;
    }
    while ((entry = readdir(dir))) {
        struct stat told;
        char name[300];
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        stat(name, &told);
        printf("%*s%s%s %o %ld\n", 2 * depth, "", entry->d_name,
               entry->d_type == DT_DIR ? "/" : "", told.st_mode & 0777,
               S_ISDIR(told.st_mode) ? 0L : (long)told.st_size);
        count++;
        if (entry->d_type == DT_DIR)
            count += list(name, depth + 1);
    }
    closedir(dir);
    return count;
}

int main(void)
{
    char name[32];

    mkdir("d", 0755);
    make("d/small", 3);
    mkdir("d/inner", 0700);
    make("d/inner/deep", 70000);
    make("d/.hidden", 0);
    printf("%d files\n", list("d", 0));
    list("d/small", 0);
    list("none", 0);
    mkdir("many", 0755);
    for (int i = 0; i < 1200; i++) {
        snprintf(name, sizeof name, "many/file_with_a_long_name_%d", i);
        make(name, 0);
    }
    DIR *dir = opendir("many");
    int removed = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_type == DT_REG && !unlinkat(dirfd(dir), entry->d_name, 0))
            removed++;
    printf("%d removed; ", removed);
    rewinddir(dir);
    int left = 0;
    while (readdir(dir))
        left++;
    printf("%d entries are left\n", left);
    closedir(dir);
    printf("rmdir: %d\n", rmdir("many"));
    struct statx told;
    printf("statx: %d", statx(AT_FDCWD, "d/inner/deep", 0, STATX_SIZE | STATX_MODE, &told));
    printf(", %llu bytes, %o\n", (unsigned long long)told.stx_size, told.stx_mode);
    printf("faccessat: %d", faccessat(AT_FDCWD, "d/none", F_OK, AT_EACCESS));
    printf(", %d\n", faccessat(AT_FDCWD, "d/small", R_OK, AT_EACCESS));
    return 0;
}
