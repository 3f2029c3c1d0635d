"""Flags of eventfd2, timerfd_create, timerfd_settime and signalfd4, with Linux's values."""

from __future__ import annotations

from enum import IntFlag


class Eventfd(IntFlag):
    """Flags of eventfd2(2)."""

    EFD_SEMAPHORE = 1
    EFD_NONBLOCK = 0o4000
    EFD_CLOEXEC = 0o2000000


class TimerfdCreate(IntFlag):
    """Flags of timerfd_create(2)."""

    TFD_NONBLOCK = 0o4000
    TFD_CLOEXEC = 0o2000000


class TimerfdSettime(IntFlag):
    """Flags of timerfd_settime(2)."""

    TFD_TIMER_ABSTIME = 1
    TFD_TIMER_CANCEL_ON_SET = 2


class Signalfd(IntFlag):
    """Flags of signalfd4(2)."""

    SFD_NONBLOCK = 0o4000
    SFD_CLOEXEC = 0o2000000


EFD_SEMAPHORE = Eventfd.EFD_SEMAPHORE.value
EFD_NONBLOCK = Eventfd.EFD_NONBLOCK.value
EFD_CLOEXEC = Eventfd.EFD_CLOEXEC.value
TFD_NONBLOCK = TimerfdCreate.TFD_NONBLOCK.value
TFD_CLOEXEC = TimerfdCreate.TFD_CLOEXEC.value
TFD_TIMER_ABSTIME = TimerfdSettime.TFD_TIMER_ABSTIME.value
TFD_TIMER_CANCEL_ON_SET = TimerfdSettime.TFD_TIMER_CANCEL_ON_SET.value
SFD_NONBLOCK = Signalfd.SFD_NONBLOCK.value
SFD_CLOEXEC = Signalfd.SFD_CLOEXEC.value
