/*
 * The program that Machine.spawn() runs: one of everything a process has.
 *
 *   gcc -O1 -static -nostdlib -no-pie -fno-stack-protector -fno-asynchronous-unwind-tables \
 *       -fcf-protection=none -Wl,--build-id=none -Wl,-z,noexecstack -o a.out a.out.c && strip a.out
 */

static const char greeting[] = "hello, memory\n"; /* read-only data */
static int counter = 42;                          /* data */
static char buffer[2 * 4096];                     /* bss */

static long syscall3(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

void _start(void)
{
	char local[16];                               /* stack */
	char *heap = (char *)syscall3(12, 0, 0, 0);   /* brk(0) */

	syscall3(12, (long)heap + 4096, 0, 0);        /* brk: one page of heap */
	heap[0] = local[0] = buffer[0] = (char)counter++;
	syscall3(1, 1, (long)greeting, sizeof(greeting) - 1); /* write */
	syscall3(231, heap[0] == buffer[0] ? 0 : 1, 0, 0);    /* exit_group */
	for (;;)
		;
}
