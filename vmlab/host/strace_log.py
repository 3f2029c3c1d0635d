"""A whole log of strace, or of perf, and several that belong together."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from vmlab.codes import because
from vmlab.host import perf_lines
from vmlab.host.strace_lines import (
    Entry,
    LogCall,
    LogExit,
    Part,
    Unread,
    read_call,
    read_line,
    unfinished_call,
)
from vmlab.model import arguments
from vmlab.words.language import say

MOST_TEXT = 1 << 28  # characters of a log
CHILD_CALLS = ("fork", "vfork", "clone", "clone3")
_PID_SUFFIX = re.compile(r".*\.(\d{1,7})")
_TIME = re.compile(r"\d{9,11}\.\d+")  # -ttt


@dataclass(frozen=True, slots=True)
class StraceLog:
    """What a log tells, in the order of its lines.

    Attributes:
        entries: calls, signals, ends of processes, faults, and the lines that could not be read. A
            call that was resumed stands where it ended.
        nr_lines: how many lines it has.
    """

    entries: tuple[Entry, ...]
    nr_lines: int

    @property
    def calls(self) -> tuple[LogCall, ...]:
        """Return its calls."""
        return tuple(each for each in self.entries if isinstance(each, LogCall))

    @property
    def unread(self) -> tuple[Unread, ...]:
        """Return the lines that could not be read, and why."""
        return tuple(each for each in self.entries if isinstance(each, Unread))

    @property
    def pids(self) -> tuple[int, ...]:
        """Return its processes, in the order in which they appear."""
        told = (each.pid for each in self.entries if not isinstance(each, Unread))
        return tuple(dict.fromkeys(told))

    def __repr__(self) -> str:
        return say(
            "<StraceLog: {nr_lines} lines, {nr_calls} calls, {nr_unread} lines not read>",
            nr_lines=self.nr_lines,
            nr_calls=len(self.calls),
            nr_unread=len(self.unread),
        )


def read_strace(text: str | Mapping[str, str]) -> StraceLog:
    """Read a log of strace, 4.x to 6.x, or of `perf trace`.

    Nothing is guessed: a line that cannot be read is kept among the entries, with the reason. Lines
    by which strace speaks of itself are passed over.

    Args:
        text: the log; or several, as `strace -ff` writes them, by the names of their files, which
            end in the number of the process.

    Raises:
        ArgumentError: it is longer than can be.

    >>> log = read_strace("17 brk(NULL) = 0x55555555e000\\n17 exit_group(0) = ?\\n17 what\\n")
    >>> [call.name for call in log.calls], log.unread[0].line
    (['brk', 'exit_group'], 3)
    """
    if isinstance(text, Mapping):
        return _several(text)
    arguments.instance(text, str, "text")
    arguments.count(len(text), "len(text)", MOST_TEXT)
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    entries = perf_lines.read(lines) if perf_lines.is_perf(lines) else _Joiner().read(lines)
    return StraceLog(tuple(_with_pids([*entries])), len(lines))


class _Joiner:
    # Puts together what stands on several lines.
    def __init__(self) -> None:
        self.begun: dict[int, tuple[Part, int]] = {}  # pid -> the beginning of a call, its line
        self.last: LogCall | None = None  # the call that a stack belongs to

    def read(self, lines: Iterable[str]) -> Iterator[Entry]:
        broken, broken_at = "", 0
        for number, text in enumerate(lines, 1):
            entry = read_line(broken + text, broken_at or number)
            if broken and isinstance(entry, Unread):
                yield entry
                entry = read_line(text, number)
            broken, broken_at = "", 0
            if isinstance(entry, Part) and entry.kind == "broken":
                broken, broken_at = entry.text, number
                continue
            if not isinstance(entry, Part):
                yield from self._flush()
                if isinstance(entry, LogCall):
                    self.last = entry
                else:
                    yield entry
            else:
                yield from self._part(entry, number)
        yield from self._flush()
        if broken:
            yield Unread(broken_at, broken[:200], because("line_cut"))
        for part, line in self.begun.values():
            yield unfinished_call(part, line)

    def _part(self, part: Part, number: int) -> Iterator[Entry]:
        if part.kind == "stack":
            if self.last is not None:
                self.last = replace(self.last, stack=(*self.last.stack, part.text))
            return
        yield from self._flush()
        if part.kind == "begun":
            if part.pid in self.begun:
                yield unfinished_call(*self.begun.pop(part.pid))
            self.begun[part.pid] = part, number
        elif part.kind == "resumed":
            begun = self._begun(part)
            if begun is None or (begun[0].name != part.name and part.name != "???"):
                yield Unread(number, f"<... {part.name} resumed>", because("resumed_unbegun"))
                return
            start, line = begun
            text = start.text + part.text
            call = read_call(start.head, line, number, start.name, text, 0, text)
            if isinstance(call, LogCall):
                self.last = replace(call, pid=call.pid or part.pid)
            else:
                yield call

    def _begun(self, part: Part) -> tuple[Part, int] | None:
        # The first process has no number before there is a second one, and the last one that is
        # left has none any more.
        pid = part.pid
        if pid and pid not in self.begun:
            pid = 0
        elif not pid and pid not in self.begun and len(self.begun) == 1:
            pid = next(iter(self.begun))
        return self.begun.pop(pid, None)

    def _flush(self) -> Iterator[Entry]:
        if self.last is not None:
            yield self.last
            self.last = None


def _with_pids(entries: list[Entry]) -> list[Entry]:
    # Lines without a number are of the only process there is at that point. What its number is
    # tells the first line with one that no call of the log gave.
    told = [each for each in entries if not isinstance(each, Unread)]
    if all(each.pid for each in told):
        return entries
    born = {each.result for each in told if isinstance(each, LogCall) and each.name in CHILD_CALLS}
    first = next((each.pid for each in told if each.pid and each.pid not in born), 0)
    living = {first}
    found: list[Entry] = []
    for each in entries:
        if isinstance(each, Unread):
            found.append(each)
            continue
        if not each.pid and len(living) == 1:
            each = replace(each, pid=next(iter(living)))
        elif not each.pid:
            each = replace(each, pid=first)
        living.add(each.pid)
        if isinstance(each, LogExit):
            living.discard(each.pid)
            living = living or {first}
        found.append(each)
    return found


def _several(texts: Mapping[str, str]) -> StraceLog:
    # Each process has a file of its own. The order of the lines is that of the times if they are
    # told; else a process runs to its end when it is made. Lines are numbered through all files.
    logs: dict[int, list[Entry]] = {}
    nr_lines = 0
    for name, text in texts.items():
        suffix = _PID_SUFFIX.fullmatch(name)
        pid = int(suffix[1]) if suffix else 0
        log = read_strace(text)
        logs[pid] = [_moved(each, pid, nr_lines) for each in log.entries]
        nr_lines += log.nr_lines
    told = [e for entries in logs.values() for e in entries if not isinstance(e, Unread)]
    if all(_TIME.fullmatch(each.time) for each in told):
        merged = heapq.merge(*map(_timed, logs.values()), key=lambda pair: pair[0])
        return StraceLog(tuple(entry for _, entry in merged), nr_lines)
    return StraceLog(tuple(_by_birth(logs)), nr_lines)


def _moved(entry: Entry, pid: int, lines: int) -> Entry:
    line = entry.line + lines
    if isinstance(entry, Unread):
        return replace(entry, line=line)
    if isinstance(entry, LogCall):
        return replace(entry, line=line, pid=pid, end=entry.end + lines)
    return replace(entry, line=line, pid=pid)


def _timed(entries: Iterable[Entry]) -> Iterator[tuple[float, Entry]]:
    time = 0.0
    for each in entries:
        time = time if isinstance(each, Unread) else float(each.time)
        yield time, each


def _by_birth(logs: Mapping[int, list[Entry]]) -> Iterator[Entry]:
    waiting = {pid: iter(entries) for pid, entries in logs.items()}
    while waiting:
        running = [next(iter(waiting))]
        while running:
            for entry in waiting[running[-1]]:
                yield entry
                is_birth = isinstance(entry, LogCall) and entry.name in CHILD_CALLS
                child = entry.result if isinstance(entry, LogCall) and is_birth else None
                if child is not None and child in waiting and child not in running:
                    running.append(child)
                    break
            else:
                del waiting[running.pop()]
