"""VMAs in their two indexes: the list in address order and the red-black tree with gaps."""

from __future__ import annotations

from typing import Any

from vmlab.codes import Reason, because
from vmlab.model.abi.mman import VM_EXEC, VM_SHARED, VM_STACK, VM_WRITE
from vmlab.model.linux.include.mm import vma_wants_writenotify
from vmlab.model.linux.include.structs import MmStruct, VmAreaStruct
from vmlab.model.linux.lib.rbtree import BLACK, RbRoot, rb_erase, rb_insert
from vmlab.model.linux.lib.rbtree import augment_up as rb_augment_up
from vmlab.model.linux.mm.pgtable import vm_get_page_prot
from vmlab.model.linux.mm.vmacache import vmacache_find, vmacache_update
from vmlab.model.trace.events import vma as vma_events
from vmlab.model.trace.hook import emit

_CACHED = because("vmacache_knew_it")
_DOWN_THE_TREE = because("down_the_tree")


def vma_set_page_prot(vma: VmAreaStruct) -> None:
    """Choose the PTE bits of new entries: without RW where the first write must be noticed.

    Source: mm/mmap.c: vma_set_page_prot() [v6.18].
    """
    vm_flags = vma.vm_flags
    if vma_wants_writenotify(vma):
        vm_flags &= ~VM_SHARED
    vma.vm_page_prot = vm_get_page_prot(vm_flags)


def mm_rb_init(mm: MmStruct) -> None:
    """Give an mm_struct its empty tree, whose changes are events.

    Source: include/linux/mm_types.h: struct mm_struct [v5.4].
    """
    trace = mm.trace

    def watch(what: str, vma: VmAreaStruct, case: Reason) -> None:
        if trace.sink is None:
            return
        if what == "link":
            emit(mm, vma_events.VmaLink, mm.number, vma.vm_start, vma.vm_end, vma.perms)
        elif what == "recolor":
            color = "black" if vma.rb_color is BLACK else "red"
            emit(mm, vma_events.RbRecolor, mm.number, vma.vm_start, color, case)
        else:
            event = vma_events.RbRotateLeft if what == "left" else vma_events.RbRotateRight
            emit(mm, event, mm.number, vma.vm_start, case)

    mm.mm_rb = RbRoot(vma_compute_subtree_gap, watch)


def vma_compute_subtree_gap(vma: Any) -> bool:
    """Recompute the largest gap of a subtree from its root and children; say if it changed.

    A gap is what lies between a VMA and the one below. The guard gap of a stack counts as free
    here; the search for a place takes it into account, as Linux does since v6.1.

    Source: mm/mmap.c: vma_compute_subtree_gap() [v4.9].
    """
    prev = vma.vm_prev
    gap: int = vma.vm_start - prev.vm_end if prev is not None else vma.vm_start
    child = vma.rb_left
    if child is not None and child.rb_subtree_gap > gap:
        gap = child.rb_subtree_gap
    child = vma.rb_right
    if child is not None and child.rb_subtree_gap > gap:
        gap = child.rb_subtree_gap
    if gap == vma.rb_subtree_gap:
        return False
    vma.rb_subtree_gap = gap
    return True


def vma_gap_update(vma: VmAreaStruct) -> None:
    """Mend the gaps of the tree after the space below `vma` changed.

    Source: mm/mmap.c: vma_gap_update() [v5.4].
    """
    rb_augment_up(vma.vm_mm.mm_rb, vma)


def find_vma_in_tree(mm: MmStruct, addr: int) -> VmAreaStruct | None:
    """Return the first VMA that ends above `addr`, or None, and leave no trace.

    Source: mm/mmap.c: find_vma() [v5.4].
    """
    vma = None
    node = mm.mm_rb.rb_node
    while node is not None:
        if node.vm_end > addr:
            vma = node
            if node.vm_start <= addr:
                break
            node = node.rb_left
        else:
            node = node.rb_right
    return vma


def find_vma(mm: MmStruct, addr: int) -> VmAreaStruct | None:
    """Return the first VMA that ends above `addr`, or None.

    It contains `addr` only if its vm_start is not above it. Looks into the task's cache, then
    goes down the tree.

    Emits: find_vma.
    Source: mm/mmap.c: find_vma() [v5.4].
    """
    vma = vmacache_find(mm, addr)
    if vma is not None:
        emit(mm, vma_events.FindVma, mm.number, addr, vma.vm_start, 0, _CACHED)
        return vma
    vma = find_vma_in_tree(mm, addr)
    if vma is not None:
        task = mm.system.current
        if task is not None and task.mm is mm:
            vmacache_update(task, addr, vma)
    if mm.trace.sink is not None:
        start = -1 if vma is None else vma.vm_start
        compared = _nr_compared(mm, addr)
        emit(mm, vma_events.FindVma, mm.number, addr, start, compared, _DOWN_THE_TREE)
    return vma


