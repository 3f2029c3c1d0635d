"""Queues of messages of POSIX: they have names, and hand out the message of highest priority.

A message goes to who waits for one, or else into the queue; a sender whose message has no room
waits until somebody takes one.
"""

from __future__ import annotations

import struct
from typing import NoReturn

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import AT_FDCWD, O_ACCMODE, O_CREAT, O_EXCL, O_NONBLOCK
from vmlab.model.abi.poll import POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM
from vmlab.model.abi.resource import Rlimit
from vmlab.model.abi.signal import NSIG, SI_MESGQ, SIGEV_NONE, SIGEV_SIGNAL, Siginfo
from vmlab.model.abi.stat import S_IRWXUGO, S_ISVTX
from vmlab.model.linux.fs.eventpoll_wake import wake_up_poll
from vmlab.model.linux.fs.file import fd_install, fget, get_unused_fd_flags
from vmlab.model.linux.fs.file_table import alloc_file
from vmlab.model.linux.fs.inode import alloc_inode
from vmlab.model.linux.fs.namei import check_name, getname, printable
from vmlab.model.linux.fs.namei_create import make_inode, umask_of
from vmlab.model.linux.fs.namei_remove import do_unlinkat
from vmlab.model.linux.include.fs import (
    DEV_MQUEUE,
    FMODE_PATH,
    FMODE_READ,
    FMODE_WRITE,
    S_IFDIR,
    S_MQUEUE,
)
from vmlab.model.linux.include.mqueue import MqMessage, MqNotify, MqueueInodeInfo, MqWaiter
from vmlab.model.linux.include.structs import File, Inode, System, TaskStruct
from vmlab.model.linux.ipc.mqueue_file import mqueue_flush_file, mqueue_i, mqueues
from vmlab.model.linux.kernel.signal import send_signal
from vmlab.model.linux.kernel.time.hrtimer import hrtimer_cancel, hrtimer_expired, hrtimer_start
from vmlab.model.linux.kernel.time.time import get_timespec64
from vmlab.model.linux.lib.usercopy import load_from_user, store_number, store_to_user
from vmlab.model.trace.decorators import traced

MQ_PRIO_MAX = 32768
_ROOT = "/dev/mqueue"
_DEFAULT = 10, 8192  # messages, bytes of one
_HARD_MSGMAX, _HARD_MSGSIZEMAX = 65536, 16 << 20
_MSG_MSG, _TREE_NODE = 48, 48  # bytes of a struct msg_msg and of a struct posix_msg_tree_node
_MQ_ATTR = struct.Struct("<4q32x")
_SIGEVENT = struct.Struct("<Qii48x")
_INT = 4  # bytes


# Names


@traced
def do_mq_open(task: TaskStruct, name: str, oflag: int, mode: int, attr: int) -> int:
    """Open a queue, which may be made; return its descriptor, which execve closes.

    Args:
        task: the caller.
        name: what it is called, without a slash.
        oflag: O_RDONLY, O_WRONLY or O_RDWR, with O_CREAT, O_EXCL, O_NONBLOCK.
        mode: who may do what with a queue that is made, without what the caller's umask takes away.
        attr: bytes: where the struct mq_attr is that tells its limits; 0 = 10 messages of 8192
            bytes.

    Raises:
        LinuxError: EFAULT; ENOENT; EACCES for a name with a slash; EEXIST; EINVAL for limits and
            flags that cannot be; EMFILE for too many bytes and too many descriptors;
            ENAMETOOLONG.

    Emits: inode_create, file_open, fd_install, copy_from_user.
    Source: ipc/mqueue.c: do_mq_open() [v6.18].
    Left out: that others than root may lack the right.
    """
    limits = _DEFAULT
    if attr:
        _, *told, _ = _MQ_ATTR.unpack(load_from_user(task, attr, _MQ_ATTR.size))
        limits = told[0], told[1]
    getname(name)
    get_unused_fd_flags(task)
    path = _path(name)
    inode = task.system.namei.get(path)
    if inode is None:
        if not oflag & O_CREAT:
            raise LinuxError(errno.ENOENT, "no_such_path", path=printable(path))
        inode = _create(task, path, mode, limits if attr else None)
    elif oflag & O_CREAT and oflag & O_EXCL:
        raise LinuxError(errno.EEXIST, "path_exists", path=printable(path))
    elif oflag & O_ACCMODE == O_ACCMODE:
        raise LinuxError(errno.EINVAL, "unknown_flags")
    file = alloc_file(task.system, inode, (oflag + 1) & (FMODE_READ | FMODE_WRITE), path)
    file.f_flags = oflag & O_NONBLOCK
    return fd_install(task, file, cloexec=True)


