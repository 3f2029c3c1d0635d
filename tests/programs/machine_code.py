"""Tiny programs, written as the bytes of their instructions."""

import struct

from vmlab import Machine, Process
from vmlab.model.abi.elf import EHDR_SIZE, EM_X86_64, ET_EXEC, PF_R, PF_W, PF_X, PHDR_SIZE, PT_LOAD

BASE = 0x400000
CODE = BASE + EHDR_SIZE + PHDR_SIZE  # where the first instruction stands
DATA = 0x600000  # 64 KiB of zeros

_BSS = 0x10000


def elf(code: str) -> bytes:
    """A static program of these instructions, in hexadecimal, with DATA."""
    text = bytes.fromhex(code)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        *(b"\x7fELF\x02\x01\x01", ET_EXEC, EM_X86_64, 1, CODE + PHDR_SIZE, EHDR_SIZE, 0, 0),
        *(EHDR_SIZE, PHDR_SIZE, 2, 0, 0, 0),
    )
    size = EHDR_SIZE + 2 * PHDR_SIZE + len(text)
    segments = (
        (PT_LOAD, PF_R | PF_X, 0, BASE, BASE, size, size, 0x1000),
        (PT_LOAD, PF_R | PF_W, 0, DATA, DATA, 0, _BSS, 0x1000),
    )
    return header + b"".join(struct.pack("<IIQQQQQQ", *each) for each in segments) + text


def load(machine: Machine, code: str, name: str = "/bin/tiny") -> Process:
    """A process that is about to run these instructions."""
    machine.fs.write(name, elf(code))
    return machine.spawn(name, env={})
