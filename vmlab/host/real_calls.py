"""What may be done for real, and how: a call as registers and bytes, its answer as values.

Only what concerns memory, and files that nobody else has, is done. Whatever would reach another
process or a file of the host, or change a setting of the machine, is refused before it is made.
"""

from __future__ import annotations

import errno
import posixpath
from collections.abc import Callable, Sequence
from typing import Any

from vmlab.model.abi.calls import ACTIONS, CALLS
from vmlab.model.abi.fcntl import Fcntl
from vmlab.model.abi.kinds import Kind, Result
from vmlab.model.abi.mman import MAP_LOCKED, MAP_POPULATE, Madv
from vmlab.model.abi.strace import format_result
from vmlab.model.mmu.page import PAGE_SIZE, MiB
from vmlab.record.replay import RecordedCall
from vmlab.words.language import say

BENCH = 0x20000  # where the victim has the instructions that it runs, and room for texts
ROOM = BENCH + PAGE_SIZE
ROOM_SIZE = 16 * PAGE_SIZE
BENCH_END = ROOM + ROOM_SIZE

# What a script may do; `store`, `load`, `add` and `fetch` besides.
ALLOWED = frozenset(
    (
        *("mmap", "munmap", "mprotect", "mremap", "remap_file_pages", "madvise", "msync"),
        *("mlock", "mlock2", "munlock", "mincore", "mseal", "brk", "fork", "exit_group"),
        *("wait4", "getpid", "getppid", "getrlimit", "setrlimit", "open", "creat"),
        *("memfd_create", "truncate", "ftruncate", "fallocate", "unlink", "mkdir", "rmdir"),
        *("close", "dup", "dup2", "dup3", "fcntl", "lseek", "read", "write", "pread64"),
        *("pwrite64", "readv", "writev", "fstat", "fsync", "fdatasync", "pipe", "pipe2"),
    )
)
OWNERS = frozenset(("fs.write", "fs.install", "fs.truncate", "fs.unlink", "fs.mkdir"))
DEVICES = frozenset(("/dev/null", "/dev/zero"))  # of the host, which nothing can be done to
MOST_AT_ONCE = 256 * MiB  # bytes that a call may bring into memory
MOST_PROCESSES = 64
_ELSEWHERE = ("/proc/", "/sys/", "/dev/")
_COMMANDS = frozenset(
    (
        *(Fcntl.F_DUPFD, Fcntl.F_DUPFD_CLOEXEC, Fcntl.F_GETFD, Fcntl.F_SETFD),
        *(Fcntl.F_GETFL, Fcntl.F_SETFL, Fcntl.F_ADD_SEALS, Fcntl.F_GET_SEALS),
    )
)
_ADVICE = frozenset(Madv) - {Madv.MADV_HWPOISON, Madv.MADV_SOFT_OFFLINE}
_PLACES = (Kind.ADDRESS, Kind.HINT, Kind.BUFFER, Kind.VECTOR, Kind.BREAK)
_AMOUNTS = (Kind.LENGTH, Kind.COUNT, Kind.OFFSET)
_POPULATES = (Madv.MADV_POPULATE_READ, Madv.MADV_POPULATE_WRITE)
_LAST_ERRNO = 4095
_MASK = (1 << 64) - 1


def why_not(call: RecordedCall) -> str:
    """Say why a call is not made for real, '' = it may be made."""
    if not call.pid:
        if call.name not in OWNERS:
            return _not_done(call.name)
        return _why_no_path(call.name, call.args[0])
    if call.name not in ALLOWED and call.name not in ("store", "load", "add", "fetch"):
        return _not_done(call.name)
    if call.registers:
        return say("calls of a program that runs are not made for real")
    if call.name == "fcntl" and call.args[1] not in _COMMANDS:
        return _not_done(f"{call.name} {call.args[1]}")
    if call.name == "madvise" and call.args[2] not in _ADVICE:
        return _not_done(f"{call.name} {call.args[2]}")
    for path in _paths(call.name, call.args):
        if problem := _why_no_path(call.name, path):
            return problem
    if _meets_bench(call.name, call.args):
        at = f"{BENCH:#x}-{BENCH_END:#x}"
        return say("{name}: {at} is where the real process keeps its tools", name=call.name, at=at)
    if _brings_in(call.name, call.args) > MOST_AT_ONCE:
        n = MOST_AT_ONCE // MiB
        return say("{name}: no more than {n} MiB are brought in at once", name=call.name, n=n)
    return ""


def _not_done(name: str) -> str:
    return say(
        "{name} is not done for real: only calls on a process's own memory and files are, and fork",
        name=name,
    )


