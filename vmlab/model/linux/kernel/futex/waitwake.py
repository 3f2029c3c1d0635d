"""Sleeping at a futex, and waking who sleeps there."""

from __future__ import annotations

from operator import eq, ge, gt, le, lt, ne

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.linux.include.futex import FutexQ
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.futex.core import (
    futex_get_value,
    futex_queue,
    futex_unqueue,
    futex_write,
    get_futex_key,
    wake_up,
)
from vmlab.model.linux.kernel.signal import ERESTARTNOHAND
from vmlab.model.linux.kernel.time.hrtimer import hrtimer_cancel, hrtimer_expired, hrtimer_start
from vmlab.model.trace.decorators import traced

_INT_BITS = 32
_ANY_BITS = (1 << _INT_BITS) - 1
_OPARG_SHIFT = 8  # in the operation: the argument tells a bit


@traced
def futex_wait(
    task: TaskStruct, uaddr: int, *, shared: bool, val: int, expires: int | None, bitset: int
) -> int:
    """Sleep until somebody wakes who sleeps there, if the futex still holds a value.

    A task that slept comes here again when it may go on, or has to.

    Args:
        task: the caller.
        uaddr: bytes.
        shared: others than the threads of the process may wake it.
        val: the value.
        expires: when it sleeps no longer, nanoseconds; None = never.
        bitset: of a waker that has none of these bits it is not woken.

    Raises:
        LinuxError: EINVAL for no bits, and for an address that is not aligned; EFAULT; EAGAIN if
            the futex holds another value; ETIMEDOUT.
        Sleeps: it has to sleep.

    Emits: futex_queue, hrtimer_start.
    Source: kernel/futex/waitwake.c: futex_wait(), __futex_wait() [v6.18].
    """
    if task.futex_q is not None:
        return _slept(task)
    if not bitset:
        raise LinuxError(errno.EINVAL, "futex_without_bits")
    key = get_futex_key(task, uaddr, shared=shared, write=False)
    found = futex_get_value(task, uaddr)
    if found != val:
        raise LinuxError(errno.EAGAIN, "futex_has_other_value", value=found, expected=val)
    if expires is not None and expires <= task.system.clock:
        raise LinuxError(errno.ETIMEDOUT, "time_is_over")

    def begin() -> None:
        futex_queue(task, FutexQ(task.pid, key, bitset), uaddr)
        if expires is not None:
            hrtimer_start(task, expires)

    raise Sleeps(lambda: _is_over(task), "futex_not_woken", ERESTARTNOHAND, begin)


def _is_over(task: TaskStruct) -> bool:
    q = task.futex_q
    return q is None or q.woken or hrtimer_expired(task)


def _slept(task: TaskStruct) -> int:
    assert task.futex_q is not None
    if not _is_over(task):
        raise Sleeps(
            lambda: _is_over(task),
            "futex_not_woken",
            ERESTARTNOHAND,
            cut=lambda: _stop_waiting(task),
        )
    if _stop_waiting(task):
        raise LinuxError(errno.ETIMEDOUT, "time_is_over")
    return 0


def _stop_waiting(task: TaskStruct) -> bool:
    hrtimer_cancel(task)
    return futex_unqueue(task)


@traced
def futex_wake(task: TaskStruct, uaddr: int, *, shared: bool, nr_wake: int, bitset: int) -> int:
    """Wake those who sleep at a futex; return how many.

    Args:
        task: the caller.
        uaddr: bytes.
        shared: they may belong to other processes.
        nr_wake: how many at most, but for one.
        bitset: only those that have one of these bits.

    Raises:
        LinuxError: EINVAL for no bits, and for an address that is not aligned; EFAULT.

    Emits: futex_wake.
    Source: kernel/futex/waitwake.c: futex_wake() [v6.18].
    """
    if not bitset:
        raise LinuxError(errno.EINVAL, "futex_without_bits")
    key = get_futex_key(task, uaddr, shared=shared, write=False)
    return wake_up(task, key, nr_wake, bitset)


@traced
def futex_wake_op(
    task: TaskStruct,
    uaddr1: int,
    uaddr2: int,
    *,
    shared: bool,
    nr_wake: int,
    nr_wake2: int,
    op: int,
) -> int:
    """Change one futex, and wake who sleeps at another, and at that one if it held some value.

    Args:
        task: the caller.
        uaddr1: where to wake in any case, bytes.
        uaddr2: which to change.
        shared: sleepers may belong to other processes.
        nr_wake: how many at most at the first.
        nr_wake2: how many at most at the second.
        op: what to do with it, with what, and how to compare its old value with what.

    Raises:
        LinuxError: EINVAL, EFAULT; ENOSYS for another operation or comparison.

    Emits: futex_wake.
    Source: kernel/futex/waitwake.c: futex_wake_op() [v6.18].
    """
    key1 = get_futex_key(task, uaddr1, shared=shared, write=False)
    key2 = get_futex_key(task, uaddr2, shared=shared, write=True)
    also = futex_atomic_op_inuser(task, op, uaddr2)
    woken = wake_up(task, key1, nr_wake, _ANY_BITS)
    return woken + (wake_up(task, key2, nr_wake2, _ANY_BITS) if also else 0)


def futex_atomic_op_inuser(task: TaskStruct, encoded: int, uaddr: int) -> bool:
    """Change a futex as FUTEX_WAKE_OP tells; say what the comparison of its old value gives.

    Raises:
        LinuxError: EFAULT; ENOSYS.

    Source: kernel/futex/waitwake.c: futex_atomic_op_inuser() [v6.18].
    """
    op, cmp = encoded >> 28 & 0xF, encoded >> 24 & 0xF
    oparg, cmparg = _signed(encoded >> 12 & 0xFFF, 12), _signed(encoded & 0xFFF, 12)
    if op & _OPARG_SHIFT:
        oparg = 1 << (oparg & 31)
    change = _OPS.get(op & ~_OPARG_SHIFT)
    if change is None:
        raise LinuxError(errno.ENOSYS, "futex_op_unknown", op=op)
    futex = futex_write(task, uaddr)
    old = int.from_bytes(futex, "little")
    futex[:] = (change(old, oparg) & _ANY_BITS).to_bytes(4, "little")
    compare = _COMPARISONS.get(cmp)
    if compare is None:
        raise LinuxError(errno.ENOSYS, "futex_comparison_unknown", cmp=cmp)
    return bool(compare(_signed(old, _INT_BITS), cmparg))


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> bits - 1 else value


_OPS = {
    0: lambda old, arg: arg,
    1: lambda old, arg: old + arg,
    2: lambda old, arg: old | arg,
    3: lambda old, arg: old & ~arg,
    4: lambda old, arg: old ^ arg,
}
_COMPARISONS = {0: eq, 1: ne, 2: lt, 3: ge, 4: le, 5: gt}
