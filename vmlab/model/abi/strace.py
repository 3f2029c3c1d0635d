"""System calls as text, as strace writes it: how they are written, and how they are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from vmlab.codes import NO_REASON, Reason, because
from vmlab.errors import ArgumentError
from vmlab.model.abi.calls import ACTIONS
from vmlab.model.abi.fcntl import O_CREAT, O_TMPFILE_ALONE
from vmlab.model.abi.kinds import Action, Result
from vmlab.model.abi.mman import MREMAP_DONTUNMAP, MREMAP_FIXED
from vmlab.model.abi.signal import SIGNALS
from vmlab.model.abi.stat import S_IFMT, FileType
from vmlab.model.abi.strace_numbers import parse_number, parse_symbols
from vmlab.model.abi.strace_strings import STRING, format_bytes, parse_bytes, parse_list
from vmlab.model.abi.strace_values import (
    CLONE_WORDS,
    format_clone,
    format_fcntl_argument,
    format_fcntl_result,
    format_limits,
    format_mode,
    format_personality,
    format_value,
    parse_limits,
    parse_value,
)

# Where the flags of these calls stand; without one of _MAKES they have no rights of a file.
_OPENS = {"open": 1, "openat": 2}
_MAKES = O_CREAT | O_TMPFILE_ALONE
_NODES = {"mknod": 1, "mknodat": 2}  # where their modes stand; only a device has a number

# Writing


def format_arguments(name: str, args: tuple[Any, ...]) -> str:
    """Return the arguments of a call or an access.

    Args:
        name: its name in the table.
        args: as the method of `Process` takes them.

    >>> format_arguments("mmap", (0, 4096, 3, 0x22, -1, 0))
    'NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0'
    """
    parameters = ACTIONS[name].parameters
    if name == "mremap" and len(args) == 5 and not args[3] & (MREMAP_FIXED | MREMAP_DONTUNMAP):
        args = args[:4]  # nobody looks at the new address
    if name in _OPENS and not args[_OPENS[name]] & _MAKES:
        args = args[: _OPENS[name] + 1]  # nobody looks at the rights
    if name in _NODES and args[_NODES[name]] & S_IFMT not in (FileType.S_IFCHR, FileType.S_IFBLK):
        args = args[: _NODES[name] + 1]
    given = zip(parameters, args, strict=False)
    words = [format_value(parameter.kind, value) for parameter, value in given]
    if name == "clone" and args:
        words = format_clone(args)
    if name == "fcntl" and len(args) == 3:
        words[2:] = format_fcntl_argument(*args[1:])
    if name == "wait4" and len(args) == 4:
        words[1:3] = words[2], words[1]
    if name == "setrlimit" and len(args) == 3:
        words[1:] = words[1:2] if args[2] is None else [format_limits(args[1:])]
    return ", ".join(words)


def format_call(name: str, args: tuple[Any, ...]) -> str:
    """Return a call with its arguments.

    >>> format_call("munmap", (0x10000, 4096))
    'munmap(0x10000, 4096)'
    """
    return f"{name}({format_arguments(name, args)})"


def format_result(name: str, value: Any, args: tuple[Any, ...] = ()) -> str:
    r"""Return what a call gave.

    Args:
        name: its name in the table.
        value: what the method of `Process` returned.
        args: what it was given.

    >>> format_result("mmap", 0x7ffff7fc0000), format_result("load", b"\xff\1")
    ('0x7ffff7fc0000', '"\\377\\1"')
    """
    match ACTIONS[name].result:
        case Result.NOTHING:
            return "0"
        case Result.ADDRESS:
            return f"{value:#x}"
        case Result.BYTES:
            return format_bytes(value)
        case Result.LIMITS:
            return format_limits(value)
        case Result.MODE:
            return format_mode(value)
        case Result.FCNTL:
            return format_fcntl_result(args[1], value)
        case Result.DONE:
            return "ok"
        case Result.NEVER:
            return "?"
        case Result.PERSONALITY:
            number = f"{value:#x}" if value else "0"
            return f"{number} ({format_personality(value)})"
        case Result.PID:
            return str(getattr(value, "pid", value))
        case _:
            return str(value)


# Reading


@dataclass(frozen=True, slots=True)
class StraceLine:
    """What a line of a log tells of one call."""

    pid: int  # 0 = the line names none
    name: str  # '' = the line is not a call at all
    args: tuple[Any, ...] | None  # as the method of `Process` takes them; None = not understood
    result: Any = None  # as the method returns it; None = nothing, or it failed
    errno: str = ""  # symbol of the error it failed with
    signal: str = ""  # symbol of the signal that ended it
    untold: tuple[str, ...] = ()  # optional parameters the line does not tell, left out of args
    problem: Reason = NO_REASON  # what of the line was not understood


_HEAD = re.compile(
    r"""(?:\[pid\s+(?P<of>\d{1,10})\]\s+ | (?P<pid>\d{1,10})\s+)?
    (?:(?:\d\d:\d\d:\d\d | \d+)(?:\.\d+)?\s+)?  # the time, if strace was asked for it
    (?:<\.\.\.\s(?P<resumed>\w+)\sresumed>\s? | (?P<name>\w+)\()""",
    re.VERBOSE,
)
_TAIL = re.compile(r"\s*=\s*(?P<answer>.*?)(?:\s+<\d+\.\d+>)?\s*", re.DOTALL)
_UNFINISHED = re.compile(r"\s*<unfinished \.\.\.>\s*$")
_NO_CALL = re.compile(r"\s|#|$|(?:(?:\[pid\s+)?\d+\]?\s+)?(?:[\d:.]+\s+)?(?:\+\+\+|---)\s")
_FAILED = re.compile(r"(?:-1|\?)\s+\(?(?P<errno>E[A-Z0-9]+|errno \d+)\b.*", re.DOTALL)
_ANSWER = re.compile(r"(-?(?:0x[0-9a-f]+|\d+))(?:<.*>)?(?:\s+\(.*\))?", re.DOTALL)
_PAIR = re.compile(r"\((-?\d{1,20}), (-?\d{1,20}|None)\)")
_COMMENT = re.compile(r"\s*/\*.*?\*/")


def parse_line(text: str) -> StraceLine | None:
    """Read one line of a log, as this program or strace itself writes it.

    What cannot be understood is never guessed: `problem` says what it is.

    Returns:
        None for a line that tells of no call: a signal, an exit, a blank one, a remark, a step
        below a call.

    >>> line = parse_line("1000 munmap(0x10000, 4096) = -1 EINVAL (Invalid argument)")
    >>> line.pid, line.name, line.args, line.errno
    (1000, 'munmap', (65536, 4096), 'EINVAL')
    """
    if _NO_CALL.match(text):
        return None
    head = _HEAD.match(text)
    if head is None:
        return StraceLine(0, "", None, problem=because("line_unreadable"))
    pid = int(head["of"] or head["pid"] or 0)
    name = head["name"] or head["resumed"]
    if head["resumed"]:
        return StraceLine(pid, name, None, problem=because("line_resumed"))
    if _UNFINISHED.search(text):
        return StraceLine(pid, name, None, problem=because("line_unfinished"))
    try:
        words, end = _split(text, head.end())
        tail = _TAIL.fullmatch(text, end)
        if tail is None:
            raise ArgumentError("line_unreadable")
    except ArgumentError as failure:
        return StraceLine(pid, name, None, problem=failure.reason)
    action = ACTIONS.get(name)
    if action is None:
        return StraceLine(pid, name, None, problem=because("call_unknown", name=name))
    return _understood(pid, action, words, tail["answer"])


def parse_log(lines: Iterable[str]) -> Iterator[StraceLine]:
    """Read a log line by line; a call that another process interrupted is put together again."""
    begun: dict[int, str] = {}  # pid -> the line without its end
    for text in lines:
        line = parse_line(text)
        if line is None:
            continue
        if line.problem.code == "line_unfinished":
            begun[line.pid] = _UNFINISHED.sub("", text)
            continue
        if line.problem.code == "line_resumed" and line.pid in begun:
            head = _HEAD.match(text)
            assert head is not None
            line = parse_line(begun.pop(line.pid) + text[head.end() :])
            assert line is not None
        yield line
    for text in begun.values():
        line = parse_line(f"{text} <unfinished ...>")
        assert line is not None
        yield line


def _split(text: str, at: int) -> tuple[list[str], int]:
    # The arguments from a place on, and where the bracket behind them ends.
    words, depth, start = [], 0, at
    while at < len(text):
        letter = text[at]
        skipped = (STRING if letter == '"' else _COMMENT).match(text, at)
        if skipped is not None:
            at = skipped.end()
            continue
        at += 1
        if letter in "([{":
            depth += 1
        elif letter in ")]}" and depth:
            depth -= 1
        elif letter in ",)" and not depth:
            words.append(text[start : at - 1].strip())
            start = at
            if letter == ")":
                return ([] if words == [""] else words), at
    raise ArgumentError("line_unreadable")


def _understood(pid: int, action: Action, words: list[str], answer: str) -> StraceLine:
    failed = _FAILED.fullmatch(answer)
    errno = failed["errno"] if failed else ""
    signal = re.split(r"\W", answer)[0] if answer.startswith("SIG") else ""
    args: tuple[Any, ...] | None = None
    untold: tuple[str, ...] = ()
    problem, result = NO_REASON, None
    try:
        form = _FORMS.get(action.name)
        if form is not None:
            words, answer = form(words, "" if errno or signal else answer)
        args, untold = _arguments(action, words)
        if not errno and not signal:
            result = _result(action, answer)
    except ArgumentError as failure:
        problem = failure.reason
    return StraceLine(pid, action.name, args, result, errno, signal, untold, problem)


_UNTOLD = "…"  # stands for an argument that the line does not tell


def _arguments(action: Action, words: list[str]) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    parameters = action.parameters
    needed = sum(not parameter.is_optional for parameter in parameters)
    if not needed <= len(words) <= len(parameters):
        raise ArgumentError(
            "argument_count", name=action.name, given=len(words), wanted=len(parameters)
        )
    args: list[Any] = []
    for parameter, word in zip(parameters, words, strict=False):
        if word == _UNTOLD:
            return tuple(args), tuple(p.name for p in parameters[len(args) :])
        try:
            args.append(parse_value(parameter.kind, _COMMENT.sub("", word)))
        except ArgumentError as failure:
            raise ArgumentError("at_field", field=parameter.name, why=failure.reason) from None
    args += [parameter.default for parameter in parameters[len(words) :]]
    return tuple(args), ()


def _result(action: Action, answer: str) -> Any:
    try:
        if answer == {Result.DONE: "ok", Result.NEVER: "?", Result.NOTHING: "0"}.get(action.result):
            return None
        if action.result is Result.BYTES:
            return parse_bytes(answer)
        if action.result is Result.LIMITS:
            return None if answer == "0" else parse_limits(answer)
        if pair := _PAIR.fullmatch(answer):
            return int(pair[1]), None if pair[2] == "None" else int(pair[2])
        number = _ANSWER.fullmatch(answer)
        if number is None or action.result in (
            *(Result.DONE, Result.NEVER, Result.NOTHING, Result.FDS, Result.STATUS),
        ):
            raise ArgumentError("result_unreadable", text=answer)
        return parse_number(number[1])
    except ArgumentError as failure:
        raise ArgumentError("at_field", field="result", why=failure.reason) from None


# What strace itself writes of some calls, as arguments and an answer of our own form. The answer
# is empty if the call failed.

_Form = Callable[[list[str], str], tuple[list[str], str]]


def _clone(words: list[str], answer: str) -> tuple[list[str], str]:
    # Each has its name. Of where the parent is told the number, strace only shows the number.
    named = {name.removesuffix("ptr"): text for name, _, text in (w.partition("=") for w in words)}
    if "flags" not in named:
        return words, answer
    if named.get("parent_tid", "").startswith("["):
        del named["parent_tid"]
    return [named.get(name.removesuffix("ptr"), "NULL") for name in CLONE_WORDS], answer


def _execve(words: list[str], answer: str) -> tuple[list[str], str]:
    # Unless it is asked to, strace only counts the environment: 0x7ffd... /* 4 vars */.
    if len(words) == 3 and _COMMENT.search(words[2]) and words[2].startswith("0x"):
        words = [*words[:2], _UNTOLD]
    return words, answer


def _mincore(words: list[str], answer: str) -> tuple[list[str], str]:
    if len(words) == 3 and words[2].startswith("["):
        pages = bytes(parse_number(item) for item in parse_list(words[2]))
        return [*words[:2], _UNTOLD], "".join(('"', *(f"\\{page:03o}" for page in pages), '"'))
    return words, answer


def _pipe2(words: list[str], answer: str) -> tuple[list[str], str]:
    if len(words) == 2:
        ends = parse_list(words[0]) if answer else []
        return words[1:], f"({', '.join(ends)})"
    return words, answer


def _pipe(words: list[str], answer: str) -> tuple[list[str], str]:
    if len(words) == 1:
        ends = parse_list(words[0]) if answer else []
        return [], f"({', '.join(ends)})"
    return words, answer


def _rt_sigaction(words: list[str], answer: str) -> tuple[list[str], str]:
    if len(words) != 4:
        return words, answer
    found = re.match(r"\{sa_handler=(\w+)", words[1])
    if found is None or found[1] == "SIG_IGN":  # only asks, or ignores
        raise ArgumentError("not_modelled", text=words[1])
    return [words[0], "0" if found[1] == "SIG_DFL" else "1"], answer


def _setrlimit(words: list[str], answer: str) -> tuple[list[str], str]:
    if len(words) == 2 and words[1].startswith("{"):
        return [words[0], *re.findall(r"=([^,}]+)", words[1])], answer
    return words, answer


def _getrlimit(words: list[str], answer: str) -> tuple[list[str], str]:
    # The answer stands where the kernel stored it.
    if answer and words and words[-1].startswith("{"):
        return [*words[:-1], _UNTOLD], words[-1]
    return words, answer


def _wait4(words: list[str], answer: str) -> tuple[list[str], str]:
    if len(words) != 4:
        return words, answer
    pid, status, options, rusage = words
    if answer.startswith("("):
        return [pid, options, status, rusage], answer
    if rusage.startswith("{"):
        rusage = _UNTOLD
    if not status.startswith("["):
        return [pid, options, status, rusage], f"({answer}, None)" if answer else ""
    told = f"({answer}, {_status(status)})" if answer else ""
    return [pid, options, _UNTOLD], told


def _status(text: str) -> int | None:
    ended = re.fullmatch(r"\[\{WIFEXITED\(s\) && WEXITSTATUS\(s\) == (\d+)\}\]", text)
    if ended:
        return int(ended[1]) << 8
    core = " && WCOREDUMP(s)"
    killed = re.fullmatch(
        r"\[\{WIFSIGNALED\(s\) && WTERMSIG\(s\) == (\w+)\}\]", text.replace(core, "")
    )
    if killed is None:
        raise ArgumentError("not_modelled", text=text)
    return parse_symbols(killed[1], SIGNALS) | (0x80 if core in text else 0)


_FORMS: dict[str, _Form] = {
    "clone": _clone,
    "execve": _execve,
    "getrlimit": _getrlimit,
    "mincore": _mincore,
    "pipe": _pipe,
    "pipe2": _pipe2,
    "prlimit64": _getrlimit,
    "rt_sigaction": _rt_sigaction,
    "setrlimit": _setrlimit,
    "wait4": _wait4,
}
