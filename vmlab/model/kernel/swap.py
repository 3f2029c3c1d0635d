"""The CPU's batches of frames on their way to the LRU lists, or to another one.

Reclaim keeps every frame on a list, and locked frames on one of their own. The CPU gathers frames
before it takes the lists' lock, and its batches hold a reference to each. That can be seen from
outside: who writes to a frame that its last other user unlocked a moment ago finds one user too
many, and gets a copy.
"""

from __future__ import annotations

from typing import NamedTuple

from vmlab.model.kernel.mm_types import Page, VmAreaStruct
from vmlab.model.kernel.mman import VM_LOCKED, VM_SPECIAL

PAGEVEC_SIZE = 31  # frames in a batch


class FolioBatches(NamedTuple):
    """One CPU's batches (struct cpu_fbatches, struct mlock_fbatch).

    Left out: that a frame without any other user stays in use until its batch is drained.
    """

    lru_add: list[Page]  # new frames, not on a list yet
    lru_lazyfree: list[Page]  # frames that MADV_FREE marked
    mlock: list[Page]  # frames that a VM_LOCKED VMA has mapped or unmapped
    mlock_new: list[Page]  # those of them that are new, and not on a list yet

    def references(self, page: Page) -> int:
        """Return how many references the batches hold to a frame."""
        return self.lru_add.count(page) + self.lru_lazyfree.count(page) + self.mlock.count(page)

    def on_lru(self, page: Page) -> bool:
        """Say whether a frame has reached a list (PG_lru)."""
        return page not in self.lru_add and page not in self.mlock_new

    def folio_add_lru(self, page: Page) -> None:
        """Let a new frame wait for its list.

        Source: mm/swap.c: folio_add_lru() [v6.18].
        """
        self.lru_add.append(page)
        if len(self.lru_add) == PAGEVEC_SIZE:
            self.lru_add.clear()

    def folio_mark_lazyfree(self, page: Page) -> None:
        """Note that a frame may be dropped unless it is written again.

        Source: mm/swap.c: folio_mark_lazyfree() [v6.18].
        """
        self.lru_lazyfree.append(page)
        if len(self.lru_lazyfree) == PAGEVEC_SIZE:
            self.lru_lazyfree.clear()

    def mlock_folio(self, page: Page) -> None:
        """Note that a locked VMA maps a frame, or maps it no longer.

        Source: mm/mlock.c: mlock_folio(), munlock_folio() [v6.18].
        """
        self.mlock.append(page)
        if len(self.mlock) == PAGEVEC_SIZE:
            self.mlock.clear()
            self.mlock_new.clear()

    def lru_add_drain(self) -> None:
        """Put all frames onto their lists and give up the references.

        Source: mm/swap.c: lru_add_drain() [v6.18].
        """
        for batch in self:
            batch.clear()


def folio_add_lru_vma(page: Page, vma: VmAreaStruct) -> None:
    """Let a new frame of a VMA wait for its list.

    Source: mm/swap.c: folio_add_lru_vma() [v6.18].
    """
    batches = vma.vm_mm.system.batches
    if _is_locked(vma):
        batches.mlock_new.append(page)
        batches.mlock_folio(page)
    else:
        batches.folio_add_lru(page)


def mlock_vma_folio(page: Page, vma: VmAreaStruct) -> None:
    """Note that a VMA maps a frame, or maps it no longer, if it is a locked one.

    Source: mm/internal.h: mlock_vma_folio(), munlock_vma_folio() [v6.18].
    """
    if _is_locked(vma):
        vma.vm_mm.system.batches.mlock_folio(page)


def _is_locked(vma: VmAreaStruct) -> bool:
    return vma.vm_flags & (VM_LOCKED | VM_SPECIAL) == VM_LOCKED
