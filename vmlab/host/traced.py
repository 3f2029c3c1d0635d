"""ptrace(2), and one process under it: its registers are set, and it runs to its next stop."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from typing import NamedTuple

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.restype = ctypes.c_long
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

_TRACEME, _CONT, _SINGLESTEP = 0, 7, 9
GETREGS, SETREGS = 12, 13
_SETOPTIONS, GETEVENTMSG, GETSIGINFO = 0x4200, 0x4201, 0x4202
FORK, VFORK, CLONE, EXEC = range(1, 5)  # events of a stop
_OPTIONS = sum(1 << event for event in (FORK, VFORK, CLONE, EXEC)) | 1 << 20  # it dies with us
WALL = 0x40000000  # wait for every kind of child
_SEGMENTS = ("cs", "ss", "ds", "es", "fs", "gs", "fs_base", "gs_base", "eflags")
_FAULTS = (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)
_NO_CALL = (1 << 64) - 1  # as orig_rax: nothing to restart
_A_MOMENT = 50e-6  # seconds


class Registers(ctypes.Structure):
    """struct user_regs_struct."""

    _fields_ = [
        (name, ctypes.c_ulonglong)
        for name in "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs "
        "eflags rsp ss fs_base gs_base ds es fs gs".split()
    ]


class SignalInfo(ctypes.Structure):
    """siginfo_t, as a fault fills it."""

    _fields_ = [
        ("signo", ctypes.c_int),
        ("errno", ctypes.c_int),
        ("code", ctypes.c_int),
        ("addr", ctypes.c_ulonglong),
        ("rest", ctypes.c_char * 104),
    ]


class Stop(NamedTuple):
    """Why a process no longer runs."""

    exited: int | None = None  # the code it ended with
    event: int = 0  # FORK, VFORK, CLONE, EXEC
    fault: tuple[int, int, int] | None = None  # signal, code and address, instead of an int3
    killed: int = 0  # the signal that ended it
    sleeps: bool = False  # it was woken, for nothing else would have


def ptrace(request: int, pid: int, data: object = None, addr: int | None = None) -> None:
    """Make a request.

    Raises:
        OSError: it is refused.
    """
    if _libc.ptrace(request, pid, addr, data) < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"ptrace {request:#x}: {os.strerror(error)}")


def trace_me() -> None:
    """Let the parent trace this process, and stop until it does."""
    ptrace(_TRACEME, 0)
    os.kill(os.getpid(), signal.SIGSTOP)


class Traced:
    """A process or thread, stopped."""

    def __init__(self, pid: int) -> None:
        """Wait for its first stop.

        Args:
            pid: of a child that called `trace_me`, or of a child of a traced process.
        """
        self.pid = pid
        status = os.waitpid(pid, WALL)[1]
        assert os.WIFSTOPPED(status), status
        ptrace(_SETOPTIONS, pid, _OPTIONS)

    def registers(self) -> Registers:
        """Return its registers."""
        found = Registers()
        ptrace(GETREGS, self.pid, ctypes.byref(found))
        return found

    def new_child(self) -> int:
        """Return the pid of the child that the stop tells of."""
        number = ctypes.c_ulong()
        ptrace(GETEVENTMSG, self.pid, ctypes.byref(number))
        return number.value

    def run(self, rip: int, *, patience: float | None = None, **values: int) -> Stop:
        """Go on at an address with these values in registers, to the next stop.

        Args:
            rip: the address.
            patience: seconds that it may sleep; None = without end.
            values: of registers, by name.
        """
        registers = self.registers()
        for name, value in {"orig_rax": _NO_CALL, "rip": rip, **values}.items():
            setattr(registers, name, value & (1 << 64) - 1)
        ptrace(SETREGS, self.pid, ctypes.byref(registers))
        self.go()
        return self.wait(patience)

    def step(self, rip: int, **values: int) -> Stop:
        """Run the one instruction at an address, with these values in registers."""
        registers = Registers(**{name: getattr(self.registers(), name) for name in _SEGMENTS})
        for name, value in {"orig_rax": _NO_CALL, "rip": rip, **values}.items():
            setattr(registers, name, value & (1 << 64) - 1)
        ptrace(SETREGS, self.pid, ctypes.byref(registers))
        ptrace(_SINGLESTEP, self.pid)
        return self.wait()

    def go(self, sig: int = 0) -> None:
        """Let it run on, and give it a signal."""
        ptrace(_CONT, self.pid, sig)

    def wait(self, patience: float | None = None) -> Stop:
        """Wait for its next stop; signals that are no faults are dropped."""
        while True:
            status, sleeps = self._status(patience)
            if os.WIFEXITED(status):
                return Stop(exited=os.WEXITSTATUS(status))
            if os.WIFSIGNALED(status):
                return Stop(killed=os.WTERMSIG(status))
            sig = os.WSTOPSIG(status)
            if sleeps:
                return Stop(sleeps=True)
            if sig == signal.SIGTRAP:
                return Stop(event=status >> 16)
            if sig in _FAULTS:
                info = SignalInfo()
                ptrace(GETSIGINFO, self.pid, ctypes.byref(info))
                return Stop(fault=(info.signo, info.code, info.addr))
            self.go()

    def _status(self, patience: float | None) -> tuple[int, bool]:
        # As waitpid has it, and whether it stopped because it would have slept on.
        if patience is None:
            return os.waitpid(self.pid, WALL)[1], False
        end = time.monotonic() + patience
        while True:
            pid, status = os.waitpid(self.pid, WALL | os.WNOHANG)
            if pid:
                return status, False
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGSTOP)
                status = os.waitpid(self.pid, WALL)[1]
                return status, os.WIFSTOPPED(status) and os.WSTOPSIG(status) == signal.SIGSTOP
            time.sleep(_A_MOMENT)
