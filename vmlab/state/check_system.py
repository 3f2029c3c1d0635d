"""Do the TLB of a snapshot and what else a machine needs to go on make sense?"""

from __future__ import annotations

from collections.abc import Iterable

from vmlab.model.linux.include.structs import TLB_NR_DYN_ASIDS
from vmlab.model.linux.mm.swap import PAGEVEC_SIZE
from vmlab.model.mmu.tlb import ASID_SHIFT, GLOBAL
from vmlab.state.check_field import need
from vmlab.state.snapshot import Snapshot
from vmlab.state.views import asids_in_use


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
    for place, entry in enumerate(tlb.entries):
        field = f"tlb.entries[{place}]"
        need(entry.asid < 1 << 12 and entry.vpn < 1 << 52, field, "no_such_page")
        need(
            entry.is_global == (entry.asid == GLOBAL >> ASID_SHIFT),
            f"{field}.is_global",
            "not_what_asid_says",
        )
        need(
            entry.is_global or entry.asid < len(asids),
            f"{field}.asid",
            "no_such_asid",
        )
        need(
            entry.pfn < snap.system.next_frame
            and (entry.pfn in used or (not entry.is_global and entry.asid not in in_use)),
            f"{field}.pfn",
            "frame_unused",
            pfn=entry.pfn,
        )
    need(tlb.asid < len(asids), "tlb.asid", "no_such_asid")
    need(snap.system.next_asid < len(asids), "system.next_asid", "no_such_asid")


def check_system(snap: Snapshot) -> None:
    """Check the numbers that are given out next, the paths, and the CPU's batches.

    Raises:
        StateError: names the field.
    """
    values = snap.system
    inodes = {inode.ino for inode in snap.inodes}
    _next(values.next_pid, (task.pid for task in snap.tasks), "next_pid")
    _next(values.next_mm, (mm.mm for mm in snap.mms), "next_mm")
    _next(values.next_anon_vma, (state.anon_vma for state in snap.anon_vmas), "next_anon_vma")
    _next(values.next_file, (file.file for file in snap.files), "next_file")
    _next(values.next_files, (table.files for table in snap.fds), "next_files")
    _next(values.next_ino, inodes, "next_ino")
    names = [path for path, _ in values.paths]
    need(names == sorted(set(names)), "system.paths", "not_in_order")
    for path, ino in values.paths:
        need(path.startswith("/"), "system.paths", "path_not_absolute", path=path)
        need(ino in inodes, f"system.paths[{path}]", "no_such_inode", ino=ino)
    need(len(values.batches) == 4, "system.batches", "there_are", n=4)
    used = {page.pfn for page in snap.pages} | {0}
    for batch in values.batches:
        need(len(batch) < PAGEVEC_SIZE, "system.batches", "batch_room", n=PAGEVEC_SIZE)
        need(used >= {*batch}, "system.batches", "a_frame_unused")
    for path in ("/", "/dev", "/dev/null", "/dev/zero"):
        need(path in names, "system.paths", "path_missing", path=path)


def _next(number: int, taken: Iterable[int], name: str) -> None:
    need(number > max(taken, default=0), f"system.{name}", "number_taken", number=number)
