"""The failures a user of vmlab can meet, each of its own kind, all of them `VmlabError`s.

`LinuxError` is what a system call answers, `Segfault` and `BusError` are what an access
answers, `KernelBug` says that vmlab itself is wrong. Why they came is a `vmlab.codes.Reason`.
"""

from __future__ import annotations

from collections.abc import Callable

from vmlab.codes import Reason, Value, because
from vmlab.model.abi import errno as _errno
from vmlab.model.abi.signal import code_name as _code_name
from vmlab.model.abi.signal import signal_name as _signal_name


class VmlabError(Exception):
    """The base of all that vmlab raises on purpose."""


class LinuxError(VmlabError, OSError):
    """A system call failed as Linux would make it fail.

    Args:
        errno: the positive error number, for example ``vmlab.errno.EINVAL``.
        check: the check that failed, as a code.
        values: what the words for the code tell besides.
    """

    def __init__(self, errno: int, check: str | Reason, /, **values: Value) -> None:
        self.check = because(check, **values)
        super().__init__(errno, self.check.plain)

    @property
    def name(self) -> str:
        """The symbol, for example ``'EINVAL'``; ``'errno 600'`` for a number without one."""
        return _errno.errorcode.get(self.errno or 0, f"errno {self.errno}")

    @property
    def _meaning(self) -> Reason:
        return because(self.name if self.errno in _errno.errorcode else "errno_unnamed")

    @property
    def answer(self) -> str:
        """What strace prints after the number, for example ``'-EINVAL (Invalid argument)'``."""
        return str(because("answer", name=self.name, meaning=self._meaning))

    @property
    def reason(self) -> Reason:
        """The answer and the check that failed."""
        return because("answer_and_why", name=self.name, meaning=self._meaning, why=self.check)

    def __str__(self) -> str:
        return str(self.reason)

    __repr__ = __str__


def _nothing() -> None:
    pass


class Sleeps(LinuxError):
    """A system call in which Linux would sleep: EAGAIN where nobody waits for it.

    Args:
        ready: says whether there is no more need to.
        check: why it would, as a code.
        cut_off: what the kernel answers itself if a signal comes meanwhile: 512 (ERESTARTSYS) =
            the call is made again, or EINTR if the handler is not SA_RESTART; 514
            (ERESTARTNOHAND) = EINTR if there is a handler; 4 = EINTR.
        begin: what is done where a task does sleep: it makes itself known to who will wake it.
        cut: what is done instead if a signal keeps it from that.
    """

    def __init__(
        self,
        ready: Callable[[], bool],
        check: str | Reason,
        cut_off: int = 512,
        begin: Callable[[], object] = _nothing,
        cut: Callable[[], object] = _nothing,
    ) -> None:
        super().__init__(_errno.EAGAIN, check)
        self.ready = ready
        self.cut_off = cut_off
        self.begin = begin
        self.cut = cut


class Interrupted(LinuxError):
    """A signal cut off a system call that slept: EINTR, unless it is made again.

    Args:
        check: what cut it off, as a code.
        cut_off: as that of `Sleeps`.
    """

    def __init__(self, check: str, cut_off: int) -> None:
        super().__init__(_errno.EINTR, check)
        self.cut_off = cut_off


class _Coded(VmlabError):
    # A failure that is told by a reason alone.
    def __init__(self, reason: str | Reason, /, **values: Value) -> None:
        self.reason = because(reason, **values)
        super().__init__(self.reason)

    @property
    def code(self) -> str:
        """The code of the reason."""
        return self.reason.code

    def __str__(self) -> str:
        return str(self.reason)


class Signal(_Coded):
    """A signal that an instruction raised, with the fields of ``siginfo_t``."""

    def __init__(
        self, si_signo: int, si_code: int, si_addr: int, why: str | Reason, /, **values: Value
    ) -> None:
        super().__init__(why, **values)
        self.si_signo = si_signo
        self.si_code = si_code
        self.si_addr = si_addr
        self.args = (si_signo, si_code, si_addr, self.reason)

    @property
    def name(self) -> str:
        """The symbol of the signal, for example ``'SIGSEGV'``."""
        return _signal_name(self.si_signo)

    @property
    def why(self) -> Reason:
        """Why it came."""
        return self.reason

    @property
    def code_name(self) -> str:
        """The symbol of `si_code`, for example ``'SEGV_MAPERR'``."""
        return _code_name(self.si_signo, self.si_code)

    def __str__(self) -> str:
        return str(because("signal_at", code=self.code_name, addr=self.si_addr, why=self.why))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.code_name} si_addr={self.si_addr:#x}>"


class Segfault(Signal):
    """SIGSEGV: 1 is SEGV_MAPERR, 2 SEGV_ACCERR, 128 SI_KERNEL (a non-canonical address)."""


class BusError(Signal):
    """SIGBUS: 2 is BUS_ADRERR, an access past the end of a mapped file."""


class Killed(_Coded):
    """The process died of a signal that no handler can catch.

    Raised for an OOM kill, and for an `execve` that fails after its point of no return.
    """

    def __init__(self, signal: int, why: str | Reason, /, **values: Value) -> None:
        super().__init__(why, **values)
        self.signal = signal
        self.args = (signal, self.reason)

    @property
    def why(self) -> Reason:
        """Why it died."""
        return self.reason

    @property
    def name(self) -> str:
        """The symbol of the signal, for example ``'SIGKILL'``."""
        return _signal_name(self.signal)

    def __str__(self) -> str:
        return str(because("killed_by", signal=self.name, why=self.why))


class ProcessError(_Coded, RuntimeError):
    """The process cannot run: it is dead, or suspended by vfork."""


class ProgramError(_Coded, RuntimeError):
    """Machine code that cannot be run here, or built."""


class KernelBug(_Coded, AssertionError):
    """The model's own state is wrong. Never the user's fault."""


class ArgumentTypeError(_Coded, TypeError):
    """An argument of a type that no program could hand over."""


class ArgumentError(_Coded, ValueError):
    """An argument that no program could hand over."""


class NoSuchProcess(_Coded, KeyError):
    """A machine has no process of that number."""


class HistoryError(_Coded, IndexError):
    """A recording has no such step, or nothing to undo or redo."""


class RecordingError(_Coded, ValueError):
    """A recording that cannot be saved."""


class UsageError(VmlabError, ValueError):
    """A slip in the use of an upper layer, told in words: a name that there is not."""


class HostError(VmlabError, RuntimeError):
    """The real machine does not give what was asked for; it is told in words."""


class StateError(_Coded, ValueError):
    """A state file that cannot be loaded; the message names the field that is wrong."""

    @classmethod
    def at_field(cls, field: str, why: str | Reason, /, **values: Value) -> StateError:
        """Return the failure of one field of a file."""
        return cls("at_field", field=field, why=because(why, **values))

    @classmethod
    def at_line(cls, line: int, why: str | Reason, /, **values: Value) -> StateError:
        """Return the failure of one line of a text."""
        return cls("at_line", line=line, why=because(why, **values))


class DiagramError(VmlabError, ValueError):
    """DOT text that Graphviz refuses."""
