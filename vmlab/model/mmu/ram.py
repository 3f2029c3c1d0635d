"""Physical memory: frames of one page each. A frame that nobody touched costs nothing."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Collection, Mapping
from typing import Literal

from vmlab.errors import ArgumentError, KernelBug

_MAP_NORESERVE = 0x4000


class Ram:
    """The frames of a machine, numbered from 0.

    Args:
        size: bytes; whole frames only.
        page_size: bytes.
        entry_bytes: size of a page-table entry, for `table`.

    Attributes:
        buffer: what the frames are parts of, one after the other; None where that costs memory.
    """

    def __init__(self, size: int, page_size: int, entry_bytes: int) -> None:
        if size <= 0 or size % page_size:
            raise ArgumentError("ram_not_whole_frames", size=size, page_size=page_size)
        self.size = size
        self.page_size = page_size
        self.nr_frames = size // page_size
        self.buffer = _buffer(size)
        self._whole = memoryview(self.buffer) if self.buffer is not None else None
        self.frames: dict[int, memoryview] = {}
        self.aside: Mapping[int, bytes] = {}  # what frames hold that nobody touched since
        self.cleared: set[int] = set()  # those of them that hold it no more
        self.asides = 0  # how often that was done
        self.tables = _Tables(self, "Q" if entry_bytes == 8 else "I")  # frames as entries

    def __repr__(self) -> str:
        return f"<Ram {self.nr_frames} frames, {len(self.frames)} touched>"

    def frame(self, pfn: int) -> memoryview:
        """Return the bytes of a frame, zeros until somebody writes."""
        data = self.frames.get(pfn)
        if data is None:
            now = self.look(pfn)
            if self._whole is None:
                data = memoryview(bytearray(now))
            else:
                data = self._whole[pfn * self.page_size : (pfn + 1) * self.page_size]
                data[:] = now
            self.frames[pfn] = data
        return data

    def look(self, pfn: int) -> bytes | memoryview:
        """Return the bytes of a frame to who only reads them: that does not touch it."""
        data = self.frames.get(pfn)
        if data is not None:
            return data
        if not 0 <= pfn < self.nr_frames:
            raise KernelBug("no_such_frame", pfn=pfn, frames=self.nr_frames)
        old = self.aside.get(pfn) if pfn not in self.cleared else None
        return bytes(self.page_size) if old is None else old

    def table(self, pfn: int) -> memoryview:
        """Return a frame as a row of page-table entries (integers) that can be set."""
        return self.tables[pfn]

    def clear(self, pfn: int) -> None:
        """Forget the contents of a frame: it reads as zeros again."""
        self.tables.pop(pfn, None)
        self.frames.pop(pfn, None)
        if pfn in self.aside:
            self.cleared.add(pfn)

    def set_aside(self, contents: Mapping[int, bytes], held: Collection[int] = ()) -> None:
        """Take what all frames hold from elsewhere; each is copied when somebody touches it.

        Args:
            contents: the bytes of frames, which nobody changes; frames without are zeros.
            held: frames whose bytes somebody holds, and may write without asking for them.
        """
        self.aside = contents
        self.asides += 1
        self.cleared.clear()
        self.tables.clear()
        self.frames = {pfn: self.frames[pfn] for pfn in held if pfn in self.frames}


class _Tables(dict[int, memoryview]):
    # Frames as rows of page-table entries, made when they are first asked for.

    def __init__(self, ram: Ram, code: Literal["I", "Q"]) -> None:
        super().__init__()
        self._ram = ram
        self._code = code

    def __missing__(self, pfn: int) -> memoryview:
        table: memoryview = self._ram.frame(pfn).cast(self._code)
        self[pfn] = table
        return table


def _buffer(size: int) -> mmap.mmap | None:
    # Memory of the host that costs nothing before it is touched.
    if sys.platform in ("emscripten", "win32"):
        return None
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    if sys.platform == "linux":
        flags |= _MAP_NORESERVE
    try:
        return mmap.mmap(-1, size, flags=flags)
    except (OSError, ValueError, OverflowError):
        return None
