"""Exercises about system calls: what mmap answers, what brk moves, what a split keeps."""

from __future__ import annotations

import random

from vmlab.errors import LinuxError
from vmlab.lessons.answer_kinds import Choice, MapsLineAnswer, Number
from vmlab.lessons.generators.regions import line_at, lines
from vmlab.lessons.misconceptions import distractors
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
from vmlab.words.language import N_, say, say_n, sentence_of

AN_ADDRESS = N_("an address")
ANSWER = Choice(
    (AN_ADDRESS, "EINVAL", "EBADF", "EACCES", "EEXIST", "ENOMEM", "EPERM"),
    {
        AN_ADDRESS: N_("all six arguments are acceptable"),
        "EINVAL": N_(
            "an argument is malformed: a length of 0, an address or offset inside a page, "
            "neither MAP_SHARED nor MAP_PRIVATE"
        ),
        "EBADF": N_("a descriptor is needed and is not open"),
        "EACCES": N_("the file was not opened for what is asked"),
        "EEXIST": N_("MAP_FIXED_NOREPLACE is given and something is mapped there"),
        "ENOMEM": N_("the range does not fit into the address space"),
        "EPERM": N_("the range is sealed, or the file's mount forbids it"),
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
    state = process.machine.snapshot()
    try:
        process.mmap(addr, length, prot, flags, descriptor, offset)
        answer, why = AN_ADDRESS, say("Nothing is wrong with it.")
    except LinuxError as error:
        answer, why = error.name, sentence_of(error.check)
    call = f"mmap({addr:#x}, {length:#x}, {Prot(prot).name}, {named or 0}, {descriptor}, {offset})"
    given = (
        say_n(
            5000,
            "{call}, a file of {n} byte",
            "{call}, a file of {n} bytes",
            call=f'{fd} = open("/data", {mode.name})',
        ),
        say("{fd} is not open", fd=9),
        say("mapped so far: {line}", line="10000000-10002000 rw-p"),
    )
    return Question(
        say("What does `{call}` answer?", call=call),
        "\n".join(given),
        ANSWER,
        answer,
        say(
            "Look at each argument: length, offset and address in pages, one of MAP_SHARED and "
            "MAP_PRIVATE, and what the file was opened for."
        ),
        why,
        process.machine,
        "address_space",
        state,
        distractors(answer, mmap_corrects=AN_ADDRESS),
    )


NAMES = ("MAP_SHARED", "MAP_PRIVATE", "MAP_FIXED", "MAP_ANONYMOUS", "MAP_FIXED_NOREPLACE")


def heap(rng: random.Random) -> Question:
    """Ask for the line of the heap after some calls of brk."""
    process = ruler("")
    start, state = process.mm.start_brk, process.machine.snapshot()
    given = [f"start_brk = brk = {start:#x}"]
    ends = []
    for _ in range(rng.randint(1, 3)):
        end = start + rng.randint(0, 5 * PAGE_SIZE)
        process.brk(end)
        ends.append(end)
        given.append(f"brk({end:#x})")
    return Question(
        say(
            "Which line of `/proc/PID/maps` is named `[heap]` then? Give its addresses and rights."
        ),
        "\n".join(given),
        MapsLineAnswer(),
        line_at(process, start),
        say("The heap is one region from start_brk to brk, in whole pages."),
        say("brk is {brk:#x}; a region ends at the end of a page.", brk=process.mm.brk),
        process.machine,
        "address_space",
        state,
        distractors(
            line_at(process, start),
            heap_keeps_its_top=_heap(start, max(ends)),
            heap_forgets_its_start=_heap(max(start, ends[-1] & -PAGE_SIZE), ends[-1]),
        ),
    )


def _heap(start: int, end: int) -> str:
    # The line of a region of whole pages.
    top = -(-end // PAGE_SIZE) * PAGE_SIZE
    return f"{start:08x}-{top:08x} rw-p" if top > start else ""


def pgoff(rng: random.Random) -> Question:
    """Ask for vm_pgoff of what a split leaves."""
    process = ruler("")
    offset, pages = rng.randint(0, 5), rng.randint(4, 9)
    process.machine.fs.write("/data", b"x" * (16 * PAGE_SIZE))
    fd = process.open("/data", Open.O_RDONLY)
    process.mmap(
        page(0), pages * PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, offset * PAGE_SIZE
    )
    given, state = lines(process), process.machine.snapshot()
    first = rng.randint(1, pages - 2)
    count = rng.randint(1, pages - first - 1)
    process.munmap(page(first), count * PAGE_SIZE)
    above = next(vma for vma in process.mm if vma.vm_start == page(first + count))
    return Question(
        say(
            "After `{call}`, what is `vm_pgoff`, in pages, of the VMA that begins at {addr:#x}?",
            call=f"munmap({page(first):#x}, {count} * 4096)",
            addr=page(first + count),
        ),
        given,
        Number("vm_pgoff"),
        str(above.vm_pgoff),
        say(
            "Each page must still show the same page of the file. (maps gives the offset in "
            "bytes, vm_pgoff counts pages.)"
        ),
        say_n(
            first + count,
            "It begins {n} page after the old start, which showed page {offset}.",
            "It begins {n} pages after the old start, which showed page {offset}.",
            offset=offset,
        ),
        process.machine,
        "address_space",
        state,
        distractors(
            str(above.vm_pgoff),
            offset_stays=str(offset),
            pgoff_in_bytes=str(above.vm_pgoff * PAGE_SIZE),
        ),
    )


ALL: tuple[Generator, ...] = (mmap_answer, heap, pgoff)
