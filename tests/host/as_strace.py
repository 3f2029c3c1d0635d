"""The recorded programs of the corpus, as strace would have written them (`-f -X raw`)."""

from __future__ import annotations

from typing import Any

from tests.corpus.programs import in_order
from vmlab import errno
from vmlab.model.abi.calls import CALLS_BY_NUMBER

_SIGN = 1 << 63
_CLONE_WORDS = ("flags", "child_stack", "parent_tid", "child_tidptr", "tls")
_NUMBERS = {56: "clone", 57: "fork", 58: "vfork", 59: "execve", 435: "clone3"}
_PLAIN = {60: "exit", 231: "exit_group"}


def as_strace(record: dict[str, Any]) -> str:
    """Return the log of a recorded program; its processes have the numbers 100, 101, ..."""
    events = [event for _, event in in_order(record["events"])]
    lines: list[str] = []
    for number, event in enumerate(events):
        pid = 100 + event["p"]
        if event["t"] == "exec":
            argv = ", ".join(f'"{word}"' for word in event.get("argv", record["argv"]))
            path = _exec_path(events, number) or record["argv"][0]
            lines.append(f'{pid} execve("{path}", [{argv}], 0x7ffc /* 0 vars */) = 0')
        elif event["t"] in ("fork", "vfork", "clone"):
            lines.append(_birth(events, number, pid))
        elif event["t"] == "sys" and event["nr"] not in _NUMBERS:
            lines.append(f"{pid} {_call(event)}")
    return "\n".join(lines) + "\n"


def _exec_path(events: list[dict[str, Any]], number: int) -> str:
    later = (event for event in events[number:] if event["p"] == events[number]["p"])
    return next((event["path"] for event in later if event.get("nr") == 59), "")


def _birth(events: list[dict[str, Any]], number: int, pid: int) -> str:
    # The event comes before the end of the call, which has its arguments.
    event = events[number]
    child = 100 + event["child"]
    if event["t"] != "clone":
        return f"{pid} {event['t']}() = {child}"
    later = (each for each in events[number:] if each["p"] == event["p"])
    call = next((each for each in later if each.get("nr") in (56, 435)), None)
    if call is None or call["nr"] == 435:
        given = call.get("clone_args", [0x3D0F00]) if call is not None else [0x3D0F00]
        return f"{pid} clone3({{flags={given[0]:#x}, stack=NULL}}, 88) = {child}"
    words = zip(_CLONE_WORDS, call["a"], strict=False)
    return f"{pid} clone({', '.join(f'{name}={value:#x}' for name, value in words)}) = {child}"


def _call(event: dict[str, Any]) -> str:
    nr, args = event["nr"], event["a"]
    known = CALLS_BY_NUMBER.get(nr)
    name = known.name if known is not None else _PLAIN.get(nr, f"syscall_{nr:#x}")
    words = [f"{arg:#x}" for arg in (args if known is None else args[: len(known.parameters)])]
    if name == "mmap":
        words[4] = str((args[4] & 0xFFFFFFFF ^ 0x80000000) - 0x80000000)
    if event.get("path") and name in ("open", "openat", "unlink", "unlinkat", "memfd_create"):
        words[1 if name.endswith("at") else 0] = f'"{event["path"]}"'
        words[0] = "AT_FDCWD" if name.endswith("at") else words[0]
    if "r" not in event:
        return f"{name}({', '.join(words)}) = ?"
    result = event["r"]
    if result < 0:
        return f"{name}({', '.join(words)}) = -1 {errno.errorcode[-result]} (...)"
    return f"{name}({', '.join(words)}) = {result:#x}"
