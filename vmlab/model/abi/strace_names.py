"""How strace writes arguments that are one of a few names, or bits by name; how they are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any

from vmlab.model.abi.anon_files import Eventfd, Signalfd, TimerfdCreate, TimerfdSettime
from vmlab.model.abi.epoll import EpollCreate, EpollOp
from vmlab.model.abi.fadvise import Fadvise, SyncRange
from vmlab.model.abi.fcntl import (
    Access,
    At,
    CloseRange,
    Faccessat,
    Falloc,
    Flock,
    Open,
    Rename,
    Seek,
    Unlinkat,
)
from vmlab.model.abi.futex import FUTEX_CMD_MASK, Futex, FutexFlag
from vmlab.model.abi.ioctl import Ioctl
from vmlab.model.abi.kinds import Kind
from vmlab.model.abi.msg import Msgctl, Msgrcv
from vmlab.model.abi.random import Grnd
from vmlab.model.abi.resource import Prio, Rusage
from vmlab.model.abi.rseq import Rseq
from vmlab.model.abi.sem import Semctl
from vmlab.model.abi.shm import Shmat, Shmctl
from vmlab.model.abi.signal import How
from vmlab.model.abi.socket import (
    SOCK_TYPE_MASK,
    AddressFamily,
    Msg,
    Shut,
    Sock,
    SockFlag,
    SockLevel,
    SockOption,
)
from vmlab.model.abi.stat import S_IFMT, FileType
from vmlab.model.abi.statx import STATX_BASIC_STATS, STATX_BTIME, Statx
from vmlab.model.abi.strace_numbers import format_flags, parse_number, parse_symbols
from vmlab.model.abi.time import Clock, Itimer, Timer
from vmlab.model.abi.wait import IdType, Wait


def _futex_op(op: int) -> str:
    cmd, flags = op & FUTEX_CMD_MASK, op & ~FUTEX_CMD_MASK
    name = Futex(cmd).name if cmd in tuple(Futex) else f"{cmd:#x}"
    # strace writes the private operations as names of their own.
    private = "_PRIVATE" if flags & FutexFlag.FUTEX_PRIVATE_FLAG and cmd in tuple(Futex) else ""
    rest = flags & ~FutexFlag.FUTEX_PRIVATE_FLAG if private else flags
    return name + private + (f"|{format_flags(FutexFlag, rest)}" if rest else "")


def _statx_mask(mask: int) -> str:
    # strace writes what is asked for together as one name.
    for name in ("STATX_ALL", "STATX_BASIC_STATS"):
        if mask & _STATX[name] == _STATX[name]:
            rest = mask & ~_STATX[name]
            return f"{name}|{format_flags(Statx, rest)}" if rest else name
    return format_flags(Statx, mask)


def _sock_type(type: int) -> str:
    kind, flags = type & SOCK_TYPE_MASK, type & ~SOCK_TYPE_MASK
    name = Sock(kind).name if kind in list(Sock) else f"{kind:#x}"
    return f"{name}|{format_flags(SockFlag, flags)}" if flags else name


def _named(family: type[IntEnum]) -> Callable[[int], str]:
    return lambda value: family(value).name if value in list(family) else f"{value:#x}"


def _node_mode(mode: int) -> str:
    kind, rights = mode & S_IFMT, f"0{mode & ~S_IFMT:02o}"
    if not kind:
        return rights
    return f"{FileType(kind).name if kind in list(FileType) else f'0{kind:o}'}|{rights}"


def _device(device: int) -> str:
    major, minor = device >> 8 & 0xFFF, device & 0xFF | device >> 12 & 0xFFF00
    return "makedev(" + ", ".join(f"{part:#x}" if part else "0" for part in (major, minor)) + ")"


def _parse_device(text: str) -> int:
    found = _DEVICE.fullmatch(text)
    if found is None:
        return parse_symbols(text, {})
    major, minor = (int(part, 16) for part in found.groups())
    return minor & 0xFF | major << 8 | (minor & ~0xFF) << 12


def _symbols(family: Any) -> Callable[[str], int]:
    known = {name: int(each) for name, each in family.__members__.items()}
    return lambda text: parse_symbols(text, known)


_AS_IT_IS = (1 << 32) - 1  # as an owner or a group
_DEVICE = re.compile(r"makedev\((0x[0-9a-f]{1,3}|0), (0x[0-9a-f]{1,5}|0)\)")
_OPS = {
    **{each.name: each.value for each in Futex},
    **{f"{each.name}_PRIVATE": each | FutexFlag.FUTEX_PRIVATE_FLAG.value for each in Futex},
    **{each.name or "": each.value for each in FutexFlag},
}

_SOCK_TYPES = {
    **{each.name: each.value for each in Sock},
    **{each.name or "": each.value for each in SockFlag},
}

_STATX = {
    **{each.name or "": each.value for each in Statx},
    "STATX_BASIC_STATS": STATX_BASIC_STATS,
    "STATX_ALL": STATX_BASIC_STATS | STATX_BTIME,
}

FORMATS: Mapping[Kind, Callable[[int], str]] = {
    Kind.FUTEX_OP: _futex_op,
    Kind.RSEQ_FLAGS: lambda flags: format_flags(Rseq, flags),
    Kind.TIMER_FLAGS: lambda flags: format_flags(Timer, flags),
    Kind.WHENCE: lambda whence: Seek(whence).name if whence in list(Seek) else f"{whence:#x}",
    Kind.SHM_COMMAND: lambda cmd: Shmctl(cmd).name if cmd in list(Shmctl) else f"{cmd:#x}",
    Kind.SEM_COMMAND: lambda cmd: Semctl(cmd).name if cmd in list(Semctl) else f"{cmd:#x}",
    Kind.MSG_COMMAND: lambda cmd: Msgctl(cmd).name if cmd in list(Msgctl) else f"{cmd:#x}",
    Kind.MSGRCV_FLAGS: lambda flags: format_flags(Msgrcv, flags),
    Kind.SHMAT_FLAGS: lambda flags: format_flags(Shmat, flags),
    Kind.FALLOC_MODE: lambda mode: format_flags(Falloc, mode),
    Kind.WAIT_OPTIONS: lambda options: format_flags(Wait, options),
    Kind.USAGE_OF: lambda who: Rusage(who).name if who in list(Rusage) else hex(who),
    Kind.PRIORITY_OF: lambda which: Prio(which).name if which in list(Prio) else f"{which:#x}",
    Kind.AT_FLAGS: lambda flags: format_flags(At, flags),
    Kind.UNLINK_FLAGS: lambda flags: format_flags(Unlinkat, flags),
    Kind.ACCESS_MODE: lambda mode: format_flags(Access, mode, "F_OK"),
    Kind.FD_FLAGS: lambda flags: format_flags(Open, flags),
    Kind.CLOSE_FLAGS: lambda flags: format_flags(CloseRange, flags),
    Kind.IOCTL_COMMAND: lambda cmd: Ioctl(cmd).name if cmd in list(Ioctl) else f"{cmd:#x}",
    Kind.GRND_FLAGS: lambda flags: format_flags(Grnd, flags),
    Kind.FLOCK_COMMAND: lambda cmd: format_flags(Flock, cmd),
    Kind.CLOCK: lambda clock: Clock(clock).name if clock in list(Clock) else f"{clock:#x}",
    Kind.ACCESS_FLAGS: lambda flags: format_flags(Faccessat, flags),
    Kind.WAIT_TYPE: lambda kind: IdType(kind).name if kind in list(IdType) else f"{kind:#x}",
    Kind.ITIMER: lambda timer: Itimer(timer).name if timer in list(Itimer) else f"{timer:#x}",
    Kind.STATX_MASK: _statx_mask,
    Kind.SOCK_FAMILY: _named(AddressFamily),
    Kind.SOCK_TYPE: _sock_type,
    Kind.PROTOCOL: str,
    Kind.MSG_FLAGS: lambda flags: format_flags(Msg, flags),
    Kind.ACCEPT_FLAGS: lambda flags: format_flags(SockFlag, flags),
    Kind.SHUT_HOW: _named(Shut),
    Kind.SOCK_LEVEL: _named(SockLevel),
    Kind.SOCK_OPTION: _named(SockOption),
    Kind.EVENTFD_FLAGS: lambda flags: format_flags(Eventfd, flags),
    Kind.EPOLL_FLAGS: lambda flags: format_flags(EpollCreate, flags),
    Kind.EPOLL_OP: _named(EpollOp),
    Kind.TIMERFD_FLAGS: lambda flags: format_flags(TimerfdCreate, flags),
    Kind.SETTIME_FLAGS: lambda flags: format_flags(TimerfdSettime, flags),
    Kind.SIGNALFD_FLAGS: lambda flags: format_flags(Signalfd, flags),
    Kind.SIGPROCMASK_HOW: lambda how: How(how).name if how in list(How) else hex(how),
    Kind.RENAME_FLAGS: lambda flags: format_flags(Rename, flags),
    Kind.SYNC_FLAGS: lambda flags: format_flags(SyncRange, flags),
    Kind.FILE_ADVICE: lambda advice: (
        Fadvise(advice).name if advice in list(Fadvise) else f"{advice:#x}"
    ),
    Kind.NODE_MODE: _node_mode,
    Kind.DEVICE: _device,
    Kind.OWNER: lambda owner: "-1" if owner == _AS_IT_IS else str(int(owner)),
}
PARSERS: Mapping[Kind, Callable[[str], int]] = {
    Kind.FUTEX_OP: lambda text: parse_symbols(text, _OPS),
    Kind.RSEQ_FLAGS: _symbols(Rseq),
    Kind.TIMER_FLAGS: _symbols(Timer),
    Kind.WHENCE: _symbols(Seek),
    Kind.SHM_COMMAND: _symbols(Shmctl),
    Kind.SEM_COMMAND: _symbols(Semctl),
    Kind.MSG_COMMAND: _symbols(Msgctl),
    Kind.MSGRCV_FLAGS: _symbols(Msgrcv),
    Kind.SHMAT_FLAGS: _symbols(Shmat),
    Kind.FALLOC_MODE: _symbols(Falloc),
    Kind.WAIT_OPTIONS: _symbols(Wait),
    Kind.USAGE_OF: _symbols(Rusage),
    Kind.PRIORITY_OF: _symbols(Prio),
    Kind.AT_FLAGS: _symbols(At),
    Kind.UNLINK_FLAGS: _symbols(Unlinkat),
    Kind.ACCESS_MODE: _symbols(Access),
    Kind.FD_FLAGS: _symbols(Open),
    Kind.CLOSE_FLAGS: _symbols(CloseRange),
    Kind.IOCTL_COMMAND: _symbols(Ioctl),
    Kind.GRND_FLAGS: _symbols(Grnd),
    Kind.FLOCK_COMMAND: _symbols(Flock),
    Kind.CLOCK: _symbols(Clock),
    Kind.ACCESS_FLAGS: _symbols(Faccessat),
    Kind.WAIT_TYPE: _symbols(IdType),
    Kind.ITIMER: _symbols(Itimer),
    Kind.STATX_MASK: lambda text: parse_symbols(text, _STATX),
    Kind.SOCK_FAMILY: _symbols(AddressFamily),
    Kind.SOCK_TYPE: lambda text: parse_symbols(text, _SOCK_TYPES),
    Kind.PROTOCOL: parse_number,
    Kind.MSG_FLAGS: _symbols(Msg),
    Kind.ACCEPT_FLAGS: _symbols(SockFlag),
    Kind.SHUT_HOW: _symbols(Shut),
    Kind.SOCK_LEVEL: _symbols(SockLevel),
    Kind.SOCK_OPTION: _symbols(SockOption),
    Kind.EVENTFD_FLAGS: _symbols(Eventfd),
    Kind.EPOLL_FLAGS: _symbols(EpollCreate),
    Kind.EPOLL_OP: _symbols(EpollOp),
    Kind.TIMERFD_FLAGS: _symbols(TimerfdCreate),
    Kind.SETTIME_FLAGS: _symbols(TimerfdSettime),
    Kind.SIGNALFD_FLAGS: _symbols(Signalfd),
    Kind.SIGPROCMASK_HOW: _symbols(How),
    Kind.RENAME_FLAGS: _symbols(Rename),
    Kind.SYNC_FLAGS: _symbols(SyncRange),
    Kind.FILE_ADVICE: _symbols(Fadvise),
    Kind.NODE_MODE: _symbols(FileType),
    Kind.DEVICE: _parse_device,
}
