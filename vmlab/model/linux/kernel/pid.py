"""Which task has a number, and descriptors that stand for tasks."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.pidfd import (
    PIDFD_NONBLOCK,
    PIDFD_SELF_THREAD,
    PIDFD_SELF_THREAD_GROUP,
    PIDFD_THREAD,
)
from vmlab.model.linux.fs.file import fd_install
from vmlab.model.linux.fs.pidfs import pidfd_pid, pidfs_alloc_file
from vmlab.model.linux.include.sched import PID_MAX_LIMIT
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.trace.decorators import traced


def find_task_by_vpid(system: System, pid: int) -> TaskStruct | None:
    """Return the task of a number, dead ones that nobody collected included.

    Source: kernel/pid.c: find_task_by_vpid() [v6.18].
    """
    return system.init if pid == system.init.pid else system.tasks.get(pid)


def set_ns_last_pid(system: System, pid: int) -> None:
    """Say which number the last new task is to count as having: the next one gets one more.

    Raises:
        LinuxError: EINVAL for what is no number of a task, and for one before the last that was
            given.

    Source: kernel/pid_namespace.c: pid_ns_ctl_handler() [v6.18].
    Left out: going back, for no number is given twice here.
    """
    if not system.next_pid - 1 <= pid < PID_MAX_LIMIT - 1:
        raise LinuxError(errno.EINVAL, "limit_out_of_range")
    system.next_pid = pid + 1


@traced
def pidfd_create(task: TaskStruct, pid: int, flags: int) -> int:
    """Open a descriptor that stands for a task.

    Args:
        task: the caller.
        pid: of the task.
        flags: PIDFD_* bits.

    Raises:
        LinuxError: EINVAL for other flags and numbers that no task has; ESRCH if there is no such
            task; ENOENT if it is not the first thread of its process, without PIDFD_THREAD;
            EMFILE.

    Emits: inode_create, file_open, fd_install.
    Source: kernel/pid.c: pidfd_create(), pidfd_open() [v6.18].
    """
    if flags & ~(PIDFD_NONBLOCK | PIDFD_THREAD):
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if pid <= 0:
        raise LinuxError(errno.EINVAL, "pid_not_positive", pid=pid)
    other = find_task_by_vpid(task.system, pid)
    if other is None:
        raise LinuxError(errno.ESRCH, "no_such_process", pid=pid)
    if other.tgid != pid and not flags & PIDFD_THREAD:
        raise LinuxError(errno.ENOENT, "not_first_thread", pid=pid)
    return fd_install(task, pidfs_alloc_file(task.system, pid, flags), cloexec=True)


def pidfd_get_task(task: TaskStruct, pidfd: int) -> TaskStruct:
    """Return the task that a descriptor stands for, if it is the first one of its process.

    Args:
        task: the caller.
        pidfd: the descriptor, or PIDFD_SELF_*.

    Raises:
        LinuxError: EBADF if it stands for none; ESRCH if the task is gone, or another thread.

    Source: kernel/pid.c: pidfd_get_task() [v6.18].
    """
    if pidfd == PIDFD_SELF_THREAD:
        return task
    pid = task.tgid if pidfd == PIDFD_SELF_THREAD_GROUP else pidfd_pid(task, pidfd)
    other = find_task_by_vpid(task.system, pid)
    if other is None or other.tgid != pid:
        raise LinuxError(errno.ESRCH, "no_such_process", pid=pid)
    return other
