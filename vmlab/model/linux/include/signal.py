"""What a process does about signals, and those that wait.

Source: include/linux/sched/signal.h, include/linux/signal.h, include/linux/signal_types.h [v6.18].
"""

from __future__ import annotations

from vmlab.model.abi.signal import (
    SIG_DFL,
    SIGBUS,
    SIGCHLD,
    SIGCONT,
    SIGFPE,
    SIGILL,
    SIGKILL,
    SIGSEGV,
    SIGSTOP,
    SIGSYS,
    SIGTRAP,
    SIGTSTP,
    SIGTTIN,
    SIGTTOU,
    SIGURG,
    SIGWINCH,
    Sigaction,
    Siginfo,
    sigmask,
)
from vmlab.model.linux.include.posix_timers import KItimer

SIG_KERNEL_ONLY_MASK = sigmask(SIGKILL, SIGSTOP)
SIG_KERNEL_STOP_MASK = sigmask(SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU)
SYNCHRONOUS_MASK = sigmask(SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS)
SIG_KERNEL_IGNORE_MASK = sigmask(SIGCONT, SIGCHLD, SIGWINCH, SIGURG)
SIGNAL_STOP_STOPPED = 0x1  # all threads stopped
SIGNAL_STOP_CONTINUED = 0x2  # SIGCONT came since, and nobody has waited for that
SIGNAL_CLD_CONTINUED = 0x20  # the parent is to be told of it
# In place of an address: who called `Process.sigaction` is the handler. vmlab's own.
SIG_CALLER = -1
DEFAULT = Sigaction(SIG_DFL)


class SighandStruct:
    """What a process does about each signal (struct sighand_struct); clone may share it."""

    __slots__ = ("action", "number")

    def __init__(self, number: int) -> None:
        self.number = number  # pid of the task it was made for, see unshare_sighand
        self.action: dict[int, Sigaction] = {}  # by signal; DEFAULT where there is none

    def __repr__(self) -> str:
        return f"<sighand {self.number}: {len(self.action)} actions>"


class SignalStruct:
    """What the threads of a process share besides (struct signal_struct)."""

    __slots__ = (
        *("flags", "group_exit_code", "it_prof", "it_prof_incr", "it_real", "it_real_incr"),
        *("it_virt", "it_virt_incr", "next_posix_timer_id", "posix_timers", "shared_pending"),
    )

    def __init__(self) -> None:
        self.flags = 0  # SIGNAL_* bits
        self.group_exit_code = 0  # the signal that stopped it, until somebody has waited for that
        self.it_real: int | None = None  # when SIGALRM comes, nanoseconds; None = never
        self.it_real_incr = 0  # and after how many more it comes again; 0 = never
        self.it_virt = 0  # the same of SIGVTALRM, by the time that it used; 0 = never
        self.it_virt_incr = 0
        self.it_prof = 0  # and of SIGPROF
        self.it_prof_incr = 0
        self.posix_timers: dict[int, KItimer] = {}  # by number, in order of creation
        self.next_posix_timer_id = 0
        self.shared_pending: list[Siginfo] = []  # sent to the process, not taken yet; in order

    def __repr__(self) -> str:
        return f"<signal_struct: {len(self.shared_pending)} pending>"
