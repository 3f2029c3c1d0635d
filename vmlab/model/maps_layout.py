"""Which lines of /proc/PID/maps are the program and its parts, and where mmap looks for room.

The text does not say. But Linux places a program, its heap, its libraries and its stack so that
their addresses tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vmlab.model.abi.maps import DELETED, MapsLine
from vmlab.model.abi.mman import VM_EXEC, VM_WRITE
from vmlab.model.abi.personality import ADDR_COMPAT_LAYOUT
from vmlab.model.abi.resource import RLIM_INFINITY, UNLIMITED, Rlimit
from vmlab.model.linux.arch.x86.entry.vdso import SPECIAL_FLAGS
from vmlab.model.linux.arch.x86.mm.mmap import (
    arch_pick_mmap_layout,
    elf_et_dyn_base,
    mmap_base,
    mmap_rnd_pages,
    task_unmapped_base,
)
from vmlab.model.linux.include.sched import PF_RANDOMIZE
from vmlab.model.linux.include.structs import MmStruct, System, TaskStruct
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE, GiB, page_align

_BRK_RANGE = GiB + PAGE_SIZE  # bytes: so far above a program its heap may begin


@dataclass(slots=True)
class _Parts:
    program: Sequence[MapsLine] = ()
    end: int = 0  # of the program with its bss
    in_mmap_area: bool = False  # a program without interpreter, which lies where mmap put it
    heap: Sequence[MapsLine] = ()
    stack: MapsLine | None = None


def set_layout(task: TaskStruct, mm: MmStruct, lines: Sequence[MapsLine]) -> None:
    """Fill in what mm_struct says of the parts of the program, as far as the lines tell.

    Args:
        task: the task.
        mm: its address space, with the VMAs.
        lines: in order of address.
    """
    parts = _find_parts(mm.system, lines)
    if parts.program:
        name = parts.program[0].name.removesuffix(DELETED)
        task.set_task_comm(name.rsplit("/", 1)[-1])
        code = [line for line in parts.program if line.access & VM_EXEC]
        data = [line for line in parts.program if line.access & VM_WRITE]
        if code:
            mm.start_code, mm.end_code = code[0].start, code[-1].end
            task.rip = mm.start_code
        if data:
            mm.start_data, mm.end_data = data[0].start, data[-1].end
    if parts.heap:
        mm.start_brk, mm.brk = parts.heap[0].start, parts.heap[-1].end
    elif parts.in_mmap_area:
        mm.start_brk = mm.brk = page_align(elf_et_dyn_base(mm.system))
    else:
        mm.start_brk = mm.brk = parts.end or mm.system.mmap_min_addr
    if parts.stack is not None:
        mm.start_stack = mm.arg_start = task.rsp = parts.stack.end - 8
    if mm.system.randomize_va_space:
        task.flags |= PF_RANDOMIZE
    _set_mmap_base(task, mm, lines, parts)


def _rnd_range(system: System) -> int:
    # Bytes by which the mmap area and programs are moved at most.
    return mmap_rnd_pages(system) << PAGE_SHIFT


def _find_parts(system: System, lines: Sequence[MapsLine]) -> _Parts:
    parts = _Parts(heap=[line for line in lines if line.name == "[heap]"])
    parts.stack = next((line for line in reversed(lines) if line.name == "[stack]"), None)
    files = _files(lines)
    programs = [file for file in files if any(line.access & VM_EXEC for line in file)] or files[:1]
    if not programs:
        return parts
    ends = _ends_with_bss(lines)
    found = (
        _below_heap(programs, ends, parts.heap[0].start)
        if parts.heap
        else _at_usual_place(system, programs)
    )
    if found is None:
        # mmap put it where it looked first.
        parts.in_mmap_area = True
        upwards = _is_upwards(system, [line for file in programs for line in file])
        found = programs[0] if upwards else programs[-1]
    parts.program, parts.end = found, ends[found[-1]]
    return parts


def _files(lines: Sequence[MapsLine]) -> list[list[MapsLine]]:
    # The lines of each file that lie together; far away it is mapped once more.
    files: list[list[MapsLine]] = []
    latest: dict[object, list[MapsLine]] = {}
    for line in lines:
        if line.mapped is None or line.name in SPECIAL_FLAGS:
            continue
        file = latest.get(line.mapped)
        if file is None or line.start - file[-1].end > GiB:
            file = latest[line.mapped] = []
            files.append(file)
        file.append(line)
    return files


def _ends_with_bss(lines: Sequence[MapsLine]) -> dict[MapsLine, int]:
    # For each line, where the nameless memory ends that follows without a gap.
    ends: dict[MapsLine, int] = {}
    above: MapsLine | None = None
    for line in reversed(lines):
        follows = above is not None and above.start == line.end
        is_bss = above is not None and above.mapped is None and not above.name
        ends[line] = ends[above] if above is not None and follows and is_bss else line.end
        above = line
    return ends


def _below_heap(
    programs: Sequence[list[MapsLine]], ends: dict[MapsLine, int], heap: int
) -> list[MapsLine] | None:
    # The program nearest below, if the heap can belong to it.
    near = [file for file in programs if 0 <= heap - ends[file[-1]] <= _BRK_RANGE]
    return max(near, key=lambda file: ends[file[-1]], default=None)


def _at_usual_place(system: System, programs: Sequence[list[MapsLine]]) -> list[MapsLine] | None:
    # One that lies where programs with an interpreter do, or below everything that mmap chooses.
    base = elf_et_dyn_base(system)
    for file in programs:
        if base - GiB <= file[0].start < base + _rnd_range(system):
            return file
    lowest = programs[0]
    return lowest if lowest[0].start < system.default_map_window // 8 else None


def _is_upwards(system: System, lines: Sequence[MapsLine]) -> bool:
    # Do most of these lie where mmap puts them if it goes upwards?
    low = task_unmapped_base(system)
    return _most_lie(lines, low, low + _rnd_range(system) + GiB)


def _most_lie(lines: Sequence[MapsLine], low: int, high: int) -> bool:
    return 2 * sum(low <= line.start < high for line in lines) > len(lines)


def _set_mmap_base(
    task: TaskStruct, mm: MmStruct, lines: Sequence[MapsLine], parts: _Parts
) -> None:
    system = mm.system
    below = parts.stack.start if parts.stack is not None else mm.task_size
    placed = {*parts.heap} if parts.in_mmap_area else {*parts.heap, *parts.program}
    area = [line for line in lines if line.start < below and line not in placed]
    area = [line for line in area if parts.in_mmap_area or not _is_bss(line, parts)]
    # Code of others, and of the kernel, lies where mmap likes it: that tells how it searches.
    others = [
        line
        for line in area
        if line.name in SPECIAL_FLAGS or (line.mapped is not None and line.access & VM_EXEC)
    ]
    if _is_upwards(system, others):
        task.personality |= ADDR_COMPAT_LAYOUT
        arch_pick_mmap_layout(mm, task)
        low = task_unmapped_base(system)
        mm.mmap_base = mm.mmap_legacy_base = min(line.start for line in area if line.start >= low)
        return
    lowest_top = mmap_base(task, 0, RLIM_INFINITY)
    if _most_lie(others, lowest_top - _rnd_range(system) - GiB, lowest_top):
        task.rlim[Rlimit.RLIMIT_STACK] = UNLIMITED
        area = [line for line in area if line.end <= lowest_top]
    else:
        area = [line for line in area if line.start >= mm.brk]
    arch_pick_mmap_layout(mm, task)
    if area and (others or parts.stack is not None):
        mm.mmap_base = area[-1].end
    elif parts.stack is not None:
        mm.mmap_base = max(mm.mmap_base - system.default_map_window + parts.stack.end, 0)


def _is_bss(line: MapsLine, parts: _Parts) -> bool:
    # Does it belong to what follows the program without a gap?
    return bool(parts.program) and parts.program[-1].end <= line.start < parts.end
