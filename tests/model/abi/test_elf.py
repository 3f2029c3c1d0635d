"""Reading ELF headers."""

from __future__ import annotations

import pytest

from tests.model.linux.elf_files import ET_DYN, R, Segment, X, a_out, build, spoil
from vmlab.model.abi.elf import (
    EM_X86_64,
    ET_EXEC,
    PT_GNU_STACK,
    PT_INTERP,
    PT_LOAD,
    Phdr,
    parse_ehdr,
    parse_phdrs,
    phdrs_size,
)

DATA = build(ET_DYN, [Segment(R | X, 0, 0x10, 0x20, 0x30, 0x40)], entry=0x99, interp="/x")


def test_header() -> None:
    """The fields that execve looks at."""
    ehdr = parse_ehdr(DATA)
    assert ehdr is not None
    assert (ehdr.e_type, ehdr.e_machine, ehdr.e_entry) == (ET_DYN, EM_X86_64, 0x99)
    assert (ehdr.e_phoff, ehdr.e_phentsize, ehdr.e_phnum) == (64, 56, 3)


def test_built_in_program() -> None:
    """The a.out is a fixed x86-64 program."""
    ehdr = parse_ehdr(a_out())
    assert ehdr is not None
    assert (ehdr.e_type, ehdr.e_machine) == (ET_EXEC, EM_X86_64)


@pytest.mark.parametrize("data", [b"", b"\x7fEL", b"\x7fELG" + bytes(60), b"#!/bin/sh"])
def test_not_elf(data: bytes) -> None:
    """Without the magic number there is no header."""
    assert parse_ehdr(data) is None


def test_short_file() -> None:
    """What is missing reads as zeros, as in the kernel's buffer."""
    ehdr = parse_ehdr(b"\x7fELF")
    assert ehdr is not None
    assert (ehdr.e_type, ehdr.e_phnum) == (0, 0)


@pytest.mark.parametrize(
    ("entry_size", "count", "size"),
    [(56, 3, 168), (56, 0, 0), (32, 3, 0), (56, 1170, 65520), (56, 1171, 0), (56, 65535, 0)],
)
def test_size_of_the_program_headers(entry_size: int, count: int, size: int) -> None:
    """At most 64 KiB, each of 56 bytes; 0 says that Linux refuses them."""
    ehdr = parse_ehdr(spoil(DATA, [("field", 6, entry_size), ("field", 7, count)]))
    assert ehdr is not None
    assert phdrs_size(ehdr) == size


def test_program_headers() -> None:
    """In the order of the file."""
    phdrs = parse_phdrs(DATA[64 : 64 + 3 * 56])
    assert [phdr.p_type for phdr in phdrs] == [PT_INTERP, PT_LOAD, PT_GNU_STACK]
    assert phdrs[1] == Phdr(PT_LOAD, R | X, 0, 0x10, 0x20, 0x30, 0x40)
