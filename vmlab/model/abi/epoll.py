"""What epoll_ctl(2) is asked and epoll_wait(2) tells, with Linux's x86-64 values."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class EpollOp(IntEnum):
    """Operations of epoll_ctl(2)."""

    EPOLL_CTL_ADD = 1
    EPOLL_CTL_DEL = 2
    EPOLL_CTL_MOD = 3


class Epoll(IntFlag):
    """Events of epoll_ctl(2)."""

    EPOLLIN = 0x1
    EPOLLPRI = 0x2
    EPOLLOUT = 0x4
    EPOLLERR = 0x8
    EPOLLHUP = 0x10
    EPOLLRDNORM = 0x40
    EPOLLRDBAND = 0x80
    EPOLLWRNORM = 0x100
    EPOLLWRBAND = 0x200
    EPOLLMSG = 0x400
    EPOLLRDHUP = 0x2000
    EPOLLEXCLUSIVE = 1 << 28
    EPOLLWAKEUP = 1 << 29
    EPOLLONESHOT = 1 << 30
    EPOLLET = 1 << 31


class EpollCreate(IntFlag):
    """Flags of epoll_create1(2)."""

    EPOLL_CLOEXEC = 0o2000000


EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD = (each.value for each in EpollOp)
EPOLL_CLOEXEC = EpollCreate.EPOLL_CLOEXEC.value
EPOLLERR = Epoll.EPOLLERR.value
EPOLLHUP = Epoll.EPOLLHUP.value
EPOLLEXCLUSIVE = Epoll.EPOLLEXCLUSIVE.value
EPOLLWAKEUP = Epoll.EPOLLWAKEUP.value
EPOLLONESHOT = Epoll.EPOLLONESHOT.value
EPOLLET = Epoll.EPOLLET.value
EPOLL_EVENT_SIZE = 12  # bytes of a struct epoll_event: events, data
