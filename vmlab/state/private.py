"""What files hold that have no bytes, as values of a snapshot and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmlab.model.linux.include.af_unix import SkBuff, UnixSock
from vmlab.model.linux.include.anon_inodes import (
    Epitem,
    EventfdCtx,
    Eventpoll,
    Private,
    SignalfdCtx,
    TimerfdCtx,
)
from vmlab.model.linux.include.fs import S_EVENTFD, S_SIGNALFD, S_TIMERFD
from vmlab.model.linux.include.structs import File, Inode

NEVER = -1
Epitems = tuple[tuple[int, int, int, int, int, int], ...]
Skbs = tuple[tuple[str, int, tuple[int, ...]], ...]


def told_of(inode: Inode) -> dict[str, Any]:
    """Return the fields of a snapshot that tell what a file holds that has no bytes."""
    return {"private": private_of(inode), "epitems": epitems_of(inode), "skbs": skbs_of(inode)}


def private_of(inode: Inode) -> tuple[int, ...]:
    """Return what an eventfd, a timerfd, a signalfd or a socket holds; nothing for other files."""
    held = inode.i_private
    if isinstance(held, TimerfdCtx):
        expires = NEVER if held.expires is None else held.expires
        return (
            *(held.clockid, expires, held.interval),
            *(int(held.expired), held.ticks, held.told),
        )
    if isinstance(held, UnixSock):
        peer = held.peer.i_ino if held.peer is not None else 0
        rest = (int(held.connected), held.shutdown, held.err, held.sndbuf, held.rcvbuf)
        return (held.type, held.pid, peer, *rest)
    return tuple(held) if isinstance(held, EventfdCtx | SignalfdCtx) else ()


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
    if not isinstance(held, UnixSock):
        return ()
    return tuple(
        (skb.data.hex(), skb.truesize, tuple(file.number for file in skb.files))
        for skb in held.queue
    )


def held_by(kind: str, private: tuple[int, ...]) -> Private | None:
    """Return what a file of a kind holds, by what `private_of` told of it."""
    if kind == S_EVENTFD:
        return EventfdCtx(*private)
    if kind == S_SIGNALFD:
        return SignalfdCtx(*private)
    if kind == S_TIMERFD:
        clockid, expires, interval, expired, ticks, told = private
        when = None if expires == NEVER else expires
        return TimerfdCtx(clockid, when, interval, bool(expired), ticks, told)
    return None


def socket_of(
    private: tuple[int, ...], skbs: Skbs, inodes: Mapping[int, Inode], files: Mapping[int, File]
) -> UnixSock:
    """Return a socket, by what `private_of` and `skbs_of` told of it."""
    kind, pid, peer, connected, *rest = private
    queue = tuple(
        SkBuff(bytes.fromhex(data), size, tuple(files[number] for number in sent))
        for data, size, sent in skbs
    )
    shutdown, err, sndbuf, rcvbuf = rest
    ends = (inodes[peer] if peer else None, bool(connected), shutdown)
    return UnixSock(kind, pid, *ends, err, sndbuf, rcvbuf, queue)


def watched_by(epitems: Epitems, files: Mapping[int, File]) -> Eventpoll:
    """Return what an epoll watches, by what `epitems_of` told of it."""
    listed = sorted((place, number) for *_, number, place in epitems if place)
    return Eventpoll(
        tuple(Epitem(fd, files[file], *rest) for fd, file, *rest, _ in epitems),
        tuple(number for _, number in listed),
    )
