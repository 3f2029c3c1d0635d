"""Which pages the emulator may use, and for what: those that the model gave and took none of since.

The model is asked for each once, however often the emulator asks: it may forget what it likes.
While the effect of a run is put off, what pages held is kept before they are written to.
"""

from __future__ import annotations

from vmlab.model.abi.mman import PROT_EXEC, PROT_READ, PROT_WRITE
from vmlab.model.linux.include.structs import System
from vmlab.model.mmu.cpu import FETCH, READ, WRITE
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.mmu.pte import NX, RW, D
from vmlab.model.mmu.tlb import TlbEntry


class Page:
    """A translation that the model gave."""

    __slots__ = ("data", "flags", "pfn", "runs", "writable")

    def __init__(self, entry: TlbEntry, *, writable: bool) -> None:
        self.pfn = entry.pfn
        self.data = entry.data
        self.flags = entry.flags
        self.writable = writable  # and its D is set
        self.runs = False  # what was translated from it is what stands there

    def allows(self, kind: int) -> bool:
        """Say whether the model gave it for such an access too."""
        if kind == WRITE:
            return self.writable
        return kind == READ or not self.flags & NX


class Pages:
    """The pages of the task that runs.

    Args:
        system: the kernel.

    Attributes:
        writes: the emulator may write to some of them without asking.
        fills: what the model is to be asked later, of a run whose effect is put off: address and
            access, one after the other; None = it is asked at once.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._cpu = system.cpu
        self._seen: tuple[int, ...] = ()
        self._pages: dict[int, Page] = {}  # by address
        self._code: dict[int, bytes] = {}  # what frames held when code was fetched from them
        self._before: dict[int, tuple[memoryview, bytes]] = {}  # what pages held
        self.writes = False
        self.fills: list[int] | None = None

    def __repr__(self) -> str:
        return f"<Pages: {len(self._pages)}>"

    def follow(self) -> bool:
        """Forget all if the model may have taken something back; say whether it was so."""
        system = self._system
        now = (self._cpu.cr3, self._cpu.asid, system.tlb.dropped, system.ram.asides)
        if now == self._seen:
            return False
        self._seen = now
        self.forget()
        return True

    def forget(self) -> None:
        """Forget what the model gave."""
        self._pages.clear()

    def forget_code(self) -> None:
        """Forget what was translated."""
        self._code.clear()
        self._pages.clear()

    def get(self, addr: int, kind: int) -> Page | None:
        """Return a page for an access; None if there is none.

        Args:
            addr: of the page, bytes.
            kind: READ, WRITE or FETCH.
        """
        page = self._pages.get(addr)
        if page is not None and page.allows(kind):
            return page
        cpu = self._cpu
        found = cpu.peek(addr, kind) if cpu.is_canonical(addr) else None
        if found is None:
            return None
        if self.fills is None:
            found = cpu.lookup(addr, kind)[0]
            assert found is not None
        else:
            self.fills += (addr, kind)
        writable = bool(found.flags & RW and (found.flags & D or kind == WRITE))
        page = self._pages[addr] = Page(found, writable=writable)
        return page

    def runs(self, page: Page) -> bool:
        """Say whether what was translated from a page, if anything, is what stands there."""
        if not page.runs:
            now = bytes(page.data)
            page.runs = self._code.setdefault(page.pfn, now) == now
        return page.runs

    def rights(self, addr: int, page: Page, kind: int) -> int:
        """Return what the CPU may do with a page without asking again: PROT_* bits."""
        rights: int = PROT_READ
        if page.runs:
            rights |= PROT_EXEC
        if page.writable and self.fills is not None and kind == WRITE:
            self._before.setdefault(addr, (page.data, bytes(page.data)))
        if page.writable and (self.fills is None or addr in self._before):
            self.writes = True
            rights |= PROT_WRITE
        return rights

    def take_back_stores(self) -> tuple[tuple[int, bytes], ...]:
        """Make pages what they were before the run, and return what it wrote: address, bytes."""
        stores = []
        for addr, (data, old) in self._before.items():
            new = bytes(data)
            if old != new:
                start, end = _difference(old, new)
                stores.append((addr + start, new[start:end]))
                data[start:end] = old[start:end]
        self._before = {}
        return tuple(stores)

    def code(self, addr: int, size: int) -> bytes:
        """Return the bytes of code at an address, as many as there are."""
        code = b""
        while len(code) < size:
            found = self._cpu.peek(addr + len(code), FETCH)
            if found is None:
                break
            code += found.data[(addr + len(code)) % PAGE_SIZE :][: size - len(code)]
        return code


def _difference(old: bytes, new: bytes) -> tuple[int, int]:
    # The range, bytes, outside of which two pages that differ are equal.
    bits = int.from_bytes(old, "little") ^ int.from_bytes(new, "little")
    return ((bits & -bits).bit_length() - 1) // 8, (bits.bit_length() + 7) // 8
