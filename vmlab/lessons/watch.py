"""Telling in words what the kernel does, for a printed page."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from types import TracebackType

from vmlab.errors import UsageError
from vmlab.model import arguments
from vmlab.record.both import Both
from vmlab.record.history import History
from vmlab.record.recorder import Recorder, Step
from vmlab.record.story import Story
from vmlab.record.transcript import LEVELS
from vmlab.state.machine import Machine
from vmlab.words.language import say
from vmlab.words.sentences import SENTENCES

# What a reader of the kernel's decisions can do without: the frame of every call, the hardware.
QUIET = frozenset(
    (
        *("sys_enter", "sys_exit", "access_begin", "access_end", "sched_switch"),
        *("tlb_hit", "tlb_miss", "tlb_fill", "page_walk"),
    )
)


def _check(name: str) -> None:
    names = sorted(kind.name for kind in SENTENCES)
    if name in names:
        return
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        words = say("no event is named {name!r}; the nearest is {near!r}", name=name, near=near[0])
    else:
        all_names = ", ".join(names)
        words = say("no event is named {name!r}; there are {names}", name=name, names=all_names)
    raise UsageError(words)


class watch:
    """Watch a machine while a block runs; print a sentence for each step when it ends.

    Whoever listens already, such as an Explorer, hears it too.

    Args:
        machine: the machine to listen to.
        only: names of the events to tell, for example 'page_walk'; all but `QUIET` unless given.
        level: 'steps'; 'headline' tells what each call came to, 'chapters' its chapters too.

    Raises:
        UsageError: no event has one of these names, there is no such level, or it tells no events.

    >>> machine = Machine()
    >>> with watch(machine, "mm_page_alloc"):
    ...     machine.fs.write("/a", b"x")
    Frame 2 is taken for the page cache.
    """

    def __init__(self, machine: Machine, *only: str, level: str = "steps") -> None:
        arguments.instance(machine, Machine, "machine")
        for name in only:
            _check(name)
        if level not in LEVELS:
            levels = ", ".join(LEVELS)
            raise UsageError(
                say("there is no level {level!r}; there are {levels}", level=level, levels=levels)
            )
        if only and level != "steps":
            raise UsageError(say("names of events go with the level {level!r} only", level="steps"))
        self._machine = machine
        self._only = frozenset(only)
        self._level = level
        self.steps: tuple[Step, ...] = ()
        self.recording: History | None = None  # once the block has ended
        self.stories: tuple[Story, ...] = ()  # of each call, unless the level is 'steps'

    def __repr__(self) -> str:
        return f"<story of {len(self.steps)} steps>"

    def __enter__(self) -> watch:
        trace = self._machine.system.trace
        self._before = trace.sink
        self._recorder = Recorder(self._machine)
        if self._before is not None and trace.sink is not None:
            trace.sink = Both(self._before, trace.sink)
        self._sink = trace.sink
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.recording = self._recorder.steps
        self.steps = tuple(self.recording)
        if self._level != "steps":
            self.stories = tuple(told for told in self._recorder.stories if told.steps)
        trace = self._machine.system.trace
        if trace.sink is self._sink:  # not if an undo or another recorder took its place
            trace.sink = self._before
        for line in self.sentences:
            print(line)  # noqa: T201 - it is for reading

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return what happened, a sentence for each step that is told, or each call."""
        if self._level != "steps":
            return tuple(self._lines())
        return tuple(step.sentence for step in self.steps if self._told(step))

    def _lines(self) -> Iterator[str]:
        for told in self.stories:
            yield str(told.headline)
            if self._level == "chapters":
                yield from (f"  {chapter}" for chapter in told.chapters)

    def _told(self, step: Step) -> bool:
        name = step.event.name
        return name in self._only if self._only else name not in QUIET
