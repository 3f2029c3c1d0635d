"""Signals, what siginfo_t says of them, and how they are handled, with Linux's x86-64 values."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import NamedTuple

SIGILL = 4
SIGTRAP = 5
SIGBUS = 7
SIGFPE = 8
SIGKILL = 9
SIGSEGV = 11
SIGPIPE = 13
SIGALRM = 14
SIGCHLD = 17
SIGCONT = 18
SIGSTOP = 19
SIGTSTP = 20
SIGTTIN = 21
SIGTTOU = 22
SIGURG = 23
SIGWINCH = 28
SIGSYS = 31
SIGRTMIN = 32  # from here on a signal that comes twice is there twice
NSIG = 64

SI_USER, SI_KERNEL, SI_TKILL = 0, 128, -6
ILL_ILLOPN = 2
FPE_INTDIV, FPE_FLTDIV, FPE_FLTOVF, FPE_FLTUND, FPE_FLTRES, FPE_FLTINV = 1, 3, 4, 5, 6, 7
SEGV_MAPERR = 1
SEGV_ACCERR = 2
BUS_ADRALN = 1
BUS_ADRERR = 2
TRAP_TRACE = 2
CLD_EXITED, CLD_KILLED, CLD_DUMPED, CLD_TRAPPED, CLD_STOPPED, CLD_CONTINUED = range(1, 7)

SIG_DFL, SIG_IGN = 0, 1
SIGSET_SIZE = 8  # bytes
SS_ONSTACK, SS_DISABLE, SS_AUTODISARM = 1, 2, 1 << 31
MINSIGSTKSZ = 2048  # bytes

_NAMES = (
    "SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 "
    "SIGPIPE SIGALRM SIGTERM SIGSTKFLT SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG "
    "SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPWR SIGSYS"
).split()
SIGNALS = {name: number for number, name in enumerate(_NAMES, 1)}
SIGNAL_NAMES = {number: name for name, number in SIGNALS.items()}
_FAULTS = (SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV)
_CODES = {
    SIGILL: {ILL_ILLOPN: "ILL_ILLOPN"},
    SIGTRAP: {TRAP_TRACE: "TRAP_TRACE"},
    SIGBUS: {BUS_ADRALN: "BUS_ADRALN", BUS_ADRERR: "BUS_ADRERR"},
    SIGFPE: {
        FPE_INTDIV: "FPE_INTDIV",
        FPE_FLTDIV: "FPE_FLTDIV",
        FPE_FLTOVF: "FPE_FLTOVF",
        FPE_FLTUND: "FPE_FLTUND",
        FPE_FLTRES: "FPE_FLTRES",
        FPE_FLTINV: "FPE_FLTINV",
    },
    SIGSEGV: {SEGV_MAPERR: "SEGV_MAPERR", SEGV_ACCERR: "SEGV_ACCERR"},
    SIGCHLD: {
        CLD_EXITED: "CLD_EXITED",
        CLD_KILLED: "CLD_KILLED",
        CLD_STOPPED: "CLD_STOPPED",
        CLD_CONTINUED: "CLD_CONTINUED",
    },
}
_ANY_CODES = {SI_USER: "SI_USER", SI_KERNEL: "SI_KERNEL", SI_TKILL: "SI_TKILL"}
_SIGINFO_SIZE = 128  # bytes
_ADDR, _STATUS = 16, 24  # where in it
_INT, _LONG = 4, 8  # bytes


class How(IntEnum):
    """What sigprocmask(2) does with the signals it gets."""

    SIG_BLOCK = 0
    SIG_UNBLOCK = 1
    SIG_SETMASK = 2


class Sa(IntFlag):
    """Flags of sigaction(2)."""

    SA_NOCLDSTOP = 0x1
    SA_NOCLDWAIT = 0x2
    SA_SIGINFO = 0x4
    SA_EXPOSE_TAGBITS = 0x800
    SA_RESTORER = 0x4000000
    SA_ONSTACK = 0x8000000
    SA_RESTART = 0x10000000
    SA_NODEFER = 0x40000000
    SA_RESETHAND = 0x80000000


class Sigaction(NamedTuple):
    """What happens when a signal comes (struct sigaction, as the kernel has it)."""

    sa_handler: int  # address in bytes, or SIG_DFL, SIG_IGN
    sa_flags: int = 0  # SA_* bits
    sa_restorer: int = 0  # address in bytes: where the handler returns to
    sa_mask: int = 0  # signals that wait meanwhile, see `sigmask`


class Siginfo(NamedTuple):
    """What is told of a signal (siginfo_t). What its code leaves out is 0."""

    si_signo: int
    si_code: int
    si_addr: int = 0  # bytes, of a fault
    si_pid: int = 0  # of who sent it, or of the child that ended
    si_uid: int = 0
    si_status: int = 0  # of the child: its exit code, or the signal that killed it

    @property
    def is_fault(self) -> bool:
        """Say whether an instruction raised it, which cannot go on without it."""
        return self.si_signo in _FAULTS and self.si_code > SI_USER

    def to_bytes(self) -> bytes:
        """Return it as programs find it in memory.

        >>> Siginfo(SIGSEGV, SEGV_MAPERR, 0x1000).to_bytes()[:20].hex(" ", 4)
        '0b000000 00000000 01000000 00000000 00100000'
        """
        data = bytearray(_SIGINFO_SIZE)

        def put(at: int, value: int, size: int = _INT) -> None:
            data[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")

        put(0, self.si_signo)
        put(2 * _INT, self.si_code)
        if self.is_fault:
            put(_ADDR, self.si_addr, _LONG)
        else:
            put(_ADDR, self.si_pid)
            put(_ADDR + _INT, self.si_uid)
            put(_STATUS, self.si_status)
        return bytes(data)


def sigmask(*signals: int) -> int:
    """Return the set of some signals: bit 0 is that of signal 1.

    >>> f"{sigmask(SIGILL, SIGKILL):#b}"
    '0b100001000'
    """
    return sum(1 << signal - 1 for signal in {*signals})


def signal_name(signal: int) -> str:
    """Return the symbol of a signal.

    >>> signal_name(SIGSEGV), signal_name(40)
    ('SIGSEGV', 'SIGRT_8')
    """
    return SIGNAL_NAMES.get(signal) or f"SIGRT_{signal - SIGRTMIN}"


def code_name(signal: int, code: int) -> str:
    """Return the symbol of si_code.

    >>> code_name(SIGSEGV, SEGV_ACCERR), code_name(SIGCHLD, SI_USER)
    ('SEGV_ACCERR', 'SI_USER')
    """
    return _CODES.get(signal, {}).get(code) or _ANY_CODES.get(code) or str(code)
