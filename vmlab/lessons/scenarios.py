"""Starting states for lessons and exercises: the same arguments give the same machine.

A ruler draws a stretch of an address space, one character a page: a letter for each VMA, capital
if it may be written, small if it may only be read; a dot for a page without one.
"""

from __future__ import annotations

import random
from itertools import groupby

from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_PRIVATE,
    PROT_READ,
    PROT_WRITE,
    VM_READ,
    VM_WRITE,
)
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.process import Process
from vmlab.state.machine import Machine

BASE = 0x10000000  # bytes: where rulers begin, far from everything else a process has
READ_WRITE = PROT_READ | PROT_WRITE
ANYWHERE = MAP_PRIVATE | MAP_ANONYMOUS
HERE = ANYWHERE | MAP_FIXED


def page(number: int) -> int:
    """Return the address of a page of a ruler.

    >>> hex(page(3))
    '0x10003000'
    """
    return BASE + number * PAGE_SIZE


def ruler(drawn: str) -> Process:
    """Start a.out on a machine of its own and map what a ruler shows.

    >>> read_ruler(ruler("AAA.bb"), 6)
    'AAA.bb'
    """
    process = Machine().spawn()
    number = 0
    for letter, run in groupby(drawn):
        length = len(tuple(run))
        if letter != ".":
            prot = READ_WRITE if letter.isupper() else PROT_READ
            process.mmap(page(number), length * PAGE_SIZE, prot, HERE)
        number += length
    return process


def read_ruler(process: Process, pages: int) -> str:
    """Draw what is mapped now; a VMA that can be neither read nor written is drawn as '-'."""
    drawn = ["."] * pages
    letters = iter("abcdefghijklmnopqrstuvwxyz" * (1 + pages // 26))
    for vma in process.mm:
        first, end = (vma.vm_start - BASE) // PAGE_SIZE, (vma.vm_end - BASE) // PAGE_SIZE
        if end <= 0 or first >= pages:
            continue
        letter = next(letters)
        if vma.vm_flags & VM_WRITE:
            letter = letter.upper()
        elif not vma.vm_flags & VM_READ:
            letter = "-"
        for number in range(max(first, 0), min(end, pages)):
            drawn[number] = letter
    return "".join(drawn)


def random_ruler(rng: random.Random, pages: int = 12) -> str:
    """Draw VMAs of two to four pages with gaps of up to two between them."""
    drawn = ""
    for letter in "abcdef":
        drawn += (letter.upper() if rng.random() < 0.6 else letter) * rng.randint(2, 4)
        drawn += "." * rng.randint(0, 2)
    return drawn[:pages].ljust(pages, ".")


def many_vmas(count: int) -> Process:
    """Start a process with `count` VMAs in a row, a page each and a page between them."""
    process = Machine(max_map_count=max(65530, count)).spawn()
    for number in range(count - process.mm.map_count):
        process.mmap(page(2 * number), PAGE_SIZE, PROT_READ, HERE)
    return process


def touched(pages: int, written: tuple[int, ...] = (), read: tuple[int, ...] = ()) -> Process:
    """Start a process with a private writable region and let it write and read some pages."""
    process = ruler("A" * pages)
    for number in written:
        process.store(page(number), b"A")
    for number in read:
        process.load(page(number))
    return process
