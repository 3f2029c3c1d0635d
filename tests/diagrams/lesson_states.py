"""The states that a lesson shows, and how a reader looks at them: what has to fit one screen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from vmlab import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_PRIVATE,
    MAP_SHARED,
    O_RDWR,
    PAGE_SIZE,
    PROT_READ,
    PROT_WRITE,
    Machine,
    Process,
    Recorder,
)
from vmlab.errors import Signal
from vmlab.record.highlight import call_marks
from vmlab.record.marks import NO_MARKS
from vmlab.state import views
from vmlab.state.snapshot import Snapshot
from vmlab.widgets.pictures import Focus

READ_WRITE = PROT_READ | PROT_WRITE
ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS
AT = 0x10000000


class Lesson:
    """A recorded machine, and the address that its reader used last."""

    def __init__(self) -> None:
        self.machine = Machine()
        self.machine.fs.write("/shared.dat", b"text" * PAGE_SIZE)
        self.process = self.machine.spawn()
        self.recorder = Recorder(self.machine)
        self.addr: int | None = None

    def write(self, process: Process, addr: int) -> None:
        """Write to a page, and look at it from then on."""
        self.addr = addr
        with suppress(Signal):
            process.store(addr, b"x")

    def anonymous(self, pages: int = 2) -> int:
        """Map a region; return its address."""
        return self.process.mmap(0, pages * PAGE_SIZE, READ_WRITE, ANONYMOUS)

    def shown(self) -> tuple[Snapshot, Focus]:
        """Return the last step as an Explorer shows it."""
        recorder, now = self.recorder, len(self.recorder) - 1
        snap = recorder.snapshot(now)
        mm = views.current_mm(snap)
        history = recorder.steps
        call = history[recorder.calls[-1].first :] if recorder.calls else ()
        before = recorder.snapshot(call[0].number - 1) if call else snap
        marks = call_marks([step.event for step in call], before, snap) if call else NO_MARKS
        return snap, Focus(
            mm=mm.mm if mm is not None else None,
            addr=self.addr,
            highlight=marks,
            before=before,
            call=call,
            now=now,
            recording=history,
        )


def fresh() -> Lesson:
    """Return a process that has done nothing."""
    return Lesson()


def first_write() -> Lesson:
    """Return a process of ten regions that wrote to a new one."""
    lesson = Lesson()
    lesson.write(lesson.process, lesson.anonymous())
    return lesson


def copy_on_write() -> Lesson:
    """Return a parent and a child of nine regions; the child wrote to a page of bss."""
    lesson = Lesson()
    bss = lesson.process.mm.end_data + PAGE_SIZE & -PAGE_SIZE
    for addr in (bss, lesson.process.mm.start_stack):
        lesson.write(lesson.process, addr)
    lesson.write(lesson.process.fork(), bss)
    return lesson


def shared_file() -> Lesson:
    """Return two processes that write to a file they share."""
    lesson = Lesson()
    fd = lesson.process.open("/shared.dat", O_RDWR)
    at = lesson.process.mmap(0, 4 * PAGE_SIZE, READ_WRITE, MAP_SHARED, fd)
    lesson.write(lesson.process, at)
    lesson.write(lesson.process.fork(), at)
    return lesson


def signal() -> Lesson:
    """Return a process that wrote where nothing is mapped."""
    lesson = Lesson()
    lesson.write(lesson.process, 0xDEAD000)
    return lesson


def tree_of_fifteen() -> Lesson:
    """Return a process of fifteen regions."""
    lesson = Lesson()
    turn = 0
    while lesson.process.mm.map_count < 15:
        place = AT + 2 * turn * PAGE_SIZE
        lesson.process.mmap(place, PAGE_SIZE, PROT_READ, ANONYMOUS | MAP_FIXED)
        turn += 1
    return lesson


def six_processes() -> Lesson:
    """Return a parent with five children, one of which wrote."""
    lesson = Lesson()
    at = lesson.anonymous()
    lesson.write(lesson.process, at)
    children = [lesson.process.fork() for _ in range(5)]
    lesson.write(children[2], at)
    return lesson


def ten_generations() -> Lesson:
    """Return a process whose every child has a child."""
    lesson = Lesson()
    process = lesson.process
    for _ in range(9):
        process = process.fork()
    lesson.write(process, process.mm.start_stack)
    return lesson


STATES: dict[str, Callable[[], Lesson]] = {
    "fresh": fresh,
    "first write": first_write,
    "copy-on-write": copy_on_write,
    "shared file": shared_file,
    "signal": signal,
    "tree of fifteen": tree_of_fifteen,
    "six processes": six_processes,
    "ten generations": ten_generations,
}
