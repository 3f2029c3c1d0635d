"""The parts of an ELF64 file that execve looks at: header and program headers."""

from __future__ import annotations

import struct
from dataclasses import dataclass

ET_EXEC = 2
ET_DYN = 3
EM_X86_64 = 62
PT_LOAD = 1
PT_INTERP = 3
PT_GNU_STACK = 0x6474E551
PF_X = 1
PF_W = 2
PF_R = 4
EHDR_SIZE = 64
PHDR_SIZE = 56
_MAX_PHDRS = 65536  # bytes
_EHDR = struct.Struct("<4s12xHHIQQQIHHHHHH")
_PHDR = struct.Struct("<IIQQQQQQ")


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
