"""Pieces of user memory that one call reads or writes in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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
    """What is left of pieces of user memory, or of bytes of the kernel (struct iov_iter)."""

    __slots__ = ("count", "kvec", "offset", "pieces", "place")

    def __init__(self, pieces: list[tuple[int, int]], kvec: bytes | None = None) -> None:
        self.pieces = pieces  # (address, bytes)
        self.kvec = kvec  # what is at address 0 and up, if it is the kernel's; None = user memory
        self.place = 0  # of the piece that is next
        self.offset = 0  # bytes of it that are done
        self.count = sum(length for _, length in pieces)  # bytes that are left

    def __repr__(self) -> str:
        return f"<iov_iter of {self.count} bytes in {len(self.pieces) - self.place} pieces>"


def iter_iov_addr(i: IovIter) -> int:
    """Return where the next piece begins, as far as it is left.

    Source: include/linux/uio.h: iter_iov_addr() [v6.18].
    """
    return i.pieces[i.place][0] + i.offset


def iter_iov_len(i: IovIter) -> int:
    """Return how many bytes of the next piece are left.

    Source: include/linux/uio.h: iter_iov_len() [v6.18].
    """
    return i.pieces[i.place][1] - i.offset


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


def iov_iter_kvec(data: bytes) -> IovIter:
    """Return bytes of the kernel as one piece.

    Source: lib/iov_iter.c: iov_iter_kvec() [v6.18].
    """
    return IovIter([(0, len(data))], data)


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


def _first(i: IovIter, count: int) -> Iterator[tuple[int, int]]:
    # The pieces that hold the first bytes.
    offset = i.offset
    for place in range(i.place, len(i.pieces)):
        addr, length = i.pieces[place]
        step = min(length - offset, count)
        if step:
            yield addr + offset, step
        count -= step
        if not count:
            break
        offset = 0


def iov_iter_advance(i: IovIter, count: int) -> None:
    """Leave out the first bytes, and the empty pieces behind them.

    Source: lib/iov_iter.c: iov_iter_advance() [v6.18].
    """
    i.count -= count
    i.offset += count
    while i.place < len(i.pieces) and i.offset >= i.pieces[i.place][1]:
        i.offset -= i.pieces[i.place][1]
        i.place += 1


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


def _copy_from(
    system: System,
    i: IovIter,
    addr: int,
    length: int,
    copy: Callable[[System, int, int], bytes] = copy_from_user,
) -> bytes:
    return copy(system, addr, length) if i.kvec is None else i.kvec[addr : addr + length]


def copy_from_iter(system: System, i: IovIter, count: int | None = None) -> bytes:
    """Read the first bytes, up to what cannot be read.

    Args:
        system: the kernel.
        i: the pieces, of which nothing is left out then.
        count: how many bytes; None = all that are left.

    Emits: copy_from_user.
    Source: lib/iov_iter.c: _copy_from_iter() [v6.18].
    """
    data = b""
    for addr, length in _first(i, i.count if count is None else count):
        part = _copy_from(system, i, addr, length)
        data += part
        if len(part) < length:
            break
    return data


def copy_page_from_iter(system: System, data: memoryview, i: IovIter) -> int:
    """Fill a part of a frame from the first pieces; return how many bytes, which are left out then.

    Emits: copy_from_user.
    Source: lib/iov_iter.c: copy_page_from_iter() [v6.18].
    """
    done = 0
    for addr, length in _first(i, len(data)):
        part = _copy_from(system, i, addr, length)
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
        part = _copy_from(system, i, addr, length, copy_from_user_inatomic)
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
