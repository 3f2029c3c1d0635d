"""Events about VMAs: the list, the tree, merges and splits."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.codes import Reason
from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class VmUnmappedArea(Event):
    """A place for a new mapping was chosen."""

    story_level = "step"
    stands_for = "mmap:vm_unmapped_area"

    mm: int
    addr: int
    length: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class FindVma(Event):
    """The VMA that ends above an address was looked up."""

    story_level = "step"
    stands_for = "mm/mmap.c: find_vma()"

    mm: int
    addr: int
    vma: int  # -1 = none
    compared: int  # VMAs looked at
    reason: Reason


@dataclass(frozen=True, slots=True)
class VmaLink(Event):
    """A VMA was put on the list and into the tree."""

    story_level = "chapter"
    stands_for = "mm/mmap.c: vma_link()"

    mm: int
    vma: int
    end: int
    perms: str


@dataclass(frozen=True, slots=True)
class VmaUnlink(Event):
    """A VMA left the list and the tree."""

    story_level = "chapter"
    stands_for = "mm/mmap.c: __vma_unlink()"

    mm: int
    vma: int
    end: int


@dataclass(frozen=True, slots=True)
class VmaAdjust(Event):
    """A VMA got other limits."""

    story_level = "step"
    stands_for = "mm/vma.h: vma_set_range()"

    mm: int
    vma: int
    end: int
    old_start: int
    old_end: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class VmaSplit(Event):
    """One VMA became two."""

    story_level = "chapter"
    stands_for = "mm/mmap.c: __split_vma()"

    mm: int
    vma: int
    other: int
    end: int


@dataclass(frozen=True, slots=True)
class VmaMerge(Event):
    """A range joined its neighbours."""

    story_level = "chapter"
    stands_for = "mm/vma.c: vma_merge_new_range()"

    mm: int
    vma: int
    end: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class VmaNotMerged(Event):
    """A range stayed apart from an adjacent VMA."""

    story_level = "step"
    stands_for = "mm/vma.c: can_vma_merge_left()"

    mm: int
    vma: int  # the neighbour
    addr: int  # start of the range
    side: str  # 'below' or 'above'
    reason: Reason


@dataclass(frozen=True, slots=True)
class VmaFlags(Event):
    """A VMA got other flags."""

    story_level = "chapter"
    stands_for = "include/linux/mm.h: vm_flags_reset()"

    mm: int
    vma: int
    old: int  # VM_* bits
    new: int


@dataclass(frozen=True, slots=True)
class MmDefFlags(Event):
    """New VMAs get other flags from now on."""

    story_level = "chapter"
    stands_for = "mm/mlock.c: apply_mlockall_flags()"

    mm: int
    old: int  # VM_* bits
    new: int


@dataclass(frozen=True, slots=True)
class AnonVmaAttach(Event):
    """A VMA got an anon_vma."""

    story_level = "step"
    stands_for = "mm/rmap.c: __anon_vma_prepare()"

    mm: int
    vma: int
    anon_vma: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class RbRotateLeft(Event):
    """The edge between a node and its right child was turned."""

    story_level = "mechanics"
    stands_for = "lib/rbtree.c: __rb_rotate_set_parents()"

    mm: int
    vma: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class RbRotateRight(Event):
    """The edge between a node and its left child was turned."""

    story_level = "mechanics"
    stands_for = "lib/rbtree.c: __rb_rotate_set_parents()"

    mm: int
    vma: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class RbRecolor(Event):
    """A node of the tree changed its colour."""

    story_level = "mechanics"
    stands_for = "lib/rbtree.c: __rb_insert()"

    mm: int
    vma: int
    color: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class BrkChange(Event):
    """The end of the heap moved."""

    story_level = "chapter"
    stands_for = "mm/mmap.c: SYSCALL_DEFINE1(brk)"

    mm: int
    old: int
    new: int


@dataclass(frozen=True, slots=True)
class StackGrow(Event):
    """A stack was extended down to an address."""

    story_level = "chapter"
    stands_for = "mm/mmap.c: expand_downwards()"

    mm: int
    vma: int
    old_start: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class BrkRefused(Event):
    """The end of the heap stayed where it was."""

    story_level = "chapter"
    stands_for = "mm/mmap.c: SYSCALL_DEFINE1(brk)"

    mm: int
    brk: int
    asked: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class AnonVmaFree(Event):
    """An anon_vma without VMAs went."""

    story_level = "step"
    stands_for = "mm/rmap.c: anon_vma_free()"

    anon_vma: int
