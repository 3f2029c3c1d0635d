"""Stores whose effect is put off: pages as they are after them."""

from __future__ import annotations

from vmlab.model.mmu.cpu import Cpu
from vmlab.model.mmu.page import PAGE_MASK


class Written:
    """Pages as they are after stores whose effect is put off.

    Args:
        cpu: what translates.
    """

    def __init__(self, cpu: Cpu) -> None:
        self._cpu = cpu
        self._pages: dict[int, bytearray] = {}
        self._places: dict[int, tuple[int, int]] = {}  # address of the first byte, after the last

    def __repr__(self) -> str:
        return f"<Written: {len(self._pages)} pages>"

    def page(self, page: int) -> bytes | bytearray | memoryview:
        """Return what a page that can be read holds; its address is in bytes."""
        if page in self._pages:
            return self._pages[page]
        found = self._cpu.peek(page, 0)
        assert found is not None
        return found.data

    def store(self, addr: int, data: bytes) -> None:
        """Store bytes of one page."""
        page = addr & PAGE_MASK
        held = self._pages.setdefault(page, bytearray(self.page(page)))
        held[addr - page : addr - page + len(data)] = data
        start, end = self._places.get(page, (addr, addr))
        self._places[page] = min(start, addr), max(end, addr + len(data))

    def stores(self) -> tuple[tuple[int, bytes], ...]:
        """Return what was stored: for each page the bytes from the first to the last."""
        return tuple(
            (start, bytes(self._pages[page][start - page : end - page]))
            for page, (start, end) in self._places.items()
        )
