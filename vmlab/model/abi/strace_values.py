"""Values as strace writes them, both ways, by the kind of the parameter that holds them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import IntFlag
from typing import Any

from vmlab.errors import ArgumentError
from vmlab.model.abi.clone import CSIGNAL, Clone
from vmlab.model.abi.fcntl import (
    AT_FDCWD,
    MFD_HUGE_BITS,
    MFD_HUGE_SHIFT,
    MFD_HUGETLB,
    O_ACCMODE,
    Fcntl,
    Fd,
    Mfd,
    Open,
    Seal,
)
from vmlab.model.abi.kinds import Kind
from vmlab.model.abi.membarrier import MEMBARRIER_CMD_FLAG_CPU, Membarrier
from vmlab.model.abi.mman import MAP_TYPE, ULONG_MAX, Madv, Map, Mcl, Mlock, Mremap, Ms, Prot
from vmlab.model.abi.personality import PER_MASK, PER_NAMES, PER_QUERY, Personality
from vmlab.model.abi.pidfd import Pidfd
from vmlab.model.abi.prctl import Arch, Pr
from vmlab.model.abi.resource import RLIM_INFINITY, Rlimit
from vmlab.model.abi.shm import IPC_CREAT, IPC_EXCL, IPC_PRIVATE, Ipc
from vmlab.model.abi.signal import SIGNALS
from vmlab.model.abi.stat import S_IRWXUGO
from vmlab.model.abi.strace_names import FORMATS, PARSERS
from vmlab.model.abi.strace_numbers import (
    LONGEST_NUMBER,
    format_flags,
    parse_number,
    parse_symbols,
)
from vmlab.model.abi.strace_signals import format_handler, format_signal
from vmlab.model.abi.strace_strings import (
    STRING,
    format_bytes,
    format_text,
    parse_bytes,
    parse_list,
    parse_text,
)

_TYPES = {1: "MAP_SHARED", 2: "MAP_PRIVATE", 3: "MAP_SHARED_VALIDATE", 8: "MAP_DROPPABLE"}
_MODES = ("O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE")
_INFINITY = ("RLIM64_INFINITY", "RLIM_INFINITY")
_BARRIER_FLAG = "MEMBARRIER_CMD_FLAG_CPU"
_LIMITS = re.compile(r"\{rlim_cur=([^,}]+), rlim_max=([^,}]+)\}")


def _prot(prot: int) -> str:
    return format_flags(Prot, prot, "PROT_NONE")


def _map_flags(flags: int) -> str:
    kind = _TYPES.get(flags & MAP_TYPE, f"{flags & MAP_TYPE:#x}")
    rest = flags & ~MAP_TYPE
    return f"{kind}|{format_flags(Map, rest)}" if rest else kind


def _open_flags(flags: int) -> str:
    mode, rest = _MODES[flags & O_ACCMODE], flags & ~O_ACCMODE
    return f"{mode}|{format_flags(Open, rest)}" if rest else mode


def _clone_flags(flags: int) -> str:
    signal, rest = flags & CSIGNAL, flags & ~CSIGNAL
    words = [format_flags(Clone, rest)] if rest else []
    if signal:
        words.append(format_signal(signal))
    return f"flags={'|'.join(words) or '0'}"


def _memfd_flags(flags: int) -> str:
    size = flags & MFD_HUGE_BITS if flags & MFD_HUGETLB else 0
    words = format_flags(Mfd, flags & ~size)
    return f"{words}|{size >> MFD_HUGE_SHIFT}<<MFD_HUGE_SHIFT" if size else words


def _parse_memfd_flags(text: str) -> int:
    words, _, size = text.removesuffix("<<MFD_HUGE_SHIFT").rpartition("|")
    if words and text.endswith("<<MFD_HUGE_SHIFT"):
        return _memfd_symbols(words) | parse_number(size) << MFD_HUGE_SHIFT
    return _memfd_symbols(text)


# The arguments of clone(2) in the order of the kernel, by what strace calls them, and in its order.
CLONE_WORDS = ("flags", "child_stack", "parent_tid", "child_tidptr", "tls")
_CLONE_ORDER = ("child_stack", "flags", "parent_tid", "tls", "child_tidptr")


def format_clone(args: Sequence[int]) -> list[str]:
    """Return the arguments of clone(2) as strace has them, those that are 0 left out.

    Where the parent is told the number, strace shows the number itself in brackets.

    >>> format_clone((0x100011, 0x7000, 0x8000))
    ['child_stack=0x7000', 'flags=CLONE_PARENT_SETTID|SIGCHLD', 'parent_tid=0x8000']
    """
    words = {n: f"{n}={_address(arg)}" for n, arg in zip(CLONE_WORDS, args, strict=False) if arg}
    words["flags"] = _clone_flags(args[0])
    return [words[name] for name in _CLONE_ORDER if name in words]


_OF_COMMAND: dict[int, type[IntFlag]] = {Fcntl.F_SETFD: Fd, Fcntl.F_ADD_SEALS: Seal}


def format_fcntl_argument(cmd: int, arg: int) -> list[str]:
    """Return the last argument of fcntl(2), nothing for a command that needs none.

    >>> format_fcntl_argument(Fcntl.F_ADD_SEALS, 9), format_fcntl_argument(Fcntl.F_GETFL, 0)
    (['F_SEAL_SEAL|F_SEAL_WRITE'], [])
    """
    if cmd in (Fcntl.F_GETFD, Fcntl.F_GETFL, Fcntl.F_GET_SEALS):
        return []
    if cmd in (Fcntl.F_DUPFD, Fcntl.F_DUPFD_CLOEXEC):
        return [str(int(arg))]
    if cmd == Fcntl.F_SETFL:
        return [_open_flags(arg)]
    return [format_flags(_OF_COMMAND[cmd], arg) if cmd in _OF_COMMAND else f"{arg:#x}"]


def format_fcntl_result(cmd: int, value: int) -> str:
    """Return what fcntl(2) gave: bits by name, too.

    >>> format_fcntl_result(Fcntl.F_GET_SEALS, 9), format_fcntl_result(Fcntl.F_GETFD, 0)
    ('0x9 (seals F_SEAL_SEAL|F_SEAL_WRITE)', '0')
    """
    match cmd:
        case Fcntl.F_GETFL:
            return f"{_hex(value)} (flags {_open_flags(value)})"
        case Fcntl.F_GETFD if value:
            return f"{value:#x} (flags {format_flags(Fd, value)})"
        case Fcntl.F_GET_SEALS if value:
            return f"{value:#x} (seals {format_flags(Seal, value)})"
    return str(value)


def format_mode(mode: int) -> str:
    """Return rights of a file.

    >>> format_mode(0o644), format_mode(0)
    ('0644', '000')
    """
    return f"0{mode:02o}"


def _shmget_flags(flags: int) -> str:
    rest, rights = flags & ~S_IRWXUGO, format_mode(flags & S_IRWXUGO)
    return f"{format_flags(Ipc, rest)}|{rights}" if rest else rights


def _ipc_flags(flags: int) -> str:
    # What is more than IPC_CREAT and IPC_EXCL has no name here.
    named = flags & (IPC_CREAT | IPC_EXCL)
    rest, rights = flags & ~(S_IRWXUGO | named), format_mode(flags & S_IRWXUGO)
    words = [format_flags(Ipc, named)] if named else []
    return "|".join((*words, *([f"{rest:#x}"] if rest else []), rights))


def format_personality(persona: int) -> str:
    """Return bits of personality(2) by name.

    >>> format_personality(0x40000), format_personality(0x16)
    ('PER_LINUX|ADDR_NO_RANDOMIZE', '0x16 /* PER_??? */')
    """
    if persona == PER_QUERY:
        return f"{persona:#x}"
    system, rest = persona & PER_MASK, persona & ~PER_MASK
    name = PER_NAMES.get(system, f"{system:#x} /* PER_??? */")
    return f"{name}|{format_flags(Personality, rest)}" if rest else name


def _hex(number: int) -> str:
    return f"{number:#x}" if number else "0"


def _address(addr: int | None) -> str:
    return f"{addr & ULONG_MAX:#x}" if addr else "NULL"


def _vector(addr: int | None) -> str:
    return "NULL" if addr is None else f"{addr & ULONG_MAX:#x}"


def format_limits(pair: tuple[int, int] | None) -> str:
    """Return a soft and a hard limit.

    >>> format_limits((8 << 20, RLIM_INFINITY)), format_limits(None)
    ('{rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}', 'NULL')
    """
    if pair is None:
        return "NULL"
    soft, hard = (_limit_of_pair(limit & ULONG_MAX) for limit in pair)
    return f"{{rlim_cur={soft}, rlim_max={hard}}}"


def _limit_of_pair(limit: int) -> str:
    if limit > 1024 and not limit % 1024 and limit != RLIM_INFINITY:
        return f"{limit >> 10}*1024"
    return _limit(limit)


def _limit(limit: int) -> str:
    return _INFINITY[0] if limit == RLIM_INFINITY else str(int(limit))


def _list(strings: Iterable[str] | None) -> str:
    return "NULL" if strings is None else f"[{', '.join(map(format_text, strings))}]"


def plain(value: Any) -> str:
    """Return a value that no table tells the kind of.

    >>> plain("a"), plain(b"\\377"), plain(None), plain(True), plain(["a"])
    ('"a"', '"\\\\377"', 'NULL', '1', '["a"]')
    """
    if isinstance(value, str):
        return format_text(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return format_bytes(bytes(value))
    if isinstance(value, list):
        return f"[{', '.join(map(plain, value))}]"
    if value is None:
        return "NULL"
    return str(int(value)) if isinstance(value, int) else str(value)


_FORMATS: dict[Kind, Callable[[Any], str]] = {
    Kind.ADDRESS: _address,
    Kind.HINT: _address,
    Kind.BREAK: _address,
    Kind.BUFFER: _address,
    Kind.VECTOR: _vector,
    Kind.MAP_OFFSET: _hex,
    Kind.PROT: _prot,
    Kind.MAP_FLAGS: _map_flags,
    Kind.MREMAP_FLAGS: lambda flags: format_flags(Mremap, flags),
    Kind.REMAP_FLAGS: lambda flags: format_flags(Map, flags),
    Kind.ADVICE: lambda advice: Madv(advice).name if advice in list(Madv) else f"{advice:#x}",
    Kind.MSYNC_FLAGS: lambda flags: format_flags(Ms, flags),
    Kind.MSEAL_FLAGS: _hex,
    Kind.NO_FLAGS: _hex,
    Kind.PIDFD_FLAGS: lambda flags: format_flags(Pidfd, flags),
    Kind.MLOCK_FLAGS: lambda flags: format_flags(Mlock, flags),
    Kind.MCL_FLAGS: lambda flags: format_flags(Mcl, flags),
    Kind.OPEN_FLAGS: _open_flags,
    Kind.MEMFD_FLAGS: _memfd_flags,
    Kind.DIRFD: lambda fd: "AT_FDCWD" if fd == AT_FDCWD else str(int(fd)),
    Kind.IPC_KEY: lambda key: f"{key:#x}" if key else "IPC_PRIVATE",
    Kind.SHMGET_FLAGS: _shmget_flags,
    Kind.IPC_FLAGS: _ipc_flags,
    Kind.FCNTL_COMMAND: lambda cmd: Fcntl(cmd).name if cmd in list(Fcntl) else f"{cmd:#x}",
    Kind.CLONE_FLAGS: _clone_flags,
    Kind.ARGV: _list,
    Kind.ENV: _list,
    Kind.PERSONALITY: lambda persona: format_personality(persona & PER_QUERY),
    Kind.RESOURCE: lambda number: Rlimit(number).name if number in list(Rlimit) else str(number),
    Kind.LIMIT: _limit,
    Kind.HARD_LIMIT: lambda limit: "NULL" if limit is None else _limit(limit),
    Kind.LIMITS: format_limits,
    Kind.OPTION: lambda option: Pr(option).name if option in list(Pr) else _hex(option),
    Kind.ARGUMENT: lambda value: _hex(value & ULONG_MAX),
    Kind.ARCH_CODE: lambda code: Arch(code).name if code in list(Arch) else _hex(code),
    Kind.BARRIER: lambda cmd: Membarrier(cmd).name if cmd in list(Membarrier) else _hex(cmd),
    Kind.BARRIER_FLAGS: lambda flags: (
        _BARRIER_FLAG if flags == MEMBARRIER_CMD_FLAG_CPU else _hex(flags)
    ),
    Kind.SIGNAL: format_signal,
    Kind.HANDLER: format_handler,
    **FORMATS,
    Kind.FILE_MODE: format_mode,
    Kind.PATH_OR_NONE: plain,
}


def format_value(kind: Kind, value: Any) -> str:
    """Return an argument as strace writes it."""
    return _FORMATS.get(kind, plain)(value)


def _members(*families: Any) -> dict[str, int]:
    return {name: int(each) for family in families for name, each in family.__members__.items()}


def _parse_address(text: str) -> int:
    if STRING.fullmatch(text) or text.startswith(("{", "[")):
        raise ArgumentError("bytes_not_address")
    return 0 if text == "NULL" else parse_number(text)


def _parse_strings(text: str) -> list[str] | None:
    return None if text == "NULL" else [parse_text(item) for item in parse_list(text)]


def _parse_fd(text: str) -> int:
    # As `strace -y` decorates it, too: 3</etc/passwd>.
    return parse_number(re.sub(r"(?<=\d)<.*>$", "", text))


def parse_limits(text: str) -> tuple[int, int] | None:
    """Return the soft and the hard limit that a text is.

    Raises:
        ArgumentError: it is none.

    >>> parse_limits("{rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}")
    (8388608, 18446744073709551615)
    """
    if text == "NULL":
        return None
    found = _LIMITS.fullmatch(text)
    if found is None:
        raise ArgumentError("number_unreadable", text=text[:LONGEST_NUMBER])
    return _parse_limit(found[1]), _parse_limit(found[2])


def _symbols(*families: Any, **more: int) -> Callable[[str], int]:
    known = _members(*families) | more
    return lambda text: parse_symbols(text, known)


def _parse_personality(text: str) -> int:
    return _personality_symbols(re.sub(r"\s*/\*.*?\*/", "", text))


_personality_symbols = _symbols(Personality, **{name: bits for bits, name in PER_NAMES.items()})
_memfd_symbols = _symbols(Mfd)
_parse_limit = _symbols(**dict.fromkeys(_INFINITY, RLIM_INFINITY))
_clone_symbols = _symbols(Clone, **SIGNALS)
_PARSERS: dict[Kind, Callable[[str], Any]] = {
    Kind.ADDRESS: _parse_address,
    Kind.HINT: _parse_address,
    Kind.BREAK: _parse_address,
    Kind.BUFFER: _parse_address,
    Kind.VECTOR: lambda text: None if text == "NULL" else parse_number(text),
    Kind.PROT: _symbols(Prot),
    Kind.MAP_FLAGS: _symbols(Map),
    Kind.MREMAP_FLAGS: _symbols(Mremap),
    Kind.REMAP_FLAGS: _symbols(Map),
    Kind.ADVICE: _symbols(Madv),
    Kind.MSYNC_FLAGS: _symbols(Ms),
    Kind.MLOCK_FLAGS: _symbols(Mlock),
    Kind.PIDFD_FLAGS: _symbols(Pidfd),
    Kind.MCL_FLAGS: _symbols(Mcl),
    Kind.OPEN_FLAGS: _symbols(Open, O_ACCMODE=O_ACCMODE),
    Kind.MEMFD_FLAGS: _parse_memfd_flags,
    Kind.IPC_KEY: _symbols(IPC_PRIVATE=IPC_PRIVATE),
    Kind.SHMGET_FLAGS: _symbols(Ipc),
    Kind.IPC_FLAGS: _symbols(Ipc),
    Kind.FCNTL_COMMAND: _symbols(Fcntl),
    Kind.FCNTL_ARGUMENT: _symbols(Fd, Seal, Open, O_ACCMODE=O_ACCMODE),
    Kind.CLONE_FLAGS: lambda text: _clone_symbols(text.removeprefix("flags=")),
    Kind.FD: _parse_fd,
    Kind.PIDFD: _parse_fd,
    Kind.DIRFD: lambda text: AT_FDCWD if text.startswith("AT_FDCWD") else _parse_fd(text),
    Kind.PATH: parse_text,
    Kind.PATH_OR_NONE: lambda text: None if text == "NULL" else parse_text(text),
    Kind.NAME: parse_text,
    Kind.ARGV: _parse_strings,
    Kind.ENV: lambda text: _parse_strings(text) or [],
    Kind.PERSONALITY: _parse_personality,
    Kind.RESOURCE: _symbols(Rlimit),
    Kind.LIMIT: _parse_limit,
    Kind.HARD_LIMIT: lambda text: None if text == "NULL" else _parse_limit(text),
    Kind.LIMITS: parse_limits,
    Kind.OPTION: _symbols(Pr),
    Kind.ARCH_CODE: _symbols(Arch),
    Kind.ARGUMENT: _parse_address,
    Kind.BARRIER: _symbols(Membarrier),
    Kind.BARRIER_FLAGS: _symbols(**{_BARRIER_FLAG: MEMBARRIER_CMD_FLAG_CPU}),
    Kind.SIGNAL: _symbols(**SIGNALS),
    Kind.HANDLER: lambda text: bool(parse_number(text)),
    Kind.DATA: parse_bytes,
    **PARSERS,
}


def parse_value(kind: Kind, text: str) -> Any:
    """Return the argument that a text of strace stands for.

    Raises:
        ArgumentError: it cannot be read.
    """
    return _PARSERS.get(kind, parse_number)(text)
