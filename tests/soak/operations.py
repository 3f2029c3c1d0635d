"""What may be done with a machine, by name, with how often it is chosen."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tests.fuzz.states import any_act
from tests.record.runs import ARENA, PAGE
from tests.soak.arguments import PROGRAMS, address, arguments, length
from tests.soak.life import FEW, Life
from vmlab import Fcntl, Mfd, Seal, Snapshot, StateError
from vmlab.model.abi.calls import ACTIONS
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.record.marks import NO_MARKS
from vmlab.state.capture import capture
from vmlab.state.files import STATE, format_of
from vmlab.widgets.pictures import PICTURES, Focus

Do = Callable[[Life, random.Random], None]
_CHILDREN = ("fork", "vfork", "clone")
_NAMES = sorted(ACTIONS)
_TABLES = 0x40000000  # where whole tables are moved


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of operation."""

    weight: float  # how often it is chosen
    do: Do
    listener: str = ""  # who must listen; empty = it does not matter


OPERATIONS: dict[str, Kind] = {}


def operation(weight: float, listener: str = "") -> Callable[[Do], Do]:
    """Let a function be chosen as an operation of its name."""

    def take(do: Do) -> Do:
        OPERATIONS[do.__name__] = Kind(weight, do, listener)
        return do

    return take


@operation(45)
def call(life: Life, chance: random.Random) -> None:
    """Any call or access of the table, with any arguments."""
    process = life.a_process(chance)
    action = ACTIONS[chance.choice(_NAMES)]
    if action.name in _CHILDREN and len(life.machine.processes) >= FEW:
        return
    args = arguments(action, chance, process)
    life.say(f"{process.pid} {action.name}{args!r}")
    with life.answers(action.name):
        process.call(action.name, *args)


@operation(35)
def meet(life: Life, chance: random.Random) -> None:
    """One of the acts that meet in a small arena; those of the owner are among them."""
    life.act(any_act(chance))


@operation(2)
def number(life: Life, chance: random.Random) -> None:
    """A call by a number, which may be that of none."""
    with life.answers("number"):
        life.a_process(chance).syscall_by_number(chance.choice((39, 22, 57, 999, -1)))


@operation(3)
def look(life: Life, chance: random.Random) -> None:
    """What /proc says of a process, and what machine and files say of themselves."""
    process = chance.choice(list(life.machine.processes.values()))
    process.status()
    repr(process), repr(life.machine), repr(life.machine.fs)
    with life.answers("proc"):
        process.maps(), process.smaps(), process.statm()
        if process.task.mm is not None:
            process.smaps_rollup()
        process.pagemap(address(chance, process), chance.randrange(20))
    for path in life.machine.fs:
        if life.machine.fs.kind(path) == "reg":
            with life.answers("fs.read"):
                life.machine.fs.read(path)


@operation(3)
def debug(life: Life, chance: random.Random) -> None:
    """Somebody else reaches into the memory of a process, or lets it forget accesses."""
    process = chance.choice(list(life.machine.processes.values()))
    addr = address(chance, process)
    with life.answers("proc"):
        process.proc_mem_write(addr, bytes(chance.randrange(40)))
    with life.answers("proc"):
        process.proc_mem_read(addr, chance.randrange(5000))
    with life.answers("proc"):
        process.clear_refs(chance.randrange(7))


@operation(3)
def pieces(life: Life, chance: random.Random) -> None:
    """A call on pieces that lie in memory."""
    process = life.a_process(chance)
    count = chance.randrange(9)
    pieces: list[int] = []
    for _ in range(count):
        pieces += address(chance, process) & ULONG_MAX, length(chance, process)
    at = address(chance, process)
    args = (chance.randrange(3, 8), at, count)
    life.say(f"{process.pid} {pieces} {args}")
    with life.answers("store"):
        process.store(at, struct.pack(f"<{2 * count}Q", *pieces))
    name = chance.choice(("readv", "writev", "preadv", "pwritev"))
    with life.answers(name):
        offset = () if name in ("readv", "writev") else (chance.randrange(40000),)
        process.call(name, *args, *offset)


@operation(1)
def seal(life: Life, chance: random.Random) -> None:
    """A new file, part of it mapped, and seals of it."""
    process = life.a_process(chance)
    with life.answers("memfd_create"):
        fd = process.memfd_create("m", Mfd.MFD_ALLOW_SEALING)
        process.ftruncate(fd, 5 * PAGE)
        with life.answers("mmap"):
            process.mmap(address(chance, process), 3 * PAGE, 3, chance.choice((0x11, 0x12)), fd)
        for kind in chance.sample(list(Seal), 2):
            with life.answers("fcntl"):
                process.fcntl(fd, Fcntl.F_ADD_SEALS, kind)


