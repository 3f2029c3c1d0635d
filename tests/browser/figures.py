"""The figures that a book about Linux memory would print, drawn from the model.

Each is a picture as an Explorer shows it at one step of a short story.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from tests.diagrams import machines
from tests.record import runs
from vmlab import (
    CLONE_THREAD,
    CLONE_VM,
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_GROWSDOWN,
    MAP_PRIVATE,
    MAP_SHARED,
    O_RDWR,
    PAGE_SIZE,
    PROT_NONE,
    PROT_READ,
    PROT_WRITE,
    TINY,
    X86_32,
    X86_64_LA57,
    Explorer,
    Machine,
    Process,
    Recorder,
)
from vmlab.diagrams.layout import render_svg
from vmlab.diagrams.page_table import page_table_dot
from vmlab.errors import Signal
from vmlab.model.abi.clone import CLONE_SIGHAND
from vmlab.widgets.clickable_view import Pick

READ_WRITE = PROT_READ | PROT_WRITE
ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS
AT = 0x10000000
FILE = "/shared.dat"  # of four pages


@dataclass(frozen=True)
class Figure:
    """A picture with what the widget around it says."""

    name: str
    svg: str
    label: str
    hint: str
    highlight: tuple[str, ...]


def figures() -> Iterator[Figure]:
    """Draw all figures."""
    for story in STORIES:
        yield from story()


def _lab() -> tuple[Machine, Process]:
    machine = Machine()
    machine.fs.write(FILE, b"text" * PAGE_SIZE)
    return machine, machine.spawn()


def _anonymous(process: Process, pages: int = 4) -> int:
    return process.mmap(0, pages * PAGE_SIZE, READ_WRITE, ANONYMOUS)


def _file(process: Process, flags: int, pages: int = 4, path: str = FILE) -> int:
    return process.mmap(0, pages * PAGE_SIZE, READ_WRITE, flags, process.open(path, O_RDWR))


class _Story:
    # A machine with an Explorer that watches it.
    def __init__(self, machine: Machine, *pictures: str) -> None:
        self.recorder = Recorder(machine)  # the Explorer shows the one there is
        self.explorer = Explorer(machine, show=pictures)

    def figures(self, what: str, *, pid: int = 0, step: str = "") -> Iterator[Figure]:
        """Draw the present, or the last step with an event of that name."""
        explorer = self.explorer
        explorer.refresh()
        explorer.controls.pid = pid or explorer.controls.pid
        explorer.player.step = len(self.recorder)
        if step:
            explorer.player.step = 1 + max(self.numbers(step))
        explorer.draw()
        for view, (picture,) in explorer.pictures.items():
            name = f"{picture}-{what}"
            yield Figure(name, view.svg, view.label, view.hint, view.highlight)

    def numbers(self, *events: str) -> list[int]:
        """Return the numbers of the steps with an event of one of these names."""
        return [step.number for step in self.recorder.steps if step.event.name in events]

    def unfold(self, key: str) -> None:
        """Click a fold."""
        self.explorer.point(Pick(key))


def _after_execve() -> Iterator[Figure]:
    machine, process = _lab()
    shown = ("address_space", "mm_struct", "vma_tree", "page_table", "frames", "page_cache")
    story = _Story(machine, *shown, "process_tree", "tlb")
    yield from story.figures("after-execve")
    process.execve("/bin/a.out", ["a.out"], {})
    yield from story.figures("during-execve", step="mm_users")


def _shared_object() -> Iterator[Figure]:
    machine, first = _lab()
    second = machine.spawn()
    at = _file(first, MAP_SHARED)
    also = _file(second, MAP_SHARED, 2)
    story = _Story(machine, "sharing", "frames", "page_cache", "address_space")
    first.store(at, b"hello")
    second.load(also)
    second.load(also + PAGE_SIZE)
    yield from story.figures("shared-object")


def _private_object() -> Iterator[Figure]:
    machine, first = _lab()
    second = machine.spawn()
    at, also = _file(first, MAP_PRIVATE, 2), _file(second, MAP_PRIVATE, 2)
    story = _Story(machine, "sharing", "frames", "page_cache")
    first.load(at)
    second.load(also)
    yield from story.figures("private-object-before-write")
    second.store(also, b"mine")
    yield from story.figures("private-object-after-write")


def _fork() -> Iterator[Figure]:
    machine, parent = _lab()
    stack = parent.mm.start_stack
    parent.store(stack, b"parent")
    shown = ("sharing", "address_space", "frames", "process_tree", "page_table")
    story = _Story(machine, *shown)
    yield from story.figures("before-fork")
    child = parent.fork()
    yield from story.figures("after-fork")
    child.store(stack, b"child")
    yield from story.figures("after-fork-and-write", pid=child.pid)


def _six_processes() -> Iterator[Figure]:
    machine, parent = _lab()
    parent.store(parent.mm.start_stack, b"parent")
    at = _anonymous(parent)
    parent.store(at, b"before")
    children = [parent.fork() for _ in range(5)]
    story = _Story(machine, "sharing")
    yield from story.figures("six-processes")
    children[1].store(at, b"after")
    yield from story.figures("six-processes-and-a-write", pid=children[1].pid)


def _processes() -> Iterator[Figure]:
    machine, first = _lab()
    story = _Story(machine, "process_tree", "mm_struct")
    thread = first.clone(CLONE_VM | CLONE_THREAD | CLONE_SIGHAND)
    yield from story.figures("threads", pid=thread.pid)
    first.fork().exit(3)
    first.fork().fork()
    machine.kthread().schedule()
    yield from story.figures("zombie-and-kernel-thread")
    first.vfork()
    yield from story.figures("vfork")


def _rotation() -> Iterator[Figure]:
    machine, process = _lab()
    story = _Story(machine, "vma_tree", "address_space", "mm_struct")
    for turn in range(12):
        process.mmap(AT + 2 * turn * PAGE_SIZE, PAGE_SIZE, PROT_READ, ANONYMOUS | MAP_FIXED)
        turned = story.numbers("rb_rotate_left", "rb_rotate_right")
        if turned and turn > 5:
            break
    story.explorer.refresh()
    for name, step in (("before", turned[-1]), ("after", turned[-1] + 1)):
        story.explorer.player.step = step
        for view, (picture,) in story.explorer.pictures.items():
            label = f"{picture}-{name}-rotation"
            yield Figure(label, view.svg, view.label, view.hint, view.highlight)
    process.munmap(AT + 2 * PAGE_SIZE, PAGE_SIZE)
    yield from story.figures("after-munmap")


def _many() -> Iterator[Figure]:
    machine, process = _lab()
    for turn in range(3000 - process.mm.map_count):
        process.mmap(AT + 2 * turn * PAGE_SIZE, PAGE_SIZE, PROT_READ, ANONYMOUS | MAP_FIXED)
    process.load(AT + 3000 * PAGE_SIZE)
    shown = ("address_space", "mm_struct", "vma_tree", "page_table", "frames")
    story = _Story(machine, *shown)
    yield from story.figures("3000-vmas")
    process.mprotect(AT + 3000 * PAGE_SIZE, PAGE_SIZE, PROT_NONE)
    yield from story.figures("3000-vmas-one-marked")
    small, owner = _lab()
    for turn in range(30):
        owner.mmap(AT + 2 * turn * PAGE_SIZE, PAGE_SIZE, PROT_READ, ANONYMOUS | MAP_FIXED)
    story = _Story(small, "address_space", "mm_struct", "vma_tree")
    yield from story.figures("folded")
    for fold in ("more_regions_1", "more_vmas"):
        story.unfold(fold)
    yield from story.figures("unfolded")


def _walks() -> Iterator[Figure]:
    for name, geometry in (("x86-64", None), ("32-bit", X86_32), ("5-level", X86_64_LA57)):
        machine = Machine() if geometry is None else Machine(geometry=geometry)
        process = machine.spawn()
        at = _anonymous(process)
        process.store(at, b"walk")
        process.store(at + 2 * PAGE_SIZE, b"walk")
        story = _Story(machine, "page_table")
        story.explorer.point(Pick(f"vma_1_{at + PAGE_SIZE:x}"))
        process.store(at, b"again")
        yield from story.figures(f"walk-{name}")
    process.fork()
    process.load(at)
    yield from story.figures("after-fork-walk")


def _tiny() -> Iterator[Figure]:
    machine = machines.Machine(TINY)
    space = machine.space()
    machine.task(1, space.number)
    for page in (1, 2, 9):
        space.map(page * machine.page_size, machine.frame("anon"), "rwd")
    svg = render_svg(page_table_dot(machine.snapshot(), addr=0x95))
    yield Figure("page_table-tiny", svg, "Page table of a tiny machine", "", ())


def _tlb() -> Iterator[Figure]:
    machine, process = _lab()
    at = _anonymous(process)
    for page in range(4):
        process.store(at + page * PAGE_SIZE, b"!")
    child = process.fork()
    child.load(at)
    child.store(at + PAGE_SIZE, b"!")
    story = _Story(machine, "tlb")
    yield from story.figures("two-processes", pid=child.pid)
    child.mprotect(at, PAGE_SIZE, PROT_READ)
    yield from story.figures("after-flush")


def _faults() -> Iterator[Figure]:
    def refault(process: Process, between: Callable[[Process], object]) -> None:
        at = _anonymous(process)
        process.store(at, b"!")
        between(process)
        process.store(at, b"!")

    def stack(process: Process) -> None:
        at = process.mmap(AT, 8 * PAGE_SIZE, READ_WRITE, ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED)
        process.store(at - PAGE_SIZE, b"!")

    def beyond(process: Process) -> None:
        process.load(_file(process, MAP_SHARED, 9) + 5 * PAGE_SIZE)

    kinds: dict[str, Callable[[Process], object]] = {
        "anonymous-read": lambda process: process.load(_anonymous(process)),
        "anonymous-write": lambda process: process.store(_anonymous(process), b"!"),
        "file-read": lambda process: process.load(_file(process, MAP_PRIVATE)),
        "file-private-write": lambda process: process.store(_file(process, MAP_PRIVATE), b"!"),
        "file-shared-write": lambda process: process.store(_file(process, MAP_SHARED), b"!"),
        "copy-on-write": lambda process: refault(process, Process.fork),
        "reuse": lambda process: refault(process, lambda parent: parent.fork().exit(0)),
        "hole": lambda process: process.load(0xDEAD000),
        "access-refused": lambda process: process.store(process.mm.start_code, b"!"),
        "stack-growth": stack,
        "bus-error": beyond,
        "kernel-address": lambda process: process.load(0xFFFF888000000000),
    }
    for name, fault in kinds.items():
        machine, process = _lab()
        story = _Story(machine, "fault_path")
        with suppress(Signal):
            fault(process)
        yield from story.figures(name)
    machine, process = _lab()
    story = _Story(machine, "fault_path", "call_path")
    yield from story.figures("nothing-yet")
    process.store(_anonymous(process), b"!")
    yield from story.figures("half-way", step="fault_branch")


def _calls() -> Iterator[Figure]:
    machine, process = _lab()
    story = _Story(machine, "call_path")
    process.mmap(0, PAGE_SIZE, READ_WRITE, ANONYMOUS)
    yield from story.figures("mmap")
    process.fork()
    yield from story.figures("fork", step="mm_page_alloc")
    process.exit(0)
    yield from story.figures("exit")


def _over_time() -> Iterator[Figure]:
    machine, process = _lab()
    story = _Story(machine, "memory_over_time")
    yield from story.figures("nothing-yet")
    at = _anonymous(process)
    process.store(at, b"parent")
    process.load(at + PAGE_SIZE)
    process.load(_file(process, MAP_PRIVATE))
    yield from story.figures("first-calls")
    child = process.fork()
    child.store(at, b"child")
    process.store(at, b"again")
    child.mprotect(at + PAGE_SIZE, PAGE_SIZE, PROT_READ)
    child.munmap(at + 2 * PAGE_SIZE, PAGE_SIZE)
    child.store(child.mm.start_stack - 40 * PAGE_SIZE, b"deep")
    yield from story.figures("fork", step="vma_split")
    with suppress(Signal):
        child.store(0xDEAD000, b"!")
    process.wait()
    process.brk(process.brk(0) + 3 * PAGE_SIZE)
    process.execve("/bin/a.out", ["a.out"], {})
    yield from story.figures("a-life")
    yield from _busy().figures("random")
    yield from long_recording().figures("10000-steps")


def _busy() -> _Story:
    machine = runs.machine()
    story = _Story(machine, "memory_over_time")
    chance = random.Random(4)
    names = ("mmap", "mmap", "munmap", "mprotect", "mremap", "brk", "stack", "madvise")
    for turn in range(60):
        if turn in (20, 40):
            runs.act(machine, ("fork", 0, 0, 0, 0))
        runs.act(machine, (chance.choice(names), *(chance.randrange(16) for _ in range(4))))
    return story


def long_recording() -> _Story:
    """Return a story of 10,000 steps with 200 regions."""
    machine, process = _lab()
    story = _Story(machine, "memory_over_time")
    turn = 0
    while len(story.recorder) < 10_000:
        place = AT + turn % 200 * 4 * PAGE_SIZE
        prot = READ_WRITE if turn % 3 else PROT_READ
        process.mmap(place, 2 * PAGE_SIZE, prot, ANONYMOUS | MAP_FIXED)
        if turn % 3:
            process.store(place, b"!")
        if turn % 5 == 0:
            process.brk(process.brk(0) + PAGE_SIZE)
        turn += 1
    return story


def _names() -> Iterator[Figure]:
    machine = Machine()
    process = machine.spawn()
    shown = (
        "sharing", "address_space", "mm_struct", "frames", "page_cache", "process_tree", "vma_tree",
    )  # fmt: skip
    for path in ("/한국어 파일.txt", "/</svg><script>alert(1)</script>", f"/{'long' * 60}.dat"):
        machine.fs.write(path, b"name")
        process.load(_file(process, MAP_PRIVATE, 1, path))
    yield from _Story(machine, *shown).figures("names")


STORIES = (
    _after_execve, _shared_object, _private_object, _fork, _six_processes, _processes, _rotation,
    _many, _walks, _tiny, _tlb, _faults, _calls, _over_time, _names,
)  # fmt: skip
