"""The ELF loader: segments become VMAs."""

from __future__ import annotations

import pytest

from tests.model.linux.elf_files import (
    ET_DYN,
    ET_EXEC,
    INTERPRETER,
    R,
    Segment,
    W,
    X,
    build,
    layout,
)
from tests.model.linux.lab import Ear
from vmlab import Killed, LinuxError, Machine, MiB, Process
from vmlab.model.abi.elf import Phdr, parse_phdrs
from vmlab.model.linux.fs.binfmt_elf import (
    AT_BASE,
    AT_ENTRY,
    AT_PHDR,
    AT_PHNUM,
    maximum_alignment,
    total_mapping_size,
)
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.trace.events.process import MmDrop, SchedProcessExec
from vmlab.model.trace.events.vma import VmaLink

PAGE = 0x1000
DYN_BASE = 0x555555554000  # two thirds up user space
LOADER = build(ET_DYN, layout(0), entry=0x1000, stack=None)


def run(data: bytes, interpreter: bytes | None = None) -> Process:
    """Execute a file on a fresh machine."""
    machine = Machine(ram=16 * MiB)
    machine.fs.write("/prog", data)
    if interpreter is not None:
        machine.fs.write(INTERPRETER, interpreter)
    process = machine.spawn("/prog")
    validate_machine(machine.system)
    return process


def vmas(process: Process, low: int = 0, high: int = 0x7FFFFFF00000) -> list[str]:
    """List the VMAs of a range: start-end rights, offset, file; without the kernel's own."""
    return [
        f"{vma.vm_start:x}-{vma.vm_end:x} {vma.perms[:3]}"
        + (f" {vma.vm_pgoff << 12:x} {vma.vm_file.f_path}" if vma.vm_file else "")
        for vma in process.mm
        if low <= vma.vm_start < high and not vma.vm_name
    ]


def test_fixed_program() -> None:
    """ET_EXEC lies where it says; the bss is an anonymous VMA after the file's last page."""
    process = run(build(ET_EXEC, layout(0x400000), entry=0x400100))
    assert vmas(process) == [
        "400000-402000 r-x 0 /prog",
        "402000-403000 r-- 2000 /prog",
        "404000-405000 rw- 2000 /prog",
        "405000-408000 rw-",
    ]
    assert (process.task.rip, process.mm.brk) == (0x400100, 0x408000)


def test_vm_start_is_not_start_code() -> None:
    """VMAs begin at page borders, the fields of the mm where the segments do."""
    text = Segment(R | X, 0x123, 0x400123, 0x800, 0x800)
    data = Segment(R | W, 0x923, 0x402923, 0x100, 0x100)
    process = run(build(ET_EXEC, [text, data], entry=0x400200))
    mm = process.mm
    assert [vma.vm_start for vma in mm][:2] == [0x400000, 0x402000]
    assert (mm.start_code, mm.end_code) == (0x400123, 0x400923)
    assert (mm.start_data, mm.end_data) == (0x402923, 0x402A23)
    assert mm.start_brk == 0x403000


def test_bss_within_the_last_page() -> None:
    """The rest of the file's page is zeroed, which costs a private page; no VMA is added."""
    process = run(build(ET_EXEC, [Segment(R | W, 0, 0x400000, 0x900, 0x1000)], entry=0x400000))
    assert vmas(process) == ["400000-401000 rw- 0 /prog"]
    assert process.load(0x4008FF, 2) == b"A\0"
    entry = process.pagemap(0x400000)[0]
    assert entry.present
    assert not entry.file


def test_read_only_bss() -> None:
    """The tail of a segment that cannot be written stays as the file has it."""
    process = run(build(ET_EXEC, [Segment(R, 0, 0x400000, 0x900, 0x1800)], entry=0x400000))
    assert vmas(process) == ["400000-401000 r-- 0 /prog", "401000-402000 rw-"]
    assert process.load(0x400900) == b"A"
    assert not process.pagemap(0x401000)[0].present


