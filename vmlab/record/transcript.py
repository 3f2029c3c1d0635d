"""A recording as text: a log as strace writes it, with the kernel's steps under each call."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Sequence

from vmlab.errors import UsageError
from vmlab.model import arguments
from vmlab.model.abi.strace_values import plain
from vmlab.model.machine_code import EXECUTE
from vmlab.model.trace.events.fault import OomKill, SignalGenerate
from vmlab.model.trace.events.process import AccessBegin, AccessEnd, SchedSwitch, SysEnter, SysExit
from vmlab.record.history import CallPathEntry, History, Step
from vmlab.record.replay import BY_HAND, RecordedCall
from vmlab.record.story import Story, story
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import say

_WIDTH = 100
LEVELS = ("headline", "chapters", "steps")


def transcript(history: History, levels: Collection[str] = ("steps",)) -> str:
    """Return a recording as text.

    A call stands as strace prints it, with its answer. Below it, each function that the kernel
    entered stands with its source file, and under it what happened there, a sentence for each
    step.

    Args:
        history: what was recorded.
        levels: what to tell below a call: 'headline' (what it came to), 'chapters', 'steps'.

    Raises:
        UsageError: there is no such level.
    """
    arguments.instance(levels, Collection, "levels")
    for level in levels:
        if level not in LEVELS:
            all_levels = ", ".join(LEVELS)
            raise UsageError(
                say(
                    "there is no level {level!r}; there are {levels}",
                    level=level,
                    levels=all_levels,
                )
            )
    with_story = "headline" in levels or "chapters" in levels
    lines: list[str] = []
    for number, call in enumerate(history.calls):
        steps = history[call.first : history.end_of(number)]
        if steps:
            told = story(history, number) if with_story else None
            lines.append(title(call, steps))
            if told is not None and "headline" in levels:
                lines += _wrapped(str(told.headline), "  = ")
            chapters = told if "chapters" in levels else None
            lines += _steps(steps if "steps" in levels else (), chapters)
    return "\n".join(lines) + "\n" if lines else ""


def _steps(steps: Sequence[Step], told: Story | None) -> list[str]:
    # The steps, each chapter under its title; or the titles alone.
    titles = {chapter.first: f"  * {chapter}" for chapter in told.chapters} if told else {}
    if not steps:
        return list(titles.values())
    lines: list[str] = []
    above: tuple[CallPathEntry, ...] = ()
    for step in steps:
        if step.number in titles:
            lines.append(titles[step.number])
            above = ()
        if isinstance(step.event, SysEnter | SysExit | AccessBegin | AccessEnd):
            continue
        path = step.path
        common = 0
        while common < min(len(path), len(above)) and path[common] is above[common]:
            common += 1
        for depth, frame in enumerate(path[common:], common):
            source = f"  [{frame.source}]" if frame.source else ""
            lines.append(f"{_indent(depth)}{frame.function}(){source}")
        above = path
        lines += _sentence(step, len(path))
    return lines


def title(call: RecordedCall, steps: Sequence[Step]) -> str:
    """Return a call as strace prints it, with its process and its answer.

    Args:
        call: the call.
        steps: all that it did; there is at least one.
    """
    begun = next((s.event for s in steps if isinstance(s.event, SysEnter | AccessBegin)), None)
    if call.name == BY_HAND:
        return "# " + say("done by hand")
    if call.name == EXECUTE:
        return "# " + say("process {pid} runs its program", pid=call.pid)
    if begun is None:
        words = ", ".join("snapshot" if isinstance(a, Snapshot) else plain(a) for a in call.args)
        return f"# {call.name}({words})"
    match steps[-1].event:
        case SysExit(result=answer, reason=reason):
            answer += f" ({reason})" if reason else ""
        case AccessEnd(result=answer):
            pass
        case _:
            answer = _death(steps)
    name = begun.call if isinstance(begun, SysEnter) else begun.access
    return f"{begun.pid} {name}({begun.args}) = {answer}"


def _death(steps: Sequence[Step]) -> str:
    for step in reversed(steps):
        if isinstance(step.event, SignalGenerate):
            return f"{step.event.signal} ({step.event.code})"
        if isinstance(step.event, OomKill):
            return say("SIGKILL (out of memory)")
    return "?"


def _sentence(step: Step, depth: int) -> list[str]:
    indent = _indent(depth)
    if isinstance(step.event, SchedSwitch):
        indent = _indent(0)
    return _wrapped(step.sentence, f"{indent}- ")


def _wrapped(words: str, begin: str) -> list[str]:
    return textwrap.wrap(words, _WIDTH, initial_indent=begin, subsequent_indent=" " * len(begin))


def _indent(depth: int) -> str:
    return "  " * (depth + 1)
