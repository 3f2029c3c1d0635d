"""A system call of a real process as strace prints it with -y, if it concerns memory or files."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable, Sequence
from typing import Any

from vmlab.host.replay_calls import BIRTHS, MEMORY
from vmlab.model.abi.calls import CALLS, CALLS_BY_NUMBER
from vmlab.model.abi.fcntl import AT_FDCWD
from vmlab.model.abi.kinds import DECLARED, Kind, Result
from vmlab.model.abi.stat import S_IFMT, FileType
from vmlab.model.abi.strace_signals import format_signal
from vmlab.model.abi.strace_strings import format_bytes, format_text
from vmlab.model.abi.strace_values import (
    format_clone,
    format_fcntl_argument,
    format_limits,
    format_value,
)

NAMES = frozenset(
    (
        *MEMORY,
        *BIRTHS,
        *("execve", "exit", "exit_group", "wait4", "open", "openat", "creat", "memfd_create"),
        *("close", "close_range", "dup", "dup2", "dup3", "fcntl", "ftruncate", "fallocate"),
        *("fstat", "newfstatat", "chdir", "unlink", "unlinkat", "arch_prctl"),
        *("set_tid_address", "setrlimit", "prlimit64"),
    )
)
_LONGEST = 4096  # bytes of a text
_STAT = struct.Struct("<24x I 20x q")  # st_mode and st_size of struct stat
_CLONE_ARGS = ("flags", "", "child_tid", "parent_tid", "exit_signal", "stack", "stack_size", "tls")
_LIMITS = {"setrlimit": 1, "prlimit64": 2}  # where the new ones stand
_KINDS = (Kind.FD, Kind.DIRFD)
_MASK = (1 << 64) - 1
_LAST_ERRNO = 4095
_RESTARTS = range(512, 517)  # errors of a call that is made again

Read = Callable[[int, int], bytes]


class CallText:
    """A call, from what its registers and its memory hold as it is made.

    Args:
        pid: the process.
        number: of the call.
        words: its arguments.
        read: reads its memory: address and length in bytes; it may give less.
        strings: whether the arguments of programs are kept.
    """

    def __init__(
        self, pid: int, number: int, words: Sequence[int], read: Read, *, strings: bool
    ) -> None:
        call = CALLS_BY_NUMBER.get(number)
        self.name = call.name if call is not None and call.name in NAMES else ""
        self.pid, self._words, self._read, self._strings = pid, list(words), read, strings
        self._begun = self._arguments() if self.name else []

    def line(self, result: int | None) -> str:
        """Return the line, None = it does not return; '' = it is none that is kept."""
        code = (_MASK + 1 - result) if result is not None and result > _MASK - _LAST_ERRNO else 0
        if not self.name or code in _RESTARTS:
            return ""
        args = self._begun
        if self.name in ("fstat", "newfstatat") and not code:
            place = 1 if self.name == "fstat" else 2
            args = [*args[:place], self._stat(self._words[place]), *args[place + 1 :]]
        return f"{self.pid} {self.name}({', '.join(args)}) = {self._answer(result, code)}\n"

    def _answer(self, result: int | None, code: int) -> str:
        if result is None:
            return "?"
        if code:
            return f"-1 {errno.errorcode.get(code, f'errno {code}')} ({os.strerror(code)})"
        kind = CALLS[self.name].result
        if kind is Result.ADDRESS:
            return f"{result:#x}"
        return self._fd(result) if kind is Result.FD else str(result)

    # Arguments

    def _arguments(self) -> list[str]:
        words = self._words
        match self.name:
            case "fork" | "vfork":
                return []
            case "clone":
                return format_clone(words[:5])
            case "clone3":
                return [self._clone_args(words[0]), str(words[1])]
            case "execve":
                return [self._text(words[0]), self._argv(words[1]), f"{words[2]:#x}"]
            case "fcntl":
                return [self._fd(words[0]), *self._fcntl(words[1], words[2])]
            case "setrlimit" | "prlimit64":
                return self._limits(_LIMITS[self.name])
            case "fstat":
                return [self._fd(words[0]), f"{words[1]:#x}"]
            case "newfstatat":
                path = self._text(words[1])
                return [self._fd(words[0]), path, f"{words[2]:#x}", f"{words[3] & 0xFFFFFFFF:#x}"]
            case "wait4":
                status, options, usage = words[1:4]
                pid = str(_signed(words[0]))
                return [pid, f"{status:#x}", f"{options & 0xFFFFFFFF:#x}", f"{usage:#x}"]
        parameters = CALLS[self.name].parameters
        return [self._value(p.kind, w) for p, w in zip(parameters, words, strict=False)]

    def _value(self, kind: Kind, word: int) -> str:
        if kind in _KINDS:
            return self._fd(word)
        if kind in (Kind.PATH, Kind.NAME):
            return self._text(word)
        declared = DECLARED.get(kind)
        value: Any = word
        if declared is not None:
            value = word & (declared.stop - declared.start - 1)
            value -= declared.stop - declared.start if value >= declared.stop else 0
        return format_value(kind, value)

    def _fd(self, word: int) -> str:
        number = _signed(word)
        name = "cwd" if number == AT_FDCWD else f"fd/{number}"
        shown = "AT_FDCWD" if number == AT_FDCWD else str(number)
        try:
            path = os.readlink(f"/proc/{self.pid}/{name}")
        except OSError:
            return shown
        quoted = format_text(path)[1:-1].replace("<", "\\74").replace(">", "\\76")
        return f"{shown}<{quoted}>"

    def _text(self, addr: int) -> str:
        if not addr:
            return "NULL"
        data = self._read(addr, _LONGEST)
        end = data.find(b"\0")
        return format_bytes(data[:end]) if end >= 0 else f"{addr:#x}"

    def _argv(self, addr: int) -> str:
        if not self._strings:
            return "[...]"
        words: list[str] = []
        while at := int.from_bytes(self._read(addr + 8 * len(words), 8), "little"):
            words.append(self._text(at))
        return f"[{', '.join(words)}]"

    def _clone_args(self, addr: int) -> str:
        data = self._read(addr, 8 * len(_CLONE_ARGS))
        numbers = struct.unpack(f"<{len(data) // 8}Q", data[: len(data) // 8 * 8])
        told = dict(zip(_CLONE_ARGS, numbers, strict=False))
        words = [format_value(Kind.CLONE_FLAGS, told.pop("flags", 0))]
        for name, number in told.items():
            if name == "exit_signal":
                words.append(f"exit_signal={format_signal(number) if number else 0}")
            elif name and number:
                words.append(f"{name}={number:#x}")
        return f"{{{', '.join(words)}}}"

    def _fcntl(self, command: int, argument: int) -> list[str]:
        return [
            format_value(Kind.FCNTL_COMMAND, command),
            *format_fcntl_argument(command, argument),
        ]

    def _limits(self, place: int) -> list[str]:
        words = self._words
        parameters = CALLS[self.name].parameters
        args = [self._value(p.kind, w) for p, w in zip(parameters, words[:place], strict=False)]
        data = self._read(words[place], 16) if words[place] else b""
        soft, hard = struct.unpack("<2Q", data) if len(data) == 16 else (0, 0)
        args.append(format_limits((soft, hard)) if data else "NULL")
        return (
            args if self.name == "setrlimit" else [*args, f"{words[3]:#x}" if words[3] else "NULL"]
        )

    def _stat(self, addr: int) -> str:
        data = self._read(addr, _STAT.size)
        if len(data) < _STAT.size:
            return f"{addr:#x}"
        mode, size = _STAT.unpack(data)
        kinds = {kind.value: kind.name for kind in FileType}
        kind = kinds.get(mode & S_IFMT, f"{mode & S_IFMT:#o}")
        return f"{{st_mode={kind}|0{mode & ~S_IFMT:03o}, st_size={size}, ...}}"


def _signed(word: int) -> int:
    low = word & 0xFFFFFFFF
    return low - (1 << 32) if low >> 31 else low
