"""What can be done with an open file without sleeping, whatever kind of file it is."""

from __future__ import annotations

from vmlab.model.abi.poll import POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM
from vmlab.model.linux.drivers.tty.n_tty import n_tty_poll
from vmlab.model.linux.fs.eventfd import eventfd_poll
from vmlab.model.linux.fs.eventpoll_wake import eventpoll_of
from vmlab.model.linux.fs.pidfs import pidfd_poll
from vmlab.model.linux.fs.pipe import pipe_poll
from vmlab.model.linux.fs.signalfd import signalfd_poll
from vmlab.model.linux.fs.timerfd import timerfd_poll
from vmlab.model.linux.include.anon_inodes import Epitem
from vmlab.model.linux.include.fs import (
    S_EVENTFD,
    S_EVENTPOLL,
    S_IFIFO,
    S_IFSOCK,
    S_MQUEUE,
    S_PIDFD,
    S_SIGNALFD,
    S_TIMERFD,
    is_tty,
)
from vmlab.model.linux.include.structs import File, TaskStruct
from vmlab.model.linux.ipc.mqueue_file import mqueue_poll_file
from vmlab.model.linux.net.sock_file import sock_poll

_DEFAULT_POLLMASK = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM
_KINDS = (S_IFIFO, S_IFSOCK, S_PIDFD, S_EVENTFD, S_EVENTPOLL, S_TIMERFD, S_SIGNALFD, S_MQUEUE)


def file_can_poll(file: File) -> bool:
    """Say whether something of a file can be waited for.

    Source: include/linux/poll.h: file_can_poll() [v6.18].
    """
    return file.f_inode.i_kind in _KINDS or is_tty(file.f_inode)


def vfs_poll(task: TaskStruct, file: File) -> int:
    """Return what can be done with an open file without sleeping, as POLL* bits.

    Source: include/linux/poll.h: vfs_poll() [v6.18].
    """
    inode = file.f_inode
    if is_tty(inode):
        return n_tty_poll(task.system)
    if inode.i_kind == S_IFIFO:
        return pipe_poll(file)
    if inode.i_kind == S_IFSOCK:
        return sock_poll(inode)
    if inode.i_kind == S_PIDFD:
        return pidfd_poll(task.system, file)
    if inode.i_kind == S_EVENTFD:
        return eventfd_poll(file)
    if inode.i_kind == S_EVENTPOLL:
        return ep_eventpoll_poll(task, file)
    if inode.i_kind == S_TIMERFD:
        return timerfd_poll(file)
    if inode.i_kind == S_SIGNALFD:
        return signalfd_poll(task, file)
    if inode.i_kind == S_MQUEUE:
        return mqueue_poll_file(file)
    return _DEFAULT_POLLMASK


def ep_eventpoll_poll(task: TaskStruct, file: File) -> int:
    """Return what can be done with an epoll without sleeping: something that it watches is ready.

    Source: fs/eventpoll.c: ep_eventpoll_poll() [v6.18].
    Left out: that what is not ready any more leaves the ready list.
    """
    held = eventpoll_of(file.f_inode)
    listed = (item for item in held.items if item.number in held.rdllist)
    return POLLIN | POLLRDNORM if any(ep_item_poll(task, item) for item in listed) else 0


def ep_item_poll(task: TaskStruct, item: Epitem) -> int:
    """Return which of the events that an epoll asks for are there now.

    Source: fs/eventpoll.c: ep_item_poll() [v6.18].
    """
    return vfs_poll(task, item.file) & item.events