def _why_no_path(name: str, path: str) -> str:
    found = inside(path)
    if (name == "open" and found in DEVICES) or not f"{found}/".startswith(_ELSEWHERE):
        return ""
    return say("{path} belongs to the host: it is not opened for real", path=path)


def _paths(name: str, args: Sequence[Any]) -> list[str]:
    pairs = zip(ACTIONS[name].parameters, args, strict=False)
    return [value for parameter, value in pairs if parameter.kind is Kind.PATH]


def inside(path: str) -> str:
    """Return a path from the top of the private folder on; nothing leads out of that.

    >>> inside("../../etc/passwd")
    '/etc/passwd'
    """
    return posixpath.normpath(f"/{path.lstrip('/')}")


def _meets_bench(name: str, args: Sequence[Any]) -> bool:
    pairs = list(zip(ACTIONS[name].parameters, args, strict=False))
    length = max((v & _MASK for p, v in pairs if p.kind in (Kind.LENGTH, Kind.COUNT)), default=1)
    places = [value & _MASK for p, value in pairs if p.kind in _PLACES and value]
    if name == "store":
        length = len(args[1])
    if name == "munmap" and not args[0]:
        places = [0]
    return any(place < BENCH_END and place + length > BENCH for place in places)


def _brings_in(name: str, args: Sequence[Any]) -> int:
    # Bytes, at most.
    pairs = zip(ACTIONS[name].parameters, args, strict=False)
    amount = max((v & _MASK for p, v in pairs if p.kind in _AMOUNTS), default=0)
    match name:
        case "mmap":
            return amount if args[3] & (MAP_POPULATE | MAP_LOCKED) else 0
        case "madvise":
            return amount if args[2] in _POPULATES else 0
        case "mlock" | "mlock2" | "fallocate" | "read" | "write" | "pread64" | "pwrite64" | "load":
            return amount
    return 0


class Request:
    """A call as the victim makes it.

    Args:
        name: of the call.
        args: as the method of `Process` takes them.
        path: returns where a path of the script lies on the host.
        pid: returns the number on the host of a process that has a number in the script.
    """

    def __init__(
        self,
        name: str,
        args: Sequence[Any],
        path: Callable[[str], str],
        pid: Callable[[int], int],
    ) -> None:
        self.name, self.args = name, tuple(args)
        self.number = CALLS[name].number
        self.room = b""  # what must stand at ROOM before
        words: list[int] = []
        for parameter, value in zip(CALLS[name].parameters, args, strict=False):
            if parameter.kind in (Kind.PATH, Kind.NAME):
                text = path(value) if parameter.kind is Kind.PATH else value
                self.room = text.encode(errors="surrogateescape") + b"\0"
                words.append(ROOM)
            elif parameter.kind is Kind.WAIT_PID:
                words.append(pid(value) if value > 0 else value)
            else:
                words.append(int(value or 0))
        self.words = self._in_order(words)

    def _in_order(self, words: list[int]) -> list[int]:
        # As the kernel takes them, with room for what it stores.
        match self.name:
            case "wait4":
                pid, options, status, rusage = words
                return [pid, status or ROOM, options, rusage]
            case "mincore":
                return [*words[:2], words[2] if self.args[2] is not None else ROOM]
            case "pipe" | "pipe2":
                return [ROOM, *words]
            case "getrlimit":
                return [words[0], words[1] or ROOM]
            case "setrlimit":
                soft, hard = (word & _MASK for word in words[1:])
                hard = _MASK if self.args[2] is None else hard
                self.room = soft.to_bytes(8, "little") + hard.to_bytes(8, "little")
                return [words[0], ROOM]
        return words

    def answer(
        self, result: int, read: Callable[[int, int], bytes], number: Callable[[int], int]
    ) -> str:
        """Return what strace would print.

        Args:
            result: what stood in the register.
            read: reads memory of the victim, address and length in bytes.
            number: returns the number in the script of a process of the host.
        """
        if result > _MASK - _LAST_ERRNO:
            code = (1 << 64) - result
            return f"-1 {errno.errorcode.get(code, f'errno {code}')}"
        return format_result(self.name, self._value(result, read, number), self.args)

    def _value(
        self, result: int, read: Callable[[int, int], bytes], number: Callable[[int], int]
    ) -> Any:
        match CALLS[self.name].result:
            case Result.PID:
                return number(result)
            case Result.STATUS:
                status = int.from_bytes(read(self.words[1], 4), "little") if result else 0
                return number(result), status
            case Result.FDS:
                return tuple(int.from_bytes(read(ROOM + at, 4), "little") for at in (0, 4))
            case Result.BYTES:
                return read(self.words[2], -(-self.args[1] // PAGE_SIZE))
            case Result.LIMITS:
                return tuple(int.from_bytes(read(self.words[1] + at, 8), "little") for at in (0, 8))
        return result
