"""A CPU, as far as memory is concerned: loads, stores, fetches, and two exceptions."""

from __future__ import annotations

from collections.abc import Callable

from vmlab.model.mmu.pte import NX, PFN_MASK, PFN_SHIFT, RW, US, A, D, G, Geometry, P
from vmlab.model.mmu.ram import Ram
from vmlab.model.mmu.tlb import ASID_SHIFT, GLOBAL, Tlb, TlbEntry
from vmlab.model.mmu.traps import (
    X86_PF_INSTR,
    X86_PF_PROT,
    X86_PF_USER,
    X86_PF_WRITE,
    X86_TRAP_GP,
    X86_TRAP_PF,
)
from vmlab.model.trace.events import cpu as events
from vmlab.model.trace.hook import Trace, emit

READ = X86_PF_USER
WRITE = X86_PF_USER | X86_PF_WRITE
FETCH = X86_PF_USER | X86_PF_INSTR

Handler = Callable[[int, int], None]


class Cpu:
    """One processor.

    `idt` maps an exception to its handler, called with (address, error code). The handler
    returns when the access is to be tried again and raises when it is not.

    Left out: large pages (PS), PWT and PCD, SMEP and SMAP, protection keys.
    """

    def __init__(self, ram: Ram, geometry: Geometry, tlb: Tlb, trace: Trace) -> None:
        self.ram = ram
        self.geometry = geometry
        self.tlb = tlb
        self.trace = trace
        self.idt: dict[int, Handler] = {}
        self.cr3 = 0  # frame number of the top table
        self.asid = 0
        self._tag = 0
        self._page_shift = geometry.page_shift
        self._offset = geometry.page_size - 1
        self._half = 1 << geometry.address_bits - 1  # the first address that is not canonical
        self._wrap = (1 << (64 if geometry.canonical else geometry.address_bits)) - 1
        self._levels = tuple(
            (name, *cut) for name, cut in zip(geometry.level_names, geometry.cuts, strict=True)
        )

    def __repr__(self) -> str:
        return f"<Cpu cr3={self.cr3} asid={self.asid}>"

    def load_cr3(self, root: int, asid: int) -> None:
        """Switch to another address space; what the TLB knows of others stays."""
        self.cr3 = root
        self.asid = asid
        self._tag = asid << ASID_SHIFT

    def invlpg(self, addr: int) -> None:
        """Forget the translation of one page of the address space that is loaded."""
        self.tlb.invlpg(self.asid, addr >> self._page_shift)

    def load_hit(self, addr: int) -> int | None:
        """Read the byte at `addr` if the TLB alone can tell where it is."""
        entry = self.tlb.entries.get(addr >> self._page_shift | self._tag)
        if entry is not None and entry.flags & US and self.trace.sink is None:
            self.tlb.hits += 1
            return entry.data[addr & self._offset]
        return None

    def store_hit(self, addr: int, value: int) -> bool:
        """Write the byte at `addr` if the TLB alone can tell where it is; say if so."""
        entry = self.tlb.entries.get(addr >> self._page_shift | self._tag)
        if (
            entry is not None
            and entry.flags & (RW | US | D) == RW | US | D
            and self.trace.sink is None
        ):
            self.tlb.hits += 1
            entry.data[addr & self._offset] = value
            return True
        return False

    def read(self, addr: int, n: int) -> bytes:
        """Read n bytes as user code does; those of one page are one access.

        An interrupt comes between two of them: what was read so far is returned.
        """
        parts: list[memoryview] = []
        while n > 0 and not (parts and self.trace.turn.interrupted()):
            start = addr & self._offset
            data = self.translate(addr, READ)[start : start + n]
            parts.append(data)
            addr += len(data)
            n -= len(data)
        return b"".join(parts)

    def write(self, addr: int, data: bytes) -> None:
        """Write bytes as user code does; those of one page are one access.

        An interrupt comes between two of them: what was written stays.
        """
        view = memoryview(data)
        while view and not (len(view) < len(data) and self.trace.turn.interrupted()):
            start = addr & self._offset
            part = view[: self._offset + 1 - start]
            self.translate(addr, WRITE)[start : start + len(part)] = part
            addr += len(part)
            view = view[len(part) :]

    def add(self, addr: int, value: int) -> int:
        """Add to the byte at `addr` in one access, which counts as a write; return the sum."""
        data = self.translate(addr, WRITE)
        offset = addr & self._offset
        data[offset] = total = data[offset] + value & 0xFF
        return total

    def fetch(self, addr: int) -> int:
        """Read the instruction byte at `addr`."""
        return self.translate(addr, FETCH)[addr & self._offset]

    def translate(self, addr: int, access: int) -> memoryview:
        """Return the frame behind `addr`, after as many faults as the kernel mends.

        Args:
            addr: virtual address in bytes.
            access: READ, WRITE or FETCH, without X86_PF_USER for an access of the kernel.
        """
        addr &= self._wrap
        half = self._half
        while True:
            if addr < half or addr >= self._wrap + 1 - half:  # as is_canonical, without a call
                entry, error = self.lookup(addr, access)
                if entry is not None:
                    return entry.data
                self.tlb.refuse(self.asid, addr >> self._page_shift)
                emit(self, events.PageFault, addr, access | error)
                self.idt[X86_TRAP_PF](addr, access | error)
            else:
                emit(self, events.GeneralProtection, addr)
                self.idt[X86_TRAP_GP](addr, access)

    def lookup(self, addr: int, access: int) -> tuple[TlbEntry | None, int]:
        """Return the translation that allows an access, or None and the P bit of the error code.

        It may come from the TLB; else the walk sets A, and D for a write, and fills the TLB.
        """
        vpn = addr >> self._page_shift
        entry = self.tlb.entries.get(vpn | self._tag) or self.tlb.entries.get(vpn | GLOBAL)
        if entry is not None:
            self.tlb.hits += 1
            if not _allows(entry.flags, access):
                return None, X86_PF_PROT
            if not access & X86_PF_WRITE or entry.flags & D:
                emit(self, events.TlbHit, addr, entry.pfn)
                return entry, 0
        else:
            self.tlb.misses += 1
            emit(self, events.TlbMiss, addr)
        return self._walk(addr, access)

    def is_canonical(self, addr: int) -> bool:
        """Say whether an address (bytes) is one that page tables can hold."""
        return addr < self._half or addr >= self._wrap + 1 - self._half

    def peek(self, addr: int, access: int) -> TlbEntry | None:
        """Return the translation that would allow an access; nothing changes.

        Its D says whether that of the page is set already.
        """
        vpn = addr >> self._page_shift
        entry = self.tlb.entries.get(vpn | self._tag) or self.tlb.entries.get(vpn | GLOBAL)
        if entry is None:
            flags, nx, pfn, tables = RW | US, 0, self.cr3, self.ram.tables
            for _, shift, mask in self._levels:
                pte = tables[pfn][addr >> shift & mask]
                if not pte & P:
                    return None
                flags &= pte
                nx |= pte & NX
                pfn = (pte & PFN_MASK) >> PFN_SHIFT
            flags |= nx
            entry = TlbEntry(pfn, flags | pte & (D | G), self.ram.frame(pfn))
        return entry if _allows(entry.flags, access) else None

    def _walk(self, addr: int, access: int) -> tuple[TlbEntry | None, int]:
        # Walk, set A (and D for a write), fill the TLB.
        tables = self.ram.tables
        listened = self.trace.sink is not None
        flags = RW | US
        nx = 0
        pfn = self.cr3
        for name, shift, mask in self._levels:
            table = tables[pfn]
            index = addr >> shift & mask
            pte = table[index]
            if listened:
                emit(self, events.PageWalk, addr, name, pfn, index, pte)
            if not pte & P:
                return None, 0
            flags &= pte
            nx |= pte & NX
            if not pte & A:
                table[index] = pte | A
            pfn = (pte & PFN_MASK) >> PFN_SHIFT
        flags |= nx
        if not _allows(flags, access):
            return None, X86_PF_PROT
        if access & X86_PF_WRITE and not pte & D:
            table[index] |= D
            pte |= D
            emit(self, events.PteBits, addr, "D" if pte & A else "A|D")
        entry = TlbEntry(pfn, flags | pte & (D | G), self.ram.frame(pfn))
        vpn = addr >> self._page_shift
        self.tlb.fill(vpn | (GLOBAL if pte & G else self._tag), entry)
        emit(self, events.TlbFill, addr, pfn)
        return entry, 0


def _allows(flags: int, access: int) -> bool:
    # Does a present translation with these effective flags allow the access?
    if access & X86_PF_USER and not flags & US:
        return False
    if access & X86_PF_WRITE and not flags & RW:
        return False
    return not (access & X86_PF_INSTR and flags & NX)
