"""Small calls about the process itself: its number, its limits."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.resource import Rlimit
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit


def getpid(task: TaskStruct) -> int:
    """Return the process number of a task: the same for all threads of a process.

    Source: kernel/sys.c: SYSCALL_DEFINE0(getpid) [v5.4].
    """
    return task.tgid


def do_prlimit(task: TaskStruct, resource: int, soft: int) -> None:
    """Set a soft limit of a task.

    Args:
        task: the caller.
        resource: RLIMIT_*.
        soft: bytes, for RLIMIT_NOFILE descriptors.

    Raises:
        LinuxError: EINVAL for a resource that is not modelled.

    Emits: rlimit_set.
    Source: kernel/sys.c: do_prlimit() [v5.4].
    Left out: hard limits, and reading a limit.
    """
    try:
        limit = Rlimit(resource)
    except ValueError:
        raise LinuxError(errno.EINVAL, "resource_not_modelled", resource=resource) from None
    task.rlim[limit] = soft
    emit(task, process_events.RlimitSet, task.pid, limit.name, soft)
