"""Events about threads that wait for each other, and for the time."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class FutexQueue(Event):
    """A task waits at a futex."""

    story_level = "chapter"
    stands_for = "kernel/futex/core.c: __futex_queue()"

    pid: int
    addr: int


@dataclass(frozen=True, slots=True)
class FutexWake(Event):
    """A task that waited at a futex may go on."""

    story_level = "chapter"
    stands_for = "kernel/futex/waitwake.c: futex_wake_mark()"

    pid: int  # who wakes
    waiter: int


@dataclass(frozen=True, slots=True)
class FutexRequeue(Event):
    """A task that waited at a futex waits at another one now."""

    story_level = "chapter"
    stands_for = "kernel/futex/requeue.c: requeue_futex()"

    pid: int
    waiter: int


@dataclass(frozen=True, slots=True)
class RobustListSet(Event):
    """A task said where its list of locks is."""

    story_level = "step"
    stands_for = "kernel/futex/syscalls.c: SYSCALL_DEFINE2(set_robust_list)"

    pid: int
    addr: int


@dataclass(frozen=True, slots=True)
class RseqRegister(Event):
    """A task said where it wants to be told on which CPU it runs."""

    story_level = "step"
    stands_for = "kernel/rseq.c: SYSCALL_DEFINE4(rseq)"

    pid: int
    addr: int  # 0 = nowhere any more


@dataclass(frozen=True, slots=True)
class HrtimerStart(Event):
    """A task sleeps until a time."""

    story_level = "step"
    stands_for = "timer:hrtimer_start"

    pid: int
    expires: int  # nanoseconds


@dataclass(frozen=True, slots=True)
class HrtimerExpire(Event):
    """The time came that a task slept until."""

    story_level = "chapter"
    stands_for = "timer:hrtimer_expire_entry"

    pid: int
    now: int  # nanoseconds
