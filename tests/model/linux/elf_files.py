"""ELF64 files for tests: well-formed ones made from a few segments, and spoiled ones."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

ET_EXEC, ET_DYN = 2, 3
PT_LOAD, PT_INTERP, PT_GNU_STACK = 1, 3, 0x6474E551
R, W, X = 4, 2, 1
EHDR, PHDR = 64, 56  # bytes

INTERPRETER = "/lib/ld.so"
PROGRAM = "/prog"


@dataclass(frozen=True, slots=True)
class Segment:
    """A program header. Bytes."""

    p_flags: int
    p_offset: int
    p_vaddr: int
    p_filesz: int
    p_memsz: int
    p_align: int = 0x1000
    p_type: int = PT_LOAD

    def pack(self) -> bytes:
        """Return the header as it stands in a file."""
        return struct.pack(
            "<IIQQQQQQ",
            *(self.p_type, self.p_flags, self.p_offset, self.p_vaddr, self.p_vaddr),
            *(self.p_filesz, self.p_memsz, self.p_align),
        )


def build(
    e_type: int,
    segments: Iterable[Segment],
    *,
    entry: int,
    interp: str | None = None,
    stack: int | None = R | W,
    size: int = 0x3000,
) -> bytes:
    """Return an ELF file: header, program headers, the interpreter's path at 0x800, filler.

    Args:
        e_type: ET_EXEC or ET_DYN.
        segments: the PT_LOAD segments.
        entry: address.
        interp: path of the interpreter.
        stack: flags of PT_GNU_STACK; None = no such header.
        size: bytes of the file.
    """
    headers = list(segments)
    if interp is not None:
        length = len(interp) + 1
        headers.insert(0, Segment(R, 0x800, 0x800, length, length, 1, PT_INTERP))
    if stack is not None:
        headers.append(Segment(stack, 0, 0, 0, 0, 16, PT_GNU_STACK))
    data = bytearray(b"A" * size)
    data[:EHDR] = struct.pack(
        "<16sHHIQQQIHHHHHH",
        *(b"\x7fELF\x02\x01\x01", e_type, 62, 1, entry, EHDR, 0, 0),
        *(EHDR, PHDR, len(headers), 64, 0, 0),
    )
    for number, header in enumerate(headers):
        data[EHDR + number * PHDR : EHDR + (number + 1) * PHDR] = header.pack()
    if interp is not None:
        data[0x800 : 0x801 + len(interp)] = interp.encode() + b"\0"
    return bytes(data)


def layout(base: int, align: int = 0x1000) -> list[Segment]:
    """Return text, constants and data with a bss, from an address on."""
    gap = max(align, 0x1000)
    return [
        Segment(R | X, 0, base, 0x1234, 0x1234, align),
        Segment(R, 0x2000, base + 2 * gap + 0x2000 % gap, 0x200, 0x200, align),
        Segment(R | W, 0x2200, base + 4 * gap + 0x2200 % gap, 0x900, 0x3210, align),
    ]


def a_out() -> bytes:
    """Return the built-in program."""
    return resources.files("vmlab.data").joinpath("a.out").read_bytes()


def seeds() -> list[tuple[bytes, bytes]]:
    """Return pairs of a program and its interpreter, each a kind that execve tells apart."""
    loader = build(ET_DYN, layout(0), entry=0x1000, stack=None)
    fixed_loader = build(ET_EXEC, layout(0x60000000), entry=0x60001000)
    return [
        (a_out(), loader),
        (build(ET_DYN, layout(0), entry=0x1000, interp=INTERPRETER), loader),
        (build(ET_DYN, layout(0, 0x200000), entry=0x10, interp=INTERPRETER), fixed_loader),
        (build(ET_EXEC, layout(0x400000), entry=0x400100, interp=INTERPRETER), loader),
        (build(ET_DYN, layout(0, 0x10000), entry=0x1000, stack=R | W | X), loader),
    ]


_EHDR_FIELDS = [(0, 4), (16, 2), (18, 2), (24, 8), (32, 8), (52, 2), (54, 2), (56, 2)]
_PHDR_FIELDS = [(0, 4), (4, 4), (8, 8), (16, 8), (32, 8), (40, 8), (48, 8)]
FIELDS = _EHDR_FIELDS + [
    (EHDR + number * PHDR + offset, size) for number in range(6) for offset, size in _PHDR_FIELDS
]  # (offset, bytes) of what execve reads, six program headers long

_EDGES = (0, 0x1000, 0x400000, 0x555555554000, 0x7FFFF7FFF000, 0x7FFFFFFFF000, 1 << 47, 1 << 63)
VALUES = sorted(
    {(edge + delta) % (1 << 64) for edge in _EDGES for delta in (-0x1000, -1, 0, 1, 0x234, 0x1000)}
    | {2, 3, 4, 6, 7, 56, 64, 65535, 1170, 1171, PT_GNU_STACK, 0xFFFFFFFF, 1 << 20, 1 << 32}
)

Change = tuple[str, int, int]


def spoil(data: bytes, changes: Iterable[Change]) -> bytes:
    """Change a file by ('field', number, value), ('bit', number, 0), ('cut', size, 0)."""
    spoiled = bytearray(data)
    for kind, place, value in changes:
        if kind == "field":
            offset, size = FIELDS[place]
            bits = value % (1 << 8 * size)
            spoiled[offset : offset + size] = bits.to_bytes(size, "little")
        elif kind == "bit" and place // 8 < len(spoiled):
            spoiled[place // 8] ^= 1 << place % 8
        elif kind == "cut":
            del spoiled[place:]
    return bytes(spoiled)
