"""The file of a queue of messages of POSIX: what it tells, and what its end is to who waits."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.poll import POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM
from vmlab.model.abi.signal import SIGEV_SIGNAL
from vmlab.model.linux.include.fs import S_MQUEUE
from vmlab.model.linux.include.mqueue import MqueueInodeInfo
from vmlab.model.linux.include.structs import File, Inode, System, TaskStruct
from vmlab.model.linux.lib.iov_iter import IovIter, copy_to_iter, iter_iov_addr


def mqueue_i(inode: Inode) -> MqueueInodeInfo:
    """Return the queue of an inode.

    Source: ipc/mqueue.c: MQUEUE_I() [v6.18].
    """
    assert isinstance(inode.i_private, MqueueInodeInfo)
    return inode.i_private


def mqueue_read_file(task: TaskStruct, file: File, to: IovIter) -> int:
    """Read how many bytes wait in a queue, and who is told of the next message.

    Raises:
        LinuxError: EFAULT.

    Emits: copy_to_user, file_pos.
    Source: ipc/mqueue.c: mqueue_read_file() [v6.18].
    """
    info = mqueue_i(file.f_inode)
    size = sum(len(message.data) for message in info.messages)
    tgid, how, signo, _ = info.notify or (0, 0, 0, 0)
    signal = signo if tgid and how == SIGEV_SIGNAL else 0
    told = f"QSIZE:{size:<10} NOTIFY:{how:<5} SIGNO:{signal:<5} NOTIFY_PID:{tgid:<6}\n"
    data = told.encode()[file.f_pos :][: to.count]
    addr = iter_iov_addr(to) if to.count else 0
    if copy_to_iter(task.system, data, to) < len(data):
        raise LinuxError(errno.EFAULT, "nothing_stored", addr=addr)
    file.f_pos += len(data)
    return len(data)


def mqueue_poll_file(file: File) -> int:
    """Return what can be done with a queue without sleeping, as POLL* bits.

    Source: ipc/mqueue.c: mqueue_poll_file() [v6.18].
    """
    info = mqueue_i(file.f_inode)
    mask = POLLIN | POLLRDNORM if info.messages else 0
    return mask | (POLLOUT | POLLWRNORM if len(info.messages) < info.mq_maxmsg else 0)


def mqueue_flush_file(inode: Inode, tgid: int) -> None:
    """Tell a process no more of the next message: it closes a descriptor of the queue.

    Source: ipc/mqueue.c: mqueue_flush_file() [v6.18].
    """
    info = inode.i_private
    if isinstance(info, MqueueInodeInfo) and info.notify is not None and info.notify.tgid == tgid:
        inode.i_private = info._replace(notify=None)


def exit_mqueues(task: TaskStruct, *, process: bool) -> None:
    """Let a task that ends wait at no queue. The name is vmlab's.

    Args:
        task: the task.
        process: its process ends, too, and is told of no message any more.

    Source: ipc/mqueue.c: wq_sleep(), mqueue_flush_file() [v6.18].
    """
    for inode in mqueues(task.system):
        info = mqueue_i(inode)
        if any(waiter.pid == task.pid for waiter in info.waiters):
            left = tuple(waiter for waiter in info.waiters if waiter.pid != task.pid)
            inode.i_private = info._replace(waiters=left)
        if process:
            mqueue_flush_file(inode, task.tgid)


def mqueues(system: System) -> list[Inode]:
    """Return all queues. The name is vmlab's.

    Source: include/linux/ipc_namespace.h: struct ipc_namespace [v6.18].
    """
    return [inode for inode in system.inodes.values() if inode.i_kind == S_MQUEUE]
