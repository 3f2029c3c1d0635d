"""One line of a log of strace: what it is, and the parts of which it is made."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from vmlab.codes import NO_REASON, Reason, because
from vmlab.errors import ArgumentError
from vmlab.host.strace_tokens import Value, parse_arguments
from vmlab.model.abi.strace_numbers import LONGEST_NUMBER, parse_number

LONGEST_LINE = 1 << 20  # characters
_HEAD = re.compile(
    r"""(?:\[pid\s+(?P<of>\d{1,7})(?:<[^<>]*>)?\]\s+ | (?P<pid>\d{1,7})(?:<[^<>]*>)?\s+)?
    \s*(?P<time>(?:\d\d:\d\d:\d\d(?:\.\d+)?|\d{9,11}(?:\.\d+)?|\d+\.\d+)
        (?:\s+\(\+\s*\d+\.\d+\))?\s+)?
    (?:\[\s*\d{1,4}\]\s+)?                                # -n: the number of the call
    (?:\[(?P<ip>[0-9a-f]{8,16}|\?+)\]\s+)?                # -i""",
    re.VERBOSE,
)
_CALL = re.compile(r"(?:<\.\.\.\s(?P<resumed>[\w?]+)\sresumed>\s?|(?P<name>[\w?]+)\()")
_ANSWER = re.compile(
    r"""\s*=\s*(?P<value>-?(?:0x[0-9a-fA-F]+|\d+)|\?)(?P<path><(?:->|[^<>]|<[^<>]*>)*>)?
    (?:\s+(?P<errno>E[A-Z0-9]+|errno\s\d+)\b)?
    (?:\s+(?P<note>[(\[/<f].*))?""",
    re.VERBOSE | re.DOTALL,
)
_DURATION = re.compile(r"<(\d+\.\d+)>$")
_UNFINISHED = re.compile(r"<(?:unfinished|detached) \.\.\.>$")
_SIGNAL = re.compile(r"--- (?:stopped by )?(?P<signal>SIG\w+)(?P<rest>.*)---", re.DOTALL)
_EXIT = re.compile(
    r"\+\+\+ (?:exited with (?P<code>-?\d{1,4})|killed by (?P<signal>SIG\w+)|superseded by execve)"
    r".*\+\+\+"
)
_STACK = re.compile(r"\s> (?P<frame>.*)")
_REMARK = re.compile(
    r"""\s*$ | \#
    | (?:/\S*)?strace:\s | \[\s?Process\s | Process\s\d+\s(?:attached|detached|suspended|resumed)
    | [%\s]*time\s+seconds | -----|\s*[\d.]+\s+[\d.]+\s+[\d.]+\s+\d+ | 100\.00\s
    | \+\+\+\s""",
    re.VERBOSE,
)
_ATTACHED = re.compile(r"(?P<before>.*\S)strace: Process \d+ attached\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class LogCall:
    """A system call of a log."""

    line: int  # number of the line where it began, from 1
    end: int  # of the line where it ended
    pid: int  # 0 = the log does not say
    name: str
    args: tuple[Value, ...]
    result: int | None = None  # None = unknown, or it never came back
    errno: str = ""  # symbol of the error it failed with; ERESTARTSYS = it is made again
    result_path: str = ""  # what -y says of a descriptor that came back
    note: str = ""  # what strace adds behind the answer, in brackets
    time: str = ""  # as it stands there
    duration: str = ""  # seconds, as it stands there
    ip: int | None = None  # where in the program it was made
    stack: tuple[str, ...] = ()  # -k: a line for each function, innermost first
    finished: bool = True  # whether the log holds its end

    @property
    def injected(self) -> bool:
        """Say whether strace made the answer up, as it was told to."""
        return "(INJECTED)" in self.note

    @property
    def answer(self) -> str:
        """Return what it gave, as a text: '0x7f0000000000', '-1 ENOMEM', '?'."""
        if self.errno:
            return f"-1 {self.errno}"
        if self.result is None:
            return "?"
        is_address = self.result >= 1 << 16 or self.name in ("mmap", "brk", "mremap", "shmat")
        return f"{self.result:#x}" if is_address else str(self.result)


@dataclass(frozen=True, slots=True)
class LogSignal:
    """A signal that a process was sent."""

    line: int
    pid: int
    signal: str  # its symbol
    info: Value = field(default_factory=lambda: Value(""))  # siginfo_t
    time: str = ""


@dataclass(frozen=True, slots=True)
class LogExit:
    """The end of a process."""

    line: int
    pid: int
    code: int | None  # that it gave to exit, None = it did not
    signal: str = ""  # symbol of the signal that killed it
    time: str = ""


@dataclass(frozen=True, slots=True)
class LogFault:
    """A page fault, of which perf tells."""

    line: int
    pid: int
    addr: int  # bytes: where in memory, or in the file
    path: str = ""  # of the file that is mapped there; '' = an address of memory
    time: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that could not be read."""

    line: int
    text: str  # its first characters
    why: Reason


@dataclass(frozen=True, slots=True)
class Part:
    """A line that is a part of something: the beginning or the end of a call, a stack's function.

    Attributes:
        kind: 'begun', 'resumed', 'stack', 'remark', or 'broken': the next line goes on with it.
    """

    kind: str
    pid: int = 0
    name: str = ""
    text: str = ""  # of a call, what stands there of it; of a stack, the function
    head: str = ""  # what stands before that
    why: Reason = NO_REASON


Entry = LogCall | LogSignal | LogExit | LogFault | Unread


def read_line(text: str, number: int) -> Entry | Part:
    """Read one line.

    Args:
        text: the line.
        number: of it, from 1.
    """
    if len(text) > LONGEST_LINE:
        return _unread(number, text, because("line_too_long", most=LONGEST_LINE))
    if stack := _STACK.fullmatch(text):
        return Part("stack", text=stack["frame"])
    if broken := _ATTACHED.fullmatch(text):
        return Part("broken", text=broken["before"])
    head = _HEAD.match(text)
    assert head is not None  # all of it may be missing
    pid, time = int(head["of"] or head["pid"] or 0), (head["time"] or "").strip()
    body = text[head.end() :].rstrip()
    if signal := _SIGNAL.fullmatch(body):
        return LogSignal(number, pid, signal["signal"], _info(signal["rest"]), time)
    if (end := _EXIT.fullmatch(body)) and (end["code"] or end["signal"]):
        code = int(end["code"]) if end["code"] else None
        return LogExit(number, pid, code, end["signal"] or "", time)
    call = _CALL.match(body)
    if call is None:
        if _REMARK.match(body) or _REMARK.match(text):
            return Part("remark", pid)
        return _unread(number, text, because("line_unreadable"))
    if call["resumed"]:
        return Part("resumed", pid, call["resumed"], body[call.end() :], text[: head.end()])
    if unfinished := _UNFINISHED.search(body):
        begun = body[call.end() : unfinished.start()]
        return Part("begun", pid, call["name"], begun, text[: head.end()])
    return read_call(head, number, number, call["name"], body, call.end(), text)


def read_call(
    head: re.Match[str] | str, line: int, end: int, name: str, body: str, at: int, text: str
) -> LogCall | Unread:
    """Read a whole call.

    Args:
        head: what stands before it: a pid, the time, the place.
        line: number of the line where it began.
        end: number of the line where it ended.
        name: of the call.
        body: the call and its answer.
        at: where in it the arguments begin.
        text: of the line, for one that cannot be read.
    """
    if isinstance(head, str):
        matched = _HEAD.match(head)
        assert matched is not None
        head = matched
    try:
        args, behind = parse_arguments(body, at)
        duration = _DURATION.search(body, behind)
        answer = body[behind : duration.start() if duration else len(body)].rstrip()
        found = _ANSWER.fullmatch(answer)
        if found is None:
            raise ArgumentError("line_cut" if not body[behind:].strip(" =") else "line_unreadable")
        value = found["value"]
        if len(value) > LONGEST_NUMBER:
            raise ArgumentError("number_unreadable", text=value[:LONGEST_NUMBER])
    except ArgumentError as failure:
        return _unread(end, text, failure.reason)
    ip = head["ip"] or "?"
    return LogCall(
        line,
        end,
        int(head["of"] or head["pid"] or 0),
        name,
        args,
        None if value == "?" or found["errno"] else parse_number(value),
        found["errno"] or "",
        (found["path"] or "")[1:-1],
        found["note"] or "",
        (head["time"] or "").strip(),
        duration[1] if duration else "",
        None if "?" in ip else int(ip, 16),
    )


def unfinished_call(part: Part, line: int) -> LogCall | Unread:
    """Return a call of which the log holds only the beginning."""
    text = part.text.rstrip().removesuffix(",")
    for tail in (")", "]}" + ")", "})", "])"):  # a list or a structure may be open
        call = read_call(part.head, line, line, part.name, text + tail + " = ?", 0, text)
        if isinstance(call, LogCall):
            return replace(call, finished=False)
    return _unread(line, f"{part.name}({part.text}", because("line_unfinished"))


def _info(text: str) -> Value:
    try:
        return parse_arguments(f"{text})", 0)[0][0]
    except (ArgumentError, IndexError):
        return Value("")


_SHOWN = 200  # characters of a line that could not be read


def _unread(number: int, text: str, why: Reason) -> Unread:
    return Unread(number, text[:_SHOWN], why)
