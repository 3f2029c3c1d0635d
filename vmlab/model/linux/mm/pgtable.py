"""Page tables: entries, the tables that hold them, and when tables come and go."""

from __future__ import annotations

from collections.abc import Iterator

from vmlab.model.abi.mman import VM_ACCESS_FLAGS, VM_EXEC, VM_SHARED, VM_WRITE
from vmlab.model.linux.include.structs import MmStruct, Page
from vmlab.model.linux.mm.page_alloc import alloc_page, put_page
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.mmu.pte import NX, PFN_MASK, PFN_SHIFT, RW, SPECIAL, US, A, D, G, Geometry, P
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.hook import emit

PROTNONE = G  # in an entry without P: present for the kernel, not for the MMU
PRESENT = P | PROTNONE
MARKER_GUARD = 1 << 10  # an entry without P and PROTNONE that says: raise SIGSEGV
TABLE = P | RW | US | A  # an upper level forbids nothing
_CHG_MASK = PFN_MASK | A | D | SPECIAL  # what a change of protection keeps
FIRST_USER_ADDRESS = 0
_STRETCH = 32  # entries looked at in one go
_ZEROS = bytes(8 * _STRETCH)


def is_swap_pte(pte: int) -> bool:
    """Say whether an entry tells where in swap its page lies.

    Source: include/linux/swapops.h: is_swap_pte(), non_swap_entry() [v5.4].
    """
    return not pte & PRESENT and pte not in (0, MARKER_GUARD)


def vm_get_page_prot(vm_flags: int) -> int:
    """Return the PTE bits of a fresh entry in a VMA with these flags.

    A private mapping never gets RW here: the fault handler adds it when the frame is private.

    Source: arch/x86/mm/pgprot.c: vm_get_page_prot() [v6.18].
    """
    if not vm_flags & VM_ACCESS_FLAGS:
        return PROTNONE | A
    prot = P | US | A
    if vm_flags & (VM_SHARED | VM_WRITE) == VM_SHARED | VM_WRITE:
        prot |= RW
    if not vm_flags & VM_EXEC:
        prot |= NX
    return prot


def mk_pte(mm: MmStruct, pfn: int, prot: int) -> int:
    """Make an entry from a frame number and PTE bits.

    Source: arch/x86/include/asm/pgtable.h: mk_pte() [v5.4].
    """
    if prot & NX and not mm.system.geometry.nx:
        prot &= ~NX
    return pfn << PFN_SHIFT | prot


def pte_modify(mm: MmStruct, pte: int, prot: int) -> int:
    """Give an entry new protection bits; the frame, A, D and the special bit stay.

    Source: arch/x86/include/asm/pgtable.h: pte_modify() [v5.4].
    """
    return pte & _CHG_MASK | mk_pte(mm, 0, prot) & ~_CHG_MASK


def pte_page(mm: MmStruct, pte: int) -> Page | None:
    """Return the counted frame of a present entry; None for the zero page.

    Source: mm/memory.c: vm_normal_page() [v5.4].
    """
    if pte & SPECIAL:
        return None
    return mm.system.mem_map[(pte & PFN_MASK) >> PFN_SHIFT]


def pgd_alloc(mm: MmStruct) -> int:
    """Return the frame of a new, empty top table.

    Source: arch/x86/mm/pgtable.c: pgd_alloc() [v5.4]. Left out: the kernel's half.
    """
    pfn = alloc_page(mm.system, "table").pfn
    mm.system.ram.table(pfn)  # cleared here: who only looks at it later changes nothing
    return pfn


def pte_offset(mm: MmStruct, addr: int) -> tuple[memoryview, int] | None:
    """Find the last-level table and index of an address; None if a table is missing.

    Source: include/linux/mm.h: pte_offset_map() [v5.4].
    """
    geometry = mm.system.geometry
    shift, mask = geometry.cuts[-1]
    place = addr >> geometry.shifts[-2]
    table = mm.pte_tables.get(place)
    if table is None:
        found = table_offset(mm, addr, geometry.levels - 1)
        if found is None:
            return None
        table = mm.pte_tables[place] = found[0]
    return table, addr >> shift & mask


def pmd_offset(mm: MmStruct, addr: int) -> tuple[memoryview, int] | None:
    """Find the table above the last level and the index of an address; None if one is missing.

    Source: arch/x86/include/asm/pgtable.h: pmd_offset() [v5.4].
    """
    return table_offset(mm, addr, mm.system.geometry.levels - 2)


def table_offset(mm: MmStruct, addr: int, depth: int) -> tuple[memoryview, int] | None:
    """Go down `depth` levels from the top table towards an address; None if one is missing.

    Source: include/linux/mm.h: pte_offset_map() [v5.4].
    """
    system = mm.system
    tables, cuts = system.ram.tables, system.geometry.cuts
    pfn = mm.pgd
    for level in range(depth):
        shift, mask = cuts[level]
        entry = tables[pfn][addr >> shift & mask]
        if not entry & P:
            return None
        pfn = (entry & PFN_MASK) >> PFN_SHIFT
    shift, mask = cuts[depth]
    return tables[pfn], addr >> shift & mask


