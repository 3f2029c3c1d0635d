"""The parts of an ELF64 file that execve looks at, and the names of the libraries it needs."""

from __future__ import annotations

import struct
from dataclasses import dataclass

ET_EXEC = 2
ET_DYN = 3
EM_X86_64 = 62
PT_LOAD = 1
PT_DYNAMIC = 2
PT_INTERP = 3
PT_GNU_STACK = 0x6474E551
DT_NULL = 0
DT_NEEDED = 1
DT_STRTAB = 5
DT_RPATH = 15
DT_RUNPATH = 29
PF_X = 1
PF_W = 2
PF_R = 4
EHDR_SIZE = 64
PHDR_SIZE = 56
_MAX_PHDRS = 65536  # bytes
_EHDR = struct.Struct("<4s12xHHIQQQIHHHHHH")
_PHDR = struct.Struct("<IIQQQQQQ")
_DYN = struct.Struct("<QQ")


@dataclass(frozen=True, slots=True)
class Ehdr:
    """The ELF header (Elf64_Ehdr)."""

    e_type: int
    e_machine: int
    e_entry: int
    e_phoff: int
    e_phentsize: int
    e_phnum: int


@dataclass(frozen=True, slots=True)
class Phdr:
    """A program header (Elf64_Phdr). Bytes."""

    p_type: int
    p_flags: int
    p_offset: int
    p_vaddr: int
    p_filesz: int
    p_memsz: int
    p_align: int


def parse_ehdr(data: bytes) -> Ehdr | None:
    """Read the header from the first bytes of a file; None if it is not ELF.

    Source: fs/binfmt_elf.c: load_elf_binary() [v5.4].
    """
    data = data[:EHDR_SIZE].ljust(EHDR_SIZE, b"\0")
    fields = _EHDR.unpack(data)
    if fields[0] != b"\x7fELF":
        return None
    return Ehdr(fields[1], fields[2], fields[4], fields[5], fields[9], fields[10])


def phdrs_size(ehdr: Ehdr) -> int:
    """Return the bytes the program headers take, 0 if Linux would not read them.

    Source: fs/binfmt_elf.c: load_elf_phdrs() [v6.18].
    """
    size = PHDR_SIZE * ehdr.e_phnum
    return size if ehdr.e_phentsize == PHDR_SIZE and size <= _MAX_PHDRS else 0


def parse_phdrs(data: bytes) -> list[Phdr]:
    """Read program headers.

    Source: fs/binfmt_elf.c: load_elf_phdrs() [v6.18].
    """
    return [
        Phdr(p_type, p_flags, p_offset, p_vaddr, p_filesz, p_memsz, p_align)
        for p_type, p_flags, p_offset, p_vaddr, _, p_filesz, p_memsz, p_align in _PHDR.iter_unpack(
            data
        )
    ]


def parse_dynamic(data: bytes) -> list[tuple[int, bytes]]:
    """Return what the dynamic section of a file names: libraries and where they are looked for.

    Each is a pair of DT_NEEDED, DT_RPATH or DT_RUNPATH and the name.

    What does not lie in the file, or is no file of ELF, names nothing.

    Args:
        data: the whole file.
    """
    ehdr = parse_ehdr(data)
    if ehdr is None:
        return []
    table = data[ehdr.e_phoff : ehdr.e_phoff + phdrs_size(ehdr)]
    phdrs = parse_phdrs(table) if len(table) == phdrs_size(ehdr) else []
    entries: list[tuple[int, int]] = []
    for phdr in phdrs:
        if phdr.p_type == PT_DYNAMIC:
            part = data[phdr.p_offset : phdr.p_offset + phdr.p_filesz]
            entries += _DYN.iter_unpack(part[: len(part) // _DYN.size * _DYN.size])
    tags = [tag for tag, _ in entries]
    entries = entries[: tags.index(DT_NULL) if DT_NULL in tags else None]
    strtab = next((value for tag, value in entries if tag == DT_STRTAB), 0)
    place = _offset(phdrs, strtab)
    return [
        (tag, data[place + value : data.find(b"\0", place + value)])
        for tag, value in entries
        if tag in (DT_NEEDED, DT_RPATH, DT_RUNPATH) and place + value < len(data)
    ]


def _offset(phdrs: list[Phdr], addr: int) -> int:
    # Where in the file an address stands; beyond its end if nowhere.
    for phdr in phdrs:
        if phdr.p_type == PT_LOAD and phdr.p_vaddr <= addr < phdr.p_vaddr + phdr.p_filesz:
            return phdr.p_offset + addr - phdr.p_vaddr
    return 1 << 64
