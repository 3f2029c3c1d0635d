"""Where in its own sources a program enters the kernel, for whoever records it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from vmlab.model.abi.calls import CALLS_BY_NUMBER
from vmlab.model.abi.kinds import Kind
from vmlab.model.linux.include.structs import MmStruct, TaskStruct
from vmlab.model.linux.mm.filemap import read_pages
from vmlab.model.process import Process
from vmlab.programs.debug import Loaded, if_legible, of
from vmlab.programs.expressions import expression
from vmlab.programs.frames import Frame, frames_of
from vmlab.programs.touches import Touches
from vmlab.programs.variables import locals_of, statics_of
from vmlab.record.recording import Recording
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

    def begins(self, task: TaskStruct, touches: Touches) -> None:
        """Let a run that is about to begin be counted, or not."""
        mm = task.mm
        loaded = if_legible(lambda: of(mm)) if mm is not None else None
        if self.site is None or loaded is None:
            touches.end()
        else:
            touches.begin(loaded, self.site.line)

    def ends(self, task: TaskStruct, touches: Touches) -> None:
        """Take in what a run came to."""
        if self.site is not None:
            frame = if_legible(lambda: _own_frame(task))
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
    sink = task.trace.sink
    if not isinstance(sink, Recording):
        yield Told(None)
        return
    with process._turn:
        number = sink.nr_calls
        told = Told(if_legible(lambda: _site(task, addresses, again)))
        try:
            yield told
        finally:
            if told.site is not None:
                sink.tell(number, told.site)


def _site(
    task: TaskStruct, addresses: Callable[[TaskStruct], Iterable[int]], again: bool
) -> Site | None:
    mm = task.mm
    if mm is None:
        return None
    loaded = of(mm)
    frame = _own_frame(task)
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


def _own_frame(task: TaskStruct) -> Frame | None:
    return next((frame for frame in frames_of(task) if frame.function is not None), None)


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


def _text_of(mm: MmStruct, loaded: Loaded, line: Line) -> str:
    system = mm.system
    inode = system.namei.get(loaded.debug.path_of(line))
    if inode is None:
        return ""
    data = read_pages(system, inode.i_mapping, 0, min(inode.i_size, MOST_TEXT))
    return line_text(data.decode(errors="replace"), line.number)
