"""The CPU's batches of frames on their way to the LRU lists, or to another one.

Reclaim keeps every frame on a list, and locked frames on one of their own. The CPU gathers frames
before it takes the lists' lock, and its batches hold a reference to each. That can be seen from
outside: a process that writes to a frame which its last other user unlocked a moment ago finds one
user too many, and gets a copy.
"""

from __future__ import annotations

from collections.abc import Callable

from vmlab.model.abi.mman import VM_LOCKED, VM_SPECIAL
from vmlab.model.linux.include.page_flags import PG_ACTIVE, PG_LAZYFREE, PG_REFERENCED
from vmlab.model.linux.include.structs import Page, System, VmAreaStruct

PAGEVEC_SIZE = 31  # frames in a batch


def batch_references(system: System, page: Page) -> int:
    """Return how many references the CPU's batches hold to a frame.

    Source: mm/swap.c: folio_batch_add_and_move() [v6.18].
    """
    batches = system.batches
    return sum(batch.count(page) for batch in batches if batch is not batches.mlock_new)


def folio_test_lru(system: System, page: Page) -> bool:
    """Say whether a frame has reached a list (PG_lru).

    Source: include/linux/page-flags.h: folio_test_lru() [v6.18].
    """
    batches = system.batches
    return page not in batches.lru_add and page not in batches.mlock_new


def folio_batch_add_and_move(
    system: System, batch: list[Page], page: Page, move: Callable[[System], None]
) -> None:
    """Let a frame wait in a batch; when that is full, all of it moves on.

    Source: mm/swap.c: folio_batch_add_and_move() [v6.18].
    """
    batch.append(page)
    if len(batch) == PAGEVEC_SIZE:
        move(system)


def folio_add_lru(system: System, page: Page) -> None:
    """Let a new frame wait for its list.

    Source: mm/swap.c: folio_add_lru() [v6.18].
    """
    folio_batch_add_and_move(system, system.batches.lru_add, page, lru_add)


def lru_add(system: System) -> None:
    """Put new frames onto their lists.

    Source: mm/swap.c: lru_add() [v6.18].
    """
    system.batches.lru_add.clear()


def folio_mark_lazyfree(system: System, page: Page) -> None:
    """Let a frame wait for the list of those that may be dropped unless they are written again.

    Source: mm/swap.c: folio_mark_lazyfree() [v6.18].
    """
    if page.flags & PG_LAZYFREE:
        return
    folio_batch_add_and_move(system, system.batches.lru_lazyfree, page, lru_lazyfree)


def folio_mark_accessed(system: System, page: Page) -> None:
    """Note that a frame, which is not locked, was accessed: once, or again.

    Source: mm/swap.c: folio_mark_accessed() [v6.18].
    """
    if not page.flags & PG_REFERENCED:
        page.flags |= PG_REFERENCED
    elif not page.flags & PG_ACTIVE:
        if folio_test_lru(system, page):
            folio_activate(system, page)
        elif page in system.batches.lru_add:
            page.flags |= PG_ACTIVE
        page.flags &= ~PG_REFERENCED


def folio_activate(system: System, page: Page) -> None:
    """Let a frame wait for the list of those that were accessed more than once.

    Source: mm/swap.c: folio_activate() [v6.18].
    """
    folio_batch_add_and_move(system, system.batches.lru_activate, page, lru_activate)


def lru_activate(system: System) -> None:
    """Put the frames that were accessed again onto their list.

    Source: mm/swap.c: lru_activate() [v6.18].
    """
    batch = system.batches.lru_activate
    for page in batch:
        page.flags |= PG_ACTIVE
    batch.clear()


def folio_deactivate(system: System, page: Page) -> None:
    """Let a frame wait for the list of those that were not accessed more than once.

    Source: mm/swap.c: folio_deactivate() [v6.18].
    """
    if page.flags & PG_ACTIVE:
        folio_batch_add_and_move(system, system.batches.lru_deactivate, page, lru_deactivate)


def lru_deactivate(system: System) -> None:
    """Put the frames that MADV_COLD marked onto their list.

    Source: mm/swap.c: lru_deactivate() [v6.18].
    """
    batch = system.batches.lru_deactivate
    for page in batch:
        if page.flags & PG_ACTIVE:
            page.flags &= ~(PG_ACTIVE | PG_REFERENCED)
    batch.clear()


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
    folio_batch_add_and_move(system, system.batches.mlock, page, mlock_folio_batch)


def mlock_folio_batch(system: System) -> None:
    """Put frames that a locked VMA maps onto their list, and those that none maps back.

    Source: mm/mlock.c: mlock_folio_batch() [v6.18].
    """
    batches = system.batches
    for page in batches.mlock:
        page.flags &= ~PG_ACTIVE
    batches.mlock.clear()
    batches.mlock_new.clear()


def lru_add_drain(system: System) -> None:
    """Put all frames onto their lists and give up the references.

    Source: mm/swap.c: lru_add_drain() [v6.18].
    """
    lru_add(system)
    lru_deactivate(system)
    lru_lazyfree(system)
    lru_activate(system)
    mlock_folio_batch(system)


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
