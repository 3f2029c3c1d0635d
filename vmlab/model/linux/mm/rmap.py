"""Reverse mapping: which VMAs may map a frame, which entries do, and how many."""

from __future__ import annotations

from collections.abc import Iterator

from vmlab.codes import because
from vmlab.model.abi.mman import VM_ACCESS_FLAGS, VM_DROPPABLE, VM_LOCKED, VM_SHARED, VM_STICKY
from vmlab.model.linux.arch.x86.mm.tlb import flush_tlb_range
from vmlab.model.linux.include.page_flags import (
    PG_ANON_EXCLUSIVE,
    PG_LAZYFREE,
    PG_REFERENCED,
    PG_UNEVICTABLE,
)
from vmlab.model.linux.include.structs import AnonVma, AnonVmaChain, MmStruct, Page, VmAreaStruct
from vmlab.model.linux.mm.page_alloc import put_page
from vmlab.model.linux.mm.pgtable import PRESENT, get_pte, pte_alloc
from vmlab.model.linux.mm.swap import folio_mark_accessed, mlock_vma_folio
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT, RW, D
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.events import vma as vma_events
from vmlab.model.trace.hook import emit

_OF_NEIGHBOUR = because("anon_vma_of_neighbour")
_FOR_FIRST_PAGE = because("anon_vma_for_first_page")
_INHERITED = because("anon_vma_inherited")

_WRITTEN_BACK = because("page_written_back")


def anon_vma_alloc(mm: MmStruct, parent: AnonVma | None = None) -> AnonVma:
    """Make an anon_vma, a root unless it has a parent.

    Source: mm/rmap.c: anon_vma_alloc() [v5.4].
    """
    system = mm.system
    anon_vma = AnonVma(system.next_anon_vma, parent)
    system.next_anon_vma += 1
    system.anon_vmas[anon_vma.number] = anon_vma
    anon_vma.parent.num_children += 1
    return anon_vma


def anon_vma_chain_link(vma: VmAreaStruct, anon_vma: AnonVma) -> None:
    """Tie a VMA to an anon_vma.

    Source: mm/rmap.c: anon_vma_chain_link() [v5.4].
    """
    avc = AnonVmaChain(vma, anon_vma)
    vma.anon_vma_chain.append(avc)
    anon_vma.rb_root[avc] = None


@traced
def anon_vma_prepare(vma: VmAreaStruct) -> None:
    """Give a VMA an anon_vma before its first private page: a neighbour's, or a new one.

    Emits: anon_vma_attach.
    Source: mm/rmap.c: __anon_vma_prepare() [v5.4].
    """
    if vma.anon_vma is not None:
        return
    anon_vma = find_mergeable_anon_vma(vma)
    reason = _OF_NEIGHBOUR
    if anon_vma is None:
        anon_vma = anon_vma_alloc(vma.vm_mm)
        reason = _FOR_FIRST_PAGE
    vma.anon_vma = anon_vma
    anon_vma_chain_link(vma, anon_vma)
    anon_vma.num_active_vmas += 1
    emit(vma, vma_events.AnonVmaAttach, vma.vm_mm.number, vma.vm_start, anon_vma.number, reason)


def find_mergeable_anon_vma(vma: VmAreaStruct) -> AnonVma | None:
    """Return the anon_vma of a neighbour that could merge with `vma` one day, the next one first.

    Source: mm/mmap.c: find_mergeable_anon_vma() [v5.4].
    """
    next_, prev = vma.vm_next, vma.vm_prev
    if next_ is not None and _anon_vma_compatible(vma, next_):
        found = _reusable(next_)
        if found is not None:
            return found
    if prev is not None and _anon_vma_compatible(prev, vma):
        return _reusable(prev)
    return None


def _anon_vma_compatible(low: VmAreaStruct, high: VmAreaStruct) -> bool:
    return (
        low.vm_end == high.vm_start
        and low.vm_file is high.vm_file
        and not (low.vm_flags ^ high.vm_flags) & ~(VM_ACCESS_FLAGS | VM_STICKY)
        and high.vm_pgoff == low.vm_pgoff + ((high.vm_start - low.vm_start) >> PAGE_SHIFT)
    )


def _reusable(old: VmAreaStruct) -> AnonVma | None:
    return old.anon_vma if len(old.anon_vma_chain) == 1 else None


def anon_vma_clone(dst: VmAreaStruct, src: VmAreaStruct, *, reuse: bool = False) -> None:
    """Tie `dst` to every anon_vma that `src` is tied to.

    Args:
        dst: the VMA that gets the ties.
        src: the VMA that has them.
        reuse: for fork: let `dst` take an inherited anon_vma as its own if no VMA uses it and it
            has at most one child.

    Source: mm/rmap.c: anon_vma_clone() [v6.18].
    """
    for avc in list(src.anon_vma_chain):
        anon_vma = avc.anon_vma
        anon_vma_chain_link(dst, anon_vma)
        if (
            reuse
            and dst.anon_vma is None
            and anon_vma.num_children < 2
            and anon_vma.num_active_vmas == 0
        ):
            dst.anon_vma = anon_vma
    if dst.anon_vma is not None:
        dst.anon_vma.num_active_vmas += 1


