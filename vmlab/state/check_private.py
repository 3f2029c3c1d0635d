"""Does a snapshot say of files without bytes what such files can hold?"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from vmlab.model.abi.anon_files import EFD_SEMAPHORE
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.abi.socket import SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM
from vmlab.model.linux.include.af_unix import SHUTDOWN_MASK
from vmlab.model.linux.include.fs import (
    S_EVENTFD,
    S_EVENTPOLL,
    S_IFSOCK,
    S_SIGNALFD,
    S_TIMERFD,
)
from vmlab.state.check_field import need
from vmlab.state.private import NEVER, is_socket
from vmlab.state.snapshot import InodeState

_LENGTHS = {S_EVENTFD: 2, S_TIMERFD: 6, S_SIGNALFD: 1, S_IFSOCK: 8}
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
    is_whole = len(held) == (0 if is_named else _LENGTHS.get(inode.kind, 0))
    need(is_whole and _is_possible(inode, inodes), f"{field}.private", "field_impossible")
    _epitems(inode, field, files)
    need(not inode.skbs or is_socket(inode), f"{field}.skbs", "field_impossible")
    for data, truesize, sent in inode.skbs:
        need(_HEX.fullmatch(data) and truesize > 0, f"{field}.skbs", "field_impossible")
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
    kind, pid, peer, connected, shutdown, err, *room = inode.private
    known = kind in (SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET) and connected in (0, 1) and pid >= 0
    if peer:
        other = inodes.get(peer)
        if other is None or not is_socket(other) or len(other.private) != 8 or not connected:
            return False
        known = known and other.private[:3] == (kind, other.private[1], inode.ino)
    bits = 0 <= shutdown <= SHUTDOWN_MASK and 0 <= err <= _MOST_ERRORS
    return known and bits and all(0 < each <= _UINT_MAX for each in room)


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