def _path(name: str) -> str:
    # Source: fs/namei.c: lookup_noperm_common() [v6.18].
    if "/" in name or name in (".", ".."):
        raise LinuxError(errno.EACCES, "name_of_no_queue", name=printable(name))
    check_name(name)
    return f"{_ROOT}/{name}"


def _create(task: TaskStruct, path: str, mode: int, limits: tuple[int, int] | None) -> Inode:
    # Source: ipc/mqueue.c: mqueue_create_attr(), mqueue_get_inode() [v6.18].
    system = task.system
    most, size = limits or _DEFAULT
    if not (0 < most <= _HARD_MSGMAX and 0 < size <= _HARD_MSGSIZEMAX):
        raise LinuxError(errno.EINVAL, "queue_limits")
    used = sum(_bytes(mqueue_i(each)) for each in mqueues(system))
    info = MqueueInodeInfo(most, size)
    if used + _bytes(info) > task.rlim[Rlimit.RLIMIT_MSGQUEUE].rlim_cur:
        raise LinuxError(errno.EMFILE, "queues_too_large")
    if _ROOT not in system.namei:
        root = system.namei[_ROOT] = alloc_inode(system, S_IFDIR, _ROOT, DEV_MQUEUE)
        root.i_mode = S_IRWXUGO | S_ISVTX
    inode = make_inode(
        system, S_MQUEUE, path, system.namei[_ROOT], mode & S_IRWXUGO & ~umask_of(task)
    )
    inode.noexec = True
    inode.i_private = info
    return inode


def _bytes(info: MqueueInodeInfo) -> int:
    # What counts for RLIMIT_MSGQUEUE.
    tree = info.mq_maxmsg * _MSG_MSG + min(info.mq_maxmsg, MQ_PRIO_MAX) * _TREE_NODE
    return tree + info.mq_maxmsg * info.mq_msgsize


@traced
def do_mq_unlink(task: TaskStruct, name: str) -> None:
    """Take the name of a queue away; it goes when nobody has it open.

    Raises:
        LinuxError: ENOENT; EACCES for a name with a slash; ENAMETOOLONG.

    Emits: what iput emits.
    Source: ipc/mqueue.c: SYSCALL_DEFINE1(mq_unlink) [v6.18].
    """
    getname(name)
    path = _path(name)
    system = task.system
    inode = system.namei.get(path)
    if inode is None:
        raise LinuxError(errno.ENOENT, "no_such_path", path=printable(path))
    do_unlinkat(task, AT_FDCWD, path, 0)


# Sending


@traced
def do_mq_timedsend(
    task: TaskStruct, mqdes: int, msg: int, msg_len: int, prio: int, timeout: int
) -> None:
    """Send a message, when there is room for it.

    A task that slept comes here again when that was done, or its time is over.

    Args:
        task: the caller.
        mqdes: descriptor.
        msg: bytes: where the message is.
        msg_len: bytes of it.
        prio: its priority, below 32768.
        timeout: bytes: where the time is until which it waits, a struct timespec; 0 = without end.

    Raises:
        LinuxError: EFAULT; EINVAL for a priority or a time that cannot be; EBADF if it is no queue,
            or not open for that; EMSGSIZE; EAGAIN if there is no room, with O_NONBLOCK; ETIMEDOUT.
        Sleeps: there is no room.

    Emits: copy_from_user, signal_send, ep_ready, hrtimer_start.
    Source: ipc/mqueue.c: do_mq_timedsend() [v6.18].
    """
    expires = get_timespec64(task, timeout) if timeout else None
    if prio >= MQ_PRIO_MAX:
        raise LinuxError(errno.EINVAL, "priority_too_high", most=MQ_PRIO_MAX - 1)
    file = _queue(task, mqdes, FMODE_WRITE)
    inode, info = file.f_inode, mqueue_i(file.f_inode)
    if waiter := _waiter(info, task):
        _slept(task, inode, waiter, expires)
        return
    if msg_len > info.mq_msgsize:
        raise LinuxError(errno.EMSGSIZE, "message_above_size", nr_bytes=info.mq_msgsize)
    message = MqMessage(prio, load_from_user(task, msg, msg_len) if msg_len else b"")
    if len(info.messages) == info.mq_maxmsg:
        if file.f_flags & O_NONBLOCK:
            raise LinuxError(errno.EAGAIN, "mq_full_now")
        _sleep(task, inode, MqWaiter(task.pid, True, message), expires)
    receiver = next((each for each in info.waiters if not (each.sends or each.ready)), None)
    if receiver is not None:
        _hand(inode, receiver, message)
    else:
        _msg_insert(inode, message)
        _do_notify(task, inode)


