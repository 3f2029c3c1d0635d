"""Events about the timers of processes."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class Tick(Event):
    """A task has run for a while, and the clock goes on by as much."""

    story_level = "chapter"
    stands_for = "kernel/time/timer.c: update_process_times()"

    pid: int
    used: int  # nanoseconds since the last tick
    now: int  # nanoseconds


@dataclass(frozen=True, slots=True)
class TimerCreate(Event):
    """A timer was made."""

    story_level = "chapter"
    stands_for = "kernel/time/posix-timers.c: do_timer_create()"

    pid: int
    timer_id: int
    clock: int


@dataclass(frozen=True, slots=True)
class TimerArm(Event):
    """A timer runs until a time."""

    story_level = "step"
    stands_for = "kernel/time/posix-timers.c: common_hrtimer_arm()"

    pid: int
    timer_id: int
    expires: int  # nanoseconds by its clock


@dataclass(frozen=True, slots=True)
class TimerDisarm(Event):
    """A timer was stopped."""

    story_level = "step"
    stands_for = "kernel/time/posix-timers.c: common_timer_set()"

    pid: int
    timer_id: int


@dataclass(frozen=True, slots=True)
class TimerExpire(Event):
    """A timer is over."""

    story_level = "chapter"
    stands_for = "kernel/time/posix-timers.c: posix_timer_fn()"

    pid: int
    timer_id: int


@dataclass(frozen=True, slots=True)
class TimerDelete(Event):
    """A timer was deleted."""

    story_level = "chapter"
    stands_for = "kernel/time/posix-timers.c: timer_delete()"

    pid: int
    timer_id: int
