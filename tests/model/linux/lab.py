"""Short words for tests about faults: start a process, listen to it, look at a page."""

from __future__ import annotations

from collections.abc import Callable

from vmlab import Machine, Map, MiB, Open, Process, Prot
from vmlab.model.linux.mm.shmem import shmem_getpage
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.event import Event
from vmlab.model.trace.events.fault import FaultBranch
from vmlab.model.trace.hook import Sink

PAGE = PAGE_SIZE
RO = Prot.PROT_READ
RW = Prot.PROT_READ | Prot.PROT_WRITE
ANON = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS
SHARED = Map.MAP_SHARED | Map.MAP_ANONYMOUS
PLACE = 0x40000000  # far from everything else


class Ear(Sink):
    """A listener that keeps every event."""

    def __init__(self, p: Process) -> None:
        self.events: list[Event] = []
        p.machine.system.trace.sink = self

    def emit(self, event: Event) -> None:
        self.events.append(event)


class Full:
    """A machine whose free frames are all in a file but `left`; they come back at the end."""

    def __init__(self, machine: Machine, left: int = 0) -> None:
        self.machine = machine
        system = machine.system
        machine.fs.write("/ballast", b"")
        machine.fs.truncate("/ballast", system.ram.size)
        mapping = system.namei["/ballast"].i_mapping
        free = system.ram.nr_frames - system.next_frame + len(system.free_frames)
        for index in range(free - left):
            shmem_getpage(system, mapping, index)

    def __enter__(self) -> Full:
        return self

    def __exit__(self, *failure: object) -> None:
        self.machine.fs.truncate("/ballast", 0)
        validate_machine(self.machine.system)


def start(ram: int = 8 * MiB) -> Process:
    """Return a process that survives signals, with a file of 20 pages and 5 bytes on descriptor 3.

    Byte 0 of each page is the page's number.
    """
    m = Machine(ram=ram)
    m.fs.write("/f", b"".join(bytes((i,)) + bytes(PAGE - 1) for i in range(20)) + b"tail!")
    p = m.spawn()
    for signum in (7, 11):
        p.sigaction(signum)
    assert p.open("/f", Open.O_RDWR) == 3
    return p


def start_with_descriptors(pages: int) -> Process:
    """Return a process that has one file of each kind open.

    /f is open as 3 (read and write), 4 (read), 5 (write), 6 (O_PATH); /dev/null as 7, a directory
    as 8, /dev/zero as 9, a pipe as 10 and 11.
    """
    m = Machine()
    m.fs.write("/f", b"f" * pages * PAGE)
    p = m.spawn()
    for path, flags in (
        ("/f", Open.O_RDWR),
        ("/f", Open.O_RDONLY),
        ("/f", Open.O_WRONLY),
        ("/f", Open.O_PATH),
        ("/dev/null", Open.O_RDWR),
        ("/dev", Open.O_RDONLY),
        ("/dev/zero", Open.O_RDWR),
    ):
        p.open(path, flags)
    p.pipe()
    return p


def anon(p: Process, pages: int = 4, prot: int = RW, flags: int = ANON) -> int:
    """Map anonymous memory at PLACE."""
    return p.mmap(PLACE, pages * PAGE, prot, flags | Map.MAP_FIXED)


def mapped(p: Process, flags: int, pages: int = 21, prot: int = RW, offset: int = 0) -> int:
    """Map the file at PLACE, which is 64 KiB aligned."""
    return p.mmap(PLACE, pages * PAGE, prot, flags | Map.MAP_FIXED, 3, offset * PAGE)


def path(p: Process, action: Callable[[], object]) -> str:
    """Return the answers of the fault handler's decision tree while `action` runs."""
    ear = Ear(p)
    try:
        action()
    finally:
        p.machine.system.trace.sink = None
    return " > ".join(
        f"{event.node}: {event.answer}" for event in ear.events if isinstance(event, FaultBranch)
    )


def faults(p: Process, action: Callable[[], object]) -> int:
    """Return the minor faults that `action` costs the process."""
    before = p.min_flt
    action()
    return p.min_flt - before


def look(p: Process, addr: int) -> str:
    """Return what is behind a page: '-', 'Z' zero page, 'A' anonymous, 'F' of a file, 'G' guard.

    An 'x' follows if it is mapped only once.
    """
    entry = p.pagemap(addr)[0]
    if entry.guard:
        return "G"
    if not entry.present:
        return "-"
    if entry.zero:
        return "Z"
    return ("F" if entry.file else "A") + "x" * entry.exclusive
