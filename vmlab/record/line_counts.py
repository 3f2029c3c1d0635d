"""What each line of a program's sources came to: faults, system calls, bytes touched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vmlab.errors import HistoryError
from vmlab.model import arguments
from vmlab.model.machine_code import EXECUTE
from vmlab.model.trace.event import Event
from vmlab.model.trace.events.cpu import PageFault
from vmlab.record.history import History
from vmlab.record.replay import RecordedCall
from vmlab.record.site import Line


@dataclass(frozen=True, slots=True)
class Counts:
    """What a line came to so far.

    Attributes:
        faults: page faults: of its instructions, of functions without lines that it called, and of
            the kernel in the calls that it made.
        calls: system calls; one that sleeps and is made again counts once.
        bytes: that it loaded and stored, as often as it did.
        all_bytes: whether those are all; else there are more.
    """

    faults: int = 0
    calls: int = 0
    bytes: int = 0
    all_bytes: bool = True

    def __add__(self, more: Counts) -> Counts:
        return Counts(
            self.faults + more.faults,
            self.calls + more.calls,
            self.bytes + more.bytes,
            self.all_bytes and more.all_bytes,
        )


def line_counts(history: History, call: int) -> dict[Line, Counts]:
    """Return what each line came to, in the order in which they came to anything.

    All processes count together. Lines are those of the innermost function of the program's own
    sources: what a function of a library does counts for the line that called it.

    Args:
        history: what was recorded.
        call: number of the last call that counts; -1 = none.

    Raises:
        HistoryError: there is no such call.
    """
    _check(history, call)
    found: dict[Line, Counts] = {}
    for number, each in enumerate(history.calls[: call + 1]):
        site = each.site
        if site is None:
            continue
        if site.line is not None:
            events = history.events[each.first : history.end_of(number)]
            _add(found, site.line, counts_of(each, events))
        for line, nr_bytes in site.touched:
            _add(found, line, Counts(bytes=nr_bytes, all_bytes=site.all_touched))
    return found


def line_of(history: History, call: int) -> Line | None:
    """Return the line that a call is of; None = of none that is known.

    Raises:
        HistoryError: there is no such call.
    """
    _check(history, call)
    site = history.calls[call].site if call >= 0 else None
    return site.line if site is not None else None


def _check(history: History, call: int) -> None:
    arguments.number(call, "call")
    if not -1 <= call < len(history.calls):
        raise HistoryError("no_call_of_number", call=call, nr_calls=len(history.calls))


def counts_of(call: RecordedCall, events: Iterable[Event]) -> Counts:
    """Return what a call came to, but for bytes.

    Args:
        call: the call.
        events: what it emitted.
    """
    if call.name == EXECUTE:
        return Counts()
    faults = sum(isinstance(event, PageFault) for event in events)
    made = bool(call.registers) and not (call.site is not None and call.site.again)
    return Counts(faults, int(made))


def _add(found: dict[Line, Counts], line: Line, more: Counts) -> None:
    new = found.get(line, Counts()) + more
    if new != Counts():
        found[line] = new