def get_pte(mm: MmStruct, addr: int) -> int:
    """Return the last-level entry of an address, 0 if there is no table.

    Source: mm/pagewalk.c: walk_pte_range() [v5.4].
    """
    slot = pte_offset(mm, addr)
    return slot[0][slot[1]] if slot else 0


def pte_alloc(mm: MmStruct, addr: int) -> tuple[memoryview, int]:
    """Find the last-level table and index of an address, adding the tables that are missing.

    Raises:
        OutOfMemory: no frame for a table; tables made so far stay.

    Emits: table_alloc.
    Source: include/linux/mm.h: pte_alloc() [v5.4].
    """
    return pte_offset(mm, addr) or table_alloc(mm, addr, mm.system.geometry.levels - 1)


def pmd_alloc(mm: MmStruct, addr: int) -> tuple[memoryview, int]:
    """Find the table above the last level and the index of an address, adding what is missing.

    Raises:
        OutOfMemory: no frame for a table; tables made so far stay.

    Emits: table_alloc.
    Source: include/linux/mm.h: pmd_alloc() [v5.4].
    """
    return table_alloc(mm, addr, mm.system.geometry.levels - 2)


def table_alloc(mm: MmStruct, addr: int, depth: int) -> tuple[memoryview, int]:
    """Go down `depth` levels from the top table towards an address, adding what is missing.

    Raises:
        OutOfMemory: no frame for a table; tables made so far stay.

    Emits: table_alloc.
    Source: mm/memory.c: __pmd_alloc(), __pte_alloc() [v5.4].
    """
    geometry = mm.system.geometry
    ram = mm.system.ram
    pfn = mm.pgd
    indexes = geometry.indexes(addr)
    for level in range(depth):
        table = ram.table(pfn)
        entry = table[indexes[level]]
        if not entry & P:
            pfn = alloc_page(mm.system, "table").pfn
            table[indexes[level]] = pfn << PFN_SHIFT | TABLE
            mm.pgtables_bytes += counted_bytes(geometry, level + 1)
            emit(mm, page_events.TableAlloc, mm.number, geometry.level_names[level + 1], addr, pfn)
        else:
            pfn = (entry & PFN_MASK) >> PFN_SHIFT
    return ram.table(pfn), indexes[depth]


def counted_bytes(geometry: Geometry, level: int) -> int:
    """Return what a table of a level adds to VmPTE: nothing at the top, nor in the level below
    that five levels add.

    Source: include/linux/mm.h: mm_inc_nr_ptes(), mm_inc_nr_pmds(), mm_inc_nr_puds() [v5.4].
    """
    return 0 if geometry.level_names[level] in ("PGD", "P4D") else PAGE_SIZE


def pte_tables(mm: MmStruct, start: int, end: int) -> Iterator[tuple[memoryview, int, int, int]]:
    """Walk the last-level tables that exist between two addresses.

    Yields (table, first index, index after the last, address of the first index).

    Source: mm/pagewalk.c: walk_page_range() [v5.4].
    """
    shifts = mm.system.geometry.shifts
    span = 1 << shifts[-2]
    if start & -span == end - 1 & -span:
        slot = pte_offset(mm, start)
        if slot is not None:
            first = slot[1]
            yield slot[0], first, first + ((end - start) >> shifts[-1]), start
        return
    for base, pfn in _tables(mm, 0, mm.pgd, 0, start, end):
        low = max(start, base)
        high = min(end, base + span)
        yield mm.system.ram.table(pfn), (low - base) >> shifts[-1], (high - base) >> shifts[-1], low


def _tables(
    mm: MmStruct, level: int, pfn: int, base: int, start: int, end: int
) -> Iterator[tuple[int, int]]:
    # (first address, frame) of each last-level table under one table.
    geometry = mm.system.geometry
    if level == geometry.levels - 1:
        yield base, pfn
        return
    for index, entry in _entries(mm, level, pfn, base, start, end):
        below = base + (index << geometry.shifts[level])
        yield from _tables(mm, level + 1, (entry & PFN_MASK) >> PFN_SHIFT, below, start, end)


def _entries(
    mm: MmStruct, level: int, pfn: int, base: int, start: int, end: int
) -> list[tuple[int, int]]:
    # The present entries of one upper table that lie in [start, end).
    shift = mm.system.geometry.shifts[level]
    table = mm.system.ram.table(pfn)
    first = max(0, (start - base) >> shift)
    stop = min(len(table), -(-(end - base) >> shift))
    entries = used_entries(table, first, stop)
    return [(index, entry) for index, entry in entries if entry & P]


