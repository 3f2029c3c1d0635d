"""Address spaces drawn as rulers: one character a page, one letter a VMA.

`check("AAA.BB", munmap(1, 4), "A....B")` makes the address space on the left, runs the call, and
compares with the one on the right. A dot is a page where nothing is mapped; a capital letter is
writable, a small one is not. Some letters say what is mapped (see KINDS), the others are private
anonymous memory, and which of them stands where does not matter: "AAB" says two VMAs of two pages
and one.

Pages are counted from BASE. Letters in `written` are written to before the call, VMAs that touch
each other while they are still apart, so that each has an anon_vma of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from vmlab import LinuxError, Machine, Process
from vmlab.model.abi import mman
from vmlab.model.abi.fcntl import Open
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_PRIVATE,
    MAP_SHARED,
    PROT_EXEC,
    PROT_READ,
    PROT_WRITE,
    Madv,
)
from vmlab.model.linux.include.mm import vma_pages
from vmlab.model.linux.include.structs import VmAreaStruct
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE

BASE = 0x40000000  # bytes: page 0 of every ruler
WIDTH = 64  # pages that a ruler shows
PATH = "/ruler"  # the file that f and s map, page by page

# Makes the same calls on the kernel that runs the tests; set by `pytest --real-kernel`.
on_real_kernel: Callable[[str, list[Op], str, str, str, bool], None] | None = None

PLAIN = "abcehijmopqtuvy"  # private anonymous memory


@dataclass(frozen=True)
class Kind:
    """What a letter stands for."""

    meaning: str
    flags: int = MAP_PRIVATE | MAP_ANONYMOUS  # of mmap
    prot: int = PROT_READ  # besides PROT_WRITE
    file: bool = False
    advice: Madv | None = None  # given after mmap
    vm_flags: int = 0  # that tell it from other kinds


KINDS = {
    "n": Kind("no access", prot=0),
    "x": Kind("executable", prot=PROT_READ | PROT_EXEC, vm_flags=mman.VM_EXEC),
    "f": Kind("private mapping of a file", MAP_PRIVATE, file=True),
    "s": Kind("shared mapping of a file", MAP_SHARED, file=True, vm_flags=mman.VM_SHARED),
    "z": Kind("shared anonymous", MAP_SHARED | MAP_ANONYMOUS, file=True, vm_flags=mman.VM_SHARED),
    "g": Kind(
        "grows down",
        MAP_PRIVATE | MAP_ANONYMOUS | mman.MAP_GROWSDOWN,
        vm_flags=mman.VM_GROWSDOWN,
    ),
    "l": Kind("locked", MAP_PRIVATE | MAP_ANONYMOUS | mman.MAP_LOCKED, vm_flags=mman.VM_LOCKED),
    "r": Kind(
        "not reserved",
        MAP_PRIVATE | MAP_ANONYMOUS | mman.MAP_NORESERVE,
        vm_flags=mman.VM_NORESERVE,
    ),
    "k": Kind(
        "MAP_STACK", MAP_PRIVATE | MAP_ANONYMOUS | mman.MAP_STACK, vm_flags=mman.VM_NOHUGEPAGE
    ),
    "d": Kind("not inherited", advice=Madv.MADV_DONTFORK, vm_flags=mman.VM_DONTCOPY),
    "w": Kind("wiped on fork", advice=Madv.MADV_WIPEONFORK, vm_flags=mman.VM_WIPEONFORK),
}
KINDS.update({letter: Kind("private anonymous") for letter in PLAIN})

TELLING = mman.VM_READ | mman.VM_WRITE
for _kind in KINDS.values():
    TELLING |= _kind.vm_flags


@dataclass(frozen=True)
class Region:
    """One VMA of a ruler."""

    letter: str
    start: int  # pages
    end: int

    @property
    def kind(self) -> Kind:
        return KINDS[self.letter.lower()]

    @property
    def prot(self) -> int:
        return self.kind.prot | (PROT_WRITE if self.letter.isupper() else 0)

    @property
    def facts(self) -> tuple[int, int, int, bool]:
        """What is compared: where it is, its flags, whether it maps an object."""
        rights = self.prot & (PROT_READ | PROT_WRITE | PROT_EXEC)
        return self.start, self.end, rights | self.kind.vm_flags, self.kind.file


def parse(ruler: str) -> list[Region]:
    """Read a ruler.

    >>> parse("AA.b")
    [Region(letter='A', start=0, end=2), Region(letter='b', start=3, end=4)]
    """
    regions = []
    page = 0
    for letter, run in groupby(ruler):
        end = page + len(list(run))
        if letter != "." and letter.lower() not in KINDS:
            raise ValueError(f"{letter!r} in {ruler!r} is no letter of a ruler")
        if letter != ".":
            regions.append(Region(letter, page, end))
        page = end
    return regions


def at(page: int) -> int:
    """The address of a page of the ruler."""
    return BASE + page * PAGE_SIZE


def draw(process: Process, before: str = "") -> str:
    """The ruler of a process; plain VMAs keep the letters they had before where they can."""
    ruler = ""
    for vma in _shown(process):
        start = (vma.vm_start - BASE) >> PAGE_SHIFT
        ruler = ruler.ljust(start, ".")
        ruler += _letter(vma, ruler[-1:], before[start : start + 1]) * vma_pages(vma)
    return ruler


def _shown(process: Process) -> list[VmAreaStruct]:
    return [vma for vma in process.mm if BASE <= vma.vm_start < at(WIDTH)]


def _facts(vma: VmAreaStruct) -> tuple[int, int, int, bool]:
    start = (vma.vm_start - BASE) >> PAGE_SHIFT
    file = vma.vm_file is not None
    return start, start + vma_pages(vma), vma.vm_flags & TELLING, file


def _letter(vma: VmAreaStruct, left: str, was: str) -> str:
    _, _, flags, file = _facts(vma)
    capital = bool(flags & mman.VM_WRITE)
    fitting = [
        letter.upper() if capital else letter
        for letter in [was.lower(), *KINDS]
        if letter in KINDS
        and Region(letter.upper() if capital else letter, 0, 1).facts[2:] == (flags, file)
    ]
    return next((letter for letter in fitting if letter != left), "?")


@dataclass(frozen=True)
class Op:
    """A call on a ruler, and how it is written."""

    text: str
    run: Callable[[Process], object]


def mmap(page: int, letters: str, flags: int = MAP_FIXED) -> Op:
    """Map what the letters say."""
    (region,) = parse(letters)

    def run(process: Process) -> None:
        _map(process, Region(region.letter, page, page + region.end), region.prot, flags)

    return Op(f"mmap({page}, {letters!r})", run)


def munmap(page: int, n: int) -> Op:
    return Op(f"munmap({page}, {n})", lambda p: p.munmap(at(page), n * PAGE_SIZE))


def mprotect(page: int, n: int, prot: int) -> Op:
    text = f"mprotect({page}, {n}, {mman.Prot(prot).name})"
    return Op(text, lambda p: p.mprotect(at(page), n * PAGE_SIZE, prot))


def madvise(page: int, n: int, advice: Madv) -> Op:
    text = f"madvise({page}, {n}, {advice.name})"
    return Op(text, lambda p: p.madvise(at(page), n * PAGE_SIZE, advice))


def mremap(page: int, n: int, new_n: int, flags: int = 0, to: int = 0) -> Op:
    text = f"mremap({page}, {n}, {new_n}, {mman.Mremap(flags)!r}, {to})"
    return Op(
        text,
        lambda p: p.mremap(at(page), n * PAGE_SIZE, new_n * PAGE_SIZE, flags, at(to)),
    )


def move(page: int, n: int, to: int, *, dontunmap: bool = False) -> Op:
    """mremap to a fixed place."""
    keep = mman.MREMAP_DONTUNMAP if dontunmap else 0
    return mremap(page, n, n, mman.MREMAP_MAYMOVE | mman.MREMAP_FIXED | keep, to)


def mlock(page: int, n: int) -> Op:
    return Op(f"mlock({page}, {n})", lambda p: p.mlock(at(page), n * PAGE_SIZE))


def munlock(page: int, n: int) -> Op:
    return Op(f"munlock({page}, {n})", lambda p: p.munlock(at(page), n * PAGE_SIZE))


def mseal(page: int, n: int) -> Op:
    return Op(f"mseal({page}, {n})", lambda p: p.mseal(at(page), n * PAGE_SIZE))


def write(page: int, n: int = 1) -> Op:
    """Write to pages, which gives them frames and their VMA an anon_vma."""

    def run(process: Process) -> None:
        for one in range(page, page + n):
            process.store(at(one), b"!")

    return Op(f"write({page}, {n})", run)


def read(page: int) -> Op:
    return Op(f"read({page})", lambda p: p.load(at(page)))


def spawn(before: str, written: str = "") -> Process:
    """A process with the address space of a ruler."""
    machine = Machine()
    machine.fs.write(PATH, b"")
    machine.fs.truncate(PATH, WIDTH * PAGE_SIZE)
    process = machine.spawn()
    process.open(PATH, Open.O_RDWR)
    lay_out(process, before, written)
    if [_facts(vma) for vma in _shown(process)] != [region.facts for region in parse(before)]:
        raise ValueError(f"{before!r} cannot be made: it is {draw(process)!r}")
    return process


def lay_out(process: Process, before: str, written: str) -> None:
    """Make the VMAs of a ruler; descriptor 3 is a file of WIDTH pages."""
    regions = parse(before)
    later = []
    for number in range(len(regions) - 1):
        left, right = regions[number : number + 2]
        mine = left if left.letter.isupper() else right
        together = left.end == right.start and {left.letter, right.letter} <= {*written}
        if together and mine.end - mine.start > 1:
            # The page between them comes last: one that merges with its own side only.
            if mine is left:
                regions[number] = Region(left.letter, left.start, left.end - 1)
                later.append(Region(left.letter, left.end - 1, left.end))
            else:
                regions[number + 1] = Region(right.letter, right.start + 1, right.end)
                later.append(Region(right.letter, right.start, right.start + 1))
    for region in regions:
        _make(process, region, written)
    for region in later:
        _map(process, region, region.prot)


def _make(process: Process, region: Region, written: str) -> None:
    start, length = at(region.start), (region.end - region.start) * PAGE_SIZE
    if region.letter not in written:
        _map(process, region, region.prot)
        return
    _map(process, region, region.prot | PROT_WRITE)
    process.store(start, region.letter.encode())
    if not region.prot & PROT_WRITE:
        process.mprotect(start, length, region.prot)


def _map(process: Process, region: Region, prot: int, flags: int = MAP_FIXED) -> None:
    kind = region.kind
    length = (region.end - region.start) * PAGE_SIZE
    fd, offset = -1, 0
    if kind.file and not kind.flags & MAP_ANONYMOUS:
        fd, offset = 3, region.start * PAGE_SIZE
    process.mmap(at(region.start), length, prot, kind.flags | flags, fd, offset)
    if kind.advice is not None:
        process.madvise(at(region.start), length, kind.advice)


def check(
    before: str,
    ops: Op | Sequence[Op],
    after: str,
    *,
    written: str = "",
    error: str = "",
    child: bool = False,
) -> Process:
    """Run calls on an address space and compare with the ruler it must become.

    Args:
        before: the ruler to begin with.
        ops: what is called.
        after: the ruler that must come of it.
        written: letters of VMAs that are written to before.
        error: the errno that the last call must fail with.
        child: the process forks, and the calls are made in the child.

    Returns the process that made the calls, for further questions.
    """
    steps = [ops] if isinstance(ops, Op) else list(ops)
    process = spawn(before, written)
    if child:
        process = process.fork()
    failed = ""
    for number, op in enumerate(steps, 1):
        try:
            op.run(process)
        except LinuxError as failure:
            failed = failure.name
            if number < len(steps):
                raise
        validate_machine(process.machine.system)
    got = [_facts(vma) for vma in _shown(process)]
    if failed != error or got != [region.facts for region in parse(after)]:
        calls = "".join(f"\n  {op.text}" for op in steps)
        raise AssertionError(
            f"\nbefore    {before}{calls}\nexpected  {after} {error}\n"
            f"got       {draw(process, before)} {failed}"
        )
    if on_real_kernel is not None:
        on_real_kernel(before, steps, after, written, error, child)
    return process
