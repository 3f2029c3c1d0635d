"""The kernel functions a recording went through, nested as they called each other.

A function stands in bold with its source file; below it, indented, what it did: functions it
called, and events, which begin with a dot. The functions that are being executed at the chosen
step have a coloured ground.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vmlab.diagrams.dot import SMALL, TIP_LIMIT, Markup, Picture, cell, clean, row, soft, text
from vmlab.diagrams.folds import More, fold, places
from vmlab.diagrams.marking import HERE
from vmlab.diagrams.room import wrapped
from vmlab.diagrams.rows import head, more_row
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.record.recorder import Step
from vmlab.words.columns import columns, first
from vmlab.words.language import N_, say, say_n

LIMIT = 17  # lines that are shown, those that must be seen among them
AROUND = 2  # lines before and after the one that is looked at
LETTERS = 96  # that a line of an event has
# The same where it is narrow, of all lines; the letters of a function's name are wider.
NARROW_LETTERS, NAME = 77, 1.25
LEGEND = N_("bold: a function    dot: an event    shaded: being executed at this step")


@dataclass(frozen=True, slots=True)
class Line:
    """One function or one event."""

    key: str
    depth: int
    name: str
    note: str  # source file of a function, sentence of an event
    event: bool
    open: bool  # a function that is being executed at the chosen step


def _listing(steps: Sequence[Step], now: int | None) -> list[Line]:
    found: list[Line] = []
    before: tuple[str, ...] = ()
    current = next((step for step in steps if step.number == now), None)
    here = tuple(frame.function for frame in current.path) if current is not None else ()
    reached: dict[int, int] = {}  # depth -> place of the last function there
    for step in steps:
        path = tuple(frame.function for frame in step.path)
        same = 0
        while same < min(len(path), len(before)) and path[same] == before[same]:
            same += 1
        for depth in range(same, len(path)):
            frame = step.path[depth]
            key = f"call_{step.number}_{depth}"
            reached[depth] = len(found)
            found.append(Line(key, depth, frame.function, frame.source, event=False, open=False))
        key = f"step_{step.number}"
        found.append(Line(key, len(path), step.event.name, step.sentence, event=True, open=False))
        before = path
        if step.number == now:
            for depth in range(len(here)):
                line = found[reached[depth]]
                found[reached[depth]] = Line(
                    line.key, depth, line.name, line.note, event=False, open=True
                )
    return found


def call_path_dot(
    steps: Sequence[Step],
    *,
    now: int | None = None,
    highlight: Marks = NO_MARKS,
    unfold: frozenset[str] = frozenset(),
    narrow: bool = False,
) -> str:
    """Draw the functions and events of a recording, or of a part of it.

    Args:
        steps: the steps to show.
        now: number of the step that is looked at; None = none.
        highlight: ids of lines, 'step_<number>', to mark besides.
        unfold: ids of folds that the reader opened.
        narrow: whether something stands beside it.
    """
    picture = Picture("call_path")
    lines = _listing(steps, now)
    here = f"step_{now}"
    at = next((place for place, line in enumerate(lines) if line.key == here), len(lines))
    keep = places(
        line.open or line.key in highlight or abs(place - at) <= AROUND
        for place, line in enumerate(lines)
    )
    limit = max(LIMIT - len(keep), 4)
    rows = [head(_title(steps))] if steps else []
    for line in fold(lines, "calls", limit=limit, keep=keep, unfold=unfold):
        if isinstance(line, More):
            rows.append(more_row(line, say_n(line.count, "{n} more line", "{n} more lines")))
        else:
            rows.append(_line(line, hot=line.key == here or line.key in highlight, narrow=narrow))
    if rows:
        picture.legend(*wrapped(say(LEGEND)) if narrow else (say(LEGEND),))
    else:
        rows.append(row(cell(soft(say("nothing was recorded")), dashed=True)))
    picture.struct("call_path.lines", rows, tip=say("functions and events"))
    return picture.dot()


def _title(steps: Sequence[Step]) -> str:
    pid = steps[-1].pid
    if not pid:
        return say("Functions and events")
    return say("Functions and events of process {pid}", pid=pid)


def _line(line: Line, *, hot: bool, narrow: bool) -> Markup:
    guides = soft("|  " * line.depth)
    if line.event:
        letters = NARROW_LETTERS if narrow else LETTERS
        said = soft(_begun(line.note, letters - 3 * line.depth - len(line.name)))
        words = Markup(f"{guides}{text(f'. {line.name}', size=SMALL, bold=hot)}  {said} ")
    else:
        note = line.note
        if narrow:
            room = NARROW_LETTERS - 3 * line.depth - NAME * len(line.name)
            note = clean(note, max(round(room), 4))
        words = Markup(f"{guides}{text(line.name, bold=True)}  {soft(f'{note} ')}")
    return row(
        cell(
            words,
            key=line.key,
            tip=line.note or line.name,
            tone="hot" if line.open else "struct" if hot else "",
            mark=HERE if hot else None,
            border=0,
            padding=1,
            align="LEFT",
        )
    )


def _begun(sentence: str, limit: int) -> str:
    # A sentence is read from its beginning, so it is its end that is cut; the tip has all of it.
    if columns(sentence) <= limit:
        return sentence
    return f"{first(sentence, limit - 3).rstrip()}..."


def call_path_text(steps: Sequence[Step], *, now: int | None = None) -> str:
    """Say the picture in words: indented functions, and each event as its sentence."""
    said = []
    for line in _listing(steps, now):
        mark = ">" if line.key == f"step_{now}" else " "
        words = (
            line.note if line.event else f"{line.name} ({line.note})" if line.note else line.name
        )
        said.append(f"{mark} {'  ' * line.depth}{clean(words, TIP_LIMIT)}")
    return "\n".join(said) or say("Nothing was recorded.")