def test_segment_without_bytes_in_the_file() -> None:
    """Only anonymous memory."""
    segments = [
        Segment(R | X, 0, 0x400000, 0x1000, 0x1000),
        Segment(R | W, 0x1000, 0x402000, 0, 0x1800),
    ]
    process = run(build(ET_EXEC, segments, entry=0x400000))
    assert vmas(process) == ["400000-401000 r-x 0 /prog", "402000-404000 rw-"]


def test_program_with_an_interpreter() -> None:
    """A PIE lies two thirds up, its interpreter at the top of the mmap area and runs first."""
    process = run(build(ET_DYN, layout(0), entry=0x1000, interp=INTERPRETER), LOADER)
    assert vmas(process)[:4] == [
        "555555554000-555555556000 r-x 0 /prog",
        "555555556000-555555557000 r-- 2000 /prog",
        "555555558000-555555559000 rw- 2000 /prog",
        "555555559000-55555555c000 rw-",
    ]
    base = 0x7FFFF7FFF000 - 0x8000
    assert vmas(process)[4] == f"{base:x}-{base + 0x2000:x} r-x 0 {INTERPRETER}"
    auxv = dict(process.mm.saved_auxv)
    assert auxv[AT_BASE] == base
    assert auxv[AT_ENTRY] == DYN_BASE + 0x1000
    assert auxv[AT_PHDR] == DYN_BASE + 64
    assert auxv[AT_PHNUM] == 5
    assert process.task.rip == base + 0x1000
    assert process.mm.start_brk == 0x55555555C000


def test_static_pie() -> None:
    """Without an interpreter it lies where mmap likes, and the heap two thirds up."""
    process = run(build(ET_DYN, layout(0), entry=0x1000))
    base = 0x7FFFF7FFF000 - 0x8000
    assert vmas(process)[0] == f"{base:x}-{base + 0x2000:x} r-x 0 /prog"
    assert dict(process.mm.saved_auxv)[AT_BASE] == 0
    assert process.mm.start_brk == DYN_BASE + PAGE


@pytest.mark.parametrize(
    ("align", "base"), [(0x10000, 0x555555550000), (0x200000, 0x555555400000), (3, DYN_BASE)]
)
def test_alignment_of_a_pie(align: int, base: int) -> None:
    """The largest p_align that is a power of two counts."""
    program = build(ET_DYN, layout(0, align), entry=0x1000, interp=INTERPRETER)
    process = run(program, LOADER)
    assert next(iter(process.mm)).vm_start == base


@pytest.mark.parametrize(
    ("stack", "perms"), [(R | W | X, "rwxp"), (R | W, "rw-p"), (R, "rw-p"), (None, "rw-p")]
)
def test_executable_stack(stack: int | None, perms: str) -> None:
    """PT_GNU_STACK with X makes the stack executable; nothing else does."""
    process = run(build(ET_EXEC, layout(0x400000), entry=0x400000, stack=stack))
    assert [vma.perms for vma in process.mm][-1] == perms


def test_what_stands_on_an_executable_stack_can_be_executed() -> None:
    """The arguments were written before the program asked for the right."""
    process = run(build(ET_EXEC, layout(0x400000), entry=0x400000, stack=R | W | X))
    assert process.fetch(process.mm.arg_start) == process.load(process.mm.arg_start)[0]


@pytest.mark.parametrize(
    ("program", "interpreter", "name"),
    [
        (b"", None, "ENOEXEC"),
        (b"\x7fELF", None, "ENOEXEC"),
        (build(1, layout(0x400000), entry=0), None, "ENOEXEC"),
        (build(ET_EXEC, [], entry=0, stack=None), None, "ENOEXEC"),
        (build(ET_EXEC, layout(0x400000), entry=0, interp=INTERPRETER), None, "ENOENT"),
        (build(ET_EXEC, layout(0x400000), entry=0, interp="/dev"), None, "EACCES"),
        (build(ET_EXEC, layout(0x400000), entry=0, interp=INTERPRETER), b"text", "EIO"),
        (build(ET_EXEC, layout(0x400000), entry=0, interp=INTERPRETER), b"A" * 64, "ELIBBAD"),
    ],
)
def test_files_that_are_refused(program: bytes, interpreter: bytes | None, name: str) -> None:
    """Before the point of no return the caller is told what is wrong."""
    with pytest.raises(LinuxError, match=name):
        run(program, interpreter)


