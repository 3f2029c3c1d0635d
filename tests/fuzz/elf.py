"""Mutants of ELF programs: mostly of what their headers say."""

from __future__ import annotations

import random
from functools import cache
from importlib import resources

from tests.fuzz.mutate import Change
from tests.fuzz.programs import execute
from vmlab import Machine, MiB, Segment, elf
from vmlab.model.abi.elf import EHDR_SIZE, PHDR_SIZE, PT_INTERP, parse_ehdr

_LENGTH = ("length",)  # the place that stands for where a file ends
_ODD = (
    *(0, 1, 2, 3, 4, 7, 0xFFF, 0x1000, 0x1001, 0x200000, 1 << 31, 1 << 32),
    *((1 << 47) - 0x1000, 1 << 47, (1 << 63) - 1, 1 << 63, (1 << 64) - 0x1000, (1 << 64) - 1),
)
# (offset, bytes) of the fields.
_EHDR = ((0, 4), (4, 2), (16, 2), (18, 2), (24, 8), (32, 8), (52, 2), (54, 2), (56, 2))
_PHDR = ((0, 4), (4, 4), (8, 8), (16, 8), (32, 8), (40, 8), (48, 8))
_TYPES = (0, 1, 2, 3, 4, 6, 7, 0x6474E551)


@cache
def bases() -> dict[str, bytes]:
    """Return programs, by name."""
    text, data = Segment("R E", 0x400000, 0x1000, 0), Segment("RW", 0x402000, 0x800, 0x1000, 0x3000)
    static = elf([text, data])
    dynamic = bytearray(elf([Segment("R E", 0, 0x1000, 0), Segment("RW", 0x2000, 0x10, 0x1000)]))
    dynamic[16] = 3  # ET_DYN
    asks = bytearray(elf([text, data, Segment("R", 0, 7, 0x800)]))
    asks[EHDR_SIZE + 2 * PHDR_SIZE] = PT_INTERP
    asks[0x800:0x807] = b"/ld.so\0"
    return {
        "a.out": resources.files("vmlab.data").joinpath("a.out").read_bytes(),
        "static": static,
        "dynamic": bytes(dynamic),
        "with interpreter": bytes(asks),
    }


def choose(chance: random.Random) -> tuple[str, list[Change]]:
    """Choose a base and one to four changes of it: a place, and the bytes there in hexadecimal."""
    base = chance.choice(list(bases()))
    return base, [_change(chance, bases()[base]) for _ in range(chance.choice((1, 1, 1, 2, 3, 4)))]


def _change(chance: random.Random, data: bytes) -> Change:
    way = chance.randrange(12)
    if way == 0:
        return _LENGTH, chance.choice((0, 1, 63, 64, 0x800, len(data) - 1, len(data) + 1, 1 << 20))
    if way == 1:
        return (chance.randrange(len(data)),), f"{chance.randrange(256):02x}"
    start, size = chance.choice(_EHDR)
    if way > 3:
        ehdr = parse_ehdr(data)
        assert ehdr is not None
        start, size = chance.choice(_PHDR)
        start += EHDR_SIZE + PHDR_SIZE * chance.randrange(ehdr.e_phnum)
    value = int.from_bytes(data[start : start + size], "little")
    way = chance.randrange(4)
    if way == 0:
        value += chance.choice((-0x1000, -8, -1, 1, 8, 0x1000))
    elif way == 1:
        value ^= 1 << chance.randrange(8 * size)
    elif size == 4:
        value = chance.choice(_TYPES)
    else:
        value = chance.choice(_ODD)
    return (start,), (value % (1 << 8 * size)).to_bytes(size, "little").hex()


def attempt(base: str, changes: list[Change], seed: int) -> str:
    """Run a mutant; return 'refused' or 'loaded'."""
    data = bytearray(bases()[base])
    for place, value in changes:
        if place == _LENGTH:
            data = data[:value].ljust(value, b"\0")
        else:
            new = bytes.fromhex(value)
            data[place[0] : place[0] + len(new)] = new
    m = Machine(ram=8 * MiB)
    m.fs.write("/ld.so", bases()["dynamic"])
    m.fs.write("/program", bytes(data))
    return execute(m, "/program", seed)
