"""Do the TLB of a snapshot and what else a machine needs to go on make sense?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from vmlab.model.abi.shm import SHM_DEST, SHM_LOCKED
from vmlab.model.abi.stat import S_IRWXUGO
from vmlab.model.linux.fs.namei import OFFSETS
from vmlab.model.linux.include.fs import S_IFCHR, S_IFDIR, S_IFREG
from vmlab.model.linux.include.sched import PID_MAX_LIMIT
from vmlab.model.linux.include.structs import TLB_NR_DYN_ASIDS, FolioBatches
from vmlab.model.linux.lib.percpu_counter import PERCPU_COUNTER_BATCH
from vmlab.model.linux.mm.swap import PAGEVEC_SIZE
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.mmu.tlb import ASID_SHIFT, GLOBAL
from vmlab.state.check_field import ENOUGH, need
from vmlab.state.snapshot import FileState, MmState, Snapshot
from vmlab.state.views import asids_in_use

_IPCMNI = 1 << 15  # places of segments
_MODES = S_IRWXUGO | SHM_DEST | SHM_LOCKED
_PTRS_PER_PTE = 512  # the widest window that Linux allows: a page table of x86-64


def check_tlb(snap: Snapshot) -> None:
    """Check the TLB and the ASIDs.

    Raises:
        StateError: names the field.
    """
    used = {page.pfn for page in snap.pages}
    tlb = snap.tlb
    asids = snap.system.asids
    need(len(asids) == TLB_NR_DYN_ASIDS, "system.asids", "there_are", n=TLB_NR_DYN_ASIDS)
    in_use = asids_in_use(snap)
    need(tlb.size > 0, "tlb.size", "tlb_size")
    need(len(tlb.entries) <= tlb.size, "tlb.entries", "more_than", most=tlb.size)
    keys = {(entry.asid, entry.vpn) for entry in tlb.entries}
    need(len(keys) == len(tlb.entries), "tlb.entries", "entry_twice")
    pages = 1 << sum(snap.geometry.level_bits)
    for place, entry in enumerate(tlb.entries):
        field = f"tlb.entries[{place}]"
        need(entry.asid < 1 << 12 and entry.vpn < pages, field, "no_such_page")
        need(
            entry.is_global == (entry.asid == GLOBAL >> ASID_SHIFT),
            f"{field}.is_global",
            "not_what_asid_says",
        )
        need(entry.asid < len(asids) and asids[entry.asid][0], f"{field}.asid", "no_such_asid")
        need(
            entry.pfn < snap.system.next_frame and (entry.pfn in used or entry.asid not in in_use),
            f"{field}.pfn",
            "frame_unused",
            pfn=entry.pfn,
        )
    for name in ("size", "hits", "misses", "flushes"):
        need(getattr(tlb, name) < ENOUGH, f"tlb.{name}", "not_reached")
    need(tlb.asid < len(asids), "tlb.asid", "no_such_asid")
    need(snap.system.next_asid < len(asids), "system.next_asid", "no_such_asid")
    gens = {mm.mm: mm.tlb_gen for mm in snap.mms}
    known = [number for number, _ in asids if number]
    need(len(set(known)) == len(known), "system.asids", "number_twice")
    for place, (number, tlb_gen) in enumerate(asids):
        field = f"system.asids[{place}]"
        need(not number or number in gens, field, "no_such_mm", mm=number)
        need(tlb_gen <= gens.get(number, 0), field, "not_reached")
    active = next((task.active_mm for task in snap.tasks if task.pid == snap.current), 0)
    need(
        not active or asids[tlb.asid] == (active, gens.get(active)),
        "tlb.asid",
        "not_asid_of_current",
    )


def check_system(snap: Snapshot) -> None:
    """Check the numbers that are given out next, the paths, and the CPU's batches.

    Raises:
        StateError: names the field.
    """
    values = snap.system
    inodes = {inode.ino: inode.kind for inode in snap.inodes}
    paths = dict(values.paths)
    _next(values.next_pid, (task.pid for task in snap.tasks), "next_pid")
    need(values.next_pid <= PID_MAX_LIMIT, "system.next_pid", "not_reached")
    _next(values.next_mm, (mm.mm for mm in snap.mms), "next_mm")
    _next(values.next_anon_vma, (state.anon_vma for state in snap.anon_vmas), "next_anon_vma")
    _next(values.next_file, (file.file for file in snap.files), "next_file")
    _next(values.next_files, (table.files for table in snap.fds), "next_files")
    _next(values.next_fs, (task.fs for task in snap.tasks), "next_fs")
    _next(values.next_ino, inodes, "next_ino")
    _limits(snap)
    asleep = {task.pid for task in snap.tasks for *_, woken in task.futex if not woken}
    queue = values.futex_queue
    need(len({*queue}) == len(queue), "system.futex_queue", "number_twice")
    need({*queue} == asleep, "system.futex_queue", "not_who_sleeps")
    names = [path for path, _ in values.paths]
    need(names == sorted(set(names)), "system.paths", "not_in_order")
    places = [place for _, place in values.offsets]
    need(
        all(path in paths for path, _ in values.offsets)
        and len(set(places)) == len(places)
        and all(0 < place < values.next_ino * OFFSETS for place in places)
        and values.offsets == tuple(sorted(values.offsets)),
        "system.offsets",
        "field_impossible",
    )
    for path, ino in values.paths:
        need(path.startswith("/"), "system.paths", "path_not_absolute", path=path)
        need(ino in inodes, f"system.paths[{path}]", "no_such_inode", ino=ino)
        above = paths.get(path.rpartition("/")[0] or "/", 0)
        need(inodes.get(above) == S_IFDIR, f"system.paths[{path}]", "path_in_no_directory")
    nr = len(FolioBatches._fields)
    need(len(values.batches) == nr, "system.batches", "there_are", n=nr)
    used = {page.pfn for page in snap.pages} | {0}
    for batch in values.batches:
        need(len(batch) < PAGEVEC_SIZE, "system.batches", "batch_room", n=PAGEVEC_SIZE)
        need(used >= {*batch}, "system.batches", "a_frame_unused")
    kinds = {"/": S_IFDIR, "/dev": S_IFDIR, "/dev/null": S_IFCHR, "/dev/zero": S_IFCHR}
    for path, kind in kinds.items():
        need(inodes.get(paths.get(path, 0)) == kind, "system.paths", "path_missing", path=path)


def check_segments(snap: Snapshot) -> None:
    """Check the segments of shared memory.

    Raises:
        StateError: names the field.
    """
    values = snap.system
    inodes = {inode.ino: inode for inode in snap.inodes}
    files = {file.file: inodes[file.ino] for file in snap.files}
    attached = Counter(file.ino for mm in snap.mms for file in _mapped(snap, mm))
    need(0 <= values.shm_next_idx <= _IPCMNI, "system.shm_next_idx", "flags_unknown")
    need(0 <= values.shm_seq < _IPCMNI << 1, "system.shm_seq", "flags_unknown")
    numbers = {segment.shmid for segment in values.shm}
    need(len(numbers) == len(values.shm), "system.shm", "number_twice")
    for place, segment in enumerate(values.shm):
        field = f"system.shm[{place}]"
        inode = files.get(segment.file)
        need(inode is not None, f"{field}.file", "no_such_file_number", number=segment.file)
        assert inode is not None
        need(
            inode.kind == S_IFREG and not inode.i_nlink and inode.i_size == segment.segsz,
            f"{field}.file",
            "not_regular_file_of_segment",
        )
        n = attached[inode.ino]
        need(segment.nattch == n, f"{field}.nattch", "are_there", n=n)
        need(n or not segment.mode & SHM_DEST, f"{field}.mode", "segment_forgotten")
        need(not segment.mode & ~_MODES, f"{field}.mode", "flags_unknown")
        need(0 <= segment.key < 1 << 32, f"{field}.key", "flags_unknown")
        need(0 <= segment.shmid < 1 << 31, f"{field}.shmid", "flags_unknown")
        for name in ("cprid", "lprid"):
            need(0 <= getattr(segment, name) < values.next_pid, f"{field}.{name}", "not_reached")
    inos = [files[segment.file].ino for segment in values.shm]
    need(len(set(inos)) == len(inos), "system.shm", "number_twice")


def _mapped(snap: Snapshot, mm: MmState) -> list[FileState]:
    files = {file.file: file for file in snap.files}
    return [files[vma.vm_file] for vma in mm.mmap if vma.vm_file]


def _limits(snap: Snapshot) -> None:
    values = snap.system
    for name in ("mmap_min_addr", "stack_guard_gap"):
        value = getattr(values, name)
        need(value % PAGE_SIZE == 0 and value < ENOUGH, f"system.{name}", "not_whole_pages")
    need(values.overcommit_memory in range(3), "system.overcommit_memory", "flags_unknown")
    for name in ("overcommit_ratio", "overcommit_kbytes"):
        need(getattr(values, name) < ENOUGH, f"system.{name}", "not_reached")
    pages, count = values.vm_committed_as
    most = max(values.totalram_pages // 4, PERCPU_COUNTER_BATCH)
    need(abs(pages - count) < most, "system.vm_committed_as", "field_impossible")
    need(values.randomize_va_space in (0, 1, 2), "system.randomize_va_space", "flags_unknown")
    need(0 <= values.clock < ENOUGH, "system.clock", "not_reached")
    window = values.fault_around_pages
    need(
        0 < window <= _PTRS_PER_PTE and not window & (window - 1),
        "system.fault_around_pages",
        "not_power_of_2",
        most=_PTRS_PER_PTE,
    )


def _next(number: int, taken: Iterable[int], name: str) -> None:
    need(number > max(taken, default=0), f"system.{name}", "number_taken", number=number)
    need(number < ENOUGH, f"system.{name}", "not_reached")
