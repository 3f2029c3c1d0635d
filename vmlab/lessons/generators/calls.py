"""Exercises about system calls: what mmap answers, what brk moves, what a split keeps."""

from __future__ import annotations

import random

from vmlab.errors import LinuxError
from vmlab.lessons.answer_kinds import Choice, MapsLineAnswer, Number
from vmlab.lessons.generators.regions import line_at, lines
from vmlab.lessons.question import Generator, Question
from vmlab.lessons.scenarios import page, ruler
from vmlab.model.abi.fcntl import Open
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_PRIVATE,
    MAP_SHARED,
    PROT_READ,
    PROT_WRITE,
    Map,
    Prot,
)
from vmlab.model.mmu.page import PAGE_SIZE

ANSWER = Choice(
    ("an address", "EINVAL", "EBADF", "EACCES", "EEXIST", "ENOMEM", "EPERM"),
    {
        "an address": "all six arguments can be as they are",
        "EINVAL": "an argument is malformed: a length of 0, an address or offset inside a page, "
        "neither MAP_SHARED nor MAP_PRIVATE",
        "EBADF": "a descriptor is needed and is not open",
        "EACCES": "the file was not opened for what is asked",
        "EEXIST": "MAP_FIXED_NOREPLACE is given and something is mapped there",
        "ENOMEM": "the range does not fit into the address space",
        "EPERM": "the range is sealed, or the file's mount forbids it",
    },
)


def mmap_answer(rng: random.Random) -> Question:
    """Ask what mmap answers."""
    process = ruler("AA")
    process.machine.fs.write("/data", b"x" * 5000)
    mode = rng.choice([Open.O_RDONLY, Open.O_RDWR])
    fd = process.open("/data", mode)
    addr = rng.choice([0, page(8), page(1), page(8) + 1])
    length = rng.choice([1, 4096, 8192, 0, 1 << 48])
    length = rng.choice([4096, 4096, length])
    prot = rng.choice([PROT_READ, PROT_READ | PROT_WRITE])
    kind = rng.choice([MAP_PRIVATE, MAP_SHARED, MAP_PRIVATE, MAP_SHARED, 0])
    fixed = rng.choice([0, MAP_FIXED, MAP_FIXED_NOREPLACE]) if addr else 0
    anonymous = rng.choice([0, MAP_ANONYMOUS])
    descriptor = -1 if anonymous else rng.choice([fd, fd, fd, 9])
    offset = rng.choice([0, 0, 0, 4096, 100])
    flags = kind | fixed | anonymous
    named = "|".join(
        name for name, bit in Map.__members__.items() if name in NAMES and flags & bit == bit
    )
    try:
        process.mmap(addr, length, prot, flags, descriptor, offset)
        answer, why = "an address", "Nothing is wrong with it."
    except LinuxError as error:
        check = str(error.check)
        answer, why = error.name, f"{check[0].upper()}{check[1:]}."
    return Question(
        f"What does `mmap({addr:#x}, {length:#x}, {Prot(prot).name}, {named or 0}, "
        f"{descriptor}, {offset})` answer?",
        f'{fd} = open("/data", {mode.name}), a file of 5000 bytes\n'
        "9 is not open\nmapped so far: 10000000-10002000 rw-p",
        ANSWER,
        answer,
        "Look at each argument: length, offset and address in pages, one of MAP_SHARED and "
        "MAP_PRIVATE, and what the file was opened for.",
        why,
        process.machine,
    )


NAMES = ("MAP_SHARED", "MAP_PRIVATE", "MAP_FIXED", "MAP_ANONYMOUS", "MAP_FIXED_NOREPLACE")


def heap(rng: random.Random) -> Question:
    """Ask for the line of the heap after some calls of brk."""
    process = ruler("")
    start = process.mm.start_brk
    given = [f"start_brk = brk = {start:#x}"]
    for _ in range(rng.randint(1, 3)):
        end = start + rng.randint(0, 5 * PAGE_SIZE)
        process.brk(end)
        given.append(f"brk({end:#x})")
    return Question(
        "Which line of `/proc/PID/maps` is named `[heap]` then? Give its addresses and rights.",
        "\n".join(given),
        MapsLineAnswer(),
        line_at(process, start),
        "The heap is one region from start_brk to brk, in whole pages.",
        f"brk is {process.mm.brk:#x}; a region ends at the end of a page.",
        process.machine,
    )


def pgoff(rng: random.Random) -> Question:
    """Ask for vm_pgoff of what a split leaves."""
    process = ruler("")
    offset, pages = rng.randint(0, 5), rng.randint(4, 9)
    process.machine.fs.write("/data", b"x" * (16 * PAGE_SIZE))
    fd = process.open("/data", Open.O_RDONLY)
    process.mmap(
        page(0), pages * PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, offset * PAGE_SIZE
    )
    given = lines(process)
    first = rng.randint(1, pages - 2)
    count = rng.randint(1, pages - first - 1)
    process.munmap(page(first), count * PAGE_SIZE)
    above = next(vma for vma in process.mm if vma.vm_start == page(first + count))
    return Question(
        f"After `munmap({page(first):#x}, {count} * 4096)`, what is `vm_pgoff`, in pages, of the "
        f"VMA that begins at {page(first + count):#x}?",
        given,
        Number("vm_pgoff"),
        str(above.vm_pgoff),
        "Each page must go on to show the same page of the file. (maps gives the offset in "
        "bytes, vm_pgoff counts pages.)",
        f"It begins {first + count} pages after the old start, which showed page {offset}.",
        process.machine,
    )


ALL: tuple[Generator, ...] = (mmap_answer, heap, pgoff)
