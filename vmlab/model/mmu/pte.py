"""Page-table entries: the bits of x86, and the shapes of page tables as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from functools import cached_property


class Pte(IntFlag):
    """Bits of a page-table entry at their x86 positions; the frame number starts at bit 12."""

    P = 1 << 0  # present
    RW = 1 << 1  # writable
    US = 1 << 2  # user mode may use it
    PWT = 1 << 3
    PCD = 1 << 4
    A = 1 << 5  # accessed, set by the walk
    D = 1 << 6  # dirty, set by the walk of a write
    PS = 1 << 7  # maps a large page
    G = 1 << 8  # global: survives a flush of its address space
    SPECIAL = 1 << 9  # software: no struct page is counted (the zero page)
    NX = 1 << 63  # no execute


P, RW, US, A, D, PS, G, SPECIAL, NX = (
    int(bit) for bit in (Pte.P, Pte.RW, Pte.US, Pte.A, Pte.D, Pte.PS, Pte.G, Pte.SPECIAL, Pte.NX)
)
PFN_SHIFT = 12
PFN_MASK = ((1 << 52) - 1) & ~((1 << PFN_SHIFT) - 1)


def pte_pfn(entry: int) -> int:
    """Return the frame number an entry points to."""
    return (entry & PFN_MASK) >> PFN_SHIFT


def pte_flags(entry: int) -> Pte:
    """Return the bits of an entry without its frame number.

    >>> pte_flags(0x12067)
    <Pte.P|RW|US|A|D: 103>
    """
    return Pte(entry & ~PFN_MASK)


@dataclass(frozen=True)
class Geometry:
    """The shape of a page table: how an address is cut into indexes.

    `level_bits` gives the index bits of each level, top level first. A table of 2**bits entries
    of `entry_bytes` bytes must fit into one page. A `canonical` geometry has 64-bit addresses
    whose unused upper bits must all equal the highest used one; the others have no upper bits,
    so an address wraps around at `address_bits`.

    >>> X86_64.shifts
    (39, 30, 21, 12)
    """

    name: str
    level_bits: tuple[int, ...]
    page_shift: int
    entry_bytes: int
    level_names: tuple[str, ...]
    canonical: bool = False

    @cached_property
    def levels(self) -> int:
        """Return the number of levels."""
        return len(self.level_bits)

    @cached_property
    def page_size(self) -> int:
        """Return the page size in bytes."""
        return 1 << self.page_shift

    @cached_property
    def address_bits(self) -> int:
        """Return the width of a virtual address in bits."""
        return sum(self.level_bits) + self.page_shift

    @cached_property
    def nx(self) -> int:
        """Return the no-execute bit, or 0 where an entry has no room for it."""
        return NX if self.entry_bytes == 8 else 0

    @cached_property
    def shifts(self) -> tuple[int, ...]:
        """Return, for each level, the position in the address where its index starts."""
        return tuple(
            self.address_bits - sum(self.level_bits[: level + 1]) for level in range(self.levels)
        )

    @cached_property
    def cuts(self) -> tuple[tuple[int, int], ...]:
        """Return, for each level, the shift and the mask that cut its index out of an address."""
        return tuple(
            (shift, (1 << bits) - 1)
            for shift, bits in zip(self.shifts, self.level_bits, strict=True)
        )

    def indexes(self, addr: int) -> tuple[int, ...]:
        """Cut an address into the index of each level.

        >>> X86_64.indexes(0x7fffffffe000)
        (255, 511, 511, 510)
        """
        return tuple([addr >> shift & mask for shift, mask in self.cuts])


X86_64 = Geometry("x86-64", (9, 9, 9, 9), 12, 8, ("PGD", "PUD", "PMD", "PTE"), True)
X86_64_LA57 = Geometry(
    "x86-64-la57", (9, 9, 9, 9, 9), 12, 8, ("PGD", "P4D", "PUD", "PMD", "PTE"), True
)
X86_32 = Geometry("x86-32", (10, 10), 12, 4, ("PGD", "PTE"))
TINY = Geometry("tiny", (2, 2, 2), 4, 4, ("PGD", "PMD", "PTE"))
TINY_4K = Geometry("tiny-4k", (2, 2, 2), 12, 8, ("PGD", "PMD", "PTE"))

GEOMETRIES = {shape.name: shape for shape in (X86_64, X86_64_LA57, X86_32, TINY, TINY_4K)}
