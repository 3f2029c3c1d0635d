"""Does a snapshot make sense? Every reference leads somewhere, every count is right.

A machine whose snapshot passes can go on; one that does not would fail later, far from the cause.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from vmlab.errors import KernelBug, StateError
from vmlab.model.abi.resource import Rlimit
from vmlab.model.linux.include.sched import VMACACHE_SIZE
from vmlab.model.linux.include.structs import PG_NAMES, TLB_NR_DYN_ASIDS, System
from vmlab.model.linux.mm.swap import PAGEVEC_SIZE
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.mmu.pte import GEOMETRIES
from vmlab.model.mmu.tlb import ASID_SHIFT, GLOBAL
from vmlab.state.capture import capture
from vmlab.state.check_tables import check_tables
from vmlab.state.restore import VM_OPS, restore
from vmlab.state.snapshot import MmState, Snapshot

_KINDS = ("anon", "file", "table", "zero")
_INODE_KINDS = ("reg", "dir", "chr", "fifo")


def need(condition: object, field: str, why: str) -> None:
    """Raise StateError, naming the field, unless the condition holds."""
    if not condition:
        raise StateError(f"{field}: {why}")


def check(snap: Snapshot) -> None:
    """Check that a machine can be made of a snapshot and go on.

    Raises:
        StateError: names the first field that contradicts the others.
    """
    _geometry(snap)
    _unique(snap)
    _frames(snap)
    files = {file.file for file in snap.files}
    anon_vmas = {anon_vma.anon_vma for anon_vma in snap.anon_vmas}
    task_size = System(PAGE_SIZE, PAGE_SIZE, GEOMETRIES[snap.geometry.name], 1).task_size
    for place, mm in enumerate(snap.mms):
        need(mm.task_size == task_size, f"mms[{place}].task_size", f"must be {task_size:#x}")
        _mm(mm, f"mms[{place}]", files, anon_vmas)
    _files(snap)
    _anon_vmas(snap)
    _tasks(snap)
    _tlb(snap)
    _system(snap)
    check_tables(snap)
    _counts(snap)
    system = restore(snap)
    try:
        again = capture(system)  # first: who looks at a frame that nobody touched touches it
        validate_machine(system)
    except KernelBug as bug:
        raise StateError(f"the machine: {bug}") from None
    except RecursionError:
        raise StateError("mms: a tree of VMAs is too deep") from None
    for name in Snapshot.__slots__:
        _same(getattr(snap, name), getattr(again, name), name)


def _same(given: Any, again: Any, field: str) -> None:
    # What the machine does not take over as it stands cannot be right.
    if given == again:
        return
    if isinstance(given, tuple) and isinstance(again, tuple) and len(given) == len(again):
        for place, (one, other) in enumerate(zip(given, again, strict=True)):
            _same(one, other, f"{field}[{place}]")
    if is_dataclass(given):
        for part in fields(given):
            _same(getattr(given, part.name), getattr(again, part.name), f"{field}.{part.name}")
    raise StateError(f"{field}: cannot be what it says")


def _geometry(snap: Snapshot) -> None:
    shape = GEOMETRIES.get(snap.geometry.name)
    need(shape, "geometry.name", f"{snap.geometry.name!r} is not a known shape of page tables")
    assert shape is not None
    for name in ("level_bits", "page_shift", "entry_bytes"):
        given, known = getattr(snap.geometry, name), getattr(shape, name)
        need(given == known, f"geometry.{name}", f"{given} is not {shape.name}'s, which is {known}")
    need(shape.page_size == PAGE_SIZE, "geometry.name", "the kernel has pages of 4096 bytes")
    need(
        snap.ram_bytes > 0 and snap.ram_bytes % PAGE_SIZE == 0,
        "ram_bytes",
        f"{snap.ram_bytes} is not a whole number of frames",
    )


def _unique(snap: Snapshot) -> None:
    # Objects stand in the order of their numbers, each once.
    _ascending([task.pid for task in snap.tasks], "tasks", "pid")
    _ascending([mm.mm for mm in snap.mms], "mms", "mm")
    _ascending([page.pfn for page in snap.pages], "pages", "pfn")
    _ascending([file.file for file in snap.files], "files", "file")
    _ascending([inode.ino for inode in snap.inodes], "inodes", "ino")
    _ascending([anon_vma.anon_vma for anon_vma in snap.anon_vmas], "anon_vmas", "anon_vma")
    numbers = [table.files for table in snap.fds]
    need(len(set(numbers)) == len(numbers), "fds", "a number stands twice")


def _ascending(numbers: Sequence[int], field: str, name: str) -> None:
    last = 0
    for place, number in enumerate(numbers):
        need(number > last, f"{field}[{place}].{name}", f"{number} does not follow {last}")
        last = number


def _frames(snap: Snapshot) -> None:
    values = snap.system
    used = {page.pfn: page for page in snap.pages}
    need(
        values.next_frame <= snap.ram_bytes // PAGE_SIZE,
        "system.next_frame",
        "there are not so many frames",
    )
    free = values.free_frames
    need(list(free) == sorted(set(free)), "system.free_frames", "not in order")
    need(
        len(used) + len(free) == values.next_frame - 1
        and all(0 < pfn < values.next_frame and pfn not in used for pfn in free)
        and all(pfn < values.next_frame for pfn in used),
        "system.free_frames",
        "a frame is neither free nor in use, or both",
    )
    for place, page in enumerate(snap.pages):
        field = f"pages[{place}]"
        need(page.kind in _KINDS, f"{field}.kind", f"unknown kind {page.kind!r}")
        known = [name for name in PG_NAMES.values() if name in page.flags]
        need(list(page.flags) == known, f"{field}.flags", f"cannot be {list(page.flags)}")
    for pfn, data in snap.ram.items():
        need(pfn in used, f"ram[{pfn}]", "the frame is not in use")
        need(len(data) == PAGE_SIZE, f"ram[{pfn}]", f"{len(data)} bytes are no frame")
    zero = used.get(snap.zero_pfn)
    need(zero is not None and zero.kind == "zero", "zero_pfn", "not the zero page")


def _files(snap: Snapshot) -> None:
    used = {page.pfn: page for page in snap.pages}
    inodes = {inode.ino: inode for inode in snap.inodes}
    vmas = {(mm.mm, vma.vm_start): vma.vm_file for mm in snap.mms for vma in mm.mmap}
    files = {file.file: file for file in snap.files}
    opened = Counter(file.ino for file in snap.files)
    for place, file in enumerate(snap.files):
        need(file.ino in inodes, f"files[{place}].ino", f"there is no inode {file.ino}")
    caches = [
        (f"inodes[{i}].i_pages", inode.ino, inode.i_pages) for i, inode in enumerate(snap.inodes)
    ]
    caches.append(("system.vdso_pages", 0, snap.system.vdso_pages))
    cached = set()
    for field, ino, i_pages in caches:
        indexes = [index for index, _ in i_pages]
        need(indexes == sorted(set(indexes)), field, "not in order")
        for index, pfn in i_pages:
            page = used.get(pfn)
            need(
                page is not None and (page.kind, page.mapping, page.index) == ("file", ino, index),
                field,
                f"frame {pfn} does not hold page {index} of inode {ino}",
            )
            cached.add(pfn)
    for place, page in enumerate(snap.pages):
        if page.kind == "file" and page.mapping:
            need(page.pfn in cached, f"pages[{place}].mapping", "the inode does not know the frame")
    for place, inode in enumerate(snap.inodes):
        field = f"inodes[{place}]"
        need(inode.kind in _INODE_KINDS, f"{field}.kind", f"unknown kind {inode.kind!r}")
        for vma in inode.i_mmap:
            mapped = files.get(vmas.get(vma, 0))
            need(
                mapped is not None and mapped.ino == inode.ino,
                f"{field}.i_mmap",
                f"the VMA {vma[1]:#x} of mm {vma[0]} does not map this inode",
            )
        need(len(set(inode.i_mmap)) == len(inode.i_mmap), f"{field}.i_mmap", "a VMA stands twice")
        count = opened[inode.ino]
        need(inode.i_count == count, f"{field}.i_count", f"{count} files are open")
    for place, table in enumerate(snap.fds):
        numbers = [fd for fd, _, _ in table.fd]
        need(numbers == sorted(set(numbers)), f"fds[{place}].fd", "not in order")
        for fd, number, _ in table.fd:
            need(number in files, f"fds[{place}].fd[{fd}]", f"there is no file {number}")


def _mm(mm: MmState, field: str, files: set[int], anon_vmas: set[int]) -> None:
    need(not mm.exe_file or mm.exe_file in files, f"{field}.exe_file", "there is no such file")
    starts = [vma.vm_start for vma in mm.mmap]
    end = 0
    for place, vma in enumerate(mm.mmap):
        where = f"{field}.mmap[{place}]"
        need(
            end <= vma.vm_start < vma.vm_end <= mm.task_size,
            f"{where}.vm_start",
            "out of order, empty or outside user space",
        )
        end = vma.vm_end
        need(not vma.vm_file or vma.vm_file in files, f"{where}.vm_file", "there is no such file")
        need(vma.vm_ops in VM_OPS, f"{where}.vm_ops", f"unknown kind {vma.vm_ops!r}")
        need(vma.rb_color in ("red", "black"), f"{where}.rb_color", f"no colour {vma.rb_color!r}")
        chain = vma.anon_vma_chain
        need(
            set(chain) <= anon_vmas and len(set(chain)) == len(chain),
            f"{where}.anon_vma_chain",
            "an anon_vma is missing or stands twice",
        )
        need(
            not vma.anon_vma or vma.anon_vma in chain,
            f"{where}.anon_vma",
            "not in the anon_vma_chain",
        )
    _tree(mm, starts, field)


def _tree(mm: MmState, starts: list[int], field: str) -> None:
    # Does the tree hold every VMA once, in order? No recursion: the tree may be a chain or a ring.
    nodes = {vma.vm_start: (place, vma) for place, vma in enumerate(mm.mmap)}
    order: list[int] = []
    above: list[int] = []
    seen: set[int] = set()
    here, name = mm.mm_rb, f"{field}.mm_rb"
    while here is not None or above:
        while here is not None:
            need(here in nodes, name, f"no VMA starts at {here:#x}")
            need(here not in seen, name, f"the VMA {here:#x} stands in the tree twice")
            seen.add(here)
            above.append(here)
            place, vma = nodes[here]
            here, name = vma.rb_left, f"{field}.mmap[{place}].rb_left"
        here = above.pop()
        order.append(here)
        place, vma = nodes[here]
        here, name = vma.rb_right, f"{field}.mmap[{place}].rb_right"
    need(order == starts, f"{field}.mm_rb", "the tree does not hold the VMAs of the list in order")


def _anon_vmas(snap: Snapshot) -> None:
    numbers = {anon_vma.anon_vma for anon_vma in snap.anon_vmas}
    ties: dict[int, list[tuple[int, int]]] = {number: [] for number in numbers}
    active: Counter[int] = Counter()
    for mm in snap.mms:
        for vma in mm.mmap:
            active[vma.anon_vma] += 1
            for number in vma.anon_vma_chain:
                ties[number].append((mm.mm, vma.vm_start))
    children = Counter(anon_vma.parent for anon_vma in snap.anon_vmas)
    for place, state in enumerate(snap.anon_vmas):
        field, number = f"anon_vmas[{place}]", state.anon_vma
        need(state.root in numbers, f"{field}.root", f"there is no anon_vma {state.root}")
        need(state.parent in numbers, f"{field}.parent", f"there is no anon_vma {state.parent}")
        need(
            list(state.vmas) == sorted(ties[number]),
            f"{field}.vmas",
            "not the VMAs that have it in their anon_vma_chain",
        )
        need(
            state.num_children == children[number],
            f"{field}.num_children",
            f"{children[number]} are there",
        )
        need(
            state.num_active_vmas == active[number],
            f"{field}.num_active_vmas",
            f"{active[number]} are there",
        )
    for place, page in enumerate(snap.pages):
        if page.kind == "anon":
            need(page.mapping in numbers, f"pages[{place}].mapping", "there is no such anon_vma")


def _tasks(snap: Snapshot) -> None:
    pids = {task.pid for task in snap.tasks}
    mms = {mm.mm: mm for mm in snap.mms}
    starts = {mm.mm: {vma.vm_start for vma in mm.mmap} for mm in snap.mms}
    tables = {table.files for table in snap.fds}
    limits = sorted(int(resource) for resource in Rlimit)
    need(1 in pids, "tasks", "process 1 is missing")
    need(snap.current in {0, *pids}, "current", f"there is no process {snap.current}")
    for place, task in enumerate(snap.tasks):
        field = f"tasks[{place}]"
        need(
            task.ppid in pids if task.pid != 1 else not task.ppid,
            f"{field}.ppid",
            "no such process",
        )
        need(task.state in ("R", "D", "Z"), f"{field}.state", f"unknown state {task.state!r}")
        need(not task.mm or task.mm in mms, f"{field}.mm", f"there is no mm {task.mm}")
        need(
            task.active_mm in ({0, task.mm} if task.mm else {0, *mms}),
            f"{field}.active_mm",
            "another than mm",
        )
        need(not task.files or task.files in tables, f"{field}.files", "no such table")
        need(task.vfork_parent in {0, *pids}, f"{field}.vfork_parent", "no such process")
        need(
            [resource for resource, _ in task.rlimits] == limits,
            f"{field}.rlimits",
            f"must be those of the resources {limits}",
        )
        need(all(0 < s <= 64 for s in task.handlers), f"{field}.handlers", "no such signal")
        need(
            len(task.vmacache) == VMACACHE_SIZE
            and {*task.vmacache} - {None} <= starts.get(task.mm, set()),
            f"{field}.vmacache",
            "no such VMA",
        )
    used = {task.files for task in snap.tasks}
    for place, table in enumerate(snap.fds):
        need(table.files in used, f"fds[{place}].files", "no task uses this table")
    users = Counter(task.mm for task in snap.tasks)
    borrowers = Counter(task.active_mm for task in snap.tasks if not task.mm)
    for place, mm in enumerate(snap.mms):
        need(mm.mm_users == users[mm.mm], f"mms[{place}].mm_users", f"{users[mm.mm]} tasks use it")
        references = bool(users[mm.mm]) + borrowers[mm.mm]
        need(mm.mm_count == references, f"mms[{place}].mm_count", f"must be {references}")


def _tlb(snap: Snapshot) -> None:
    used = {page.pfn for page in snap.pages}
    tlb = snap.tlb
    need(tlb.size > 0, "tlb.size", "a TLB has at least one entry")
    need(len(tlb.entries) <= tlb.size, "tlb.entries", f"more than {tlb.size}")
    keys = {(entry.asid, entry.vpn) for entry in tlb.entries}
    need(len(keys) == len(tlb.entries), "tlb.entries", "an entry stands twice")
    for place, entry in enumerate(tlb.entries):
        field = f"tlb.entries[{place}]"
        need(entry.asid < 1 << 12 and entry.vpn < 1 << 52, field, "no such page")
        need(
            entry.is_global == (entry.asid == GLOBAL >> ASID_SHIFT),
            f"{field}.is_global",
            "not what the ASID says",
        )
        need(entry.pfn in used, f"{field}.pfn", f"frame {entry.pfn} is not in use")
    asids = snap.system.asids
    need(len(asids) == TLB_NR_DYN_ASIDS, "system.asids", f"there are {TLB_NR_DYN_ASIDS}")
    need(tlb.asid < len(asids), "tlb.asid", "there is no such ASID")
    need(snap.system.next_asid < len(asids), "system.next_asid", "there is no such ASID")


def _system(snap: Snapshot) -> None:
    values = snap.system
    inodes = {inode.ino for inode in snap.inodes}
    _next(values.next_pid, (task.pid for task in snap.tasks), "next_pid")
    _next(values.next_mm, (mm.mm for mm in snap.mms), "next_mm")
    _next(values.next_anon_vma, (state.anon_vma for state in snap.anon_vmas), "next_anon_vma")
    _next(values.next_file, (file.file for file in snap.files), "next_file")
    _next(values.next_files, (table.files for table in snap.fds), "next_files")
    _next(values.next_ino, inodes, "next_ino")
    names = [path for path, _ in values.paths]
    need(names == sorted(set(names)), "system.paths", "not in order")
    for path, ino in values.paths:
        need(path.startswith("/"), "system.paths", f"{path!r} is not an absolute path")
        need(ino in inodes, f"system.paths[{path}]", f"there is no inode {ino}")
    need(len(values.batches) == 4, "system.batches", "there are 4")
    used = {page.pfn for page in snap.pages} | {0}
    for batch in values.batches:
        need(len(batch) < PAGEVEC_SIZE, "system.batches", f"a batch has room for {PAGEVEC_SIZE}")
        need(used >= {*batch}, "system.batches", "a frame is not in use")
    for path in ("/", "/dev", "/dev/null", "/dev/zero"):
        need(path in names, "system.paths", f"{path} is missing")


def _next(number: int, taken: Iterable[int], name: str) -> None:
    need(number > max(taken, default=0), f"system.{name}", f"{number} is taken")


def _counts(snap: Snapshot) -> None:
    # An open file knows how many descriptors, VMAs and address spaces hold it.
    held = Counter(number for table in snap.fds for _, number, _ in table.fd)
    for mm in snap.mms:
        held[mm.exe_file] += 1
        held.update(vma.vm_file for vma in mm.mmap)
    for place, file in enumerate(snap.files):
        need(
            file.f_count == held[file.file],
            f"files[{place}].f_count",
            f"{held[file.file]} descriptors and mappings hold it",
        )
