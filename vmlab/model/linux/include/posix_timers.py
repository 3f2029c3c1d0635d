"""A timer of a process.

Source: include/linux/posix-timers.h, include/linux/posix-timers_types.h [v6.18].
"""

from __future__ import annotations

DISARMED, ARMED, REQUEUE_PENDING = "disarmed", "armed", "requeue_pending"  # what it_status is


class KItimer:
    """A timer that timer_create made (struct k_itimer)."""

    __slots__ = (
        *("expires", "ignored", "it_clock", "it_id", "it_interval", "it_overrun"),
        *("it_overrun_last", "it_pid", "it_sig_periodic", "it_sigev_notify", "it_signal_seq"),
        *("it_status", "si_signo", "si_value"),
    )

    def __init__(self, it_id: int, it_clock: int, it_sigev_notify: int, it_pid: int) -> None:
        self.it_id = it_id
        self.it_clock = it_clock  # CLOCK_*
        self.it_sigev_notify = it_sigev_notify  # SIGEV_*
        self.it_pid = it_pid  # the thread that gets the signal; else the process
        self.si_signo = 0  # what it sends,
        self.si_value = 0  # and with which value, 8 bytes
        self.expires = 0  # when it is over, nanoseconds by its clock
        self.it_interval = 0  # and after how many more again; 0 = once
        self.it_status = DISARMED
        self.it_overrun = -1  # how often it was over since its signal was sent, less one
        self.it_overrun_last = 0  # the same when the last signal was taken
        self.it_signal_seq = 1  # of its setting: signals of older ones are dropped
        self.it_sig_periodic = False  # the signal that was sent last is not the only one
        self.ignored = False  # its signal comes once the process does not ignore it any more

    def __repr__(self) -> str:
        return f"<k_itimer {self.it_id}: {self.it_status}>"
