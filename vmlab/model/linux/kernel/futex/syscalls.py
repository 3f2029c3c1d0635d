"""The calls about futexes."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.futex import (
    FUTEX_BITSET_MATCH_ANY,
    FUTEX_CLOCK_REALTIME,
    FUTEX_CMD_MASK,
    FUTEX_PRIVATE_FLAG,
    ROBUST_LIST_HEAD_SIZE,
    Futex,
)
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.futex.requeue import futex_requeue
from vmlab.model.linux.kernel.futex.waitwake import futex_wait, futex_wake, futex_wake_op
from vmlab.model.linux.kernel.time.time import get_timespec64
from vmlab.model.linux.lib.usercopy import store_number
from vmlab.model.trace.events import futex as events
from vmlab.model.trace.hook import emit

_UINT_MAX = (1 << 32) - 1
_SIGN = 1 << 31
_LONG = 8  # bytes
_SLEEPS = (Futex.FUTEX_WAIT, Futex.FUTEX_WAIT_BITSET)
_WAKES = (Futex.FUTEX_WAKE, Futex.FUTEX_WAKE_BITSET)
_REQUEUES = (Futex.FUTEX_REQUEUE, Futex.FUTEX_CMP_REQUEUE)


def do_futex(
    task: TaskStruct, uaddr: int, op: int, val: int, utime: int, uaddr2: int, val3: int
) -> int:
    """Sleep at a futex, or wake who sleeps there.

    Args:
        task: the caller.
        uaddr: the futex: 4 bytes in memory.
        op: FUTEX_* operation and flags.
        val: the value it must hold, or how many to wake.
        utime: where the time is until which to sleep, 0 = no end; or how many at a second futex.
        uaddr2: that futex.
        val3: bits, a value, or an operation.

    Raises:
        LinuxError: what the operation raises; EINVAL for a time that there is not; ENOSYS for
            another operation, or a flag that it does not have.
        Sleeps: it has to sleep.

    Emits: what the operation emits.
    Source: kernel/futex/syscalls.c: SYSCALL_DEFINE6(futex), do_futex() [v6.18].
    Left out: operations with priority inheritance, for which it answers ENOSYS.
    """
    cmd, shared = op & FUTEX_CMD_MASK, not op & FUTEX_PRIVATE_FLAG
    val, val2, val3 = val & _UINT_MAX, utime & _UINT_MAX, val3 & _UINT_MAX
    expires = None
    if cmd in _SLEEPS and utime and task.futex_q is None:  # who slept has a timer
        expires = get_timespec64(task, utime)
        if cmd == Futex.FUTEX_WAIT:
            expires += task.system.clock
    if op & FUTEX_CLOCK_REALTIME and cmd != Futex.FUTEX_WAIT_BITSET:
        raise LinuxError(errno.ENOSYS, "futex_op_unknown", op=op)
    if cmd in _SLEEPS:
        bits = FUTEX_BITSET_MATCH_ANY if cmd == Futex.FUTEX_WAIT else val3
        return futex_wait(task, uaddr, shared=shared, val=val, expires=expires, bitset=bits)
    if cmd in _WAKES:
        bits = FUTEX_BITSET_MATCH_ANY if cmd == Futex.FUTEX_WAKE else val3
        return futex_wake(task, uaddr, shared=shared, nr_wake=_int(val), bitset=bits)
    nr_wake = _int(val)
    if cmd in _REQUEUES:
        cmpval = val3 if cmd == Futex.FUTEX_CMP_REQUEUE else None
        most = {"nr_wake": nr_wake, "nr_requeue": _int(val2)}
        return futex_requeue(task, uaddr, uaddr2, shared=shared, **most, cmpval=cmpval)
    if cmd == Futex.FUTEX_WAKE_OP:
        most = {"nr_wake": nr_wake, "nr_wake2": _int(val2)}
        return futex_wake_op(task, uaddr, uaddr2, shared=shared, **most, op=val3)
    raise LinuxError(errno.ENOSYS, "futex_op_unknown", op=op)


def _int(value: int) -> int:
    return (value & _SIGN - 1) - (value & _SIGN)


def set_robust_list(task: TaskStruct, head: int, length: int) -> None:
    """Say where the list is of the locks that a task holds.

    Args:
        task: the caller.
        head: bytes.
        length: of the head: 24 bytes.

    Raises:
        LinuxError: EINVAL for another length.

    Emits: robust_list_set.
    Source: kernel/futex/syscalls.c: SYSCALL_DEFINE2(set_robust_list) [v6.18].
    """
    if length != ROBUST_LIST_HEAD_SIZE:
        raise LinuxError(errno.EINVAL, "robust_head_size", nr_bytes=length)
    task.robust_list = head
    emit(task, events.RobustListSet, task.pid, head)


def get_robust_list(task: TaskStruct, pid: int, head_ptr: int, len_ptr: int) -> None:
    """Store where the list of a task is, and how long its head.

    Args:
        task: the caller.
        pid: of the task; 0 = the caller.
        head_ptr: where the address is stored, bytes.
        len_ptr: where the length is stored.

    Raises:
        LinuxError: ESRCH if there is no such task; EFAULT.

    Emits: copy_to_user.
    Source: kernel/futex/syscalls.c: SYSCALL_DEFINE3(get_robust_list) [v6.18].
    """
    other = task.system.tasks.get(pid) if pid else task
    if other is None:
        raise LinuxError(errno.ESRCH, "no_such_process", pid=pid)
    for place, value in ((len_ptr, ROBUST_LIST_HEAD_SIZE), (head_ptr, other.robust_list)):
        store_number(task, place, value, _LONG)
