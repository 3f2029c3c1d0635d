"""Programs made to measure: ELF files with the segments one asks for."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

_FLAGS = {"R": 4, "W": 2, "E": 1}  # in the order of readelf
_PT_LOAD = 1


@dataclass(frozen=True, slots=True)
class Segment:
    """A PT_LOAD program header, in bytes."""

    flags: str  # 'R E', 'RW', as readelf writes them
    vaddr: int
    filesz: int
    offset: int  # congruent to vaddr modulo the page size
    extra: int = 0  # zeros after what the file holds: the bss

    @property
    def memsz(self) -> int:
        """Return the size in memory."""
        return self.filesz + self.extra


def elf(segments: Sequence[Segment]) -> bytes:
    """Make a static ELF64 program that starts at its first segment.

    >>> elf([Segment("R E", 0x400000, 0x1000, 0)])[:4]
    b'\\x7fELF'
    """
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01",
        2,
        62,
        1,
        segments[0].vaddr,
        64,
        0,
        0,
        64,
        56,
        len(segments),
        0,
        0,
        0,
    )
    for part in segments:
        flags = sum(_FLAGS[letter] for letter in part.flags if letter != " ")
        header += struct.pack(
            "<IIQQQQQQ",
            1,
            flags,
            part.offset,
            part.vaddr,
            part.vaddr,
            part.filesz,
            part.memsz,
            0x1000,
        )
    return header.ljust(max(part.offset + part.filesz for part in segments), b"\0")


def program_headers(program: bytes) -> str:
    """Return the PT_LOAD headers of an ELF64 file, as lines like those of `readelf -lW`.

    >>> print(program_headers(elf([Segment("R E", 0x400000, 0x1000, 0)])))
    Type  Offset   VirtAddr   FileSiz  MemSiz   Flg
    LOAD  0x000000 0x00400000 0x001000 0x001000 R E
    """
    lines = ["Type  Offset   VirtAddr   FileSiz  MemSiz   Flg"]
    (start,) = struct.unpack_from("<Q", program, 32)
    size, count = struct.unpack_from("<HH", program, 54)
    for at in range(start, start + size * count, size):
        kind, flags, offset, vaddr, _, filesz, memsz, _ = struct.unpack_from(
            "<IIQQQQQQ", program, at
        )
        if kind != _PT_LOAD:
            continue
        letters = "".join(name if flags & bit else " " for name, bit in _FLAGS.items())
        lines.append(
            f"LOAD  {offset:#08x} {vaddr:#010x} {filesz:#08x} {memsz:#08x} {letters}".rstrip()
        )
    return "\n".join(lines)
