"""A recording as text: a log as strace writes it, with the kernel's steps under each call."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from vmlab.model.abi import strace
from vmlab.model.trace.events.fault import OomKill, SignalGenerate
from vmlab.model.trace.events.process import SchedSwitch, SysEnter, SysExit
from vmlab.record.history import CallPathEntry, History, Step
from vmlab.record.replay import Call
from vmlab.state.snapshot import Snapshot

_WIDTH = 100
_FILES = ("mkdir", "write", "truncate", "unlink")


def transcript(history: History) -> str:
    """Return a recording as text.

    A call stands as strace prints it, with its answer. Below it, each function that the kernel
    entered stands with its source file, and under it what happened there, a sentence for each
    step.
    """
    lines: list[str] = []
    for number, call in enumerate(history.calls):
        steps = history[call.first : history.end_of(number)]
        if steps:
            lines += _call(call, steps)
    return "\n".join(lines) + "\n" if lines else ""


def _call(call: Call, steps: Sequence[Step]) -> list[str]:
    lines = [_title(call, steps)]
    above: tuple[CallPathEntry, ...] = ()
    for step in steps:
        if isinstance(step.event, SysEnter | SysExit):
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


def _title(call: Call, steps: Sequence[Step]) -> str:
    entered = next((step.event for step in steps if isinstance(step.event, SysEnter)), None)
    if entered is None:
        words = ", ".join(_word(arg) for arg in call.args)
        return f"# {'fs.' * (call.name in _FILES)}{call.name}({words})"
    left = steps[-1].event
    if isinstance(left, SysExit):
        why = f" ({left.reason})" if left.reason else ""
        answer = f"{left.result}{why}"
    else:
        answer = _death(steps)
    return f"{entered.pid} {entered.call}({entered.args}) = {answer}"


def _word(arg: Any) -> str:
    if isinstance(arg, Snapshot):
        return "snapshot"
    return strace.arguments("", (arg,))


def _death(steps: Sequence[Step]) -> str:
    for step in reversed(steps):
        if isinstance(step.event, SignalGenerate):
            return f"{step.event.signal} ({step.event.code})"
        if isinstance(step.event, OomKill):
            return "SIGKILL (out of memory)"
    return "?"


def _sentence(step: Step, depth: int) -> list[str]:
    indent = _indent(depth)
    if isinstance(step.event, SchedSwitch):
        indent = _indent(0)
    return textwrap.wrap(
        step.sentence, _WIDTH, initial_indent=f"{indent}- ", subsequent_indent=f"{indent}  "
    )


def _indent(depth: int) -> str:
    return "  " * (depth + 1)
