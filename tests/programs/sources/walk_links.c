/* ls -lR: a tree of files with links, other rights and other times, walked by nftw and scandir. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

static int total;

static void rights(mode_t mode, char *text)
{
    const char *letters = "rwxrwxrwx";

    text[0] = S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : S_ISFIFO(mode) ? 'p' : '-';
    for (int i = 0; i < 9; i++)
        text[i + 1] = mode & 0400 >> i ? letters[i] : '-';
    if (mode & S_ISUID)
        text[3] = mode & S_IXUSR ? 's' : 'S';
    if (mode & S_ISVTX)
        text[9] = mode & S_IXOTH ? 't' : 'T';
    text[10] = 0;
}

static int show(const char *path, const struct stat *told, int kind, struct FTW *place)
{
    char text[11], target[128];
    ssize_t length;

    rights(told->st_mode, text);
    printf("%*s%s %ld %u:%u %ld %s", 2 * place->level, "", text, (long)told->st_nlink,
           told->st_uid, told->st_gid, S_ISDIR(told->st_mode) ? 0L : (long)told->st_size,
           path + place->base);
    if (kind == FTW_SL && (length = readlink(path, target, sizeof target)) >= 0)
        printf(" -> %.*s", (int)length, target);
    puts("");
    total++;
    return 0;
}

static void list(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        struct stat told;
        char text[11];
        int fd = open(path, O_DIRECTORY | O_PATH);

        if (entries[i]->d_name[0] != '.' &&
            !fstatat(fd, entries[i]->d_name, &told, AT_SYMLINK_NOFOLLOW)) {
            rights(told.st_mode, text);
            printf("%s %d %s\n", text, entries[i]->d_type, entries[i]->d_name);
        }
        close(fd);
        free(entries[i]);
    }
    free(entries);
}

static void check(const char *what, int result)
{
    printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done");
}

int main(void)
{
    struct timespec times[2] = {{1000000000, 5}, {0, UTIME_OMIT}};
    struct stat told;
    char buffer[64] = "";
    int fd;

    umask(027);
    mkdir("tree", 0777);
    mkdir("tree/inner", 0777);
    fd = creat("tree/file", 0666);
    write(fd, "0123456789", 10);
    fchmod(fd, 04711);
    check("fchown", fchown(fd, 1000, 100));
    close(fd);
    check("symlink", symlink("file", "tree/link"));
    symlink("../file", "tree/inner/up");
    symlink("inner", "tree/folder");
    symlink("nowhere", "tree/dangling");
    symlink("loop", "tree/loop");
    check("link", link("tree/file", "tree/inner/same"));
    check("link to a directory", link("tree/inner", "tree/other"));
    check("mkfifo", mkfifo("tree/fifo", 0622));
    check("chmod", chmod("tree/folder/up", 0640));
    check("lchown", lchown("tree/link", 5, 6));
    nftw("tree", show, 8, FTW_PHYS);
    printf("%d files\n", total);
    fd = open("tree/folder/../link", O_RDONLY);
    printf("read %zd: %s\n", read(fd, buffer, sizeof buffer - 1), buffer);
    close(fd);
    check("open dangling", open("tree/dangling", O_RDONLY));
    check("open loop", open("tree/loop", O_RDONLY));
    check("open nofollow", open("tree/link", O_RDONLY | O_NOFOLLOW));
    check("access", access("tree/file", X_OK));
    check("execute", execl("tree/file", "file", (char *)0));
    close(open("tree/dangling", O_CREAT | O_EXCL, 0600));
    close(open("tree/dangling", O_CREAT | O_WRONLY, 0600));
    check("rename", renameat2(AT_FDCWD, "tree/link", AT_FDCWD, "tree/fifo", RENAME_EXCHANGE));
    check("rename over", renameat2(AT_FDCWD, "tree/file", AT_FDCWD, "tree/loop", RENAME_NOREPLACE));
    check("unlink", unlink("tree/loop"));
    list("tree");
    check("utimensat", utimensat(AT_FDCWD, "tree/file", times, 0));
    check("utime", utime("tree/inner", &(struct utimbuf){7, 8}));
    stat("tree/file", &told);
    printf("%ld.%09ld", (long)told.st_atim.tv_sec, told.st_atim.tv_nsec);
    stat("tree/inner", &told);
    printf(", %ld %ld\n", (long)told.st_atime, (long)told.st_mtime);
    return 0;
}
