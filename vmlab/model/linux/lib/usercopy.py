"""How the kernel itself reads and writes user memory: it faults, and it may come back short."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.arch.x86.include.current import get_current
from vmlab.model.linux.arch.x86.mm.extable import UserAccessFault
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SIZE
from vmlab.model.mmu.traps import X86_PF_WRITE
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

_WORD = 8  # bytes that a text is read by


def access_ok(task: TaskStruct, addr: int, length: int) -> bool:
    """Say whether a range lies in user space.

    Source: arch/x86/include/asm/uaccess.h: access_ok() [v5.4].
    """
    return task.mm is not None and addr + length <= task.mm.task_size


def copy_to_user(system: System, addr: int, data: bytes) -> int:
    """Write bytes to user memory; return how many could not be written.

    Emits: copy_to_user.
    Source: lib/usercopy.c: _copy_to_user() [v5.4].
    """
    if not access_ok(get_current(system), addr, len(data)):
        return len(data)
    view = memoryview(data)
    while view:
        start = addr % PAGE_SIZE
        chunk = view[: PAGE_SIZE - start]
        try:
            frame = system.cpu.translate(addr, X86_PF_WRITE)
        except UserAccessFault:
            break
        frame[start : start + len(chunk)] = chunk
        emit(system, file_events.CopyToUser, addr, len(chunk))
        addr += len(chunk)
        view = view[len(chunk) :]
    return len(view)


def put_user(system: System, addr: int, value: int, size: int) -> bool:
    """Write a number to user memory with one store, all of it or nothing; say if it could be.

    Only where it begins has to be in user space; a page that it begins in is brought in even if the
    next one cannot be.

    Emits: copy_to_user.
    Source: arch/x86/lib/putuser.S: __put_user_4(), __put_user_8() [v6.18].
    """
    last = addr + size - 1
    if not access_ok(get_current(system), addr, 0):
        return False
    try:
        for place in (addr,) if addr & PAGE_MASK == last & PAGE_MASK else (addr, last):
            system.cpu.translate(place, X86_PF_WRITE)
    except UserAccessFault:
        return False
    return not copy_to_user(system, addr, value.to_bytes(size, "little"))


def store_to_user(task: TaskStruct, addr: int, data: bytes) -> None:
    """Write all of some bytes to user memory. The name is vmlab's.

    Raises:
        LinuxError: EFAULT if not all could be written; those before stay.

    Emits: copy_to_user.
    Source: lib/usercopy.c: _copy_to_user() [v5.4].
    """
    if copy_to_user(task.system, addr, data):
        raise LinuxError(errno.EFAULT, "nothing_stored", addr=addr)


def store_number(task: TaskStruct, addr: int, value: int, size: int) -> None:
    """Write a number to user memory, all of it or nothing. The name is vmlab's.

    Raises:
        LinuxError: EFAULT if it could not be written.

    Emits: copy_to_user.
    Source: arch/x86/lib/putuser.S: __put_user_4(), __put_user_8() [v6.18].
    """
    if not put_user(task.system, addr, value, size):
        raise LinuxError(errno.EFAULT, "nothing_stored", addr=addr)


def copy_from_user(system: System, addr: int, count: int) -> bytes:
    """Read bytes from user memory; the result is shorter if a page could not be read.

    Emits: copy_from_user.
    Source: lib/usercopy.c: _copy_from_user() [v5.4].
    """
    if not access_ok(get_current(system), addr, count):
        return b""
    parts = []
    while count:
        start = addr % PAGE_SIZE
        size = min(count, PAGE_SIZE - start)
        try:
            frame = system.cpu.translate(addr, 0)
        except UserAccessFault:
            break
        parts.append(bytes(frame[start : start + size]))
        emit(system, file_events.CopyFromUser, addr, size)
        addr += size
        count -= size
    return b"".join(parts)


def load_from_user(task: TaskStruct, addr: int, count: int) -> bytes:
    """Read so many bytes from user memory. The name is vmlab's.

    Raises:
        LinuxError: EFAULT if not all could be read.

    Emits: copy_from_user.
    Source: lib/usercopy.c: _copy_from_user() [v5.4].
    """
    data = copy_from_user(task.system, addr, count)
    if len(data) < count:
        raise LinuxError(errno.EFAULT, "nothing_read", addr=addr)
    return data


def check_zeroed_user(task: TaskStruct, addr: int, count: int) -> bool:
    """Say whether some bytes of user memory are all 0; what follows another one is not read.

    Raises:
        LinuxError: EFAULT if it cannot be read so far.

    Emits: copy_from_user.
    Source: lib/usercopy.c: check_zeroed_user() [v6.18].
    """
    if not access_ok(task, addr, count):
        raise LinuxError(errno.EFAULT, "nothing_read", addr=addr)
    while count:
        size = min(count, PAGE_SIZE - addr % PAGE_SIZE)
        if any(load_from_user(task, addr, size)):
            return False
        addr, count = addr + size, count - size
    return True


def copy_from_user_inatomic(system: System, addr: int, count: int) -> bytes:
    """Read bytes from user memory without bringing pages in; the result may be shorter.

    Source: lib/iov_iter.c: copy_folio_from_iter_atomic() [v6.18].
    """
    task = get_current(system)
    task.pagefault_disabled += 1
    try:
        return copy_from_user(system, addr, count)
    finally:
        task.pagefault_disabled -= 1


def strncpy_from_user(system: System, addr: int, count: int) -> bytes | None:
    """Read a text up to its zero byte, which is left out; None if it cannot be read so far.

    Args:
        system: the kernel.
        addr: bytes.
        count: the most bytes it may have.

    Emits: copy_from_user.
    Source: lib/strncpy_from_user.c: strncpy_from_user() [v6.18].
    """
    text, words = b"", True
    while len(text) < count and b"\0" not in text:
        here, rest = addr + len(text), count - len(text)
        words = words and rest >= _WORD
        size = _WORD if words else min(rest, PAGE_SIZE - here % PAGE_SIZE)
        part = copy_from_user(system, here, size)
        if len(part) == size:
            text += part
        elif words:  # it ends before what cannot be read, or else not at all
            words = False
        else:
            return None
    return text.partition(b"\0")[0]


def fault_in_readable(system: System, addr: int, count: int) -> int:
    """Read one byte of each page of a range; return the bytes from the first page that fails on.

    Address 0 counts as one that fails, whatever is mapped there.

    Source: mm/gup.c: fault_in_readable() [v6.18].
    """
    end = addr + count
    while addr and addr < end and copy_from_user(system, addr, 1):
        addr = (addr & PAGE_MASK) + PAGE_SIZE
    return max(0, end - addr)


def clear_user(system: System, addr: int, count: int) -> int:
    """Zero user memory; return how many bytes could not be zeroed.

    Source: arch/x86/lib/usercopy_64.c: clear_user() [v5.4].
    """
    return copy_to_user(system, addr, bytes(count))
