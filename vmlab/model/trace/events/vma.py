"""Events about VMAs: the list, the tree, merges and splits."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.model.abi.mman import Vm
from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class VmUnmappedArea(Event):
    """A place for a new mapping was chosen."""

    mm: int
    addr: int
    length: int
    reason: str

    def sentence(self) -> str:
        return f"{self.addr:#x} is chosen for {self.length:#x} bytes: {self.reason}."


@dataclass(frozen=True, slots=True)
class FindVma(Event):
    """The VMA that ends above an address was looked up."""

    mm: int
    addr: int
    vma: int  # -1 = none
    compared: int  # VMAs looked at
    reason: str

    def sentence(self) -> str:
        found = f"is {self.vma:#x}" if self.vma >= 0 else "does not exist"
        how = f"{self.reason}, {self.compared} compared" if self.compared else self.reason
        return f"The first VMA that ends above {self.addr:#x} {found} ({how})."


@dataclass(frozen=True, slots=True)
class VmaLink(Event):
    """A VMA was put on the list and into the tree."""

    mm: int
    vma: int
    end: int
    perms: str

    def sentence(self) -> str:
        return (
            f"The VMA {self.vma:#x}-{self.end:#x} {self.perms} goes onto the list and, as a red "
            "leaf, into the tree."
        )


@dataclass(frozen=True, slots=True)
class VmaUnlink(Event):
    """A VMA left the list and the tree."""

    mm: int
    vma: int
    end: int

    def sentence(self) -> str:
        return f"The VMA {self.vma:#x}-{self.end:#x} leaves the list and the tree."


@dataclass(frozen=True, slots=True)
class VmaAdjust(Event):
    """A VMA got other limits."""

    mm: int
    vma: int
    end: int
    old_start: int
    old_end: int
    reason: str

    def sentence(self) -> str:
        return (
            f"The VMA {self.old_start:#x}-{self.old_end:#x} becomes {self.vma:#x}-{self.end:#x}: "
            f"{self.reason}."
        )


@dataclass(frozen=True, slots=True)
class VmaSplit(Event):
    """One VMA became two."""

    mm: int
    vma: int
    other: int
    end: int

    def sentence(self) -> str:
        return (
            f"The VMA {self.vma:#x}-{self.end:#x} is split at {self.other:#x}: "
            "the two halves will have different fates."
        )


@dataclass(frozen=True, slots=True)
class VmaMerge(Event):
    """A range joined its neighbours."""

    mm: int
    vma: int
    end: int
    reason: str

    def sentence(self) -> str:
        return f"The range is part of one VMA {self.vma:#x}-{self.end:#x} now: {self.reason}."


@dataclass(frozen=True, slots=True)
class VmaNotMerged(Event):
    """A range stayed apart from an adjacent VMA."""

    mm: int
    vma: int  # the neighbour
    addr: int  # start of the range
    side: str  # 'below' or 'above'
    reason: str

    def sentence(self) -> str:
        return (
            f"The range at {self.addr:#x} does not merge with the VMA {self.vma:#x} "
            f"{self.side} it: {self.reason}."
        )


@dataclass(frozen=True, slots=True)
class VmaFlags(Event):
    """A VMA got other flags."""

    mm: int
    vma: int
    old: int  # VM_* bits
    new: int

    def sentence(self) -> str:
        gone, come = Vm(self.old & ~self.new), Vm(self.new & ~self.old)
        change = [f"loses {gone.name}"] * bool(gone) + [f"gets {come.name}"] * bool(come)
        return f"The VMA {self.vma:#x} {' and '.join(change)}."


@dataclass(frozen=True, slots=True)
class AnonVmaAttach(Event):
    """A VMA got an anon_vma."""

    mm: int
    vma: int
    anon_vma: int
    reason: str

    def sentence(self) -> str:
        return f"The VMA {self.vma:#x} gets anon_vma {self.anon_vma}: {self.reason}."


@dataclass(frozen=True, slots=True)
class RbRotateLeft(Event):
    """The edge between a node and its right child was turned."""

    mm: int
    vma: int
    reason: str

    def sentence(self) -> str:
        return f"Rotate left at the node of VMA {self.vma:#x}: {self.reason}."


@dataclass(frozen=True, slots=True)
class RbRotateRight(Event):
    """The edge between a node and its left child was turned."""

    mm: int
    vma: int
    reason: str

    def sentence(self) -> str:
        return f"Rotate right at the node of VMA {self.vma:#x}: {self.reason}."


@dataclass(frozen=True, slots=True)
class RbRecolor(Event):
    """A node of the tree changed its colour."""

    mm: int
    vma: int
    color: str
    reason: str

    def sentence(self) -> str:
        return f"The node of VMA {self.vma:#x} becomes {self.color}: {self.reason}."


@dataclass(frozen=True, slots=True)
class BrkChange(Event):
    """The end of the heap moved."""

    mm: int
    old: int
    new: int

    def sentence(self) -> str:
        return f"mm->brk moves from {self.old:#x} to {self.new:#x}."


@dataclass(frozen=True, slots=True)
class StackGrow(Event):
    """A stack was extended down to an address."""

    mm: int
    vma: int
    old_start: int
    reason: str

    def sentence(self) -> str:
        return (
            f"The stack VMA now begins at {self.vma:#x} instead of {self.old_start:#x}: "
            f"{self.reason}."
        )


@dataclass(frozen=True, slots=True)
class BrkRefused(Event):
    """The end of the heap stayed where it was."""

    mm: int
    brk: int
    asked: int
    reason: str

    def sentence(self) -> str:
        return (
            f"mm->brk stays at {self.brk:#x} although {self.asked:#x} was asked for: {self.reason}."
        )


@dataclass(frozen=True, slots=True)
class AnonVmaFree(Event):
    """An anon_vma without VMAs went."""

    anon_vma: int

    def sentence(self) -> str:
        return f"No VMA is tied to anon_vma {self.anon_vma} any more: it is freed."
