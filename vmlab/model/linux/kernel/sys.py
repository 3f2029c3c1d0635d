"""Small calls about the process itself: its number, its limits.

Processes belong to root, without the right to raise hard limits (CAP_SYS_RESOURCE).
"""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.resource import Limits, Rlimit
from vmlab.model.linux.include.fs import SYSCTL_NR_OPEN
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.pid import find_task_by_vpid
from vmlab.model.linux.lib.usercopy import copy_to_user
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit


def getpid(task: TaskStruct) -> int:
    """Return the process number of a task: the same for all threads of a process.

    Source: kernel/sys.c: SYSCALL_DEFINE0(getpid) [v5.4].
    """
    return task.tgid


def do_prlimit(task: TaskStruct, resource: int, new: Limits | None) -> Limits:
    """Return the limits of a process, and set others if there are new ones.

    Args:
        task: a thread of it.
        resource: RLIMIT_*.
        new: bytes, for RLIMIT_NOFILE descriptors; None = only ask.

    Raises:
        LinuxError: EINVAL for a resource there is not, and for a soft limit above the hard one;
            EPERM for a hard limit that is raised, or of more descriptors than the kernel allows.

    Emits: rlimit_set, rlimit_max_set.
    Source: kernel/sys.c: do_prlimit() [v6.18].
    """
    try:
        number = Rlimit(resource)
    except ValueError:
        raise LinuxError(errno.EINVAL, "no_such_resource", resource=resource) from None
    old = task.rlim[number]
    if new is None:
        return old
    if new.rlim_cur > new.rlim_max:
        raise LinuxError(errno.EINVAL, "soft_over_hard")
    if number is Rlimit.RLIMIT_NOFILE and new.rlim_max > SYSCTL_NR_OPEN:
        raise LinuxError(errno.EPERM, "over_nr_open", most=SYSCTL_NR_OPEN)
    if new.rlim_max > old.rlim_max:
        raise LinuxError(errno.EPERM, "hard_limit_raised", limit=old.rlim_max)
    task.rlim[number] = new
    if new.rlim_max != old.rlim_max:
        emit(task, process_events.RlimitMaxSet, task.pid, number.name, new.rlim_max)
    emit(task, process_events.RlimitSet, task.pid, number.name, new.rlim_cur)
    return old


def setrlimit(task: TaskStruct, resource: int, soft: int, hard: int | None) -> None:
    """Set the limits of the calling process.

    Args:
        task: the caller.
        resource: RLIMIT_*.
        soft: as `do_prlimit` has it.
        hard: the same; None = as it is. Linux has no such argument.

    Raises:
        LinuxError: as `do_prlimit`.

    Emits: what do_prlimit emits.
    Source: kernel/sys.c: SYSCALL_DEFINE2(setrlimit) [v6.18].
    """
    if hard is None:
        hard = do_prlimit(task, resource, None).rlim_max
    do_prlimit(task, resource, Limits(soft, hard))


def getrlimit(task: TaskStruct, resource: int, rlim: int | None) -> Limits:
    """Return the limits of the calling process.

    Args:
        task: the caller.
        resource: RLIMIT_*.
        rlim: where in user memory they are stored; None = they are only returned.

    Raises:
        LinuxError: EINVAL for a resource there is not; EFAULT if they cannot be stored.

    Source: kernel/sys.c: SYSCALL_DEFINE2(getrlimit) [v6.18].
    """
    limits = do_prlimit(task, resource, None)
    if rlim is not None:
        _store(task, rlim, limits)
    return limits


@traced
def prlimit64(
    task: TaskStruct, pid: int, resource: int, new: Limits | None, old_rlim: int
) -> Limits:
    """Return the limits that a process had, and set others if there are new ones.

    Args:
        task: the caller.
        pid: of a thread of the process; 0 = the caller.
        resource: RLIMIT_*.
        new: as `do_prlimit` has it.
        old_rlim: where in user memory those there were are stored; 0 = nowhere.

    Raises:
        LinuxError: ESRCH if there is no such process; EINVAL and EPERM as `do_prlimit`; EFAULT if
            the old ones cannot be stored, when the new ones hold.

    Emits: what do_prlimit emits.
    Source: kernel/sys.c: SYSCALL_DEFINE4(prlimit64) [v6.18].
    """
    target = find_task_by_vpid(task.system, pid) if pid else task
    if target is None:
        raise LinuxError(errno.ESRCH, "no_such_process", pid=pid)
    old = do_prlimit(target, resource, new)
    if old_rlim:
        _store(task, old_rlim, old)
    return old


def _store(task: TaskStruct, addr: int, limits: Limits) -> None:
    if copy_to_user(task.system, addr, struct.pack("<2Q", *limits)):
        raise LinuxError(errno.EFAULT, "nothing_stored", addr=addr)
