/* mmapcopy FILE: copy a file to standard output through memory that is mapped, not read.
 *
 *   gcc -O1 -Wall -o mmapcopy mmapcopy.c && ./mmapcopy mmapcopy.c
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct stat info;
	char *bytes;
	size_t done = 0;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FILE\n", argv[0]);
		return 2;
	}
	fd = open(argv[1], O_RDONLY);
	if (fd < 0 || fstat(fd, &info) < 0) {
		perror(argv[1]);
		return 1;
	}
	if (info.st_size == 0)
		return 0;                            /* mmap refuses a length of 0 */
	bytes = mmap(NULL, info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	close(fd);                                   /* the mapping holds the file */
	while (done < (size_t)info.st_size) {        /* write may take less than it is offered */
		ssize_t n = write(STDOUT_FILENO, bytes + done, info.st_size - done);

		if (n < 0) {
			perror("write");
			return 1;
		}
		done += n;
	}
	return munmap(bytes, info.st_size) < 0;
}
