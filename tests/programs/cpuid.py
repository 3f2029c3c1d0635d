"""Give a real process the CPUID of another CPU, at its start, where glibc asks for it.

What glibc chooses by CPUID (copies with AVX, the trampoline that saves registers, sizes of caches)
decides which pages it touches. The CPU of the records is `data/cpuid.json`: QEMU's `qemu64`, which
has SSE3 and no XSAVE. The places of cpuid are read from the files, for the process's memory is left
alone.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from functools import cache
from typing import NamedTuple

from tests.programs.programs import DATA
from vmlab.host.traced import Registers

TABLE = DATA / "cpuid.json"
_LENGTH = 2  # bytes of cpuid, and of syscall
_EXTENDED = 0x80000000
_E_TYPE, _ET_DYN = 16, 3


class Places(NamedTuple):
    """Where an ELF file has instructions that matter.

    Attributes:
        cpuid, syscall: their addresses.
        movable: the addresses count from where the file's first byte is mapped.
    """

    cpuid: frozenset[int]
    syscall: frozenset[int]
    movable: bool = False

    def moved(self, base: int) -> Places:
        """Return the addresses in a process where the file's first byte is mapped at base."""
        if not self.movable:
            return self
        cpuid, syscall = (frozenset(at + base for at in places) for places in self[:2])
        return Places(cpuid, syscall)

    def __or__(self, other: Places) -> Places:
        return Places(self.cpuid | other.cpuid, self.syscall | other.syscall)


@cache
def places(data: bytes) -> Places:
    """Find the instructions of an ELF file."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        command = ["objdump", "-d", "--no-show-raw-insn", file.name]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, set[int]] = {"cpuid": set(), "syscall": set()}
    for line in text.splitlines():
        addr, _, instruction = line.partition(":\t")
        if instruction.strip() in found:
            found[instruction.strip()].add(int(addr, 16))
    movable = data[_E_TYPE] == _ET_DYN
    return Places(frozenset(found["cpuid"]), frozenset(found["syscall"]), movable)


@cache
def _table() -> dict[str, list[int]]:
    leaves: dict[str, list[int]] = json.loads(TABLE.read_text())
    return leaves


def answer(leaf: int, subleaf: int) -> list[int]:
    """Return eax, ebx, ecx and edx."""
    table = _table()
    for key in (f"{leaf:#x}.{subleaf}", f"{leaf:#x}"):
        if key in table:
            return table[key]
    if leaf < _EXTENDED:
        return table["0xd"]  # as a CPU answers beyond its last leaf
    return [0, 0, 0, 0]


def execute(registers: Registers) -> None:
    """Do what cpuid does, and step over it."""
    found = answer(registers.rax & 0xFFFFFFFF, registers.rcx & 0xFFFFFFFF)
    registers.rax, registers.rbx, registers.rcx, registers.rdx = found
    registers.rip += _LENGTH
