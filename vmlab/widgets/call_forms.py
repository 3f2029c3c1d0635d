"""The calls as buttons with fields: a form for each row of the tables of calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vmlab.errors import UsageError
from vmlab.model.abi.calls import ACCESSES, ACTIONS
from vmlab.widgets.call_field import CallField, Meaning
from vmlab.widgets.fields_of_calls import field_of
from vmlab.widgets.typed_values import (
    FieldError,
)
from vmlab.words.language import N_, say


@dataclass(frozen=True, slots=True)
class CallForm:
    """One button: a call and its arguments.

    A form of one's own has the name of a call or access, or of a method of one's own Explorer.
    """

    name: str
    does: str  # what it does, in a few words
    fields: tuple[CallField, ...] = ()


FORMS: Mapping[str, CallForm] = {
    action.name: CallForm(
        action.name, action.does, tuple(field_of(action, each) for each in action.parameters)
    )
    for action in ACTIONS.values()
}

# Those that get a button where all calls can be made; the others stand behind "more".
USUAL = ("fork", "store", "load", "mmap", "munmap", "mprotect", "brk", "exit_group")

GROUPS: Mapping[str, tuple[str, ...]] = {
    N_("Memory"): (
        *("mmap", "munmap", "mprotect", "mremap", "madvise", "msync", "mlock", "mlock2"),
        *("munlock", "mlockall", "munlockall", "mincore", "mseal", "remap_file_pages", "brk"),
    ),
    N_("Files"): (
        *(
            "open",
            "openat",
            "creat",
            "memfd_create",
            "pipe",
            "pipe2",
            "dup",
            "dup2",
            "dup3",
            "fcntl",
        ),
        *("flock", "ioctl", "close", "close_range", "fstat", "lseek"),
        *("ftruncate", "fallocate", "read", "write", "pread64", "pwrite64", "readv", "writev"),
        *("sendfile", "copy_file_range", "poll", "ppoll", "select", "pselect6"),
        *("preadv", "pwritev", "fsync", "fdatasync", "sync", "sync_file_range"),
        *("fadvise64", "readahead"),
    ),
    N_("Watching and sockets"): (
        *("eventfd", "eventfd2", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait"),
        *("epoll_pwait", "epoll_pwait2", "timerfd_create", "timerfd_settime", "timerfd_gettime"),
        *("signalfd", "signalfd4", "socket", "socketpair", "bind", "listen", "accept"),
        *("accept4", "connect", "sendto", "recvfrom", "sendmsg"),
        *("recvmsg", "shutdown", "getsockname", "getpeername", "setsockopt", "getsockopt"),
    ),
    N_("Paths"): (
        *(
            "stat",
            "lstat",
            "statfs",
            "fstatfs",
            "newfstatat",
            "statx",
            "access",
            "faccessat",
            "faccessat2",
        ),
        *("readlink", "readlinkat", "getdents64", "getdents"),
        *("getcwd", "chdir", "fchdir", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat"),
        *("rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat"),
        *("mknod", "mknodat", "truncate", "umask", "chmod", "fchmod", "fchmodat", "fchmodat2"),
        *("chown", "fchown", "lchown", "fchownat", "utime", "utimes", "futimesat", "utimensat"),
    ),
    N_("Shared memory"): ("shmget", "shmat", "shmdt", "shmctl"),
    N_("Semaphores and messages"): (
        *("semget", "semop", "semtimedop", "semctl", "msgget", "msgsnd", "msgrcv", "msgctl"),
        *("mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr"),
    ),
    N_("Processes"): (
        *("fork", "vfork", "clone", "execve", "exit_group", "exit", "wait4", "waitid"),
        *("set_tid_address", "process_vm_readv", "process_vm_writev"),
        *("pidfd_open", "process_madvise"),
        *("setrlimit", "getrlimit", "prlimit64", "personality", "prctl", "arch_prctl"),
        "membarrier",
    ),
    N_("Signals"): (
        *("rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigsuspend", "pause"),
        "rt_sigtimedwait",
        *("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "sigaltstack"),
        "rt_sigreturn",
    ),
    N_("Threads and time"): (
        *("clone3", "futex", "set_robust_list", "get_robust_list", "rseq", "sched_yield"),
        *("nanosleep", "clock_nanosleep", "alarm", "setitimer", "getitimer"),
        *("timer_create", "timer_settime", "timer_gettime", "timer_getoverrun", "timer_delete"),
    ),
    N_("Identity"): (
        *("getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getpgrp"),
        *("getpgid", "setpgid", "getsid", "setsid", "uname", "getrandom", "getrusage", "sysinfo"),
        *("times", "getpriority", "sched_getaffinity", "getcpu", "clock_gettime", "clock_getres"),
        *("gettimeofday", "time"),
    ),
    N_("Accesses"): tuple(ACCESSES),
}


def group_of(call: str) -> str:
    """Say what a call is about; calls that a table does not have stand alone."""
    return next((say(title) for title, calls in GROUPS.items() if call in calls), "")


def unknown_call(name: str, known: Iterable[str]) -> UsageError:
    """Return the failure of a name that no call has."""
    names = ", ".join(known)
    return UsageError(say("no call is named {name!r}; there are {known}", name=name, known=names))


def arguments(form: CallForm, texts: Mapping[str, str], meaning: Meaning) -> dict[str, Any]:
    """Turn what stands in the fields of a form into arguments, by name.

    Raises:
        FieldError: a text cannot be read; `.field` names its field.
    """
    values: dict[str, Any] = {}
    for field in form.fields:
        text = texts.get(field.name, "")
        try:
            values[field.name] = (
                None if field.optional and not text.strip() else field.read(text, meaning)
            )
        except FieldError as error:
            error.field = field.name
            raise
    return values
