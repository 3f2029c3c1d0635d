"""Where in its own sources a program enters the kernel, for whoever records it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from vmlab.model.abi.calls import CALLS_BY_NUMBER
from vmlab.model.abi.kinds import Kind
from vmlab.model.linux.include.structs import MmStruct, System, TaskStruct
from vmlab.model.linux.mm.filemap import read_pages
from vmlab.model.process import Process
from vmlab.programs.cpus import Counting
from vmlab.programs.debug import Loaded, if_legible, of, of_task
from vmlab.programs.expressions import expression
from vmlab.programs.frames import Frame, own_frames
from vmlab.programs.variables import locals_of, statics_of
from vmlab.record.both import recordings
from vmlab.record.site import MOST_TEXT, Line, Site, line_text

_ADDRESSES = (Kind.ADDRESS, Kind.BUFFER, Kind.VECTOR)


def _nothing(_: TaskStruct) -> Iterable[int]:
    return ()


class Told:
    """What is told of one call of a program.

    Attributes:
        site: where the program is; None = nobody listens, or its program tells no lines.
    """

    def __init__(self, site: Site | None) -> None:
        self.site = site

    def __repr__(self) -> str:
        return f"<Told {self.site!r}>"

    def begins(self, task: TaskStruct, touches: Counting) -> None:
        """Let a run that is about to begin be counted, or not."""
        loaded = of_task(task)
        if self.site is None or loaded is None:
            touches.end()
        else:
            touches.begin(loaded, self.site.line)

    def ends(self, task: TaskStruct, touches: Counting) -> None:
        """Take in what a run came to."""
        if self.site is not None:
            frame = if_legible(lambda: own_frame(task))
            end = frame.line if frame is not None else None
            touched, is_all = touches.counted(), touches.is_all
            self.site = replace(self.site, end=end, touched=touched, all_touched=is_all)


@contextmanager
def recorded(
    process: Process,
    addresses: Callable[[TaskStruct], Iterable[int]] = _nothing,
    *,
    again: bool = False,
) -> Iterator[Told]:
    """Tell a recording where in its sources a program is that makes a call meanwhile.

    Args:
        process: of the program.
        addresses: tells of the task the addresses (bytes) that the call is about.
        again: the call is one that it slept in.
    """
    task = process.task
    listening = [(each, each.nr_calls) for each in recordings(task.trace.sink)]
    if not listening:
        yield Told(None)
        return
    with process._turn:
        told = Told(if_legible(lambda: _site(task, addresses, again)))
        try:
            yield told
        finally:
            if told.site is not None:
                for recording, number in listening:
                    recording.tell(number, told.site)


def _site(
    task: TaskStruct, addresses: Callable[[TaskStruct], Iterable[int]], again: bool
) -> Site | None:
    mm = task.mm
    if mm is None:
        return None
    loaded = of(mm)
    frame = own_frame(task)
    if frame is None or frame.line is None:
        return Site(None, again=again)
    path = loaded.debug.path_of(frame.line)
    variables = _variables(task, mm, loaded, frame, addresses(task))
    return Site(frame.line, path, variables, again=again)


def addresses_of_call(task: TaskStruct) -> list[int]:
    """Return the addresses (bytes) that the registers of a system call give it."""
    regs = task.regs
    call = CALLS_BY_NUMBER.get(regs.ax)
    raw = (regs.di, regs.si, regs.dx, regs.r10, regs.r8, regs.r9)
    parameters = call.parameters if call is not None else ()
    pairs = zip(parameters, raw, strict=False)
    return [value for parameter, value in pairs if parameter.kind in _ADDRESSES]


def own_frame(task: TaskStruct) -> Frame | None:
    """Return the innermost function of its own sources that a task is in."""
    return next(own_frames(task), None)


def _variables(
    task: TaskStruct, mm: MmStruct, loaded: Loaded, frame: Frame, addresses: Iterable[int]
) -> tuple[tuple[int, str], ...]:
    wanted = list(addresses)
    if not wanted or frame.line is None:
        return ()
    seen = [*statics_of(task, mm, loaded), *locals_of(task, mm, loaded, frame)]
    line = _text_of(mm, loaded, frame.line)
    direct = frame.addr == task.rip
    found = [(addr, expression(mm, seen, line, addr, direct=direct)) for addr in wanted]
    return tuple((addr, text) for addr, text in found if text)


def source_at(system: System, path: str) -> str | None:
    """Return what a source in the machine says, as far as it is read; None if there is none."""
    inode = system.namei.get(path)
    if inode is None:
        return None
    data = read_pages(system, inode.i_mapping, 0, min(inode.i_size, MOST_TEXT))
    return data.decode(errors="replace")


def _text_of(mm: MmStruct, loaded: Loaded, line: Line) -> str:
    source = source_at(mm.system, loaded.debug.path_of(line)) or ""
    return line_text(source, line.number)