def anon_vma_fork(vma: VmAreaStruct, pvma: VmAreaStruct) -> None:
    """Tie a child's VMA to its parent's anon_vmas and give it one of its own.

    Emits: anon_vma_attach.
    Source: mm/rmap.c: anon_vma_fork() [v6.18].
    """
    if pvma.anon_vma is None:
        return
    vma.anon_vma = None
    anon_vma_clone(vma, pvma, reuse=True)
    inherited = vma.anon_vma is not None
    if vma.anon_vma is None:
        vma.anon_vma = anon_vma_alloc(vma.vm_mm, pvma.anon_vma)
        vma.anon_vma.num_active_vmas += 1
        anon_vma_chain_link(vma, vma.anon_vma)
    if vma.trace.sink is not None:
        why = _INHERITED if inherited else because("anon_vma_child", parent=pvma.anon_vma.number)
        number = vma.vm_mm.number
        emit(vma, vma_events.AnonVmaAttach, number, vma.vm_start, vma.anon_vma.number, why)


def unlink_anon_vmas(vma: VmAreaStruct) -> None:
    """Cut all ties of a VMA; an anon_vma without ties and children is gone.

    Emits: anon_vma_free.
    Source: mm/rmap.c: unlink_anon_vmas() [v5.4].
    """
    anon_vmas = vma.vm_mm.system.anon_vmas
    chain = vma.anon_vma_chain
    vma.anon_vma_chain = []
    empty = []
    for avc in chain:
        anon_vma = avc.anon_vma
        del anon_vma.rb_root[avc]
        if not anon_vma.rb_root:
            anon_vma.parent.num_children -= 1
            empty.append(anon_vma)
    if vma.anon_vma is not None:
        vma.anon_vma.num_active_vmas -= 1
        vma.anon_vma = None
    for anon_vma in empty:
        del anon_vmas[anon_vma.number]
        emit(vma, vma_events.AnonVmaFree, anon_vma.number)


def page_add_anon_rmap(page: Page, vma: VmAreaStruct, addr: int) -> None:
    """Count the first mapping of a new anonymous frame; it belongs to this mapper alone.

    A frame of droppable memory may be dropped from the start.

    Source: mm/rmap.c: folio_add_new_anon_rmap() [v6.18].
    """
    page.mapping = vma.anon_vma
    page.index = vma.vm_pgoff + ((addr - vma.vm_start) >> PAGE_SHIFT)
    page.mapcount = 1
    page.flags |= PG_ANON_EXCLUSIVE
    if vma.vm_flags & VM_DROPPABLE:
        page.flags |= PG_LAZYFREE


def page_remove_rmap(vma: VmAreaStruct, page: Page) -> None:
    """Count one mapping less and give up its use of the frame.

    Source: mm/rmap.c: page_remove_rmap() [v5.4].
    """
    page.mapcount -= 1
    mlock_vma_folio(page, vma)
    put_page(vma.vm_mm.system, page)


def vma_address(page: Page, vma: VmAreaStruct) -> int | None:
    """Return where a VMA would map a frame of its object, None if that is outside of it.

    Source: mm/internal.h: vma_address() [v5.4].
    """
    addr = vma.vm_start + ((page.index - vma.vm_pgoff) << PAGE_SHIFT)
    return addr if vma.vm_start <= addr < vma.vm_end else None


def rmap_walk(page: Page) -> Iterator[tuple[VmAreaStruct, int]]:
    """Find every page-table entry that maps a frame, from the frame alone.

    An anonymous frame knows its anon_vma, which knows the VMAs that may have it: that of the
    first write and those that fork made from it. A file's frame knows the file's mappings.

    Yields (VMA, address in bytes).

    Source: mm/rmap.c: rmap_walk() [v5.4].
    """
    if page.mapping is None:
        return
    if page.kind == "anon":
        candidates = [avc.vma for avc in page.mapping.rb_root]
    else:
        candidates = list(page.mapping.i_mmap)
    for vma in candidates:
        addr = vma_address(page, vma)
        if addr is not None:
            pte = get_pte(vma.vm_mm, addr)
            if pte & PRESENT and (pte & PFN_MASK) >> PFN_SHIFT == page.pfn:
                yield vma, addr


def folio_mkclean(page: Page) -> None:
    """Let every shared mapping of a page fault at the next write to it.

    Emits: pte_set, tlb_flush.
    Source: mm/rmap.c: folio_mkclean() [v6.18].
    """
    for vma, addr in rmap_walk(page):
        mm = vma.vm_mm
        table, index = pte_alloc(mm, addr)
        if vma.vm_flags & VM_SHARED and table[index] & (RW | D):
            table[index] &= ~(RW | D)
            emit(mm, page_events.PteSet, mm.number, addr, table[index], _WRITTEN_BACK)
            flush_tlb_range(mm, addr, addr + PAGE_SIZE, _WRITTEN_BACK)


def is_mlocked(page: Page) -> bool:
    """Say whether a frame stays on the list of those that are never dropped.

    Source: include/linux/page-flags.h: folio_test_unevictable() [v6.18].
    """
    if page.flags & PG_UNEVICTABLE:
        return True
    return page.mapcount > 1 and any(vma.vm_flags & VM_LOCKED for vma, _ in rmap_walk(page))


def vma_mark_accessed(vma: VmAreaStruct, page: Page) -> None:
    """Note that a frame which a VMA maps was accessed. The name is vmlab's.

    A frame that stays on the list of those that are never dropped is noted only once.

    Source: mm/swap.c: folio_mark_accessed() [v6.18].
    """
    if not page.flags & PG_REFERENCED or not (vma.vm_flags & VM_LOCKED or is_mlocked(page)):
        folio_mark_accessed(vma.vm_mm.system, page)
