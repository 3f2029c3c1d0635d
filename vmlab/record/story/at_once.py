"""Calls that were made at once, as those of a line of a program: which mattered, and the rest.

A line of C may come to many calls and faults before the program stands at the next one. All of it
is read from their events alone: no state has to be found again for a call that is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum

from vmlab.model.abi.calls import CALLS
from vmlab.model.trace.event import Event
from vmlab.model.trace.events import cpu, fault, page, process, signal, vma
from vmlab.record.history import History
from vmlab.record.line_counts import Counts, counts_of
from vmlab.record.replay import RecordedCall
from vmlab.record.story import files, life, paths, threads
from vmlab.record.story.asked import answers, stores
from vmlab.record.story.headline import Headline, headline
from vmlab.record.story.outcome import TELLERS, changes


class Weight(IntEnum):
    """How much a call matters to who wants to know what became of memory."""

    NOTHING = 0  # a program ran, and the MMU found what it needed
    ANSWER = 1  # a call told something, or keeps the books of a library
    FAULT = 2  # a page that the line does not name, such as one of a library
    COPY = 3  # such a page was copied
    WAIT = 4  # a call sleeps
    CHANGE = 5  # bytes were read or written, something else changed, or a call failed
    OWN_FAULT = 6  # a page that the line names
    OWN_COPY = 7
    SPACE = 8  # regions came, changed or went
    LIFE = 9  # a process began, got another program or ended
    SIGNAL = 10  # an access was refused, or a handler runs


_SIGNALS = (fault.SignalGenerate, fault.OomKill, signal.SignalFrame, cpu.GeneralProtection)
_LIVES = (process.SchedProcessFork, process.SchedProcessExec, process.SchedProcessExit)
_SPACES = (
    *(vma.VmaLink, vma.VmaUnlink, vma.VmaAdjust, vma.VmaSplit, vma.VmaMerge, vma.VmaFlags),
    *(vma.MmDefFlags, vma.BrkChange, vma.BrkRefused, vma.StackGrow),
    *(page.PteClear, page.PteGuard, page.PteLazyfree),
)

_MOVES = (files.read, files.readv, files.write, files.writev)  # tellers of what moves bytes
# Tellers of what tells something, or keeps the books of a library.
_TELLS = (
    *(answers, stores, files.fstat, paths.stat, paths.access, life.getpid),
    *(life.set_tid_address, threads.robust_list, threads.robust_list_asked, threads.rseq),
)
_TOO_EARLY = "EAGAIN"


def weight(call: RecordedCall, events: Sequence[Event]) -> Weight:
    """Return how much a call matters.

    Args:
        call: the call.
        events: what it emitted.
    """
    kinds = {type(event) for event in events}
    if not kinds.isdisjoint(_SIGNALS):
        return Weight.SIGNAL
    if not kinds.isdisjoint(_LIVES):
        return Weight.LIFE
    if not kinds.isdisjoint(_SPACES):
        return Weight.SPACE
    if call.name in CALLS:
        return _of_system_call(call, events)
    if cpu.PageFault not in kinds:
        return Weight.NOTHING
    is_own = call.site is not None and bool(call.site.variables)
    if fault.CowCopy in kinds:
        return Weight.OWN_COPY if is_own else Weight.COPY
    return Weight.OWN_FAULT if is_own else Weight.FAULT


def _of_system_call(call: RecordedCall, events: Sequence[Event]) -> Weight:
    last = events[-1] if events else None
    if isinstance(last, process.SysExit) and last.reason:
        # Whoever has to wait is answered so too, and makes the call again.
        waits = last.result.rpartition(" ")[2] == _TOO_EARLY
        return Weight.WAIT if waits else Weight.CHANGE
    teller = TELLERS.get(call.name)
    if teller in _MOVES:
        return Weight.CHANGE
    return Weight.CHANGE if teller not in _TELLS and changes(events) else Weight.ANSWER


def main_call(history: History, numbers: Sequence[int], pid: int | None = None) -> int:
    """Return which of some calls matters most, the first of those that matter alike.

    Where none matters it is the last one, which tells how far a program came.

    Args:
        history: what was recorded.
        numbers: of the calls in it, of which there is one at least.
        pid: whose calls go before those of others, unless none of them does anything; None =
            nobody's.
    """
    calls = [(number, *_call(history, number)) for number in numbers]
    own = [each for each in calls if pid in (None, each[1].pid)]
    found = _first_of_most(own)
    if found is None and len(own) < len(calls):
        found = _first_of_most(calls)
    return calls[-1][0] if found is None else found


def _first_of_most(calls: Iterable[tuple[int, RecordedCall, Sequence[Event]]]) -> int | None:
    weights = {number: weight(call, events) for number, call, events in calls}
    most = max(weights.values(), default=Weight.NOTHING)
    return next(number for number in weights if weights[number] == most) if most else None


def rest(
    history: History, numbers: Sequence[int], told: int, pid: int | None = None
) -> Iterator[Headline]:
    """Tell how many page faults and system calls came besides the call that is told.

    Args:
        history: what was recorded.
        numbers: of all the calls.
        told: of the one that is told.
        pid: whose are counted apart from those of others; None = nobody's.
    """
    own, others = Counts(), Counts()
    for number in sorted({*numbers} - _parts(history, told)):
        call, events = _call(history, number)
        if pid in (None, call.pid):
            own += counts_of(call, events)
        else:
            others += counts_of(call, events)
    for code, n in (
        ("more_faults_at_once", own.faults),
        ("more_calls_at_once", own.calls),
        ("faults_of_others", others.faults),
        ("calls_of_others", others.calls),
    ):
        if n:
            yield headline(code, n=n)


def _parts(history: History, number: int) -> set[int]:
    # A call that slept is made again: to the reader it is one.
    call, parts = history.calls[number], {number}
    while call.site is not None and call.site.again:
        number -= 1
        if number < 0:
            break
        if (history.calls[number].pid, history.calls[number].name) == (call.pid, call.name):
            call = history.calls[number]
            parts.add(number)
    return parts


def _call(history: History, number: int) -> tuple[RecordedCall, Sequence[Event]]:
    call = history.calls[number]
    return call, history.events[call.first : history.end_of(number)]
