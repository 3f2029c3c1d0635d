"""The programs: how each is built, and what it is given."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

SOURCES = Path(__file__).parent / "sources"
DATA = Path(__file__).parent / "data"

DYNAMIC, NO_PIE = "dynamic", "no_pie"  # glibc, loaded by ld.so
STATIC, STATIC_PIE = "static", "static_pie"  # glibc in the program itself
MUSL = "musl"  # static
BUILDS = (DYNAMIC, NO_PIE, STATIC, STATIC_PIE, MUSL)

INPUT = """\
The memory of a process is a set of pages. A page is 4096 bytes long, and
each page of the process is in a frame of memory, or it is in a file, or it
is nowhere yet. The kernel finds a frame for it when the process touches it.
That is a page fault. Most faults are minor: the page of the file is in memory
already, or a new page is filled with zeros. When the process forks, parent
and child share each frame until one of them writes to it: copy on write.
"""
SHELL_INPUT = """\
cat /tmp/input
cat /tmp/input | upper | wc
upper /tmp/input > /tmp/out
wc /tmp/out
nothing
cat /tmp/none
"""
FILES = {"/tmp/input": INPUT}  # what the tree holds besides the program and its libraries
ENVIRONMENT = ("PATH=/bin", "HOME=/tmp", "LANG=C")
CWD = "/tmp"


class Program(NamedTuple):
    """What a program is built as and given.

    Attributes:
        builds: some of `BUILDS`.
        arguments: argv behind the path of the program, which is `/bin/NAME`.
        stdin: what its standard input, a pipe, holds.
        loads: libraries that glibc loads for it when it needs them.
        furnished: its tree has /proc, /dev/shm, /dev/null and /dev/zero.
    """

    builds: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    stdin: str = ""
    loads: tuple[str, ...] = ()
    furnished: bool = False


def program_path(name: str) -> str:
    """Return where a program stands in the tree, whatever its build."""
    return f"/bin/{name}"


_MOST = (DYNAMIC, MUSL)
_FIXED = (NO_PIE, MUSL)

PROGRAMS = {
    "advised_map": Program((DYNAMIC, STATIC), furnished=True),
    "aligned_blocks": Program((DYNAMIC, STATIC)),
    "alloca_vla": Program(_MOST),
    "altstack_overflow": Program(_MOST),
    "atexit_order": Program((DYNAMIC, STATIC)),
    "breakpoint": Program(_FIXED),
    "brk_allocator": Program((DYNAMIC, STATIC)),
    "broken_pipe": Program((DYNAMIC, STATIC)),
    "bus_truncate": Program(_MOST),
    "calloc_zero": Program(_MOST),
    "cancel_pool": Program((DYNAMIC, STATIC), loads=("libgcc_s.so.1",)),
    "condvar_queue": Program(_MOST),
    "copy_on_write": Program((DYNAMIC, STATIC, MUSL)),
    "count_stdin": Program(_MOST, stdin=INPUT),
    "divide_by_zero": Program((DYNAMIC, STATIC)),
    "dlopen_math": Program((DYNAMIC,)),
    "dup2_redirect": Program(_MOST),
    "echo_fork": Program((DYNAMIC, STATIC, MUSL)),
    "echo_poll": Program((STATIC, MUSL)),
    "environment": Program((DYNAMIC, NO_PIE, STATIC, MUSL), ("one", "two words", "")),
    "epoll_loop": Program((DYNAMIC, STATIC, MUSL)),
    "exec_self": Program((DYNAMIC, STATIC, MUSL)),
    "fault_counts": Program((DYNAMIC, NO_PIE, STATIC, MUSL)),
    "fifo_server": Program((DYNAMIC, STATIC), furnished=True),
    "file_growth": Program(_MOST),
    "file_locks": Program((DYNAMIC, STATIC)),
    "float_math": Program(_MOST),
    "fork_global": Program((DYNAMIC, NO_PIE, STATIC, STATIC_PIE, MUSL)),
    "fork_tree": Program(_MOST),
    "gather_write": Program(_MOST),
    "growsdown": Program(_MOST),
    "guard_page": Program(_MOST),
    "hash_table": Program(_MOST, stdin=INPUT),
    "heap_break": Program((DYNAMIC, NO_PIE, STATIC)),
    "heap_trim": Program((DYNAMIC, STATIC)),
    "http_server": Program((STATIC, MUSL)),
    "huge_bss": Program(_FIXED),
    "illegal_instruction": Program(_MOST),
    "job_control": Program((DYNAMIC, STATIC)),
    "jump_out": Program((NO_PIE, MUSL)),
    "kill_usr1": Program(_MOST),
    "limits": Program(_MOST),
    "linked_list": Program(_MOST),
    "list_directory": Program((DYNAMIC,)),
    "made_code": Program(_MOST),
    "madvise_discard": Program(_MOST),
    "malloc_sizes": Program((DYNAMIC, NO_PIE, STATIC, MUSL)),
    "matrix_walk": Program(_FIXED),
    "memfd_ring": Program(_MOST),
    "mincore_residency": Program(_MOST),
    "mlock_pages": Program(_MOST),
    "mmap_allocator": Program(_MOST),
    "mmap_fixed": Program(_FIXED),
    "mmap_kinds": Program((DYNAMIC, STATIC)),
    "mmap_threshold": Program((DYNAMIC, STATIC)),
    "mmapcopy": Program((DYNAMIC, NO_PIE, STATIC, STATIC_PIE, MUSL), ("/tmp/input",)),
    "mq_priorities": Program((DYNAMIC, STATIC, MUSL)),
    "mq_signal": Program((STATIC, MUSL)),
    "mremap_move": Program(_MOST),
    "msg_server": Program((DYNAMIC, STATIC)),
    "msync_file": Program(_MOST),
    "named_shared": Program((DYNAMIC, STATIC), furnished=True),
    "null_pointer": Program((DYNAMIC, NO_PIE, STATIC)),
    "page_cache": Program((DYNAMIC, MUSL)),
    "philosophers": Program((DYNAMIC, MUSL)),
    "pipe_words": Program(_MOST),
    "poll_server": Program((DYNAMIC, STATIC)),
    "protect_parts": Program(_MOST),
    "realloc_grow": Program((DYNAMIC, STATIC, MUSL)),
    "reap_children": Program(_MOST),
    "segv_mprotect": Program((DYNAMIC, STATIC, MUSL)),
    "select_chat": Program((STATIC, MUSL)),
    "sem_buffer": Program(_MOST),
    "sem_producer": Program((DYNAMIC, STATIC)),
    "semaphore_ring": Program((STATIC, MUSL)),
    "send_file": Program((DYNAMIC, STATIC)),
    "setjmp_errors": Program(_FIXED),
    "shared_counter": Program(_MOST),
    "sigqueue_timer": Program((DYNAMIC, STATIC)),
    "socket_rpc": Program((DYNAMIC, STATIC, MUSL)),
    "sort_array": Program((DYNAMIC, STATIC)),
    "spawn_self": Program(_MOST),
    "spin_until_timer": Program(_MOST),
    "stack_growth": Program(_FIXED),
    "stack_overflow": Program((DYNAMIC, STATIC)),
    "string_formats": Program((DYNAMIC, STATIC_PIE, MUSL)),
    "sysv_shared": Program(_MOST),
    "task_names": Program(_MOST),
    "thread_local": Program((DYNAMIC, STATIC)),
    "thread_stacks": Program(_MOST),
    "threads_mutex": Program((DYNAMIC, STATIC, MUSL)),
    "tiny_shell": Program((DYNAMIC, MUSL), stdin=SHELL_INPUT),
    "udp_pair": Program((STATIC, MUSL)),
    "unix_datagrams": Program((STATIC, MUSL)),
    "unix_server": Program((STATIC, MUSL)),
    "vfork_exec": Program((DYNAMIC, MUSL)),
    "wait_for_signals": Program((DYNAMIC, STATIC)),
    "wait_statuses": Program((DYNAMIC, NO_PIE, MUSL)),
    "walk_links": Program((DYNAMIC, STATIC), furnished=True),
    "write_constant": Program((NO_PIE, STATIC)),
}
