"""Programs made to measure: ELF files with the segments one asks for."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from vmlab.errors import UsageError
from vmlab.model import arguments
from vmlab.model.abi.elf import (
    EHDR_SIZE,
    EM_X86_64,
    ET_EXEC,
    PF_R,
    PF_W,
    PF_X,
    PHDR_SIZE,
    PT_LOAD,
    parse_ehdr,
    parse_phdrs,
    phdrs_size,
)
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.words.language import say

_FLAGS = {"R": PF_R, "W": PF_W, "E": PF_X}  # in the order of readelf


@dataclass(frozen=True, slots=True)
class Segment:
    """A PT_LOAD program header, in bytes."""

    flags: str  # 'R E', 'RW', as readelf writes them
    vaddr: int
    filesz: int
    offset: int  # congruent to vaddr modulo the page size
    extra: int = 0  # zeros after what the file holds: the bss

    def __post_init__(self) -> None:
        """Check it."""
        arguments.text(self.flags, "flags")
        if not set(self.flags) <= {*_FLAGS, " "}:
            raise UsageError(say("{flags!r} are no rights such as 'R E'", flags=self.flags))
        arguments.count(self.vaddr, "vaddr")
        arguments.count(self.offset, "offset", arguments.MOST_AT_ONCE)
        arguments.count(self.filesz, "filesz", arguments.MOST_AT_ONCE)
        arguments.count(self.extra, "extra", ULONG_MAX - self.filesz)

    @property
    def memsz(self) -> int:
        """Return the size in memory."""
        return self.filesz + self.extra


def elf(segments: Sequence[Segment]) -> bytes:
    """Make a static ELF64 program that starts at its first segment.

    Raises:
        UsageError: it has no segment.

    >>> elf([Segment("R E", 0x400000, 0x1000, 0)])[:4]
    b'\\x7fELF'
    """
    if not segments:
        raise UsageError(say("a program has at least one segment"))
    for number, part in enumerate(segments):
        arguments.instance(part, Segment, f"segments[{number}]")
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01",
        ET_EXEC,
        EM_X86_64,
        1,
        segments[0].vaddr,
        EHDR_SIZE,
        0,
        0,
        EHDR_SIZE,
        PHDR_SIZE,
        len(segments),
        0,
        0,
        0,
    )
    for part in segments:
        flags = sum(_FLAGS[letter] for letter in part.flags if letter != " ")
        header += struct.pack(
            "<IIQQQQQQ",
            PT_LOAD,
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

    Raises:
        UsageError: it is not an ELF file, or is cut short.

    >>> print(program_headers(elf([Segment("R E", 0x400000, 0x1000, 0)])))
    Type  Offset   VirtAddr   FileSiz  MemSiz   Flg
    LOAD  0x000000 0x00400000 0x001000 0x001000 R E
    """
    lines = ["Type  Offset   VirtAddr   FileSiz  MemSiz   Flg"]
    arguments.data(program, "program")
    ehdr = parse_ehdr(program)
    if ehdr is None:
        raise UsageError(say("this is not an ELF file"))
    headers = program[ehdr.e_phoff : ehdr.e_phoff + phdrs_size(ehdr)]
    if len(headers) < PHDR_SIZE * ehdr.e_phnum:
        raise UsageError(say("the program headers of this ELF file are cut short"))
    for phdr in parse_phdrs(headers):
        if phdr.p_type != PT_LOAD:
            continue
        letters = "".join(name if phdr.p_flags & bit else " " for name, bit in _FLAGS.items())
        row = (
            f"LOAD  {phdr.p_offset:#08x} {phdr.p_vaddr:#010x} {phdr.p_filesz:#08x} "
            f"{phdr.p_memsz:#08x} {letters}"
        )
        lines.append(row.rstrip())
    return "\n".join(lines)
