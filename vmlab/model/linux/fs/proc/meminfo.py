"""/proc/meminfo: what memory there is, and what of it is promised."""

from __future__ import annotations

from vmlab.model.linux.include.structs import System
from vmlab.model.linux.mm.util import vm_commit_limit, vm_memory_committed
from vmlab.model.mmu.page import PAGE_SHIFT


def show_meminfo(system: System) -> str:
    """Return the lines of /proc/meminfo about memory that is there, free and promised.

    Source: fs/proc/meminfo.c: meminfo_proc_show() [v6.18].
    """
    rows = (
        ("MemTotal:", system.totalram_pages),
        ("MemFree:", len(system.free_frames) + system.ram.nr_frames - system.next_frame),
        *_swap(system),
        ("CommitLimit:", vm_commit_limit(system)),
        ("Committed_AS:", vm_memory_committed(system)),
    )
    return "".join(f"{name:<16}{pages << (PAGE_SHIFT - 10):8} kB\n" for name, pages in rows)


def _swap(system: System) -> list[tuple[str, int]]:
    # Nothing on a machine that never had any.
    # Source: mm/swapfile.c: si_swapinfo() [v6.18]; fs/proc/meminfo.c: meminfo_proc_show() [v6.18].
    if not system.swap_info:
        return []
    used = sum(si.inuse_pages for si in system.swap_info)
    return [
        ("SwapCached:", len(system.swap_entries)),
        ("SwapTotal:", system.total_swap_pages),
        ("SwapFree:", system.total_swap_pages - used),
    ]