@operation(0.5)
def move(life: Life, chance: random.Random) -> None:
    """Move so much that whole tables move, and back."""
    process = life.a_process(chance)
    with life.answers("mremap"):
        process.mmap(_TABLES, 4 << 20, 3, 0x32)
        process.store(_TABLES + chance.randrange(1024) * PAGE, b"far")
        here, there = _TABLES, _TABLES + (8 << 20)
        for _ in range(chance.randrange(1, 3)):
            process.mremap(here, 4 << 20, 4 << 20, 3, there)
            here, there = there, here


@operation(0.5)
def sysctl(life: Life, chance: random.Random) -> None:
    """What may be promised."""
    name = chance.choice(("memory", "memory", "ratio", "kbytes"))
    with life.answers("machine.sysctl"):
        life.machine.sysctl(f"vm.overcommit_{name}", chance.choice((0, 0, 1, 2, 50, 4096, -1)))
    life.machine.meminfo()


@operation(1)
def bring(life: Life, chance: random.Random) -> None:
    """A file of the host."""
    with life.answers("fs.import_host"):
        life.import_host(chance)


@operation(2)
def spawn(life: Life, chance: random.Random) -> None:
    """Another program, with limits of its own now and then."""
    if len(life.machine.processes) < FEW:
        limits = chance.choice((None, {}, {3: 64 << 10}, {9: 1 << 20}, {7: 5, 2: 0}))
        with life.answers("machine.spawn"):
            life.machine.spawn(chance.choice(PROGRAMS[:-2]), rlimits=limits)


@operation(2)
def schedule(life: Life, chance: random.Random) -> None:
    """Any task gets the CPU, if it can."""
    tasks = list(life.machine.processes.values())
    if tasks:
        with life.answers("schedule"):
            chance.choice(tasks).schedule()


@operation(1)
def from_maps(life: Life, chance: random.Random) -> None:
    """A process like another one, or like a line of text."""
    if len(life.machine.processes) < FEW:
        text = life.a_process(chance).maps()
        lines = text.splitlines(keepends=True)
        chosen = chance.choice((text, "", "".join(chance.sample(lines, len(lines) // 2)), "x"))
        with life.answers("machine.from_maps"), suppress(StateError):
            life.machine.from_maps(chosen)


@operation(1.5)
def keep(life: Life, chance: random.Random) -> None:
    """Keep the state."""
    life.keep(life.machine.snapshot())


@operation(1)
def restore(life: Life, chance: random.Random) -> None:
    """Go back to a state that was kept."""
    if life.snaps:
        snap = chance.choice(life.snaps)
        life.machine.restore(snap)
        assert life.machine.snapshot() == snap, "another state than the one restored"


@operation(0.3)
def save(life: Life, chance: random.Random) -> None:
    """Write the state to a file and read it again."""
    snap = life.machine.snapshot()
    text = snap.to_json()
    assert Snapshot.from_json(text) == snap, "the file holds another state"
    life.files = [*life.files, text][-3:]


@operation(0.3)
def load(life: Life, chance: random.Random) -> None:
    """Go to the state of a file."""
    states = [text for text in life.files if format_of(text) == STATE]
    if states:
        snap = Snapshot.from_json(chance.choice(states))
        if snap.geometry.name == life.machine.system.geometry.name:
            life.machine.restore(snap)


@operation(0.5)
def copy(life: Life, chance: random.Random) -> None:
    """Go on with a copy."""
    life.go_on_with(life.copied(chance.randrange(3)))


@operation(2)
def twin(life: Life, chance: random.Random) -> None:
    """A copy does the same as the machine itself."""
    other = life.copied(2)
    for _ in range(3):
        what = any_act(chance)
        assert life.act(what) == life.act(what, other), "a copy answers otherwise"
        mine, its = capture(life.machine.system), capture(other.system)
        assert mine == its, f"a copy is in another state: {_difference(mine, its)}"


def _difference(one: Snapshot, other: Snapshot) -> str:
    return ", ".join(n for n in Snapshot.__slots__ if getattr(one, n) != getattr(other, n))


@operation(0.4)
def draw(life: Life, chance: random.Random) -> None:
    """A picture of the state or of a step, as text, and its words."""
    recorder = life.recorder
    step = chance.randrange(-1, len(recorder)) if recorder is not None else -1
    snap = recorder.snapshot(step) if recorder is not None else life.machine.snapshot()
    name = chance.choice(sorted(PICTURES))
    life.say(name)
    focus = Focus(
        mm=chance.choice([mm.mm for mm in snap.mms] or [None]),
        addr=chance.choice((None, ARENA, 1 << 47)),
        highlight=recorder.marks(step) if recorder is not None else NO_MARKS,
        now=step,
        recording=recorder.steps if recorder is not None else None,
    )
    kind = PICTURES[name]
    assert kind.source(snap, focus)
    kind.text(snap, focus)
    kind.title(snap, focus)
    kind.shows(snap, focus)
