"""The calls of a log as the model takes them."""

from __future__ import annotations

import posixpath
import re
from typing import Any

from vmlab.errors import ArgumentError
from vmlab.host.strace_lines import LogCall
from vmlab.host.strace_tokens import Value
from vmlab.model.abi.calls import CALLS
from vmlab.model.abi.clone import CLONE_VFORK, CLONE_VM, Clone
from vmlab.model.abi.fcntl import AT_FDCWD
from vmlab.model.abi.kinds import Kind
from vmlab.model.abi.signal import SIGNALS
from vmlab.model.abi.strace_numbers import parse_symbols
from vmlab.model.abi.strace_strings import parse_text
from vmlab.model.abi.strace_values import parse_value

MEMORY = frozenset(
    {
        *("mmap", "munmap", "mprotect", "mremap", "remap_file_pages", "brk", "madvise", "msync"),
        *("mlock", "mlock2", "munlock", "mlockall", "munlockall", "mincore", "mseal"),
        *("shmget", "shmat", "shmdt"),
    }
)
BIRTHS = frozenset({"fork", "vfork", "clone", "clone3"})
_SHIFTED = re.compile(r"\b(\d{1,2})<<MAP_HUGE_SHIFT\b")
_HUGE_SHIFT = 26
_CLONE_KNOWN = sum(
    flag.value for flag in Clone if not flag.name or not flag.name.startswith("CLONE_NEW")
)
_NO_DIRECTORY = re.compile(r"[a-z_]+:|anon_inode|/memfd:|\(")


def typed(call: LogCall) -> tuple[Any, ...]:
    """Return the arguments of a call as the method of `Process` takes them.

    Raises:
        ArgumentError: one is not told, or says what nobody knows.
    """
    parameters = CALLS[call.name].parameters
    needed = sum(not parameter.is_optional for parameter in parameters)
    if len(call.args) < needed:
        raise ArgumentError(
            "argument_count", name=call.name, given=len(call.args), wanted=len(parameters)
        )
    args = []
    for parameter, value in zip(parameters, call.args, strict=False):
        text = _SHIFTED.sub(lambda found: str(int(found[1]) << _HUGE_SHIFT), value.text)
        try:
            args.append(parse_value(parameter.kind, text))
        except ArgumentError as failure:
            raise ArgumentError("at_field", field=parameter.name, why=failure.reason) from None
    args += [parameter.default for parameter in parameters[len(args) :]]
    return tuple(args)


def clone_arguments(call: LogCall) -> tuple[int, int, int, int, int]:
    """Return flags, stack, where the numbers are stored, and tls of a call that makes a child.

    Raises:
        ArgumentError: the flags are not told.
    """
    if call.name == "fork":
        return SIGNALS["SIGCHLD"], 0, 0, 0, 0
    if call.name == "vfork":
        return CLONE_VM | CLONE_VFORK | SIGNALS["SIGCHLD"], 0, 0, 0, 0
    flags = _field(call, "flags")
    if flags is None:
        raise ArgumentError("flags_untold")
    bits = parse_value(Kind.CLONE_FLAGS, flags.text) & _CLONE_KNOWN
    signal = _field(call, "exit_signal")
    if signal is not None:
        bits |= parse_symbols(signal.text, SIGNALS)
    stack = _number(call, "child_stack") or _number(call, "stack") + _number(call, "stack_size")
    child_tid = _number(call, "child_tidptr") or _number(call, "child_tid")
    return bits, stack, _number(call, "parent_tid"), child_tid, _number(call, "tls")


def shares_memory(call: LogCall) -> bool:
    """Say whether a child has the memory of its parent, as far as is told."""
    try:
        return bool(clone_arguments(call)[0] & CLONE_VM)
    except ArgumentError:
        return False


def _field(call: LogCall, name: str) -> Value | None:
    for value in call.args:
        found = value if value.name == name else value.field(name)
        if found is not None:
            return found
    return None


def _number(call: LogCall, name: str) -> int:
    found = _field(call, name)
    return found.number or 0 if found is not None else 0


def path_of(call: LogCall, place: int) -> str | None:
    """Return the path that stands at a place among the arguments; None = it is not told whole."""
    if place >= len(call.args) or call.args[place].cut:
        return None
    try:
        path = parse_text(call.args[place].text)
    except ArgumentError:
        return None
    return path if "\0" not in path else None


def file_of(decoration: str) -> str:
    """Return the path of the file that -y says a descriptor leads to; '' if it leads to none."""
    path = decoration.split("<")[0].split("\0")[0].removesuffix("(deleted)").rstrip()
    return "" if _NO_DIRECTORY.match(path) or not path.startswith("/") else path


def absolute(path: str, folder: str) -> str:
    """Return a path from the root on, without '.' and '..'."""
    joined = posixpath.join("/", folder, path)
    return "/" + posixpath.normpath(joined).lstrip("/")


def is_here(value: Value) -> bool:
    """Say whether a descriptor of a directory stands for the current one."""
    return value.text in ("AT_FDCWD", str(AT_FDCWD))
