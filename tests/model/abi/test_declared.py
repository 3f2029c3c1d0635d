"""Of a register the kernel takes as much as it declares of a number; nothing else is looked at."""

from __future__ import annotations

import pytest

from vmlab import MADV_DONTNEED, O_RDWR, Machine, Map, Recorder, Snapshot
from vmlab.model.abi.calls import CALLS
from vmlab.model.abi.kinds import Kind
from vmlab.model.arguments import received

# What each call declares as int or unsigned int: SYSCALL_DEFINE [v6.18].
OF_32_BITS = {
    "exit_group": "code",
    "exit": "code",
    "madvise": "advice",
    "msync": "flags",
    "mlock2": "flags",
    "mlockall": "flags",
    "open": "flags mode",
    "openat": "dirfd flags mode",
    "newfstatat": "dirfd flags",
    "access": "mode",
    "faccessat": "dirfd mode",
    "readlink": "bufsiz",
    "readlinkat": "dirfd bufsiz",
    "fchdir": "fd",
    "mkdir": "mode",
    "mkdirat": "dirfd mode",
    "unlinkat": "dirfd flags",
    "renameat": "olddirfd newdirfd",
    "umask": "mask",
    "creat": "mode",
    "getdents": "fd count",
    "symlinkat": "newdirfd",
    **dict.fromkeys(("linkat", "renameat2"), "olddirfd newdirfd flags"),
    "mknod": "mode dev",
    "mknodat": "dirfd mode dev",
    "chmod": "mode",
    "fchmod": "fd mode",
    "fchmodat": "dirfd mode",
    "fchmodat2": "dirfd mode flags",
    **dict.fromkeys(("chown", "lchown"), "owner group"),
    "fchown": "fd owner group",
    "fchownat": "dirfd owner group flags",
    "futimesat": "dirfd",
    "utimensat": "dirfd flags",
    "fadvise64": "fd advice",
    "readahead": "fd",
    "sync_file_range": "fd flags",
    "pipe2": "flags",
    "dup": "oldfd",
    "dup3": "oldfd newfd flags",
    "close_range": "first last flags",
    "ioctl": "fd cmd",
    **dict.fromkeys(("getpgid", "getsid"), "pid"),
    "setpgid": "pid pgid",
    "getrandom": "flags",
    "wait4": "pid options",
    "getrusage": "who",
    "getpriority": "which who",
    "sched_getaffinity": "pid cpusetsize",
    **dict.fromkeys(("clock_gettime", "clock_getres"), "clockid"),
    "waitid": "idtype id options",
    "alarm": "seconds",
    "setitimer": "which",
    "getitimer": "which",
    "faccessat2": "dirfd mode flags",
    "statx": "dirfd flags mask",
    "getdents64": "fd count",
    "sendfile": "out_fd in_fd",
    "flock": "fd operation",
    "copy_file_range": "fd_in fd_out flags",
    "poll": "nfds timeout",
    "eventfd": "initval",
    "eventfd2": "initval flags",
    "epoll_create": "size",
    "epoll_create1": "flags",
    "epoll_ctl": "epfd op fd",
    **dict.fromkeys(("epoll_wait", "epoll_pwait"), "epfd maxevents timeout"),
    "epoll_pwait2": "epfd maxevents",
    "timerfd_create": "clockid flags",
    "timerfd_settime": "fd flags",
    "timerfd_gettime": "fd",
    "signalfd": "fd",
    "signalfd4": "fd flags",
    **dict.fromkeys(("socket", "socketpair"), "domain type protocol"),
    "sendto": "sockfd flags addrlen",
    **dict.fromkeys(("recvfrom", "sendmsg", "recvmsg"), "sockfd flags"),
    "shutdown": "sockfd how",
    **dict.fromkeys(("bind", "connect"), "sockfd addrlen"),
    "listen": "sockfd backlog",
    "accept": "sockfd",
    "accept4": "sockfd flags",
    "mq_open": "oflag mode",
    "mq_timedsend": "mqdes msg_prio",
    **dict.fromkeys(("mq_timedreceive", "mq_notify", "mq_getsetattr"), "mqdes"),
    "fstatfs": "fd",
    **dict.fromkeys(("getsockname", "getpeername"), "sockfd"),
    "setsockopt": "sockfd level optname optlen",
    "getsockopt": "sockfd level optname",
    "ppoll": "nfds",
    "select": "nfds",
    "pselect6": "nfds",
    "fstat": "fd",
    "lseek": "fd whence",
    "memfd_create": "flags",
    "dup2": "oldfd newfd",
    "fcntl": "fd cmd",
    "close": "fd",
    "ftruncate": "fd",
    "fsync": "fd",
    "fdatasync": "fd",
    "fallocate": "fd mode",
    "read": "fd",
    "write": "fd",
    "pread64": "fd",
    "pwrite64": "fd",
    "readv": "fd",  # an unsigned long, as that of mmap
    "writev": "fd",
    "preadv": "fd",
    "pwritev": "fd",
    **dict.fromkeys(("process_vm_readv", "process_vm_writev"), "pid"),
    "pidfd_open": "pid flags",
    "process_madvise": "pidfd advice flags",
    "mmap": "fd",  # an unsigned long, which fget() takes as an unsigned int
    "shmget": "key shmflg",
    "shmat": "shmid shmflg",
    "shmctl": "shmid cmd",
    "semget": "key nsems semflg",
    **dict.fromkeys(("semop", "semtimedop"), "semid nsops"),
    "semctl": "semid semnum cmd",
    "msgget": "key msgflg",
    **dict.fromkeys(("msgsnd", "msgrcv"), "msqid msgflg"),
    "msgctl": "msqid cmd",
    "rt_sigqueueinfo": "pid sig",
    "rt_tgsigqueueinfo": "tgid tid sig",
    "timer_create": "clockid",
    "timer_settime": "timerid flags",
    **dict.fromkeys(("timer_gettime", "timer_getoverrun", "timer_delete"), "timerid"),
    "setrlimit": "resource",
    "getrlimit": "resource",
    "prlimit64": "pid resource",
    "personality": "persona",
    "prctl": "option",
    "arch_prctl": "code",
    "membarrier": "cmd flags",
    "rt_sigaction": "signum",
    "rt_sigprocmask": "how",
    "futex": "op",  # a value is taken as 32 bits where the operation compares it
    "get_robust_list": "pid",
    "rseq": "flags",
    "clock_nanosleep": "clockid flags",
    "kill": "pid sig",
    "tkill": "tid sig",
    "tgkill": "tgid tid sig",
}
HIGH = 1 << 40
NO_NUMBERS: dict[Kind, object] = {
    **dict.fromkeys(
        (Kind.PATH, Kind.PATH_OR_NONE, Kind.NAME, Kind.ARGV, Kind.ENV, Kind.HANDLER), "a"
    ),
    Kind.LIMITS: (HIGH, HIGH),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_takes_as_much_of_a_register_as_linux_declares(name: str) -> None:
    parameters = CALLS[name].parameters
    given = tuple(NO_NUMBERS.get(each.kind, HIGH | 5) for each in parameters)
    taken = dict(zip((each.name for each in parameters), received(name, given), strict=True))
    cut = {key for key, value in taken.items() if value == 5}
    assert cut == set(OF_32_BITS.get(name, "").split())
    assert all(taken[key] in ("a", HIGH | 5, (HIGH, HIGH)) for key in taken if key not in cut)


@pytest.mark.parametrize(
    ("call", "args", "taken"),
    [
        ("close", (0xFFFF_FFFF,), (-1,)),
        ("exit", (1 << 63,), (0,)),
        ("personality", (-1,), (0xFFFF_FFFF,)),
        ("pread64", (3, -1, -1, (1 << 64) - 1), (3, (1 << 64) - 1, (1 << 64) - 1, -1)),
        ("mincore", (Map.MAP_SHARED, -1, None), (1, (1 << 64) - 1, None)),
    ],
)
def test_the_same_bits_are_the_same_number(
    call: str, args: tuple[int, ...], taken: tuple[int, ...]
) -> None:
    assert received(call, args) == taken


def test_what_is_not_taken_leaves_no_trace() -> None:
    machine = Machine()
    machine.fs.write("/a", b"x")
    process = machine.spawn()
    with Recorder(machine) as recorder:
        assert process.open("/a", O_RDWR | HIGH) == 3
        addr = process.mmap(0, 4096, 3, 0x22, -1)
        process.madvise(addr, 4096, MADV_DONTNEED | HIGH)
        assert process.fcntl(3 | HIGH, 3 | HIGH) == 0x8002
        process.close(3 | HIGH)
    assert 'open("/a", O_RDWR) = 3' in recorder.transcript()
    snap = machine.snapshot()
    assert Snapshot.from_json(snap.to_json()) == snap
    assert Recorder.from_json(recorder.to_json()).machine.snapshot() == snap
