"""epoll: a list of files that are watched, and of those among them that are ready."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.epoll import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLL_EVENT_SIZE,
    EPOLLERR,
    EPOLLET,
    EPOLLEXCLUSIVE,
    EPOLLHUP,
    EPOLLONESHOT,
    Epoll,
    EpollCreate,
)
from vmlab.model.abi.poll import POLLIN, POLLRDNORM
from vmlab.model.linux.fs.anon_inodes import anon_inode_getfd
from vmlab.model.linux.fs.eventpoll_wake import (
    EP_PRIVATE_BITS,
    ep_make_ready,
    ep_remove,
    eventpoll_of,
    wake_up_poll,
)
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.fs.poll import ep_item_poll, file_can_poll
from vmlab.model.linux.include.anon_inodes import Epitem, Eventpoll
from vmlab.model.linux.include.fs import FMODE_PATH, S_EVENTPOLL
from vmlab.model.linux.include.structs import File, Inode, System, TaskStruct
from vmlab.model.linux.kernel.signal import restore_saved_sigmask, set_user_sigmask
from vmlab.model.linux.kernel.time.hrtimer import hrtimer_cancel, hrtimer_expired, hrtimer_start
from vmlab.model.linux.kernel.time.time import get_timespec64
from vmlab.model.linux.lib.usercopy import access_ok, copy_to_user, load_from_user
from vmlab.model.trace.decorators import traced

_EVENT = struct.Struct("<IQ")  # struct epoll_event, packed
_INT_MAX = (1 << 31) - 1
_EP_MAX_EVENTS = _INT_MAX // EPOLL_EVENT_SIZE
_EP_MAX_NESTS = 4
_LOOP = _EP_MAX_NESTS + 1  # deeper than any
_NSEC_PER_MSEC = 1_000_000
_LONGEST = (1 << 63) - 1
_EXCLUSIVE_OK_BITS = (
    *(Epoll.EPOLLIN, Epoll.EPOLLOUT, Epoll.EPOLLERR, Epoll.EPOLLHUP),
    *(Epoll.EPOLLWAKEUP, Epoll.EPOLLET, Epoll.EPOLLEXCLUSIVE),
)


def do_epoll_create(task: TaskStruct, flags: int) -> int:
    """Make an epoll that watches nothing; return its descriptor.

    Args:
        task: the caller.
        flags: EPOLL_CLOEXEC.

    Raises:
        LinuxError: EINVAL for other flags; EMFILE.

    Emits: inode_create, file_open, fd_install.
    Source: fs/eventpoll.c: do_epoll_create() [v6.18].
    """
    if flags & ~sum(EpollCreate):
        raise LinuxError(errno.EINVAL, "unknown_flags")
    fd = anon_inode_getfd(task, S_EVENTPOLL, Eventpoll(), flags)
    inode = fget(task, fd).f_inode
    task.system.eventpolls[inode.i_ino] = inode
    return fd


def epoll_create(task: TaskStruct, size: int) -> int:
    """Make an epoll, and be told how much it is to watch, which nobody needs to know any more.

    Raises:
        LinuxError: EINVAL if that is not above 0; EMFILE.

    Source: fs/eventpoll.c: SYSCALL_DEFINE1(epoll_create) [v6.18].
    """
    if size <= 0:
        raise LinuxError(errno.EINVAL, "size_not_positive")
    return do_epoll_create(task, 0)


@traced
def do_epoll_ctl(task: TaskStruct, epfd: int, op: int, fd: int, event: int) -> None:
    """Let an epoll watch a file, ask for other events of it, or watch it no more.

    Args:
        task: the caller.
        epfd: descriptor of the epoll.
        op: EPOLL_CTL_*.
        fd: descriptor of the file.
        event: bytes: where the struct epoll_event is; EPOLL_CTL_DEL needs none.

    Raises:
        LinuxError: EFAULT; EBADF; EPERM for a file that is always ready; EINVAL for the epoll
            itself, what is no epoll, another operation, what EPOLLEXCLUSIVE forbids; ELOOP for
            epolls that watch each other, or more than 5 in a row; EEXIST; ENOENT.

    Emits: copy_from_user, ep_ready.
    Source: fs/eventpoll.c: SYSCALL_DEFINE4(epoll_ctl), do_epoll_ctl() [v6.18].
    Left out: a limit of what a user watches, and of how many ways lead to a file.
    """
    has_event = op != EPOLL_CTL_DEL
    asked, data = 0, 0
    if has_event:
        asked, data = _EVENT.unpack(load_from_user(task, event, EPOLL_EVENT_SIZE))
    file, target = _fget(task, epfd), _fget(task, fd)
    if not file_can_poll(target):
        raise LinuxError(errno.EPERM, "always_ready", path=target.f_path)
    if file is target or not _is_file_epoll(file):
        raise LinuxError(errno.EINVAL, "fd_of_no_epoll", fd=epfd)
    if has_event and asked & EPOLLEXCLUSIVE:
        rest = asked & ~sum(_EXCLUSIVE_OK_BITS)
        if op == EPOLL_CTL_MOD or (op == EPOLL_CTL_ADD and (_is_file_epoll(target) or rest)):
            raise LinuxError(errno.EINVAL, "epoll_not_exclusive")
    ep = file.f_inode
    if op == EPOLL_CTL_ADD and _is_file_epoll(target):
        _ep_loop_check(task.system, ep, target.f_inode)
    item = _ep_find(ep, target, fd)
    _carry_out(task, ep, op, item, Epitem(fd, target, asked | EPOLLERR | EPOLLHUP, data, 0))


def _carry_out(task: TaskStruct, ep: Inode, op: int, old: Epitem | None, new: Epitem) -> None:
    if op not in (EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD):
        raise LinuxError(errno.EINVAL, "unknown_command", cmd=op)
    if op == EPOLL_CTL_ADD:
        if old is not None:
            raise LinuxError(errno.EEXIST, "watched_already", fd=new.fd)
        _ep_insert(task, ep, new)
        return
    if old is None:
        raise LinuxError(errno.ENOENT, "not_watched", fd=new.fd)
    if op == EPOLL_CTL_DEL:
        ep_remove(ep, old)
        return
    if old.events & EPOLLEXCLUSIVE:
        raise LinuxError(errno.EINVAL, "epoll_not_exclusive")
    _ep_modify(task, ep, old._replace(events=new.events, data=new.data))


def _fget(task: TaskStruct, fd: int) -> File:
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    return file


def _is_file_epoll(file: File) -> bool:
    return file.f_inode.i_kind == S_EVENTPOLL


def _ep_find(ep: Inode, file: File, fd: int) -> Epitem | None:
    items = eventpoll_of(ep).items
    return next((item for item in items if item.file is file and item.fd == fd), None)


def _ep_insert(task: TaskStruct, ep: Inode, item: Epitem) -> None:
    # Source: fs/eventpoll.c: ep_insert() [v6.18].
    every = [
        each for inode in task.system.eventpolls.values() for each in eventpoll_of(inode).items
    ]
    item = item._replace(number=1 + max((each.number for each in every), default=0))
    held = eventpoll_of(ep)
    ep.i_private = held._replace(items=(*held.items, item))
    _look(task, ep, item)


def _ep_modify(task: TaskStruct, ep: Inode, item: Epitem) -> None:
    # Source: fs/eventpoll.c: ep_modify() [v6.18].
    held = eventpoll_of(ep)
    items = (item if each.number == item.number else each for each in held.items)
    ep.i_private = held._replace(items=tuple(items))
    _look(task, ep, item)


def _look(task: TaskStruct, ep: Inode, item: Epitem) -> None:
    # What is ready already.
    if ep_item_poll(task, item):
        ep_make_ready(task.system, ep, item)
        wake_up_poll(task.system, ep, POLLIN | POLLRDNORM)


def _ep_loop_check(system: System, ep: Inode, target: Inode) -> None:
    # Source: fs/eventpoll.c: ep_loop_check(), ep_loop_check_proc(), ep_get_upwards_depth_proc()
    # [v6.18].
    below = _depth(target, ep, _watched_by)
    above = _depth(ep, None, lambda inode: _watching(system, inode))
    if below + 1 + above > _EP_MAX_NESTS:
        raise LinuxError(errno.ELOOP, "epoll_watches_itself")


def _depth(inode: Inode, forbidden: Inode | None, step: Callable[[Inode], Iterable[Inode]]) -> int:
    # How many steps lead on from there at most; more than there may be, if one leads to what is
    # forbidden.
    found = 0
    for each in step(inode):
        found = max(found, _LOOP if each is forbidden else 1 + _depth(each, forbidden, step))
    return found


def _watched_by(ep: Inode) -> Iterable[Inode]:
    return [each.file.f_inode for each in eventpoll_of(ep).items if _is_file_epoll(each.file)]


def _watching(system: System, ep: Inode) -> Iterable[Inode]:
    for each in system.eventpolls.values():
        if ep in _watched_by(each):
            yield each


@traced
def do_epoll_wait(task: TaskStruct, epfd: int, events: int, maxevents: int, timeout: int) -> int:
    """Wait until something that an epoll watches is ready; return how many are.

    Args:
        task: the caller.
        epfd: descriptor of the epoll.
        events: bytes: where the struct epoll_event go.
        maxevents: for how many there is room.
        timeout: nanoseconds, below 0 = without end.

    Raises:
        LinuxError: EBADF; EINVAL for what is no epoll, or no room; EFAULT; EINTR.
        Sleeps: nothing is ready, and the time has not come.

    Emits: hrtimer_start, copy_to_user.
    Source: fs/eventpoll.c: do_epoll_wait(), ep_check_params(), ep_poll() [v6.18].
    Left out: that of several who wait the last one is woken first, and one at a time.
    """
    file = _fget(task, epfd)
    if not 0 < maxevents <= _EP_MAX_EVENTS:
        raise LinuxError(errno.EINVAL, "epoll_room", nr=maxevents)
    if not access_ok(task, events, maxevents * EPOLL_EVENT_SIZE):
        raise LinuxError(errno.EFAULT, "buffer_outside_user_space")
    if not _is_file_epoll(file):
        raise LinuxError(errno.EINVAL, "fd_of_no_epoll", fd=epfd)
    ep = file.f_inode
    found = _ep_send_events(task, ep, events, maxevents)
    if found or not timeout or hrtimer_expired(task):
        hrtimer_cancel(task)
        return found
    expires = min(task.system.clock + timeout, _LONGEST)

    def sleep() -> None:
        if timeout > 0 and task.timer is None:
            hrtimer_start(task, expires)

    raise Sleeps(
        lambda: bool(eventpoll_of(ep).rdllist) or hrtimer_expired(task),
        "nothing_watched_ready",
        errno.EINTR,
        sleep,
        lambda: hrtimer_cancel(task),
    )


def _ep_send_events(task: TaskStruct, ep: Inode, events: int, maxevents: int) -> int:
    # Those on the list that are ready. What is asked for by level comes to its end again, behind
    # those that there was no room for. Source: fs/eventpoll.c: ep_send_events() [v6.18].
    held, done = eventpoll_of(ep), 0
    items = {item.number: item for item in held.items}
    left, again = list(held.rdllist), []
    while left and done < maxevents:
        item = items[left.pop(0)]
        mask = ep_item_poll(task, item)
        if not mask:
            continue
        place = events + done * EPOLL_EVENT_SIZE
        if copy_to_user(task.system, place, _EVENT.pack(mask, item.data)):
            left.insert(0, item.number)
            if not done:
                raise LinuxError(errno.EFAULT, "nothing_stored", addr=place)
            break
        done += 1
        if item.events & EPOLLONESHOT:
            items[item.number] = item._replace(events=item.events & EP_PRIVATE_BITS)
        elif not item.events & EPOLLET:
            again.append(item.number)
    if held.rdllist:
        ep.i_private = Eventpoll(tuple(items.values()), (*left, *again))
    return done


# The calls: in each the time and the signals that wait are told in another way.


def epoll_wait(task: TaskStruct, epfd: int, events: int, maxevents: int, timeout: int) -> int:
    """Wait until something that an epoll watches is ready; return how many are.

    Args:
        task: the caller.
        epfd: descriptor of the epoll.
        events: bytes: where the struct epoll_event go.
        maxevents: for how many there is room.
        timeout: milliseconds; below 0 = without end.

    Source: fs/eventpoll.c: SYSCALL_DEFINE4(epoll_wait) [v6.18].
    """
    return do_epoll_wait(task, epfd, events, maxevents, timeout * _NSEC_PER_MSEC)


def epoll_pwait(
    task: TaskStruct, epfd: int, room: tuple[int, int], timeout: int, sigmask: int, size: int
) -> int:
    """Wait as epoll_wait, while other signals wait.

    Args:
        task: the caller.
        epfd: descriptor of the epoll.
        room: where the struct epoll_event go, bytes, and for how many there is room.
        timeout: milliseconds; below 0 = without end.
        sigmask: bytes: where the signals are that wait meanwhile; 0 = those that wait now.
        size: bytes of a set.

    Raises:
        LinuxError: EINVAL for another size; as do_epoll_wait.

    Emits: signal_blocked.
    Source: fs/eventpoll.c: do_epoll_pwait() [v6.18].
    """
    set_user_sigmask(task, sigmask, size)
    return _finish(task, epfd, room, timeout * _NSEC_PER_MSEC)


def epoll_pwait2(
    task: TaskStruct, epfd: int, room: tuple[int, int], tsp: int, sigmask: int, size: int
) -> int:
    """Wait as epoll_pwait, for a time that is told more exactly.

    Args:
        task: the caller.
        epfd: descriptor of the epoll.
        room: as epoll_pwait has it.
        tsp: bytes: where the time is, a struct timespec; 0 = without end.
        sigmask: bytes: where the signals are that wait meanwhile; 0 = those that wait now.
        size: bytes of a set.

    Raises:
        LinuxError: EINVAL for a time or a size that cannot be; as do_epoll_wait.

    Emits: signal_blocked, copy_from_user.
    Source: fs/eventpoll.c: SYSCALL_DEFINE6(epoll_pwait2) [v6.18].
    """
    timeout = get_timespec64(task, tsp) if tsp else -1
    set_user_sigmask(task, sigmask, size)
    return _finish(task, epfd, room, timeout)


def _finish(task: TaskStruct, epfd: int, room: tuple[int, int], timeout: int) -> int:
    try:
        found = do_epoll_wait(task, epfd, *room, timeout)
    except Sleeps:
        raise
    except LinuxError:
        restore_saved_sigmask(task)
        raise
    restore_saved_sigmask(task)
    return found
