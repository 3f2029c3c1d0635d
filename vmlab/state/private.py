"""What files hold that have no bytes, as values of a snapshot and back."""

from __future__ import annotations

from collections.abc import Mapping

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


def private_of(inode: Inode) -> tuple[int, ...]:
    """Return what an eventfd, a timerfd or a signalfd holds; nothing for other files."""
    held = inode.i_private
    if isinstance(held, TimerfdCtx):
        expires = NEVER if held.expires is None else held.expires
        return (
            *(held.clockid, expires, held.interval),
            *(int(held.expired), held.ticks, held.told),
        )
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


def watched_by(epitems: Epitems, files: Mapping[int, File]) -> Eventpoll:
    """Return what an epoll watches, by what `epitems_of` told of it."""
    listed = sorted((place, number) for *_, number, place in epitems if place)
    return Eventpoll(
        tuple(Epitem(fd, files[file], *rest) for fd, file, *rest, _ in epitems),
        tuple(number for _, number in listed),
    )