def _msg_insert(inode: Inode, message: MqMessage) -> None:
    # Behind those of the same priority. Source: ipc/mqueue.c: msg_insert() [v6.18].
    info = mqueue_i(inode)
    queue = sorted((*info.messages, message), key=lambda each: -each.prio)
    inode.i_private = info._replace(messages=tuple(queue))


def _do_notify(task: TaskStruct, inode: Inode) -> None:
    # Of a message in a queue that was empty. Source: ipc/mqueue.c: __do_notify() [v6.18].
    info, system = mqueue_i(inode), task.system
    notify = info.notify
    if notify is not None and len(info.messages) == 1:
        inode.i_private = info._replace(notify=None)
        owner = system.tasks.get(notify.tgid)
        if notify.sigev_notify == SIGEV_SIGNAL and owner is not None and notify.signo:
            told = Siginfo(notify.signo, SI_MESGQ, si_pid=task.tgid, si_value=notify.value)
            send_signal(owner, told, group=True)
    wake_up_poll(system, inode, POLLIN | POLLRDNORM)


# Receiving


@traced
def do_mq_timedreceive(
    task: TaskStruct, mqdes: int, msg: int, msg_len: int, prio: int, timeout: int
) -> int:
    """Receive the message of highest priority; of equal ones the oldest. Return its bytes.

    A task that slept comes here again when it was handed one, or its time is over.

    Args:
        task: the caller.
        mqdes: descriptor.
        msg: bytes: where it goes.
        msg_len: bytes there, at least what the queue lets a message have.
        prio: bytes: where its priority is stored, an int; 0 = nowhere.
        timeout: bytes: where the time is until which it waits, a struct timespec; 0 = without end.

    Raises:
        LinuxError: EFAULT, when the message is lost; EINVAL for a time that cannot be; EBADF if it
            is no queue, or not open for that; EMSGSIZE for too little room; EAGAIN if there is
            none, with O_NONBLOCK; ETIMEDOUT.
        Sleeps: there is none.

    Emits: copy_to_user, ep_ready, hrtimer_start.
    Source: ipc/mqueue.c: do_mq_timedreceive() [v6.18].
    """
    expires = get_timespec64(task, timeout) if timeout else None
    file = _queue(task, mqdes, FMODE_READ)
    inode, info = file.f_inode, mqueue_i(file.f_inode)
    if msg_len < info.mq_msgsize:
        raise LinuxError(errno.EMSGSIZE, "room_below_message", nr_bytes=info.mq_msgsize)
    if waiter := _waiter(info, task):
        message = _slept(task, inode, waiter, expires)
    elif info.messages:
        message = _take(task.system, inode)
    elif file.f_flags & O_NONBLOCK:
        raise LinuxError(errno.EAGAIN, "mq_empty_now")
    else:
        _sleep(task, inode, MqWaiter(task.pid, False), expires)
    if prio:
        store_number(task, prio, message.prio, _INT)
    if message.data:
        store_to_user(task, msg, message.data)
    return len(message.data)


def _take(system: System, inode: Inode) -> MqMessage:
    # Who waits for room gets it. Source: ipc/mqueue.c: pipelined_receive() [v6.18].
    info = mqueue_i(inode)
    first, *rest = info.messages
    inode.i_private = info._replace(messages=tuple(rest))
    sender = next((each for each in info.waiters if each.sends and not each.ready), None)
    if sender is None:
        wake_up_poll(system, inode, POLLOUT | POLLWRNORM)
    else:
        assert sender.message is not None
        _msg_insert(inode, sender.message)
        _hand(inode, sender, sender.message)
    return first


# Who waits


def _waiter(info: MqueueInodeInfo, task: TaskStruct) -> MqWaiter | None:
    return next((each for each in info.waiters if each.pid == task.pid), None)


def _hand(inode: Inode, waiter: MqWaiter, message: MqMessage) -> None:
    info, ready = mqueue_i(inode), waiter._replace(message=message, ready=True)
    inode.i_private = info._replace(
        waiters=tuple(ready if each is waiter else each for each in info.waiters)
    )


def _sleep(task: TaskStruct, inode: Inode, waiter: MqWaiter, expires: int | None) -> NoReturn:
    # Source: ipc/mqueue.c: wq_add(), wq_sleep() [v6.18].
    if expires is not None and expires <= task.system.clock:
        raise LinuxError(errno.ETIMEDOUT, "time_is_over")

    def begin() -> None:
        info = mqueue_i(inode)
        inode.i_private = info._replace(waiters=(*info.waiters, waiter))
        if expires is not None:
            hrtimer_start(task, expires)

    raise Sleeps(lambda: _is_over(task, inode), _WHY[waiter.sends], begin=begin)