def _nr_compared(mm: MmStruct, addr: int) -> int:
    # How many VMAs find_vma looks at; counted apart, since it runs far more often than it is told.
    node = mm.mm_rb.rb_node
    compared = 0
    while node is not None:
        compared += 1
        if node.vm_start <= addr < node.vm_end:
            break
        node = node.rb_left if node.vm_end > addr else node.rb_right
    return compared


def find_vma_intersection(mm: MmStruct, start: int, end: int) -> VmAreaStruct | None:
    """Return the first VMA that overlaps [start, end), or None.

    Source: include/linux/mm.h: find_vma_intersection() [v5.4].
    """
    vma = find_vma(mm, start)
    return vma if vma is not None and vma.vm_start < end else None


def find_vma_prev(mm: MmStruct, addr: int) -> tuple[VmAreaStruct | None, VmAreaStruct | None]:
    """Return (find_vma(addr), the VMA before it).

    Source: mm/mmap.c: find_vma_prev() [v5.4].
    """
    vma = find_vma(mm, addr)
    if vma is not None:
        return vma, vma.vm_prev
    node = mm.mm_rb.rb_node
    while node is not None and node.rb_right is not None:
        node = node.rb_right
    return None, node


def vma_link(mm: MmStruct, vma: VmAreaStruct) -> None:
    """Put a VMA on the list and into the tree, at its place by address.

    Emits: vma_link, rb_rotate_left, rb_rotate_right, rb_recolor.
    Source: mm/mmap.c: vma_link() [v5.4].
    """
    parent = prev = next_ = None
    left = False
    node = mm.mm_rb.rb_node
    start = vma.vm_start
    while node is not None:
        parent = node
        left = start < node.vm_start
        if left:
            next_ = node
            node = node.rb_left
        else:
            prev = node
            node = node.rb_right
    vma.vm_prev = prev
    vma.vm_next = next_
    if prev is None:
        mm.mmap = vma
    else:
        prev.vm_next = vma
    if next_ is None:
        mm.highest_vm_end = vma.vm_end
    else:
        # Before a rotation sees the VMA above with the gap it used to have.
        next_.vm_prev = vma
        vma_gap_update(next_)
    rb_insert(mm.mm_rb, vma, parent, left)
    mm.map_count += 1
    vma_link_file(vma)


def vma_unlink(mm: MmStruct, vma: VmAreaStruct) -> None:
    """Take a VMA off the list and out of the tree.

    Emits: vma_unlink, rb_rotate_left, rb_rotate_right, rb_recolor.
    Source: mm/mmap.c: __vma_unlink() [v5.4].
    """
    prev, next_ = vma.vm_prev, vma.vm_next
    rb_erase(mm.mm_rb, vma)
    if prev is None:
        mm.mmap = next_
    else:
        prev.vm_next = next_
    if next_ is None:
        mm.highest_vm_end = prev.vm_end if prev is not None else 0
    else:
        next_.vm_prev = prev
        vma_gap_update(next_)
    vma.vm_next = vma.vm_prev = None
    mm.map_count -= 1
    mm.vmacache_seqnum += 1
    vma_unlink_file(vma)
    emit(mm, vma_events.VmaUnlink, mm.number, vma.vm_start, vma.vm_end)


def vma_set_range(vma: VmAreaStruct, start: int, end: int, pgoff: int, reason: Reason) -> None:
    """Move the limits of a VMA that stays where it is in both indexes.

    Emits: vma_adjust.
    Source: mm/vma.h: vma_set_range() [v6.18].
    """
    mm = vma.vm_mm
    old_start, old_end = vma.vm_start, vma.vm_end
    vma.vm_start = start
    vma.vm_end = end
    vma.vm_pgoff = pgoff
    if start != old_start:
        vma_gap_update(vma)
    if end != old_end:
        next_ = vma.vm_next
        if next_ is None:
            mm.highest_vm_end = end
        else:
            vma_gap_update(next_)
    emit(mm, vma_events.VmaAdjust, mm.number, start, end, old_start, old_end, reason)


def vma_link_file(vma: VmAreaStruct) -> None:
    """Let the mapped object know its VMA. Source: mm/vma.c: vma_link_file() [v6.18]."""
    if vma.vm_file is not None:
        vma.vm_file.f_inode.i_mapping.i_mmap[vma] = None


def vma_unlink_file(vma: VmAreaStruct) -> None:
    """Let the mapped object forget a VMA. Source: mm/vma.c: unlink_file_vma() [v6.18]."""
    if vma.vm_file is not None:
        vma.vm_file.f_inode.i_mapping.i_mmap.pop(vma, None)


def vm_stat_account(mm: MmStruct, vm_flags: int, nr_pages: int) -> None:
    """Add pages (or take them away) in the totals of an mm_struct.

    Source: mm/mmap.c: vm_stat_account() [v5.4].
    """
    mm.total_vm += nr_pages
    if vm_flags & (VM_EXEC | VM_WRITE | VM_STACK) == VM_EXEC:
        mm.exec_vm += nr_pages
    elif vm_flags & VM_STACK:
        mm.stack_vm += nr_pages
    elif vm_flags & (VM_WRITE | VM_SHARED) == VM_WRITE:
        mm.data_vm += nr_pages
