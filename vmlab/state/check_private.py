"""Does a snapshot say of files without bytes what such files can hold?"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from vmlab.model.abi.anon_files import EFD_SEMAPHORE
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.abi.socket import (
    AF_INET,
    AF_INET6,
    AF_UNIX,
    SOCK_DGRAM,
    SOCK_SEQPACKET,
    SOCK_STREAM,
)
from vmlab.model.linux.include.fs import (
    S_EVENTFD,
    S_EVENTPOLL,
    S_IFSOCK,
    S_MQUEUE,
    S_SIGNALFD,
    S_TIMERFD,
)
from vmlab.model.linux.include.sock import SHUTDOWN_MASK, SkFlag, SkState
from vmlab.state.check_field import need
from vmlab.state.private import NEVER, SOCK_INTS, is_socket
from vmlab.state.snapshot import InodeState

_LENGTHS = {
    S_EVENTFD: (2,),
    S_TIMERFD: (6,),
    S_SIGNALFD: (1,),
    S_IFSOCK: (len(SOCK_INTS),),
    S_MQUEUE: (2, 6),
}
_TYPES = {
    AF_UNIX: (SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET),
    **dict.fromkeys((AF_INET, AF_INET6), (SOCK_STREAM, SOCK_DGRAM)),
}
_NAMES = {AF_UNIX: range(3, 111), AF_INET: (16,), AF_INET6: (28,)}  # bytes
_MOST_MESSAGES, _MOST_BYTES = 65536, 16 << 20
_UINT_MAX = (1 << 32) - 1
_LLONG_MAX = (1 << 63) - 1
_MOST_ERRORS = 4095
_HEX = re.compile(r"(?:[0-9a-f]{2})*")


def check_private(
    inode: InodeState, field: str, inodes: Mapping[int, InodeState], files: Container[int]
) -> None:
    """Check what an eventfd, a timerfd, a signalfd, an epoll or a socket holds.

    Args:
        inode: the file.
        field: what it is called.
        inodes: all of them, by number.
        files: the numbers of the open files.

    Raises:
        StateError: names the field that is wrong.
    """
    held = inode.private
    is_named = inode.kind == S_IFSOCK and not is_socket(inode)
    is_whole = len(held) in ((0,) if is_named else _LENGTHS.get(inode.kind, (0,)))
    need(is_whole and _is_possible(inode, inodes), f"{field}.private", "field_impossible")
    _epitems(inode, field, files)
    need(not inode.skbs or is_socket(inode), f"{field}.skbs", "field_impossible")
    if inode.kind == S_MQUEUE:
        _queue(inode, field)
    known = inode.kind == S_MQUEUE or not (inode.messages or inode.waiters)
    need(known, f"{field}.messages", "field_impossible")
    family = held[0] if is_socket(inode) else 0
    named = all(not name or _is_name(family, name) for name in inode.sk_names)
    need(named, f"{field}.sk_names", "field_impossible")
    for data, truesize, sent, name, owner in inode.skbs:
        written = _HEX.fullmatch(data) and _HEX.fullmatch(name) and truesize > 0
        need(written, f"{field}.skbs", "field_impossible")
        of_socket = owner in inodes and is_socket(inodes[owner])
        need(not owner or of_socket, f"{field}.skbs", "field_impossible")
        for number in sent:
            need(number in files, f"{field}.skbs", "no_such_file_number", number=number)


def _is_possible(inode: InodeState, inodes: Mapping[int, InodeState]) -> bool:
    held = inode.private
    if inode.kind == S_EVENTFD:
        return 0 <= held[0] < ULONG_MAX and held[1] in (0, EFD_SEMAPHORE)
    if inode.kind == S_SIGNALFD:
        return 0 <= held[0] <= ULONG_MAX
    if inode.kind == S_TIMERFD:
        clock, expires, *rest = held
        times = expires >= NEVER and all(0 <= each <= _LLONG_MAX for each in rest)
        return clock >= 0 and times and held[3] in (0, 1)
    return not is_socket(inode) or _is_possible_socket(inode, inodes)


def _is_possible_socket(inode: InodeState, inodes: Mapping[int, InodeState]) -> bool:
    told = dict(zip(SOCK_INTS, inode.private, strict=True))
    family, kind, state = told["family"], told["type"], told["state"]
    known = family in _TYPES and kind in _TYPES[family] and state in list(SkState)
    if peer := told["peer"]:
        other = inodes.get(peer)
        known = (
            known and other is not None and is_socket(other) and other.private[:2] == (family, kind)
        )
    bits = told["shutdown"] <= SHUTDOWN_MASK and told["err"] <= _MOST_ERRORS
    bits = bits and not told["flags"] & ~sum(SkFlag)
    room = all(0 < told[name] <= _UINT_MAX for name in ("sndbuf", "rcvbuf"))
    rest = all(0 <= each <= _LLONG_MAX for each in inode.private)
    return bool(known and bits and room and rest)


def _is_name(family: int, name: str) -> bool:
    # In hexadecimal: a family, and what stands behind it.
    if not _HEX.fullmatch(name):
        return False
    size, kind = len(name) // 2, int.from_bytes(bytes.fromhex(name)[:2], "little")
    return kind == family and size in _NAMES.get(family, ())


def _queue(inode: InodeState, field: str) -> None:
    most, size, *notify = inode.private
    sizes = 0 < most <= _MOST_MESSAGES and 0 < size <= _MOST_BYTES
    told = all(0 <= each <= _LLONG_MAX for each in notify)
    need(sizes and told, f"{field}.private", "field_impossible")
    order = [prio for prio, _ in inode.messages]
    ordered = order == sorted(order, reverse=True) and len(order) <= most
    need(ordered, f"{field}.messages", "field_impossible")
    need(all(_fits(size, each) for each in inode.messages), f"{field}.messages", "field_impossible")
    for _, _, held, _ in inode.waiters:
        possible = len(held) <= 1 and all(_fits(size, each) for each in held)
        need(possible, f"{field}.waiters", "field_impossible")


def _fits(size: int, message: tuple[int, str]) -> bool:
    prio, data = message
    return prio >= 0 and bool(_HEX.fullmatch(data)) and len(data) // 2 <= size


def _epitems(inode: InodeState, field: str, files: Container[int]) -> None:
    items = inode.epitems
    need(not items or inode.kind == S_EVENTPOLL, f"{field}.epitems", "field_impossible")
    for fd, file, events, data, number, place in items:
        need(file in files, f"{field}.epitems", "no_such_file_number", number=file)
        sizes = 0 <= fd <= _UINT_MAX and 0 <= events <= _UINT_MAX and 0 <= data <= ULONG_MAX
        need(sizes and number > 0 and place >= 0, f"{field}.epitems", "field_impossible")
    numbers = [number for *_, number, _ in items]
    places = sorted(place for *_, place in items if place)
    need(numbers == sorted({*numbers}), f"{field}.epitems", "not_in_order")
    need(places == list(range(1, len(places) + 1)), f"{field}.epitems", "field_impossible")
