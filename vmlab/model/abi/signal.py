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
SIGVTALRM = 26
SIGPROF = 27
SIGWINCH = 28
SIGSYS = 31
SIGRTMIN = 32  # from here on a signal that comes twice is there twice
NSIG = 64

SI_USER, SI_KERNEL, SI_TKILL = 0, 128, -6
SI_QUEUE, SI_TIMER, SI_MESGQ, SI_ASYNCIO, SI_SIGIO, SI_DETHREAD = -1, -2, -3, -4, -5, -7
SI_ASYNCNL = -60
ILL_ILLOPN = 2
FPE_INTDIV, FPE_FLTDIV, FPE_FLTOVF, FPE_FLTUND, FPE_FLTRES, FPE_FLTINV = 1, 3, 4, 5, 6, 7
SEGV_MAPERR = 1
SEGV_ACCERR = 2
BUS_ADRALN = 1
BUS_ADRERR = 2
TRAP_TRACE = 2
CLD_EXITED, CLD_KILLED, CLD_DUMPED, CLD_TRAPPED, CLD_STOPPED, CLD_CONTINUED = range(1, 7)

SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD, SIGEV_THREAD_ID = 0, 1, 2, 4
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
_ANY_CODES = {
    SI_USER: "SI_USER",
    SI_KERNEL: "SI_KERNEL",
    SI_TKILL: "SI_TKILL",
    SI_QUEUE: "SI_QUEUE",
    SI_TIMER: "SI_TIMER",
    SI_MESGQ: "SI_MESGQ",
    SI_ASYNCIO: "SI_ASYNCIO",
    SI_SIGIO: "SI_SIGIO",
    SI_DETHREAD: "SI_DETHREAD",
    SI_ASYNCNL: "SI_ASYNCNL",
}
SIGINFO_SIZE = 128  # bytes
KERNEL_SIGINFO_SIZE = 48  # of them that say something
_ERRNO, _CODE, _ADDR, _UID, _VALUE, _UTIME, _STIME = 4, 8, 16, 20, 24, 32, 40  # where in it
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
    si_errno: int = 0
    si_value: int = 0  # that was sent with it, 8 bytes; it stands where si_status does
    si_utime: int = 0  # of the child: its times
    si_stime: int = 0
    seq: int = 0  # of the setting of the timer that sends it; 0 = no timer does. Linux's sigqueue

    @property
    def is_fault(self) -> bool:
        """Say whether an instruction raised it, which cannot go on without it."""
        return self.si_signo in _FAULTS and self.si_code > SI_USER

    def to_bytes(self) -> bytes:
        """Return it as programs find it in memory.

        >>> Siginfo(SIGSEGV, SEGV_MAPERR, 0x1000).to_bytes()[:20].hex(" ", 4)
        '0b000000 00000000 01000000 00000000 00100000'
        """
        data = bytearray(SIGINFO_SIZE)

        def put(at: int, value: int, size: int = _INT) -> None:
            data[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")

        put(0, self.si_signo)
        put(_ERRNO, self.si_errno)
        put(_CODE, self.si_code)
        if self.is_fault:
            put(_ADDR, self.si_addr, _LONG)
        else:
            put(_ADDR, self.si_pid)
            put(_UID, self.si_uid)
        put(_VALUE, self.si_value | self.si_status, _LONG)
        put(_UTIME, self.si_utime, _LONG)
        put(_STIME, self.si_stime, _LONG)
        return bytes(data)

    @classmethod
    def from_bytes(cls, data: bytes, signo: int) -> Siginfo:
        """Return what a program tells of a signal that it sends.

        Args:
            data: as it stands in memory, but for the number.
            signo: the number.

        >>> Siginfo.from_bytes(Siginfo(34, SI_QUEUE, si_pid=7, si_value=9).to_bytes(), 34)[3:8]
        (7, 0, 0, 0, 9)
        """

        def get(at: int, size: int = _INT, *, signed: bool = False) -> int:
            return int.from_bytes(data[at : at + size], "little", signed=signed)

        info = cls(
            signo,
            get(_CODE, signed=True),
            si_errno=get(_ERRNO),
            si_value=get(_VALUE, _LONG),
            si_utime=get(_UTIME, _LONG),
            si_stime=get(_STIME, _LONG),
        )
        if info.is_fault:
            return info._replace(si_addr=get(_ADDR, _LONG))
        return info._replace(si_pid=get(_ADDR), si_uid=get(_UID))


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
