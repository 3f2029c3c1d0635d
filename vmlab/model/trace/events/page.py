"""Events about frames and page-table entries."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.codes import Reason
from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class MmPageAlloc(Event):
    """A frame was handed out."""

    story_level = "mechanics"
    stands_for = "kmem:mm_page_alloc"

    pfn: int
    kind: str


@dataclass(frozen=True, slots=True)
class MmPageFree(Event):
    """A frame went back to the free list."""

    story_level = "mechanics"
    stands_for = "kmem:mm_page_free"

    pfn: int
    kind: str


@dataclass(frozen=True, slots=True)
class PteSet(Event):
    """An entry of the last level was written."""

    story_level = "step"
    stands_for = "arch/x86/include/asm/pgtable.h: set_pte_at()"

    mm: int
    addr: int
    entry: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class PteClear(Event):
    """An entry of the last level was emptied."""

    story_level = "step"
    stands_for = "arch/x86/include/asm/pgtable.h: ptep_get_and_clear()"

    mm: int
    addr: int
    pfn: int


@dataclass(frozen=True, slots=True)
class PteWrprotect(Event):
    """A range of entries lost its write permission, so that the next write faults."""

    story_level = "chapter"
    stands_for = "arch/x86/include/asm/pgtable.h: ptep_set_wrprotect()"

    mm: int
    addr: int
    nr_pages: int


@dataclass(frozen=True, slots=True)
class TableAlloc(Event):
    """A page table was added."""

    story_level = "mechanics"
    stands_for = "mm/memory.c: __pte_alloc()"

    mm: int
    level: str
    addr: int
    pfn: int


@dataclass(frozen=True, slots=True)
class TableFree(Event):
    """A page table that no VMA needs was freed."""

    story_level = "mechanics"
    stands_for = "include/asm-generic/pgalloc.h: pte_free()"

    mm: int
    level: str
    addr: int
    pfn: int


@dataclass(frozen=True, slots=True)
class TableMove(Event):
    """A whole last-level table moved to another address."""

    story_level = "step"
    stands_for = "mm/mremap.c: move_normal_pmd()"

    mm: int
    addr: int
    new_addr: int
    pfn: int


@dataclass(frozen=True, slots=True)
class PagecacheAdd(Event):
    """A frame became part of a file's page cache."""

    story_level = "step"
    stands_for = "filemap:mm_filemap_add_to_page_cache"

    ino: int
    index: int
    pfn: int


@dataclass(frozen=True, slots=True)
class PagecacheRemove(Event):
    """A frame left a file's page cache."""

    story_level = "step"
    stands_for = "filemap:mm_filemap_delete_from_page_cache"

    ino: int
    index: int
    pfn: int


@dataclass(frozen=True, slots=True)
class PagecacheWriteback(Event):
    """A dirty page was written to its file on the disk, and is clean."""

    story_level = "step"
    stands_for = "fs/ext4/page-io.c: ext4_bio_write_folio()"

    ino: int
    index: int
    pfn: int


@dataclass(frozen=True, slots=True)
class TlbFlush(Event):
    """Translations were forgotten because the page tables changed."""

    story_level = "mechanics"
    stands_for = "tlb:tlb_flush"

    mm: int
    start: int
    end: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class PteGuard(Event):
    """Guard markers were put into a range of entries, or taken out."""

    story_level = "chapter"
    stands_for = "mm/madvise.c: madvise_guard_install()"

    mm: int
    addr: int
    nr_pages: int
    installed: bool


@dataclass(frozen=True, slots=True)
class PteLazyfree(Event):
    """Private pages were marked as clean."""

    story_level = "chapter"
    stands_for = "mm/madvise.c: madvise_free_pte_range()"

    mm: int
    addr: int
    nr_pages: int


@dataclass(frozen=True, slots=True)
class PteMkold(Event):
    """Entries are no longer marked as accessed, nor their frames."""

    story_level = "chapter"
    stands_for = "fs/proc/task_mmu.c: clear_refs_pte_range()"

    mm: int
    nr_pages: int


@dataclass(frozen=True, slots=True)
class HiwaterReset(Event):
    """The peak of memory begins anew."""

    story_level = "chapter"
    stands_for = "include/linux/mm.h: reset_mm_hiwater_rss()"

    mm: int
    nr_pages: int
