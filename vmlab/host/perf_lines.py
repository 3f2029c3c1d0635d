"""Lines of `perf trace`, with `-F all` page faults too: as those of strace."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from vmlab.codes import because
from vmlab.errors import ArgumentError
from vmlab.host.strace_lines import LONGEST_LINE, Entry, LogCall, LogFault, Unread
from vmlab.host.strace_tokens import Value, parse_arguments
from vmlab.model.abi.strace_numbers import parse_number

_LOOKED_AT = 100  # lines until it is clear whose log it is
_HEAD = re.compile(
    r"\s*(?P<time>[\d.]+|\?) \(\s*(?P<ms>[\d.]+)?(?: ms)?\s*\): "
    r"(?:(?:(?P<comm>[^/]{0,16})/)?(?P<tid>\d{1,7})\s+)?"
)
_FAULT = re.compile(
    r"(?:maj|min)fault \[(?P<at>[^\]]*)\] => (?:(?P<path>\S.*?)@)?(?P<addr>0x[0-9a-f]{1,16}) "
    r"\((?P<map>.)(?P<level>.)\)\s*"
)
_CALL = re.compile(r"(?:\.\.\. \[continued\]: )?(?P<name>\w+)\(")
_ANSWER = re.compile(
    r"\)?\s*=\s*(?P<value>-?(?:0x[0-9a-f]{1,16}|\d{1,20})|\??)(?:\s+(?P<errno>E[A-Z0-9]+))?.*"
)
_NOT_FILES = ("//anon", "[stack]", "[heap]")

# How perf calls the arguments of calls, in the order of the kernel; and what it leaves out before
# the names of bits. It leaves arguments out that are 0.
_FIELDS: Mapping[str, Sequence[str]] = {
    "mmap": ("addr", "len", "prot", "flags", "fd", "off"),
    "munmap": ("addr", "len"),
    "mprotect": ("start", "len", "prot"),
    "mremap": ("addr", "old_len", "new_len", "flags", "new_addr"),
    "madvise": ("start", "len_in", "behavior"),
    "msync": ("start", "len", "flags"),
    "mlock": ("start", "len"),
    "mlock2": ("start", "len", "flags"),
    "munlock": ("start", "len"),
    "mlockall": ("flags",),
    "munlockall": (),
    "brk": ("brk",),
    "close": ("fd",),
    "exit": ("error_code",),
    "exit_group": ("error_code",),
    "fork": (),
    "vfork": (),
}
_PREFIXES = {
    ("mmap", "prot"): "PROT_",
    ("mprotect", "prot"): "PROT_",
    ("mmap", "flags"): "MAP_",
    ("mremap", "flags"): "MREMAP_",
    ("madvise", "behavior"): "MADV_",
    ("msync", "flags"): "MS_",
}
_NO_FD = Value("-1")


def is_perf(lines: Sequence[str]) -> bool:
    """Say whether these are lines of perf."""
    return any(_HEAD.match(line) for line in lines[:_LOOKED_AT])


def read(lines: Iterable[str]) -> Iterator[Entry]:
    """Read a log; see `read_strace`."""
    for number, text in enumerate(lines, 1):
        head = _HEAD.match(text) if len(text) <= LONGEST_LINE else None
        if head is None:
            if text.strip():
                yield Unread(number, text[:200], because("line_unreadable"))
            continue
        pid, body = int(head["tid"] or 0), text[head.end() :]
        if fault := _FAULT.fullmatch(body):
            path = fault["path"] or ""
            is_file = bool(path) and path not in _NOT_FILES
            yield LogFault(
                number, pid, int(fault["addr"], 16), path if is_file else "", head["time"]
            )
            continue
        try:
            yield _call(number, pid, head, body)
        except ArgumentError as failure:
            yield Unread(number, text[:200], failure.reason)


def _call(number: int, pid: int, head: re.Match[str], body: str) -> LogCall:
    call = _CALL.match(body)
    if call is None:
        raise ArgumentError("line_unreadable")
    name = call["name"]
    values, behind = parse_arguments(body, call.end())
    if body[behind:].strip() == "...":
        return LogCall(number, number, pid, name, _ordered(name, values), finished=False)
    answer = _ANSWER.fullmatch(body, behind)
    if answer is None:
        raise ArgumentError("line_unreadable")
    errno = answer["errno"] or ""
    seconds = f"{float(head['ms']) / 1000:.6f}" if head["ms"] else ""
    return LogCall(
        number,
        number,
        pid,
        name,
        _ordered(name, values),
        None if errno or answer["value"] in ("", "?") else parse_number(answer["value"]),
        errno,
        time=head["time"],
        duration=seconds,
    )


def _ordered(name: str, values: Iterable[Value]) -> tuple[Value, ...]:
    # As strace has them: in their order, with those that are 0, and the names of bits in full.
    named = {}
    for value in values:
        field, _, text = value.text.partition(":")
        named[field] = Value(_in_full(name, field, text.strip()), path=value.path)
    if name not in _FIELDS:
        return tuple(named.values())
    found = [named.get(field, Value("0")) for field in _FIELDS[name]]
    if name == "mmap" and "MAP_ANONYMOUS" in found[3].text:
        found[4] = _NO_FD
    return tuple(found)


def _in_full(name: str, field: str, text: str) -> str:
    prefix = _PREFIXES.get((name, field))
    if prefix is None:
        return text
    return "|".join(
        word if word[:1].isdigit() else prefix + word.removeprefix(prefix)
        for word in text.split("|")
    )