def _is_over(task: TaskStruct, inode: Inode) -> bool:
    waiter = _waiter(mqueue_i(inode), task)
    return waiter is None or waiter.ready or hrtimer_expired(task)


_WHY = {True: "queue_full", False: "no_message"}


def _slept(task: TaskStruct, inode: Inode, waiter: MqWaiter, expires: int | None) -> MqMessage:
    if not _is_over(task, inode):
        raise Sleeps(
            lambda: _is_over(task, inode),
            _WHY[waiter.sends],
            cut=lambda: _forget(task, inode),
        )
    _forget(task, inode)
    if not waiter.ready or waiter.message is None:
        raise LinuxError(errno.ETIMEDOUT, "time_is_over")
    return waiter.message


def _forget(task: TaskStruct, inode: Inode) -> None:
    info = mqueue_i(inode)
    left = tuple(each for each in info.waiters if each.pid != task.pid)
    inode.i_private = info._replace(waiters=left)
    hrtimer_cancel(task)


# What it tells of itself


@traced
def do_mq_notify(task: TaskStruct, mqdes: int, event: int) -> None:
    """Let the caller's process be told once when a message comes into the empty queue.

    Args:
        task: the caller.
        mqdes: descriptor.
        event: bytes: where the struct sigevent is that says how; 0 = it is told no more.

    Raises:
        LinuxError: EFAULT; EINVAL for a signal or a way that there is not; EBADF if it is no queue;
            EBUSY if somebody else is told.

    Emits: copy_from_user.
    Source: ipc/mqueue.c: do_mq_notify() [v6.18].
    Left out: SIGEV_THREAD, for which a socket of AF_NETLINK is needed.
    """
    value, signo, how = 0, 0, SIGEV_NONE
    if event:
        value, signo, how = _SIGEVENT.unpack(load_from_user(task, event, _SIGEVENT.size))
        if how not in (SIGEV_NONE, SIGEV_SIGNAL):
            raise LinuxError(errno.EINVAL, "notify_unknown", how=how)
        if how == SIGEV_SIGNAL and not 0 <= signo <= NSIG:
            raise LinuxError(errno.EINVAL, "no_such_signal", signal=signo)
    inode = _queue(task, mqdes, 0).f_inode
    info = mqueue_i(inode)
    if not event:
        mqueue_flush_file(inode, task.tgid)
    elif info.notify is not None:
        raise LinuxError(errno.EBUSY, "queue_tells_other", pid=info.notify.tgid)
    else:
        notify = MqNotify(task.tgid, how, signo if how == SIGEV_SIGNAL else 0, value)
        inode.i_private = info._replace(notify=notify)


@traced
def do_mq_getsetattr(task: TaskStruct, mqdes: int, new: int, old: int) -> None:
    """Store the limits of a queue, and how many messages are in it; change O_NONBLOCK.

    Args:
        task: the caller.
        mqdes: descriptor.
        new: bytes: where the struct mq_attr is whose flags it gets; 0 = they stay.
        old: bytes: where to store the old ones, and the rest; 0 = nowhere.

    Raises:
        LinuxError: EFAULT; EINVAL for other flags; EBADF if it is no queue.

    Emits: copy_from_user, copy_to_user.
    Source: ipc/mqueue.c: do_mq_getsetattr() [v6.18].
    """
    flags = None
    if new:
        flags = _MQ_ATTR.unpack(load_from_user(task, new, _MQ_ATTR.size))[0]
        if flags & ~O_NONBLOCK:
            raise LinuxError(errno.EINVAL, "unknown_flags")
    file = _queue(task, mqdes, 0)
    info = mqueue_i(file.f_inode)
    told = file.f_flags & O_NONBLOCK, info.mq_maxmsg, info.mq_msgsize, len(info.messages)
    if flags is not None:
        file.f_flags = file.f_flags & ~O_NONBLOCK | flags
    if old:
        store_to_user(task, old, _MQ_ATTR.pack(*told))


def _queue(task: TaskStruct, mqdes: int, mode: int) -> File:
    file = fget(task, mqdes)
    if file.f_mode & FMODE_PATH or not isinstance(file.f_inode.i_private, MqueueInodeInfo):
        raise LinuxError(errno.EBADF, "fd_of_no_queue", fd=mqdes)
    if file.f_mode & mode != mode:
        raise LinuxError(errno.EBADF, "fd_wrong_mode", fd=mqdes)
    return file
