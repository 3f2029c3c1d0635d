"""A `Snapshot` of real processes: what the kernel showed of them, and nothing else."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import TypeVar

from vmlab.errors import HostError, StateError
from vmlab.host.pagemap import OF_FILE, PFN, ZERO, Run, runs
from vmlab.host.reading import Reading
from vmlab.host.saved import read
from vmlab.model.abi.maps import DELETED, MapsLine
from vmlab.model.abi.maps_text import VSYSCALL
from vmlab.model.abi.mman import VM_MAYSHARE, VM_SHARED, VM_WRITE
from vmlab.model.linux.arch.x86.include.ptrace import REGISTERS
from vmlab.model.linux.fs.proc.task_mmu import vm_flags_named
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.state.observed import FIRST_UNNUMBERED, Observed, Seen, SeenPages, entry_of
from vmlab.state.snapshot import FileState, InodeState, MmState, SystemState, TaskState, VmaState
from vmlab.state.snapshot_hardware import GeometryState, TlbState
from vmlab.words.language import say

_BLOCK = 512  # entries that stand together, as in a page table
_NOTHING: dict[str, object] = {"int": 0, "str": "", "bool": False}  # by type; else ()
_SPECIAL = ("[vdso]", "[vvar]", "[vvar_vclock]")

T = TypeVar("T")


def snapshot(*what: int | str | os.PathLike[str] | Reading) -> Observed:
    """Return what is known of some processes, as pictures take it.

    Args:
        what: numbers of living processes, paths or texts as `read` takes them, or what it returned.

    Raises:
        HostError: there is no such process, the kernel does not let it be read, or it has no
            memory of its own.
        StateError: a file is damaged, or there is no line of /proc/PID/maps.
        OSError: a file cannot be read.
    """
    return observed([each if isinstance(each, Reading) else read(each) for each in what])


def observed(readings: Sequence[Reading]) -> Observed:
    """Return a snapshot of what was read of some processes; raises what `snapshot` raises."""
    made = _Making()
    for reading in readings:
        made.add(reading)
    return made.snapshot()


@dataclass
class _Making:
    # A snapshot under construction.
    tasks: list[TaskState] = field(default_factory=list)
    mms: list[MmState] = field(default_factory=list)
    seen: dict[int, Seen] = field(default_factory=dict)
    inodes: dict[tuple[str, int, str], int] = field(default_factory=dict)  # their numbers
    names: dict[int, tuple[str, str]] = field(default_factory=dict)  # by inode: a path, a device
    frames: dict[int, tuple[int, int]] = field(default_factory=dict)  # inode, page of it
    unnumbered: dict[object, int] = field(default_factory=dict)  # frames without a known number
    zero: int = 0

    def add(self, reading: Reading) -> None:
        regions = reading.regions
        if not regions.lines:
            raise _nothing(reading)
        number = reading.pid or len(self.mms) + 1
        while number in self.seen:
            number += 1
        lines = [line for line in regions.lines if line.name != VSYSCALL]
        vmas = tuple(map(self._vma, lines))
        packed = runs(reading.files.get("pagemap", b""))
        entries, numbered = self._entries(number, lines, packed)
        knows = "pagemap" in reading.files
        self.seen[number] = Seen(
            tuple(regions.lines), regions.counts, entries, knows, knows and numbered
        )
        self.mms.append(_mm(number, reading, vmas, self._exe(reading, lines)))
        self.tasks.append(_task(number, reading))

    def _inode(self, line: MapsLine) -> int:
        key = line.mapped
        if key is None or line.name in _SPECIAL:
            return 0
        ino = self.inodes.setdefault(key, len(self.inodes) + 1)
        self.names.setdefault(ino, (line.name, line.dev))
        return ino

    def _vma(self, line: MapsLine) -> VmaState:
        flags = line.access | vm_flags_named(line.vm_flags)
        if line.shared:
            flags |= VM_MAYSHARE | (VM_SHARED if line.access & VM_WRITE else 0)
        ino = self._inode(line)
        return _blank(
            VmaState,
            vm_start=line.start,
            vm_end=line.end,
            vm_flags=flags,
            vm_pgoff=line.offset >> PAGE_SHIFT,
            vm_file=ino,
            vm_ops="special" if line.name in _SPECIAL else "file" if ino else "",
            name=line.name,
        )

    def _exe(self, reading: Reading, lines: Sequence[MapsLine]) -> int:
        # The file of the program: the kernel tells its name; else the lowest code is of it.
        name = reading.text("exe").removesuffix(DELETED)
        own = [line for line in lines if name and line.name.removesuffix(DELETED) == name]
        return next((ino for line in own or lines if (ino := self._inode(line))), 0)

    # Pages

    def _entries(
        self, number: int, lines: Sequence[MapsLine], packed: Sequence[Run]
    ) -> tuple[tuple[tuple[int, bytes], ...], bool]:
        # The entries of the pages that are present, and whether their frames have numbers.
        blocks: dict[int, array[int]] = {}
        numbered = True
        for line, addr, value in _pages(lines, packed):
            pfn = value & PFN
            of_file = (
                (self._inode(line), (line.offset + addr - line.start) >> PAGE_SHIFT)
                if value & OF_FILE
                else (0, 0)
            )
            if not pfn:
                numbered = False
                key = "zero" if value & ZERO else of_file if of_file[0] else (number, addr)
                pfn = self.unnumbered.setdefault(key, FIRST_UNNUMBERED + len(self.unnumbered))
            if value & ZERO:
                self.zero = pfn
            if line.name not in _SPECIAL:  # those frames are the kernel's own
                self.frames[pfn] = of_file
            page = addr >> PAGE_SHIFT
            if page // _BLOCK not in blocks:
                blocks[page // _BLOCK] = array("Q", bytes(8 * _BLOCK))
            blocks[page // _BLOCK][page % _BLOCK] = entry_of(pfn)
        found = ((at * _BLOCK * PAGE_SIZE, blocks[at].tobytes()) for at in sorted(blocks))
        return tuple(found), numbered

    def snapshot(self) -> Observed:
        cached: dict[int, list[tuple[int, int]]] = {}
        for pfn, (ino, index) in self.frames.items():
            if ino:
                cached.setdefault(ino, []).append((index, pfn))
        return Observed(
            geometry=GeometryState("x86-64", (9, 9, 9, 9), PAGE_SHIFT, 8),
            ram_bytes=0,
            current=self.tasks[0].pid if self.tasks else 0,
            zero_pfn=self.zero,
            tasks=tuple(self.tasks),
            mms=tuple(self.mms),
            pages=SeenPages(self.frames, self.zero),
            files=tuple(
                _blank(FileState, file=ino, ino=ino, path=name)
                for ino, (name, _) in sorted(self.names.items())
            ),
            inodes=tuple(
                _blank(
                    InodeState,
                    ino=ino,
                    kind="reg",
                    name=name,
                    dev=dev,
                    i_pages=sorted(cached.get(ino, ())),
                )
                for ino, (name, dev) in sorted(self.names.items())
            ),
            anon_vmas=(),
            fds=(),
            tlb=_blank(TlbState),
            ram={},
            system=_blank(SystemState),
            seen=self.seen,
        )


def _blank(kind: Callable[..., T], /, **known: object) -> T:
    # A value of which some fields are known: the others say nothing.
    return kind(**{**_unsaid(kind), **known})


@cache
def _unsaid(kind: type) -> dict[str, object]:
    types = {each.name: str(each.type) for each in fields(kind)}
    return {
        name: None if said.endswith("None") else _NOTHING.get(said, ())
        for name, said in types.items()
    }


def _nothing(reading: Reading) -> Exception:
    # Why there is nothing to draw.
    if reading.unread:
        first = reading.unread[0]
        return StateError.at_line(first.number, first.why)
    if not reading.status:
        return StateError("no_maps_lines")
    values = {"pid": reading.pid, "name": reading.comm}
    if reading.status.get("State", "").startswith(("Z", "X")):
        return HostError(
            say("process {pid} ({name}) has ended: it has no memory any more", **values)
        )
    return HostError(
        say("process {pid} ({name}) is of the kernel: it has no memory of its own", **values)
    )


def _pages(lines: Sequence[MapsLine], packed: Sequence[Run]) -> Iterator[tuple[MapsLine, int, int]]:
    # Each page that is present: its region, its address, its value.
    regions = iter(lines)
    line = next(regions, None)
    for start, values in packed:
        for place, value in enumerate(values):
            addr = start + place * PAGE_SIZE
            while line is not None and line.end <= addr:
                line = next(regions, None)
            if line is None:
                return
            if line.start <= addr:
                yield line, addr, value


def _mm(number: int, reading: Reading, vmas: Sequence[VmaState], exe: int) -> MmState:
    def pages(name: str) -> int:
        return reading.number(name) * 1024 // PAGE_SIZE

    heap = [vma for vma in vmas if vma.name == "[heap]"]
    stack = next((vma for vma in reversed(vmas) if vma.name == "[stack]"), None)
    code = [vma for vma in vmas if vma.vm_file == exe and exe]
    start_brk = heap[0].vm_start if heap else _after(vmas, code)
    return _blank(
        MmState,
        mm=number,
        map_count=len(vmas),
        total_vm=sum(vma.vm_end - vma.vm_start for vma in vmas) >> PAGE_SHIFT,
        rss_stat=tuple(enumerate(map(pages, ("RssFile", "RssAnon", "VmSwap", "RssShmem")))),
        task_size=vmas[-1].vm_end if vmas else 0,
        start_code=code[0].vm_start if code else 0,
        end_code=code[-1].vm_end if code else 0,
        start_brk=start_brk,
        brk=heap[-1].vm_end if heap else start_brk,
        start_stack=stack.vm_end - 8 if stack is not None else 0,
        exe_file=exe,
        mmap=vmas,
    )


def _after(vmas: Sequence[VmaState], code: Sequence[VmaState]) -> int:
    # Where the nameless memory ends that follows a program without a gap.
    end = code[-1].vm_end if code else 0
    for vma in vmas:
        if vma.vm_start == end and not vma.vm_file and not vma.name:
            end = vma.vm_end
    return end


def _task(number: int, reading: Reading) -> TaskState:
    state = reading.status.get("State", "R")[:1]
    return _blank(
        TaskState,
        pid=number,
        tgid=number,
        ppid=reading.number("PPid"),
        comm=reading.comm,
        state=state,
        mm=number,
        active_mm=number,
        min_flt=reading.stat(10),
        maj_flt=reading.stat(12),
        regs=(0,) * len(REGISTERS),
    )
