"""The source of a program with what each line came to, as text."""

from __future__ import annotations

from vmlab.errors import UsageError
from vmlab.model import arguments
from vmlab.record.history import History
from vmlab.record.line_counts import Counts, line_counts
from vmlab.record.recorder import Recorder
from vmlab.record.site import Line, source_text
from vmlab.words.language import say


def listing(recorder: Recorder) -> str:
    """Return the source of the program that was recorded, with what each line came to so far.

    In front of each line stand its page faults, its system calls, and how many bytes it loaded and
    stored. What a function of a library does counts for the line that called it.

    Args:
        recorder: what recorded it.

    Raises:
        UsageError: no line of a source was recorded.
    """
    arguments.instance(recorder, Recorder, "recorder")
    history = recorder.steps
    path, file = _source(history)
    counts = line_counts(history, len(history.calls) - 1)
    rows = [(say("faults"), say("calls"), say("bytes"), "", "")]
    text = source_text(history.state(len(history) - 1), path)
    for number, line in enumerate(text.rstrip("\n").split("\n"), 1):
        each = counts.get(Line(file, number))
        rows.append((*_cells(each), str(number), line.expandtabs(8)))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(_joined(row, widths) for row in rows)


def _source(history: History) -> tuple[str, str]:
    # The path of the source that was recorded last, and the name that lines have.
    for call in reversed(history.calls):
        if call.site is not None and call.site.line is not None and call.site.path:
            return call.site.path, call.site.line.file
    raise UsageError(say("No line of a source was recorded: run a program that vmlab.build made."))


def _cells(counts: Counts | None) -> tuple[str, str, str]:
    if counts is None:
        return "", "", ""
    shown = [str(each) if each else "" for each in (counts.faults, counts.calls)]
    more = "" if counts.all_bytes else "+"
    return shown[0], shown[1], f"{counts.bytes}{more}" if counts.bytes else more


def _joined(row: tuple[str, ...], widths: list[int]) -> str:
    *counts, number = (cell.rjust(width) for cell, width in zip(row, widths, strict=False))
    return f"{' '.join(counts)} | {number}  {row[-1]}".rstrip()
