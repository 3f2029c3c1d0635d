"""/proc/PID/mem: the memory of a process as a file; its arguments and its environment."""

from __future__ import annotations

import struct

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


def proc_pid_cmdline(task: TaskStruct) -> bytes:
    """Return /proc/PID/cmdline: the arguments, each with a zero byte behind it.

    Source: fs/proc/base.c: get_mm_cmdline() [v6.18].
    Left out: that a program may have written behind them.
    """
    mm = task.mm
    return _memory(task, mm.arg_start, mm.arg_end) if mm is not None else b""


def proc_pid_environ(task: TaskStruct) -> bytes:
    """Return /proc/PID/environ. Source: fs/proc/base.c: environ_read() [v6.18]."""
    mm = task.mm
    return _memory(task, mm.env_start, mm.env_end) if mm is not None else b""


def proc_pid_auxv(task: TaskStruct) -> bytes:
    """Return /proc/PID/auxv. Source: fs/proc/base.c: auxv_read() [v6.18]."""
    mm = task.mm
    pairs = mm.saved_auxv if mm is not None else []
    return b"".join(struct.pack("<QQ", *pair) for pair in pairs)


def _memory(task: TaskStruct, start: int, end: int) -> bytes:
    data = bytearray(end - start)
    assert task.mm is not None
    done = access_remote_vm(task, task.mm, start, memoryview(data), False)
    return bytes(data[:done])


def _check(done: int, count: int) -> None:
    if count and not done:
        raise LinuxError(errno.EIO, "memory_not_reached")
