"""Does a snapshot make sense? Every reference leads somewhere, every count is right.

A machine whose snapshot passes can go on; one that does not would fail later, far from the cause.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from vmlab.errors import KernelBug, StateError
from vmlab.model.abi.fcntl import OFFSET_MAX, LockType, Seal
from vmlab.model.abi.stat import S_IALLUGO
from vmlab.model.linux.fs.ext4.inode import EXT4_MAX_LBLK
from vmlab.model.linux.fs.pipe import MAX_USAGE
from vmlab.model.linux.include.extents_status import ES_DELAYED, ES_UNWRITTEN, ES_WRITTEN
from vmlab.model.linux.include.fs import (
    ANON_KINDS,
    DEV_DISK,
    DEV_SHMEM,
    FMODE_APPEND,
    FMODE_PATH,
    FMODE_RANDOM,
    FMODE_READ,
    FMODE_UNMET,
    FMODE_WRITE,
    S_IFBLK,
    S_IFCHR,
    S_IFDIR,
    S_IFIFO,
    S_IFLNK,
    S_IFREG,
    S_IFSOCK,
    S_MQUEUE,
    S_PIDFD,
)
from vmlab.model.linux.include.page_flags import PG_NAMES
from vmlab.model.linux.include.structs import System
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.model.mmu.pte import GEOMETRIES
from vmlab.state.capture import capture
from vmlab.state.check_attributes import check_attributes
from vmlab.state.check_field import ENOUGH, need
from vmlab.state.check_ipc import check_ipc
from vmlab.state.check_mm import check_mm
from vmlab.state.check_private import check_private
from vmlab.state.check_swap import check_swap
from vmlab.state.check_system import check_segments, check_system, check_tlb
from vmlab.state.check_tables import check_tables
from vmlab.state.check_tasks import check_tasks
from vmlab.state.restore import restore
from vmlab.state.rows import Rows
from vmlab.state.snapshot import InodeState, Snapshot

_KINDS = ("anon", "file", "table", "zero")
_INODE_KINDS = (
    *(S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK),
    *(S_PIDFD, S_MQUEUE, *ANON_KINDS),
)
_MAX_LFS_FILESIZE = (1 << 63) - 1  # bytes
_INT_MAX = (1 << 31) - 1
_F_MODES = FMODE_READ | FMODE_WRITE | FMODE_PATH | FMODE_APPEND | FMODE_RANDOM | FMODE_UNMET
_SEALS = sum(Seal)
_ES = (ES_WRITTEN, ES_UNWRITTEN, ES_DELAYED)
_DEV = re.compile(r"[0-9a-f]{2,3}:[0-9a-f]{2,5}")  # 12 bits and 20


def check(snap: Snapshot) -> None:
    """Check that a machine can be made of a snapshot and go on.

    Raises:
        StateError: names the first field that contradicts the others.
    """
    _geometry(snap)
    _unique(snap)
    _frames(snap)
    inodes = {inode.ino: inode for inode in snap.inodes}
    files = {file.file: inodes.get(file.ino) for file in snap.files}
    anon_vmas = {anon_vma.anon_vma for anon_vma in snap.anon_vmas}
    held = (files.get(segment.file) for segment in snap.system.shm)
    segments = {inode.ino for inode in held if inode is not None}
    task_size = System(PAGE_SIZE, PAGE_SIZE, GEOMETRIES[snap.geometry.name], 1).task_size
    for place, mm in enumerate(snap.mms):
        need(mm.task_size == task_size, f"mms[{place}].task_size", "must_be_addr", addr=task_size)
        check_mm(mm, f"mms[{place}]", files, anon_vmas, segments)
    _files(snap)
    check_segments(snap)
    _anon_vmas(snap)
    check_tasks(snap)
    check_tlb(snap)
    check_system(snap)
    check_swap(snap)
    check_ipc(snap)
    check_tables(snap)
    _counts(snap)
    system = restore(snap)
    try:
        again = capture(system)  # first: who looks at a frame that nobody touched touches it
        validate_machine(system)
    except KernelBug as bug:
        raise StateError("machine_wrong", why=bug.reason) from None
    except RecursionError:
        raise StateError.at_field("mms", "tree_too_deep") from None
    for name in Snapshot.__slots__:
        _same(getattr(snap, name), getattr(again, name), name)


def _same(given: Any, again: Any, field: str) -> None:
    # What the machine does not take over as it stands cannot be right.
    if given == again:
        return
    if isinstance(given, tuple | Rows) and len(given) == len(again):
        for place, (one, other) in enumerate(zip(given, again, strict=True)):
            _same(one, other, f"{field}[{place}]")
    if is_dataclass(given):
        for part in fields(given):
            _same(getattr(given, part.name), getattr(again, part.name), f"{field}.{part.name}")
    raise StateError.at_field(field, "field_impossible")


def _geometry(snap: Snapshot) -> None:
    shape = GEOMETRIES.get(snap.geometry.name)
    need(shape, "geometry.name", "geometry_unknown", name=snap.geometry.name)
    assert shape is not None
    for name in ("level_bits", "page_shift", "entry_bytes"):
        given, known = getattr(snap.geometry, name), getattr(shape, name)
        need(
            given == known,
            f"geometry.{name}",
            "not_of_geometry",
            given=str(given),
            name=shape.name,
            known=str(known),
        )
    need(shape.page_size == PAGE_SIZE, "geometry.name", "kernel_pages", page_size=PAGE_SIZE)
    need(
        snap.ram_bytes > 0 and snap.ram_bytes % PAGE_SIZE == 0,
        "ram_bytes",
        "not_whole_frames",
        nr_bytes=snap.ram_bytes,
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
    need(len(set(numbers)) == len(numbers), "fds", "number_twice")


def _ascending(numbers: Sequence[int], field: str, name: str) -> None:
    last = 0
    for place, number in enumerate(numbers):
        need(number > last, f"{field}[{place}].{name}", "does_not_follow", number=number, last=last)
        last = number


def _frames(snap: Snapshot) -> None:
    values = snap.system
    used = {page.pfn: page for page in snap.pages}
    need(
        values.next_frame <= snap.ram_bytes // PAGE_SIZE,
        "system.next_frame",
        "not_so_many_frames",
    )
    free = values.free_frames
    need(list(free) == sorted(set(free)), "system.free_frames", "not_in_order")
    need(
        len(used) + len(free) == values.next_frame - 1
        and all(0 < pfn < values.next_frame and pfn not in used for pfn in free)
        and all(pfn < values.next_frame for pfn in used),
        "system.free_frames",
        "frame_free_or_used",
    )
    for place, page in enumerate(snap.pages):
        field = f"pages[{place}]"
        need(page.kind in _KINDS, f"{field}.kind", "kind_unknown", kind=page.kind)
        known = [name for name in PG_NAMES.values() if name in page.flags]
        need(
            list(page.flags) == known,
            f"{field}.flags",
            "flags_impossible",
            flags=str(list(page.flags)),
        )
        need(
            "anon_exclusive" not in page.flags or (page.kind == "anon" and page.mapcount == 1),
            f"{field}.flags",
            "exclusive_but_shared",
        )
        need(page.index < ENOUGH, f"{field}.index", "beyond_largest_file")
    for pfn, data in snap.ram.items():
        need(pfn in used, f"ram[{pfn}]", "this_frame_unused")
        need(len(data) == PAGE_SIZE, f"ram[{pfn}]", "not_frame_size", nr_bytes=len(data))
    zero = used.get(snap.zero_pfn)
    need(zero is not None and zero.kind == "zero", "zero_pfn", "not_zero_page")


def _in_order(inode: InodeState) -> bool:
    # Are the blocks of a file such as a file of the disk can have, and no others?
    end = 0
    for start, after, status in inode.i_es:
        if not (end <= start < after <= EXT4_MAX_LBLK and status in _ES):
            return False
        end = after
    return not inode.i_es or (inode.kind == S_IFREG and inode.dev == DEV_DISK)


def _is_lock(lock: tuple[str, int, int, int, int, int]) -> bool:
    kind, _, how, start, end, _ = lock
    known = kind in ("posix", "ofd", "flock") and how in (LockType.F_RDLCK, LockType.F_WRLCK)
    return known and 0 <= start <= end <= OFFSET_MAX


def _files(snap: Snapshot) -> None:
    used = {page.pfn: page for page in snap.pages}
    inodes = {inode.ino: inode for inode in snap.inodes}
    vmas = {(mm.mm, vma.vm_start): vma.vm_file for mm in snap.mms for vma in mm.mmap}
    files = {file.file: file for file in snap.files}
    opened = Counter(file.ino for file in snap.files)
    opened.update(pwd for _, pwd in {(task.fs, task.pwd) for task in snap.tasks if task.fs})
    named = Counter(ino for _, ino in snap.system.paths)
    for place, file in enumerate(snap.files):
        need(file.ino in inodes, f"files[{place}].ino", "no_such_inode", ino=file.ino)
        need(not file.f_mode & ~_F_MODES, f"files[{place}].f_mode", "flags_unknown")
        need(0 <= file.f_flags < 1 << 32, f"files[{place}].f_flags", "flags_unknown")
        need(file.f_pos <= _MAX_LFS_FILESIZE, f"files[{place}].f_pos", "beyond_largest_file")
    for place, inode in enumerate(snap.inodes):
        need(0 <= inode.i_mode <= S_IALLUGO, f"inodes[{place}].i_mode", "flags_unknown")
        need(not inode.seals & ~_SEALS, f"inodes[{place}].seals", "flags_unknown")
        need(_in_order(inode), f"inodes[{place}].i_es", "field_impossible")
        need(all(map(_is_lock, inode.i_flctx)), f"inodes[{place}].i_flctx", "field_impossible")
    caches = [
        (f"inodes[{i}].i_pages", inode.ino, inode.i_pages) for i, inode in enumerate(snap.inodes)
    ]
    caches.append(("system.vdso_pages", 0, snap.system.vdso_pages))
    cached = set()
    for field, ino, i_pages in caches:
        indexes = [index for index, _ in i_pages]
        need(indexes == sorted(set(indexes)), field, "not_in_order")
        last = indexes[-1] if indexes else 0
        need(last <= _MAX_LFS_FILESIZE >> PAGE_SHIFT, field, "beyond_largest_file")
        for index, pfn in i_pages:
            page = used.get(pfn)
            need(
                page is not None and (page.kind, page.mapping, page.index) == ("file", ino, index),
                field,
                "frame_not_of_inode",
                pfn=pfn,
                index=index,
                ino=ino,
            )
            cached.add(pfn)
    for place, page in enumerate(snap.pages):
        if page.kind == "file" and page.mapping:
            need(page.pfn in cached, f"pages[{place}].mapping", "frame_unknown_to_inode")
    embryos = {owner for inode in snap.inodes for *_, owner in inode.skbs}
    for place, inode in enumerate(snap.inodes):
        field = f"inodes[{place}]"
        need(inode.kind in _INODE_KINDS, f"{field}.kind", "kind_unknown", kind=inode.kind)
        need(inode.i_size <= _MAX_LFS_FILESIZE, f"{field}.i_size", "beyond_largest_file")
        need(
            inode.kind in (S_IFREG, S_IFIFO, S_IFLNK) or not (inode.i_size or inode.i_pages),
            f"{field}.kind",
            "kind_without_pages",
            kind=inode.kind,
        )
        pids = range(1, snap.system.next_pid) if inode.kind == S_PIDFD else (0,)
        need(inode.pid in pids, f"{field}.pid", "not_reached")
        _pipe(inode, field)
        check_private(inode, field, inodes, files)
        need(_DEV.fullmatch(inode.dev), f"{field}.dev", "not_device")
        may_be_reserved = inode.dev == DEV_SHMEM and not inode.name.startswith("/memfd:")
        need(
            inode.noreserve or may_be_reserved or inode.kind != S_IFREG,
            f"{field}.noreserve",
            "field_impossible",
        )
        need(inode.i_nlink == named[inode.ino], f"{field}.i_nlink", "are_there", n=named[inode.ino])
        held = inode.i_nlink or inode.i_count or inode.i_fifo or inode.ino in embryos
        need(held, f"{field}.i_nlink", "inode_forgotten")
        check_attributes(inode, field, {task.pid for task in snap.tasks})
        for vma in inode.i_mmap:
            mapped = files.get(vmas.get(vma, 0))
            need(
                mapped is not None and mapped.ino == inode.ino,
                f"{field}.i_mmap",
                "vma_not_of_inode",
                vma=vma[1],
                mm=vma[0],
            )
        need(len(set(inode.i_mmap)) == len(inode.i_mmap), f"{field}.i_mmap", "vma_twice")
        count = opened[inode.ino]
        need(inode.i_count == count, f"{field}.i_count", "nr_files_open", n=count)
    for place, table in enumerate(snap.fds):
        numbers = [fd for fd, _, _ in table.fd]
        need(numbers == sorted(set(numbers)), f"fds[{place}].fd", "not_in_order")
        need(not numbers or numbers[-1] < _INT_MAX, f"fds[{place}].fd", "no_descriptor")
        for fd, number, _ in table.fd:
            need(number in files, f"fds[{place}].fd[{fd}]", "no_such_file_number", number=number)


def _pipe(inode: InodeState, field: str) -> None:
    # Each page of a pipe holds bytes, in the order of the pages; nothing else has any.
    is_pipe = inode.kind == S_IFIFO
    indexes = [index for index, _, _ in inode.pipe]
    pages = [index for index, _ in inode.i_pages] if is_pipe else []
    need(indexes == pages and len(pages) <= MAX_USAGE, f"{field}.pipe", "not_pages_of_pipe")
    need(
        all(0 <= at < at + length <= PAGE_SIZE for _, at, length in inode.pipe),
        f"{field}.pipe",
        "not_in_page",
    )
    size = sum(length for _, _, length in inode.pipe)
    need(not is_pipe or inode.i_size == size, f"{field}.i_size", "must_be", n=size)


def _anon_vmas(snap: Snapshot) -> None:
    numbers = {anon_vma.anon_vma for anon_vma in snap.anon_vmas}
    ties: dict[int, list[tuple[int, int]]] = {number: [] for number in numbers}
    active: Counter[int] = Counter()
    for mm in snap.mms:
        for vma in mm.mmap:
            active[vma.anon_vma] += 1
            for number in vma.anon_vma_chain:
                ties[number].append((mm.mm, vma.vm_start))
    roots = {anon_vma.anon_vma: anon_vma.root for anon_vma in snap.anon_vmas}
    children = Counter(anon_vma.parent for anon_vma in snap.anon_vmas)
    for place, state in enumerate(snap.anon_vmas):
        field, number = f"anon_vmas[{place}]", state.anon_vma
        need(state.root in numbers, f"{field}.root", "no_such_anon_vma_number", number=state.root)
        need(
            state.parent in numbers,
            f"{field}.parent",
            "no_such_anon_vma_number",
            number=state.parent,
        )
        # A root is its own parent; others come after their parent, and have its root.
        is_root = state.parent == number
        need(state.parent <= number, f"{field}.parent", "parent_after_child")
        root = number if is_root else roots[state.parent]
        need(state.root == root, f"{field}.root", "must_be", n=root)
        need(
            list(state.vmas) == sorted(ties[number]),
            f"{field}.vmas",
            "not_vmas_of_anon_vma",
        )
        need(
            state.num_children == children[number],
            f"{field}.num_children",
            "are_there",
            n=children[number],
        )
        need(
            state.num_active_vmas == active[number],
            f"{field}.num_active_vmas",
            "are_there",
            n=active[number],
        )
    for place, page in enumerate(snap.pages):
        unmapped = not page.mapcount and "swapcache" in page.flags
        if page.kind == "anon" and (page.mapping or not unmapped):
            need(page.mapping in numbers, f"pages[{place}].mapping", "no_such_anon_vma")


def _counts(snap: Snapshot) -> None:
    # An open file knows how many descriptors, VMAs and address spaces hold it.
    held = Counter(number for table in snap.fds for _, number, _ in table.fd)
    for mm in snap.mms:
        held[mm.exe_file] += 1
        held.update(vma.vm_file for vma in mm.mmap)
    held.update(segment.file for segment in snap.system.shm)
    held.update(file for inode in snap.inodes for _, _, sent, *_ in inode.skbs for file in sent)
    for place, file in enumerate(snap.files):
        need(
            file.f_count == held[file.file],
            f"files[{place}].f_count",
            "nr_hold_file",
            n=held[file.file],
        )
