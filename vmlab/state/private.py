"""What files hold that have no bytes, as values of a snapshot and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmlab.model.linux.include.anon_inodes import (
    Epitem,
    EventfdCtx,
    Eventpoll,
    Private,
    SignalfdCtx,
    TimerfdCtx,
)
from vmlab.model.linux.include.fs import (
    DEV_SOCKFS,
    S_EVENTFD,
    S_IFSOCK,
    S_MQUEUE,
    S_SIGNALFD,
    S_TIMERFD,
)
from vmlab.model.linux.include.mqueue import MqMessage, MqNotify, MqueueInodeInfo, MqWaiter
from vmlab.model.linux.include.sock import SkBuff, Sock
from vmlab.model.linux.include.structs import File, Inode
from vmlab.state.snapshot import InodeState

NEVER = -1
Epitems = tuple[tuple[int, int, int, int, int, int], ...]
Skbs = tuple[tuple[str, int, tuple[int, ...], str, int], ...]
Messages = tuple[tuple[int, str], ...]
Waiters = tuple[tuple[int, bool, Messages, bool], ...]
SOCK_INTS = (  # what `private` tells of a socket, in its order
    *("family", "type", "protocol", "state", "pid", "peer", "shutdown", "err", "sndbuf", "rcvbuf"),
    *("flags", "backlog", "rcvtimeo", "sndtimeo", "wmem_alloc", "bound"),
)


def is_socket(inode: InodeState) -> bool:
    """Say whether an inode is a socket that can be used: one with a name in a directory cannot."""
    return inode.kind == S_IFSOCK and inode.dev == DEV_SOCKFS


def told_of(inode: Inode) -> dict[str, Any]:
    """Return the fields of a snapshot that tell what a file holds that has no bytes."""
    held = inode.i_private
    queue = held if isinstance(held, MqueueInodeInfo) else MqueueInodeInfo(0, 0)
    names = (held.name.hex(), held.peer_name.hex()) if isinstance(held, Sock) else ("", "")
    return {
        "private": private_of(inode),
        "epitems": epitems_of(inode),
        "skbs": skbs_of(inode),
        "sk_names": names,
        "messages": _messages(queue.messages),
        "waiters": tuple(map(_waiter, queue.waiters)),
    }


def _messages(messages: tuple[MqMessage, ...]) -> Messages:
    return tuple([(prio, data.hex()) for prio, data in messages])


def _waiter(waiter: MqWaiter) -> tuple[int, bool, Messages, bool]:
    message = (waiter.message,) if waiter.message is not None else ()
    return waiter.pid, waiter.sends, _messages(message), waiter.ready


def private_of(inode: Inode) -> tuple[int, ...]:
    """Return what an eventfd, a timerfd, a signalfd, a socket or a queue of messages holds."""
    held = inode.i_private
    if isinstance(held, TimerfdCtx):
        expires = NEVER if held.expires is None else held.expires
        return (
            *(held.clockid, expires, held.interval),
            *(int(held.expired), held.ticks, held.told),
        )
    if isinstance(held, Sock):
        told = held._replace(peer=_number(held.peer))
        return tuple([int(getattr(told, name)) for name in SOCK_INTS])
    if isinstance(held, MqueueInodeInfo):
        return (held.mq_maxmsg, held.mq_msgsize, *(held.notify or ()))
    return tuple(held) if isinstance(held, EventfdCtx | SignalfdCtx) else ()


def _number(inode: Inode | None) -> int:
    return inode.i_ino if inode is not None and inode.i_private is not None else 0


def epitems_of(inode: Inode) -> Epitems:
    """Return what an epoll watches; nothing for other files."""
    held = inode.i_private
    if not isinstance(held, Eventpoll):
        return ()
    places = {number: place for place, number in enumerate(held.rdllist, 1)}
    return tuple(
        (each.fd, each.file.number, each.events, each.data, each.number, places.get(each.number, 0))
        for each in held.items
    )


def skbs_of(inode: Inode) -> Skbs:
    """Return what was sent to a socket and not read yet; nothing for other files."""
    held = inode.i_private
    if not isinstance(held, Sock):
        return ()
    return tuple(
        (
            *(skb.data.hex(), skb.truesize, tuple(file.number for file in skb.files)),
            *(skb.name.hex(), _number(skb.owner)),
        )
        for skb in held.queue
    )


def held_by(state: InodeState) -> Private | None:
    """Return what a file holds by itself, by what `told_of` told of it."""
    kind, private = state.kind, state.private
    if kind == S_EVENTFD:
        return EventfdCtx(*private)
    if kind == S_SIGNALFD:
        return SignalfdCtx(*private)
    if kind == S_TIMERFD:
        clockid, expires, interval, expired, ticks, told = private
        when = None if expires == NEVER else expires
        return TimerfdCtx(clockid, when, interval, bool(expired), ticks, told)
    return queue_of(state) if kind == S_MQUEUE else None


def socket_of(state: InodeState, inodes: Mapping[int, Inode], files: Mapping[int, File]) -> Sock:
    """Return a socket, by what `told_of` told of it."""
    values: dict[str, Any] = dict(zip(SOCK_INTS, state.private, strict=True))
    values["peer"] = inodes[values["peer"]] if values["peer"] else None
    name, peer_name = map(bytes.fromhex, state.sk_names)
    queue = tuple(
        SkBuff(
            *(bytes.fromhex(data), size, tuple(files[number] for number in sent)),
            *(bytes.fromhex(sender), inodes[owner] if owner else None),
        )
        for data, size, sent, sender, owner in state.skbs
    )
    return Sock(**values, name=name, peer_name=peer_name, queue=queue)


def queue_of(state: InodeState) -> MqueueInodeInfo:
    """Return a queue of messages, by what `told_of` told of it."""
    most, size, *notify = state.private
    return MqueueInodeInfo(
        *(most, size, _queued(state.messages)),
        waiters=tuple(
            MqWaiter(pid, sends, next(iter(_queued(message)), None), ready)
            for pid, sends, message, ready in state.waiters
        ),
        notify=MqNotify(*notify) if notify else None,
    )


def _queued(messages: Messages) -> tuple[MqMessage, ...]:
    return tuple([MqMessage(prio, bytes.fromhex(data)) for prio, data in messages])


def watched_by(epitems: Epitems, files: Mapping[int, File]) -> Eventpoll:
    """Return what an epoll watches, by what `epitems_of` told of it."""
    listed = sorted((place, number) for *_, number, place in epitems if place)
    return Eventpoll(
        tuple(Epitem(fd, files[file], *rest) for fd, file, *rest, _ in epitems),
        tuple(number for _, number in listed),
    )
