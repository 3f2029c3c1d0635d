"""System calls by number, and what a record tells of each besides its arguments and result."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

_HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
_ARGUMENTS = """
access 2 arch_prctl 2 brk 1 clone 5 clone3 2 close 1 dup 1 dup2 2 dup3 3 execve 3 exit 1
exit_group 1 fcntl 3 fork 0 fstat 2 ftruncate 2 futex 6 getcwd 2 getpid 0 getrandom 3 getrlimit 2
getrusage 2 gettid 0 getuid 0 ioctl 3 kill 2 lseek 3 lstat 2 madvise 3 membarrier 3 memfd_create 2
mincore 3 mlock 2 mlock2 3 mlockall 1 mmap 6 mprotect 3 mremap 5 msync 3 munlock 2 munlockall 0
munmap 2 newfstatat 4 open 3 openat 4 pause 0 pipe 1 pipe2 2 prctl 5 pread64 4 prlimit64 4
pwrite64 4 read 3 readlink 3 readv 3 rename 2 rseq 4 rt_sigaction 4 rt_sigpending 2
rt_sigprocmask 4 rt_sigreturn 0 rt_sigsuspend 2 sched_getaffinity 3 sched_yield 0
set_robust_list 2 set_tid_address 1
setrlimit 2 shmat 3 shmctl 3 shmdt 1 shmget 3 sigaltstack 2 stat 2 sysinfo 1 tgkill 3 tkill 2
unlink 1 vfork 0 wait4 4 write 3 writev 3
alarm 1 faccessat2 4 getdents64 3 getitimer 2 mkdir 2 poll 3 ppoll 5 pselect6 6 rmdir 1
rt_sigtimedwait 4 select 5 sendfile 4 setitimer 3 setpgid 2 statx 5 unlinkat 3 waitid 5
copy_file_range 6 flock 2 truncate 2
semget 3 semop 3 semtimedop 4 semctl 4 msgget 2 msgsnd 4 msgrcv 5 msgctl 3
rt_sigqueueinfo 3 rt_tgsigqueueinfo 4
timer_create 3 timer_settime 4 timer_gettime 2 timer_getoverrun 1 timer_delete 1
epoll_create1 1 epoll_ctl 4 epoll_pwait 6 epoll_wait 4 eventfd2 2 getsockopt 5 recvfrom 6
recvmsg 3 sendmsg 3 sendto 6 shutdown 2 signalfd4 4 socket 3 socketpair 4 timerfd_create 2
timerfd_settime 4
chmod 2 chown 3 creat 2 fadvise64 4 fchmod 2 fchmodat 3 fchmodat2 4 fchown 3 fchownat 5 futimesat 3
getdents 3 lchown 3 link 2 linkat 5 mknod 3 mknodat 4 readahead 3 readlinkat 4 renameat 4
renameat2 5 symlink 2 symlinkat 3 sync_file_range 4 utime 2 utimensat 4 utimes 2
chdir 1 fchdir 1 fsync 1 umask 1
bind 3 listen 2 accept 3 accept4 4 connect 3 getsockname 3 getpeername 3 setsockopt 5
statfs 2 fstatfs 2
mq_open 4 mq_unlink 1 mq_timedsend 5 mq_timedreceive 5 mq_notify 2 mq_getsetattr 3
"""
_WORDS = _ARGUMENTS.split()
_COUNTS = dict(zip(_WORDS[::2], map(int, _WORDS[1::2]), strict=True))
_MOST_ARGUMENTS = 6

# The calls after which /proc/PID/maps may be another.
MEMORY = frozenset(
    "brk madvise mlock mlock2 mlockall mmap mprotect mremap munlock munlockall munmap shmat shmdt"
    " clone clone3 fork".split()
)
SHOWN_BYTES = 64  # of what is read and written
_EFAULT = 14
_STAT = struct.Struct("<16x Q 3I 4x 4q 72x")  # without st_dev, st_ino and times
_STAT_FIELDS = ("nlink", "mode", "uid", "gid", "rdev", "size", "blksize", "blocks")
_PATHS = {
    "access": (0,),
    **dict.fromkeys(("chmod", "chown", "creat", "lchown", "mknod", "utime", "utimes"), (0,)),
    **dict.fromkeys(("fchmodat", "fchmodat2", "fchownat", "mknodat", "readlinkat"), (1,)),
    **dict.fromkeys(("link", "symlink"), (0, 1)),
    **dict.fromkeys(("linkat", "renameat", "renameat2"), (1, 3)),
    "symlinkat": (0, 2),
    "execve": (0,),
    **dict.fromkeys(("mq_open", "mq_unlink", "statfs"), (0,)),
    "lstat": (0,),
    "memfd_create": (0,),
    "newfstatat": (1,),
    "open": (0,),
    "openat": (1,),
    "readlink": (0,),
    "rename": (0, 1),
    "stat": (0,),
    "truncate": (0,),
    "unlink": (0,),
}
_STATS = {"fstat": 1, "lstat": 1, "newfstatat": 2, "stat": 1}  # which argument points to one
_BUFFERS: dict[str, tuple[int, Callable[[list[int], int], int]]] = {  # argument, bytes
    "epoll_pwait": (1, lambda _, result: 12 * result),
    "epoll_wait": (1, lambda _, result: 12 * result),
    "recvfrom": (1, lambda _, result: min(result, SHOWN_BYTES)),
    "sendto": (1, lambda _, result: min(result, SHOWN_BYTES)),
    "socketpair": (3, lambda _, result: 8),
    "clone3": (0, lambda arguments, _: arguments[1]),
    "getcwd": (0, lambda _, result: result),
    "mincore": (2, lambda arguments, _: -(-arguments[1] // 4096)),
    "mq_getsetattr": (2, lambda arguments, _: 32 if arguments[2] else 0),
    "mq_timedreceive": (1, lambda _, result: min(result, SHOWN_BYTES)),
    "mq_timedsend": (1, lambda arguments, _: min(arguments[2], SHOWN_BYTES)),
    "msgrcv": (1, lambda _, result: 8 + min(result, SHOWN_BYTES)),
    "pipe": (0, lambda _, result: 8),
    "pipe2": (0, lambda _, result: 8),
    "pread64": (1, lambda _, result: min(result, SHOWN_BYTES)),
    "prlimit64": (3, lambda _, result: 16),
    "pwrite64": (1, lambda _, result: min(result, SHOWN_BYTES)),
    "read": (1, lambda _, result: min(result, SHOWN_BYTES)),
    "readlink": (1, lambda _, result: result),
    "readlinkat": (2, lambda _, result: result),
    "rt_sigpending": (0, lambda _, result: 8),
    "sched_getaffinity": (2, lambda _, result: result),
    "wait4": (1, lambda _, result: 4 if result else 0),
    "write": (1, lambda _, result: min(result, SHOWN_BYTES)),
}
Memory = Callable[[int, int], bytes]  # (address, bytes): as many of them as can be read


@cache
def _names() -> dict[int, str]:
    found = re.findall(r"#define __NR_(\w+) (\d+)", _HEADER.read_text())
    return {int(number): name for name, number in found}


def name_of(number: int) -> str:
    """Return the name of a system call of x86-64."""
    return _names().get(number, str(number))


def arguments_of(name: str, registers: list[int]) -> list[int]:
    """Return those of the six registers that a call reads."""
    return registers[: _COUNTS.get(name, _MOST_ARGUMENTS)]


def _text(memory: Memory, addr: int) -> str:
    page_end = -addr % 4096 or 4096
    found = memory(addr, page_end)
    if b"\0" not in found:
        found += memory(addr + page_end, 4096)
    return found.partition(b"\0")[0].decode(errors="backslashreplace")


def shown(name: str, arguments: list[int], result: int, memory: Memory) -> dict[str, Any]:
    """Return what a record tells of a call's memory: only what the kernel itself has touched.

    Args:
        name: of the call.
        arguments: as `arguments_of` returns them.
        result: what the call returned, -errno if it failed.
        memory: reads the memory of the caller.
    """
    found: dict[str, Any] = {}
    if result != -_EFAULT:
        paths = [_text(memory, arguments[index]) for index in _PATHS.get(name, ())]
        if paths:
            found["paths"] = paths
    if result < 0:
        return found
    if name in _STATS:
        data = memory(arguments[_STATS[name]], _STAT.size)
        found["stat"] = dict(zip(_STAT_FIELDS, _STAT.unpack(data), strict=True))
    if name in _BUFFERS:
        index, length = _BUFFERS[name]
        if arguments[index] and (size := length(arguments, result)):
            found["data"] = memory(arguments[index], size).hex()
    return found
