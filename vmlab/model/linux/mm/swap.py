"""The CPU's batches of frames on their way to the LRU lists, or to another one.

Reclaim keeps every frame on a list, and locked frames on one of their own. The CPU gathers frames
before it takes the lists' lock, and its batches hold a reference to each. That can be seen from
outside: a process that writes to a frame which its last other user unlocked a moment ago finds one
user too many, and gets a copy.
"""

from __future__ import annotations

from vmlab.model.abi.mman import VM_LOCKED, VM_SPECIAL
from vmlab.model.linux.include.structs import (
    PG_ACTIVE,
    PG_LAZYFREE,
    PG_REFERENCED,
    Page,
    System,
    VmAreaStruct,
)

PAGEVEC_SIZE = 31  # frames in a batch


def batch_references(system: System, page: Page) -> int:
    """Return how many references the CPU's batches hold to a frame.

    Source: mm/swap.c: folio_batch_add_and_move() [v6.18].
    """
    batches = system.batches
    return (
        batches.lru_add.count(page) + batches.lru_lazyfree.count(page) + batches.mlock.count(page)
    )


def folio_test_lru(system: System, page: Page) -> bool:
    """Say whether a frame has reached a list (PG_lru).

    Source: include/linux/page-flags.h: folio_test_lru() [v6.18].
    """
    batches = system.batches
    return page not in batches.lru_add and page not in batches.mlock_new


def folio_add_lru(system: System, page: Page) -> None:
    """Let a new frame wait for its list.

    Source: mm/swap.c: folio_add_lru() [v6.18].
    """
    batch = system.batches.lru_add
    batch.append(page)
    if len(batch) == PAGEVEC_SIZE:
        batch.clear()


def folio_mark_lazyfree(system: System, page: Page) -> None:
    """Let a frame wait for the list of those that may be dropped unless they are written again.

    Source: mm/swap.c: folio_mark_lazyfree() [v6.18].
    """
    if page.flags & PG_LAZYFREE:
        return
    batch = system.batches.lru_lazyfree
    batch.append(page)
    if len(batch) == PAGEVEC_SIZE:
        lru_lazyfree(system)


def folio_mark_accessed(page: Page) -> None:
    """Note that a frame, which is not locked, was accessed: once, or again.

    Source: mm/swap.c: folio_mark_accessed() [v6.18].
    """
    if not page.flags & PG_REFERENCED:
        page.flags |= PG_REFERENCED
    elif not page.flags & PG_ACTIVE:
        page.flags ^= PG_REFERENCED | PG_ACTIVE


def lru_lazyfree(system: System) -> None:
    """Put the frames that MADV_FREE marked onto their list.

    Source: mm/swap.c: lru_lazyfree() [v6.18].
    """
    batch = system.batches.lru_lazyfree
    for page in batch:
        page.flags = page.flags & ~(PG_ACTIVE | PG_REFERENCED) | PG_LAZYFREE
    batch.clear()


def mlock_folio(system: System, page: Page) -> None:
    """Note that a locked VMA maps a frame, or maps it no longer.

    Source: mm/mlock.c: mlock_folio(), munlock_folio() [v6.18].
    """
    batches = system.batches
    batches.mlock.append(page)
    if len(batches.mlock) == PAGEVEC_SIZE:
        batches.mlock.clear()
        batches.mlock_new.clear()


def lru_add_drain(system: System) -> None:
    """Put all frames onto their lists and give up the references.

    Source: mm/swap.c: lru_add_drain() [v6.18].
    """
    lru_lazyfree(system)
    for batch in system.batches:
        batch.clear()


def folio_add_lru_vma(page: Page, vma: VmAreaStruct) -> None:
    """Let a new frame of a VMA wait for its list.

    Source: mm/swap.c: folio_add_lru_vma() [v6.18].
    """
    system = vma.vm_mm.system
    if _is_locked(vma):
        system.batches.mlock_new.append(page)
        mlock_folio(system, page)
    else:
        folio_add_lru(system, page)


def mlock_vma_folio(page: Page, vma: VmAreaStruct) -> None:
    """Note that a VMA maps a frame, or maps it no longer, if it is a locked one.

    Source: mm/internal.h: mlock_vma_folio(), munlock_vma_folio() [v6.18].
    """
    if _is_locked(vma):
        mlock_folio(vma.vm_mm.system, page)


def _is_locked(vma: VmAreaStruct) -> bool:
    return vma.vm_flags & (VM_LOCKED | VM_SPECIAL) == VM_LOCKED
