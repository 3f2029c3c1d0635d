"""/proc/PID/mem: the memory of a process as a file."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.include.structs import MmStruct, TaskStruct
from vmlab.model.linux.mm.memory_remote import access_remote_vm


def mem_read(task: TaskStruct, mm: MmStruct, addr: int, count: int) -> bytes:
    """Read from /proc/PID/mem; the bytes end where nothing can be read any more.

    Raises:
        LinuxError: EIO if not one byte could be read.

    Source: fs/proc/base.c: mem_rw() [v6.18].
    """
    data = bytearray(count)
    done = access_remote_vm(task, mm, addr, memoryview(data), False)
    _check(done, count)
    return bytes(data[:done])


def mem_write(task: TaskStruct, mm: MmStruct, addr: int, data: bytes) -> int:
    """Write to /proc/PID/mem; return how many bytes could be written.

    Raises:
        LinuxError: EIO if not one byte could be written.

    Source: fs/proc/base.c: mem_rw() [v6.18].
    """
    done = access_remote_vm(task, mm, addr, memoryview(bytearray(data)), True)
    _check(done, len(data))
    return done


def _check(done: int, count: int) -> None:
    if count and not done:
        raise LinuxError(errno.EIO, "memory_not_reached")
