"""Programs where a log has them: real ones moved to their place, or others in their stead.

A log does not hold programs. Where the headers of one are known (`vmlab record`, or a folder to
import from), a copy is moved to where the log has it, as prelink does: a program for a fixed place.
Else one stands there that has the addresses that the log speaks of, and nothing else.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vmlab.host.replay_ranges import Range
from vmlab.host.replay_spaces import Life
from vmlab.model.abi.elf import (
    EHDR_SIZE,
    EM_X86_64,
    ET_DYN,
    ET_EXEC,
    PF_R,
    PF_W,
    PF_X,
    PHDR_SIZE,
    PT_INTERP,
    PT_LOAD,
    Ehdr,
    parse_ehdr,
    parse_phdrs,
    phdrs_size,
)
from vmlab.model.linux.arch.x86.entry.vdso_image import VDSO_PAGES
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SIZE, GiB, MiB, page_align

USUAL_BIAS = 0x555555554000  # where a program goes that may go anywhere, without random addresses
USUAL_TOP = 0x7FFFF7FFF000  # below which mappings go then
SPECIAL = (6 + VDSO_PAGES) * PAGE_SIZE  # bytes of [vvar], [vvar_vclock] and [vdso]
STACK_TOP = 0x7FFFFFFFF000
_LOWEST = 1 << 20  # bytes: no program and no heap lies below it
_STACK_ROOM = 256 * PAGE_SIZE  # bytes below it
_HEAP_NEAR = GiB + 64 * MiB  # so far below its heap a program may lie
_PT_NOTE, _PT_GNU_EH_FRAME, _PT_GNU_RELRO, _PT_GNU_PROPERTY = 4, 0x6474E550, 0x6474E552, 0x6474E553
_NOT_NEEDED = (_PT_GNU_EH_FRAME, _PT_GNU_PROPERTY, _PT_NOTE)
_MOST_SEGMENTS = 64
_EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
_PHDR = struct.Struct("<IIQQQQQQ")


@dataclass(frozen=True, slots=True)
class Image:
    """A file that is a program: its first bytes, and how long it is; the rest is zeros."""

    head: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Placed:
    """What stands for a program and its interpreter.

    Attributes:
        program: its file.
        interpreter: the file of its interpreter, None = it has none.
        interpreter_path: how the program calls it.
        base: below which address (bytes) mappings are to go, 0 = where they usually do.
        real: whether its headers are those of the real program.
    """

    program: Image
    interpreter: Image | None = None
    interpreter_path: str = ""
    base: int = 0
    real: bool = False


def place(life: Life, program: Image | None, known: Callable[[str], Image | None]) -> Placed:
    """Return what stands for a program in a life.

    Args:
        life: what the log tells of its address space.
        program: its file, if its headers are known.
        known: returns the file of an interpreter, None = unknown.
    """
    if not _LOWEST < life.heap < STACK_TOP:
        life = Life(0, life.top, life.touched)
    parts = _Parts(program) if program is not None else None
    if program is None or parts is None or parts.ehdr is None:
        return _stand_in(life)
    interpreter = known(parts.interpreter) if parts.interpreter else None
    inner = _Parts(interpreter) if interpreter is not None else None
    if parts.interpreter and (inner is None or inner.ehdr is None):
        return _stand_in(life)
    base = life.top + SPECIAL if _is_usual_area(life.top) else 0
    if _is_usual(life, parts, inner):
        return Placed(program, interpreter, parts.interpreter, 0, real=True)
    moved = parts.moved(_program_bias(life, parts), life.heap)
    if inner is None or interpreter is None:
        return Placed(moved, None, "", base, real=True)
    shift = inner.relro_bias(life.touched, life.top, STACK_TOP)
    shift = shift if shift is not None and shift >= base else base
    return Placed(moved, inner.moved(shift, 0), parts.interpreter, base, real=True)


def _is_usual_area(top: int) -> bool:
    # Mappings go downwards, and leave room for a stack.
    return STACK_TOP // 6 + GiB < top < USUAL_TOP


def _is_usual(life: Life, parts: _Parts, inner: _Parts | None) -> bool:
    # Without random addresses all is where it is by itself.
    span = inner.span if inner is not None else 0
    heap = page_align(parts.end + (USUAL_BIAS if parts.movable else 0))
    return life.heap == heap and life.top == USUAL_TOP - span - SPECIAL


def _program_bias(life: Life, parts: _Parts) -> int:
    if not parts.movable:
        return 0
    near = life.heap - _HEAP_NEAR if life.heap else 0
    bias = parts.relro_bias(life.touched, near, life.heap or STACK_TOP)
    if bias is not None:
        return bias
    return (life.heap - page_align(parts.end)) & PAGE_MASK if life.heap else USUAL_BIAS


class _Parts:
    # What the headers of a file say.
    def __init__(self, image: Image) -> None:
        self.image = image
        ehdr = parse_ehdr(image.head)
        size = phdrs_size(ehdr) if ehdr is not None else 0
        self.ehdr: Ehdr | None = ehdr
        table = image.head[ehdr.e_phoff : ehdr.e_phoff + size] if ehdr is not None else b""
        if ehdr is None or not size or len(table) != size or ehdr.e_machine != EM_X86_64:
            self.ehdr, table = None, b""
        self.phdrs = parse_phdrs(table)
        self.loads = [phdr for phdr in self.phdrs if phdr.p_type == PT_LOAD]
        if not self.loads:
            self.ehdr = None

    @property
    def movable(self) -> bool:
        return self.ehdr is not None and self.ehdr.e_type == ET_DYN

    @property
    def end(self) -> int:
        return max(phdr.p_vaddr + phdr.p_memsz for phdr in self.loads)

    @property
    def span(self) -> int:
        low = min(phdr.p_vaddr for phdr in self.loads) & PAGE_MASK
        return page_align(self.end - low)

    @property
    def interpreter(self) -> str:
        for phdr in self.phdrs:
            if phdr.p_type == PT_INTERP:
                data = self.image.head[phdr.p_offset : phdr.p_offset + phdr.p_filesz]
                return data.split(b"\0")[0].decode(errors="surrogateescape")
        return ""

    def relro_bias(self, touched: Iterable[Range], low: int, high: int) -> int | None:
        # ld.so takes the right to write away from what it has relocated: that tells where it is.
        for phdr in self.phdrs:
            if phdr.p_type == _PT_GNU_RELRO:
                start = phdr.p_vaddr & PAGE_MASK
                end = (phdr.p_vaddr + phdr.p_memsz) & PAGE_MASK
                for first, last in touched:
                    if last - first == end - start and low <= first < high:
                        return first - start
        return None

    def moved(self, bias: int, heap: int) -> Image:
        # As a program for a fixed place, whose heap begins where it is to.
        assert self.ehdr is not None
        head = bytearray(self.image.head)
        struct.pack_into("<H", head, 16, ET_EXEC)
        struct.pack_into("<Q", head, 24, self.ehdr.e_entry + bias & (1 << 64) - 1)
        places = [self.ehdr.e_phoff + PHDR_SIZE * number for number in range(len(self.phdrs))]
        for at, phdr in zip(places, self.phdrs, strict=True):
            struct.pack_into("<Q", head, at + 16, phdr.p_vaddr + bias & (1 << 64) - 1)
        if heap and heap != page_align(self.end + bias):
            spare = [
                n for kind in _NOT_NEEDED for n, p in enumerate(self.phdrs) if p.p_type == kind
            ]
            if spare:
                empty = (PT_LOAD, PF_R, 0, heap, heap, 0, 0, PAGE_SIZE)
                _PHDR.pack_into(head, places[spare[0]], *empty)
        return Image(bytes(head), self.image.size)


def with_interpreter(image: Image, path: str) -> Image:
    """Return a program that calls its interpreter otherwise; the path is no longer than it was."""
    head = bytearray(image.head)
    for phdr in _Parts(image).phdrs:
        name = path.encode(errors="surrogateescape")
        if phdr.p_type == PT_INTERP and len(name) < phdr.p_filesz:
            end = phdr.p_offset + phdr.p_filesz
            head[phdr.p_offset : end] = name.ljust(phdr.p_filesz, b"\0")
    return Image(bytes(head), image.size)


# What stands in for a program that is not known


_INTERPRETER = "/ld.so"
_NAME_ROOM = 32  # bytes for a name that is longer


def _stand_in(life: Life) -> Placed:
    # The ranges below the heap are the program's, those above the mappings the interpreter's.
    heap = life.heap or USUAL_BIAS + 16 * PAGE_SIZE
    base = life.top + SPECIAL if _is_usual_area(life.top) else 0
    low, high = [], []
    for start, end in life.touched:
        if base <= start and end <= STACK_TOP - _STACK_ROOM and base:
            high.append((start, end))
        elif max(heap - _HEAP_NEAR, _LOWEST) <= start and end <= heap:
            low.append((start, end))
    own = _around(low, heap)
    if not high:
        return Placed(_image(own, heap, ""), base=base)
    return Placed(
        _image(own, heap, _INTERPRETER), _image(_around(high, 0), 0, ""), _INTERPRETER, base
    )


def _around(ranges: list[Range], heap: int) -> list[tuple[int, int, int]]:
    # A page of code before them, and data in them: start, end and rights.
    first = ranges[0][0] if ranges else heap - PAGE_SIZE
    code = (first - PAGE_SIZE, first, PF_R | PF_X)
    data = ranges[:_MOST_SEGMENTS] or [(first, first + PAGE_SIZE)]
    return [code, *((start, end, PF_R | PF_W) for start, end in data)]


def _image(segments: list[tuple[int, int, int]], heap: int, interpreter: str) -> Image:
    phdrs = []
    offset = PAGE_SIZE  # the first page holds the headers
    for start, end, flags in segments:
        size = end - start
        phdrs.append(_PHDR.pack(PT_LOAD, flags, offset, start, start, size, size, PAGE_SIZE))
        offset += size
    if heap:
        phdrs.append(_PHDR.pack(PT_LOAD, PF_R, 0, heap, heap, 0, 0, PAGE_SIZE))
    name = interpreter.encode().ljust(_NAME_ROOM, b"\0") if interpreter else b""
    if name:
        at = EHDR_SIZE + PHDR_SIZE * (len(phdrs) + 1)
        phdrs.append(_PHDR.pack(PT_INTERP, PF_R, at, 0, 0, len(name), len(name), 1))
    magic = b"\x7fELF\2\1\1".ljust(16, b"\0")
    entry = segments[0][0]
    sizes = (EHDR_SIZE, PHDR_SIZE, len(phdrs), 0, 0, 0)
    ehdr = _EHDR.pack(magic, ET_EXEC, EM_X86_64, 1, entry, EHDR_SIZE, 0, 0, *sizes)
    return Image(b"".join((ehdr, *phdrs, name)), offset)
