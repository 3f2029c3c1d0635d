"""Pieces of user memory that one call reads or writes in their order."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.linux.lib.usercopy import (
    access_ok,
    copy_from_user,
    copy_from_user_inatomic,
    copy_to_user,
    fault_in_readable,
    load_from_user,
)

MAX_RW_COUNT = 0x7FFFF000  # bytes that one call moves
_UINT_MAX = (1 << 32) - 1
_UIO_MAXIOV = 1024
_WORD = 8  # bytes
_IOVEC = 2 * _WORD  # struct iovec: address, length


class IovIter:
    """What is left of pieces of user memory (struct iov_iter)."""

    __slots__ = ("pieces",)

    def __init__(self, pieces: list[tuple[int, int]]) -> None:
        self.pieces = pieces  # (address, bytes)

    @property
    def count(self) -> int:
        """Return how many bytes are left."""
        return sum(length for _, length in self.pieces)

    def __repr__(self) -> str:
        return f"<iov_iter of {self.count} bytes in {len(self.pieces)} pieces>"


def import_ubuf(task: TaskStruct, buf: int, count: int) -> IovIter:
    """Return one piece of user memory.

    Raises:
        LinuxError: EFAULT if it leaves user space.

    Source: lib/iov_iter.c: import_ubuf() [v6.18].
    """
    count = min(count, MAX_RW_COUNT)
    if not access_ok(task, buf, count):
        raise LinuxError(errno.EFAULT, "buffer_outside_user_space")
    return IovIter([(buf, count)])


def iovec_from_user(task: TaskStruct, iov: int, nr_segs: int) -> list[tuple[int, int]]:
    """Read from user memory what pieces there are: the address and the bytes of each.

    Args:
        task: the caller.
        iov: bytes: where the struct iovec are.
        nr_segs: how many there are.

    Raises:
        LinuxError: EINVAL for more than 1024 pieces, or one of a negative length; EFAULT if they
            cannot be read.

    Emits: copy_from_user.
    Source: lib/iov_iter.c: iovec_from_user(), copy_iovec_from_user() [v6.18].
    """
    if nr_segs > _UIO_MAXIOV:
        raise LinuxError(errno.EINVAL, "too_many_pieces", nr=nr_segs)
    if nr_segs and not access_ok(task, iov, nr_segs * _IOVEC):
        raise LinuxError(errno.EFAULT, "buffer_outside_user_space")
    pieces = []
    for place in range(iov, iov + nr_segs * _IOVEC, _IOVEC):
        length, addr = (_get_user(task, at) for at in (place + _WORD, place))
        if length >= 1 << 63:
            raise LinuxError(errno.EINVAL, "length_negative")
        pieces.append((addr, length))
    return pieces


def import_iovec(task: TaskStruct, iov: int, nr_segs: int) -> IovIter:
    """Read from user memory which pieces of it a call is about.

    Args:
        task: the caller.
        iov: bytes: where the struct iovec are.
        nr_segs: how many there are; its lowest 32 bits count.

    Raises:
        LinuxError: EINVAL for more than 1024 pieces, or one of a negative length; EFAULT if they
            cannot be read, or one leaves user space.

    Emits: copy_from_user.
    Source: lib/iov_iter.c: __import_iovec() [v6.18].
    """
    nr_segs &= _UINT_MAX
    pieces = iovec_from_user(task, iov, nr_segs)
    if nr_segs == 1:
        return import_ubuf(task, *pieces[0])
    total = 0
    for place, (addr, length) in enumerate(pieces):
        if not access_ok(task, addr, length):
            raise LinuxError(errno.EFAULT, "buffer_outside_user_space")
        pieces[place] = addr, min(length, MAX_RW_COUNT - total)
        total += pieces[place][1]
    return IovIter(pieces)


def _get_user(task: TaskStruct, addr: int) -> int:
    return int.from_bytes(load_from_user(task, addr, _WORD), "little")


def _first(i: IovIter, count: int) -> list[tuple[int, int]]:
    # The pieces that hold the first bytes.
    found = []
    for addr, length in i.pieces:
        if length and count:
            found.append((addr, min(length, count)))
            count -= min(length, count)
    return found


def iov_iter_advance(i: IovIter, count: int) -> None:
    """Leave out the first bytes.

    Source: lib/iov_iter.c: iov_iter_advance() [v6.18].
    """
    for place, (addr, length) in enumerate(i.pieces):
        step = min(length, count)
        i.pieces[place] = addr + step, length - step
        count -= step
    i.pieces = [piece for piece in i.pieces if piece[1]]


def copy_to_iter(system: System, data: bytes | memoryview, i: IovIter) -> int:
    """Write bytes to the first pieces; return how many could be, which are left out then.

    Emits: copy_to_user.
    Source: lib/iov_iter.c: _copy_to_iter() [v6.18].
    """
    done = 0
    for addr, length in _first(i, len(data)):
        left = copy_to_user(system, addr, bytes(data[done : done + length]))
        done += length - left
        if left:
            break
    iov_iter_advance(i, done)
    return done


def copy_page_from_iter(system: System, data: memoryview, i: IovIter) -> int:
    """Fill a part of a frame from the first pieces; return how many bytes, which are left out then.

    Emits: copy_from_user.
    Source: lib/iov_iter.c: copy_page_from_iter() [v6.18].
    """
    done = 0
    for addr, length in _first(i, len(data)):
        part = copy_from_user(system, addr, length)
        data[done : done + len(part)] = part
        done += len(part)
        if len(part) < length:
            break
    iov_iter_advance(i, done)
    return done


def copy_folio_from_iter_atomic(system: System, i: IovIter, count: int) -> bytes:
    """Read the first bytes without bringing pages in; the result may be shorter.

    Emits: copy_from_user.
    Source: lib/iov_iter.c: copy_folio_from_iter_atomic() [v6.18].
    """
    data = b""
    for addr, length in _first(i, count):
        part = copy_from_user_inatomic(system, addr, length)
        data += part
        if len(part) < length:
            break
    return data


def fault_in_iov_iter_readable(system: System, i: IovIter, count: int) -> int:
    """Read one byte of each page of the first bytes; return the bytes from a failure on.

    Source: lib/iov_iter.c: fault_in_iov_iter_readable() [v6.18].
    """
    for addr, length in _first(i, count):
        left = fault_in_readable(system, addr, length)
        count -= length - left
        if left:
            break
    return count
