"""The failures a user of vmlab can meet, each of its own kind.

`LinuxError` is what a system call answers, `Segfault` and `BusError` are what an access
answers, `KernelBug` says that vmlab itself is wrong.
"""

from __future__ import annotations

from vmlab.model.abi import errno as _errno


class LinuxError(OSError):
    """A system call failed as Linux would make it fail.

    Args:
        errno: the positive error number, for example ``vmlab.errno.EINVAL``.
        check: the check that failed, in words.
    """

    def __init__(self, errno: int, check: str) -> None:
        super().__init__(errno, check)
        self.check = check

    @property
    def name(self) -> str:
        """The symbol, for example ``'EINVAL'``."""
        return _errno.errorcode[self.errno or 0]

    @property
    def answer(self) -> str:
        """What strace prints after the number, for example ``'-EINVAL (Invalid argument)'``."""
        return f"-{self.name} ({_errno.strerror(self.errno or 0)})"

    def __str__(self) -> str:
        return f"{self.answer}: {self.check}"

    __repr__ = __str__


class Signal(Exception):
    """A signal that an access raised, with the fields of ``siginfo_t``."""

    def __init__(self, si_signo: int, si_code: int, si_addr: int, why: str) -> None:
        super().__init__(si_signo, si_code, si_addr, why)
        self.si_signo = si_signo
        self.si_code = si_code
        self.si_addr = si_addr
        self.why = why

    name = ""  # the symbol of the signal, for example 'SIGSEGV'
    _codes: dict[int, str] = {}

    @property
    def code_name(self) -> str:
        """The symbol of `si_code`, for example ``'SEGV_MAPERR'``."""
        return self._codes.get(self.si_code, str(self.si_code))

    def __str__(self) -> str:
        return f"{self.code_name} at {self.si_addr:#x}: {self.why}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.code_name} si_addr={self.si_addr:#x}>"


class Segfault(Signal):
    """SIGSEGV: 1 is SEGV_MAPERR, 2 SEGV_ACCERR, 128 SI_KERNEL (a non-canonical address)."""

    name = "SIGSEGV"
    _codes = {1: "SEGV_MAPERR", 2: "SEGV_ACCERR", 128: "SI_KERNEL"}


class BusError(Signal):
    """SIGBUS: 2 is BUS_ADRERR, an access past the end of a mapped file."""

    name = "SIGBUS"
    _codes = {2: "BUS_ADRERR"}


class Killed(Exception):
    """The process died of a signal that no handler can catch.

    Raised for an OOM kill, and for an `execve` that fails after its point of no return.
    """

    def __init__(self, signal: int, why: str) -> None:
        super().__init__(signal, why)
        self.signal = signal
        self.why = why

    @property
    def name(self) -> str:
        """The symbol of the signal, for example ``'SIGKILL'``."""
        return {9: "SIGKILL", 11: "SIGSEGV"}[self.signal]

    def __str__(self) -> str:
        return f"killed by {self.name}: {self.why}"


class ProcessError(RuntimeError):
    """The process cannot run: it is dead, or suspended by vfork."""


class KernelBug(AssertionError):
    """The model's own state is wrong. Never the user's fault."""


class StateError(ValueError):
    """A state file that cannot be loaded; the message names the field that is wrong."""


class DiagramError(ValueError):
    """DOT text that Graphviz refuses."""
