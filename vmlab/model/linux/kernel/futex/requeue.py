"""Letting who sleeps at a futex sleep at another one."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.futex.core import (
    futex_get_value,
    futex_wake_mark,
    get_futex_key,
)
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import futex as events
from vmlab.model.trace.hook import emit


@traced
def futex_requeue(
    task: TaskStruct,
    uaddr1: int,
    uaddr2: int,
    *,
    shared: bool,
    nr_wake: int,
    nr_requeue: int,
    cmpval: int | None,
) -> int:
    """Wake some who sleep at a futex, and move others to another one; return how many both are.

    Args:
        task: the caller.
        uaddr1: where they sleep, bytes.
        uaddr2: where they are moved to.
        shared: they may belong to other processes.
        nr_wake: how many at most are woken.
        nr_requeue: how many at most are moved.
        cmpval: what the first futex must hold; None = anything.

    Raises:
        LinuxError: EINVAL for negative numbers, and for an address that is not aligned; EFAULT;
            EAGAIN if the futex holds another value.

    Emits: futex_wake, futex_requeue.
    Source: kernel/futex/requeue.c: futex_requeue() [v6.18].
    """
    if nr_wake < 0 or nr_requeue < 0:
        raise LinuxError(errno.EINVAL, "futex_count_negative", count=min(nr_wake, nr_requeue))
    key1 = get_futex_key(task, uaddr1, shared=shared, write=False)
    key2 = get_futex_key(task, uaddr2, shared=shared, write=False)
    if cmpval is not None:
        found = futex_get_value(task, uaddr1)
        if found != cmpval:
            raise LinuxError(errno.EAGAIN, "futex_has_other_value", value=found, expected=cmpval)
    queue = task.system.futex_queue
    waiters = [q for q in queue if q.key == key1][: nr_wake + nr_requeue]
    for q in waiters[:nr_wake]:
        futex_wake_mark(task, q)
    for q in waiters[nr_wake:]:
        queue.remove(q)
        queue.append(q)
        q.key = key2
        emit(task, events.FutexRequeue, task.pid, q.pid)
    return len(waiters)
