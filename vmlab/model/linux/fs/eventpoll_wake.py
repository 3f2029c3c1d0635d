"""How an epoll learns that a file changed, and that it is closed: the half that files call."""

from __future__ import annotations

from vmlab.model.abi.epoll import EPOLLET, EPOLLEXCLUSIVE, EPOLLONESHOT, EPOLLWAKEUP
from vmlab.model.abi.poll import POLLIN, POLLRDNORM
from vmlab.model.linux.include.anon_inodes import Epitem, Eventpoll
from vmlab.model.linux.include.fs import FMODE_READ, FMODE_WRITE, S_SIGNALFD
from vmlab.model.linux.include.structs import File, Inode, System
from vmlab.model.trace.events import poll as events
from vmlab.model.trace.hook import emit

EP_PRIVATE_BITS = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE
ANY_KEY = 0


def eventpoll_of(inode: Inode) -> Eventpoll:
    """Return what an epoll watches. The name is vmlab's.

    Source: fs/eventpoll.c: do_epoll_ctl() [v6.18].
    """
    assert isinstance(inode.i_private, Eventpoll)
    return inode.i_private


def wake_up_poll(
    system: System, inode: Inode, key: int, ends: int = FMODE_READ | FMODE_WRITE
) -> None:
    """Tell those that watch a file that something can be done with it.

    Who watches it since the shortest time is told first, as the queue has it. Tasks that sleep
    look for themselves.

    Args:
        system: the kernel.
        inode: the file.
        key: what can be done, POLL* bits; `ANY_KEY` = they shall look.
        ends: of a pipe those that are told, FMODE_* bits.

    Emits: ep_ready.
    Source: kernel/sched/wait.c: __wake_up() [v6.18]; include/linux/wait.h: wake_up_poll() [v6.18].
    Left out: that EPOLLEXCLUSIVE lets only one epoll know.
    """
    if not system.eventpolls:
        return
    found = [
        (item, ep)
        for ep in system.eventpolls.values()
        for item in eventpoll_of(ep).items
        if item.file.f_inode is inode and item.file.f_mode & ends
    ]
    for item, ep in sorted(found, key=lambda each: -each[0].number):
        ep_poll_callback(system, ep, item, key)


def ep_poll_callback(system: System, ep: Inode, item: Epitem, key: int) -> None:
    """Put what is watched on the ready list, if it is asked for.

    Emits: ep_ready.
    Source: fs/eventpoll.c: ep_poll_callback() [v6.18].
    """
    if not item.events & ~EP_PRIVATE_BITS or (key and not key & item.events):
        return
    ep_make_ready(system, ep, item)
    wake_up_poll(system, ep, POLLIN | POLLRDNORM)


def ep_make_ready(system: System, ep: Inode, item: Epitem) -> None:
    """Put what is watched at the end of the ready list, unless it is there. The name is vmlab's.

    Emits: ep_ready.
    Source: fs/eventpoll.c: ep_poll_callback(), ep_insert() [v6.18].
    """
    held = eventpoll_of(ep)
    if item.number not in held.rdllist:
        ep.i_private = held._replace(rdllist=(*held.rdllist, item.number))
        emit(system, events.EpReady, ep.i_ino, item.fd)


def ep_remove(ep: Inode, item: Epitem) -> None:
    """Watch something no more.

    Source: fs/eventpoll.c: __ep_remove() [v6.18].
    """
    held = eventpoll_of(ep)
    ep.i_private = Eventpoll(
        tuple(each for each in held.items if each.number != item.number),
        tuple(number for number in held.rdllist if number != item.number),
    )


def eventpoll_release(system: System, file: File) -> None:
    """Let no epoll watch a file that is closed for good.

    Source: fs/eventpoll.c: eventpoll_release_file(), ep_eventpoll_release() [v6.18].
    """
    system.eventpolls.pop(file.f_inode.i_ino, None)
    for ep in system.eventpolls.values():
        for item in eventpoll_of(ep).items:
            if item.file is file:
                ep_remove(ep, item)


def signalfd_notify(system: System) -> None:
    """Tell those that watch signalfds that a signal was sent.

    Emits: ep_ready.
    Source: include/linux/signalfd.h: signalfd_notify() [v6.18].
    Left out: that only those of the process that it was sent to are told.
    """
    if system.eventpolls:
        for inode in [each for each in system.inodes.values() if each.i_kind == S_SIGNALFD]:
            wake_up_poll(system, inode, ANY_KEY)


def do_notify_pidfd(system: System, pid: int) -> None:
    """Tell those that watch the pidfd of a process that it has ended.

    Emits: ep_ready.
    Source: kernel/signal.c: do_notify_pidfd() [v6.18].
    """
    for inode in [each for each in system.inodes.values() if each.pid == pid]:
        wake_up_poll(system, inode, POLLIN | POLLRDNORM)