@pytest.mark.parametrize(
    "segment",
    [
        Segment(R, 0, 0x400000, 0x900, 0x800),  # less memory than file
        Segment(R, 0x10, 0x400000, 0x900, 0x900),  # offset does not fit the address
        Segment(R, 0, 0x7FFFFFFFF000, 0x900, 0x900),  # not in user space
        Segment(R, 0, 0x7FFFFFFFE000, 0x900, 0x900),  # where the stack is
        Segment(R | W, 0, 0x400000, 0x900, 1 << 63),
        Segment(R, 0, 0x1000, 0x900, 0x900, 0x1000, 2),  # no PT_LOAD at all
    ],
)
def test_files_that_kill(segment: Segment) -> None:
    """After it the process dies."""
    machine = Machine(ram=16 * MiB)
    entry = 0x7FFFFFFFF000 if segment.p_type == 2 else 0x400000
    machine.fs.write("/prog", build(ET_EXEC, [segment], entry=entry))
    with pytest.raises(Killed):
        machine.spawn("/prog")
    assert not machine.system.mms
    validate_machine(machine.system)


def test_four_steps() -> None:
    """Old areas go, private ones come, shared ones come, the entry point is set."""
    process = run(build(ET_DYN, layout(0), entry=0x1000, interp=INTERPRETER), LOADER)
    old = process.mm.number
    ear = Ear(process)
    process.execve("/prog")
    drop = next(i for i, e in enumerate(ear.events) if isinstance(e, MmDrop))
    news = next(i for i, e in enumerate(ear.events) if isinstance(e, SchedProcessExec))
    links = [
        (i, e.vma)
        for i, e in enumerate(ear.events)
        if isinstance(e, VmaLink) and e.vma < 0x7FFFFFF00000
    ]
    assert ear.events[drop] == MmDrop(old)
    assert drop < news < links[0][0]
    own = [i for i, start in links if start < 0x600000000000]
    shared = [i for i, start in links if start >= 0x600000000000]
    assert max(own) < min(shared)
    assert process.task.rip == dict(process.mm.saved_auxv)[AT_BASE] + 0x1000


def load(vaddr: int, memsz: int, align: int = PAGE) -> Phdr:
    """Return a PT_LOAD."""
    return parse_phdrs(Segment(R, 0, vaddr, 0, memsz, align).pack())[0]


@pytest.mark.parametrize(
    ("segments", "size"),
    [
        ([], 0),
        ([(0x1234, 0x100)], 0x334),
        ([(0x1000, 0x100), (0x9000, 0x10)], 0x8010),
        ([(0x9000, 0x10), (0x1000, 0x100)], 0x8010),
        ([(0x1000, (1 << 64) - 1)], 0xFFF - 0x1000),
    ],
)
def test_total_mapping_size(segments: list[tuple[int, int]], size: int) -> None:
    """From the first page to the last byte; an end beyond 64 bits wraps round."""
    assert total_mapping_size([load(*segment) for segment in segments]) == size


@pytest.mark.parametrize(
    ("aligns", "largest"),
    [([], 0), ([0], 0), ([1], PAGE), ([3 * PAGE], 0), ([PAGE, 1 << 21, 3 << 21], 1 << 21)],
)
def test_maximum_alignment(aligns: list[int], largest: int) -> None:
    """Only powers of two count."""
    assert maximum_alignment([load(0, 1, align) for align in aligns]) == largest
