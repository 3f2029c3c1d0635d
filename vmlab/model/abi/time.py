"""Clocks, and times as programs give them."""

from __future__ import annotations

from enum import IntEnum, IntFlag

NSEC_PER_SEC = 1_000_000_000
NSEC_PER_USEC = 1_000
USEC_PER_SEC = 1_000_000
TICK_NSEC = NSEC_PER_SEC // 250  # from one tick of the kernel to the next
UTIME_NOW, UTIME_OMIT = (1 << 30) - 1, (1 << 30) - 2  # in place of nanoseconds, of utimensat(2)
TIMESPEC_SIZE = 16  # bytes: seconds and nanoseconds


class Clock(IntEnum):
    """Clocks of clock_nanosleep(2), with Linux's values."""

    CLOCK_REALTIME = 0
    CLOCK_MONOTONIC = 1
    CLOCK_PROCESS_CPUTIME_ID = 2
    CLOCK_THREAD_CPUTIME_ID = 3
    CLOCK_MONOTONIC_RAW = 4
    CLOCK_REALTIME_COARSE = 5
    CLOCK_MONOTONIC_COARSE = 6
    CLOCK_BOOTTIME = 7
    CLOCK_REALTIME_ALARM = 8
    CLOCK_BOOTTIME_ALARM = 9
    CLOCK_TAI = 11


class Itimer(IntEnum):
    """Timers of setitimer(2)."""

    ITIMER_REAL = 0
    ITIMER_VIRTUAL = 1
    ITIMER_PROF = 2


class Timer(IntFlag):
    """Flags of clock_nanosleep(2) and timer_settime(2)."""

    TIMER_ABSTIME = 1


ITIMER_REAL = Itimer.ITIMER_REAL.value
TIMER_ABSTIME = Timer.TIMER_ABSTIME.value