def used_entries(table: memoryview, first: int, stop: int) -> list[tuple[int, int]]:
    """List (index, entry) of the entries in part of a table that are not 0.

    Most tables are nearly empty, so empty stretches are skipped whole.

    Source: mm/memory.c: pte_none() [v5.4].
    """
    if stop - first <= _STRETCH:
        return [(i, entry) for i, entry in enumerate(table[first:stop].tolist(), first) if entry]
    used: list[tuple[int, int]] = []
    for low in range(first, stop, _STRETCH):
        part = table[low : min(low + _STRETCH, stop)]
        if part.tobytes() != _ZEROS[: part.nbytes]:
            used += [(index, entry) for index, entry in enumerate(part.tolist(), low) if entry]
    return used


def present_ptes(mm: MmStruct, start: int, end: int) -> Iterator[tuple[int, int]]:
    """List (address, entry) of every non-empty last-level entry between two addresses.

    Source: mm/pagewalk.c: walk_pte_range() [v5.4].
    """
    for table, first, stop, base in pte_tables(mm, start, end):
        for index, entry in used_entries(table, first, stop):
            yield base + (index - first) * PAGE_SIZE, entry


def copy_tables(mm: MmStruct, src: MmStruct, start: int, end: int) -> None:
    """Give an address space the tables, still empty, that another one has for a range.

    Raises:
        OutOfMemory: no frame for a table; tables made so far stay.

    Emits: table_alloc.
    Source: mm/memory.c: copy_p4d_range(), copy_pud_range(), copy_pmd_range() [v5.4].
    """
    geometry = src.system.geometry
    level = [(0, src.pgd)]
    for depth in range(1, geometry.levels):
        below = [
            (base + (index << geometry.shifts[depth - 1]), (entry & PFN_MASK) >> PFN_SHIFT)
            for base, pfn in level
            for index, entry in _entries(src, depth - 1, pfn, base, start, end)
        ]
        for base, _ in below:
            table_alloc(mm, base, depth)
        level = below


def free_pgtables(mm: MmStruct, start: int, end: int, floor: int, ceiling: int) -> None:
    """Free the tables of an unmapped range that no neighbour needs.

    Args:
        mm: address space.
        start: first byte that was unmapped.
        end: first byte after.
        floor: end of the VMA below, or FIRST_USER_ADDRESS.
        ceiling: start of the VMA above, or the end of the address space.

    Emits: table_free.
    Source: mm/memory.c: free_pgtables() [v5.4].
    """
    _free_tables(mm, 0, mm.pgd, 0, start, end, floor, ceiling)


def _free_tables(
    mm: MmStruct, level: int, pfn: int, base: int, start: int, end: int, floor: int, ceiling: int
) -> None:
    geometry = mm.system.geometry
    if level == geometry.levels - 1:
        return
    table = mm.system.ram.table(pfn)
    span = 1 << geometry.shifts[level]
    for index, entry in _entries(mm, level, pfn, base, start, end):
        below = base + index * span
        child = (entry & PFN_MASK) >> PFN_SHIFT
        _free_tables(mm, level + 1, child, below, start, end, floor, ceiling)
        if below >= floor and below + span <= ceiling:
            table[index] = 0
            free_table(mm, level + 1, below, child)


def free_table(mm: MmStruct, level: int, addr: int, pfn: int) -> None:
    """Give back the frame of one page table.

    Args:
        mm: address space.
        level: 1 = the second level from the top, and so on.
        addr: first address of the table's span.
        pfn: its frame.

    Emits: table_free.
    Source: include/asm-generic/pgalloc.h: pte_free() [v5.4].
    """
    mm.pte_tables.clear()
    mm.pgtables_bytes -= counted_bytes(mm.system.geometry, level)
    emit(mm, page_events.TableFree, mm.number, mm.system.geometry.level_names[level], addr, pfn)
    put_page(mm.system, mm.system.mem_map[pfn])


def free_pte_table(mm: MmStruct, addr: int) -> None:
    """Free the last-level table of an address, which has one, if it is empty.

    Source: mm/pt_reclaim.c: try_to_free_pte() [v6.18].
    """
    slot = pmd_offset(mm, addr)
    assert slot is not None
    child = (slot[0][slot[1]] & PFN_MASK) >> PFN_SHIFT
    if not any(mm.system.ram.table(child)):
        slot[0][slot[1]] = 0
        geometry = mm.system.geometry
        free_table(mm, geometry.levels - 1, addr & -(1 << geometry.shifts[-2]), child)


def vma_ceiling(mm: MmStruct) -> int:
    """Return the first address above every page table of user space.

    Source: arch/x86/include/asm/pgtable.h: USER_PGTABLES_CEILING [v5.4].
    """
    return 1 << mm.system.geometry.address_bits
