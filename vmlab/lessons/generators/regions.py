"""Exercises about regions: what a call leaves, what is found, where a mapping goes."""

from __future__ import annotations

import random

from vmlab.lessons.answer_kinds import Choice, MapsLineAnswer, Number
from vmlab.lessons.question import Generator, Question
from vmlab.lessons.scenarios import (
    ANYWHERE,
    BASE,
    READ_WRITE,
    page,
    random_ruler,
    read_ruler,
    ruler,
)
from vmlab.model.abi.mman import PROT_READ, Prot
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.process import Process

PAGES = 12


def lines(process: Process) -> str:
    """Return the lines of /proc/PID/maps that a ruler covers."""
    return "\n".join(
        line.strip()
        for line in process.maps().splitlines()
        if BASE <= int(line.split("-")[0], 16) < page(64)
    )


def line_at(process: Process, addr: int) -> str:
    """Return the addresses and rights of the line that contains an address, or none."""
    for line in process.maps().splitlines():
        span, rights = line.split()[:2]
        start, end = (int(part, 16) for part in span.split("-"))
        if start <= addr < end:
            return f"{start:08x}-{end:08x} {rights}"
    return "none"


def unmap(rng: random.Random) -> Question:
    """Ask for the line that contains an address after munmap."""
    process = ruler(random_ruler(rng, PAGES))
    given = lines(process)
    first = rng.randrange(PAGES - 2)
    count = rng.randint(1, 4)
    process.munmap(page(first), count * PAGE_SIZE)
    asked = page(rng.choice([n for n in range(PAGES) if not first <= n < first + count]))
    asked += rng.randrange(1, PAGE_SIZE)
    return Question(
        f"After `munmap({page(first):#x}, {count} * 4096)`, which line of `/proc/PID/maps` "
        f"contains {asked:#x}? Give its addresses and rights.",
        given,
        MapsLineAnswer(),
        line_at(process, asked),
        "munmap removes pages, not regions: what it leaves of a region on either side stays.",
        f"The pages now are `{read_ruler(process, PAGES)}` from {BASE:#x} on, a letter a region.",
        process.machine,
    )


def protect(rng: random.Random) -> Question:
    """Ask for the line that contains an address after mprotect."""
    pages = rng.randint(5, 10)
    process = ruler("A" * pages)
    given = lines(process)
    first = rng.randrange(pages - 1)
    count = rng.randint(1, pages - first - (first == 0))
    prot = rng.choice([Prot.PROT_READ, Prot.PROT_NONE, Prot.PROT_READ | Prot.PROT_EXEC])
    process.mprotect(page(first), count * PAGE_SIZE, prot)
    asked = page(rng.randrange(pages))
    return Question(
        f"After `mprotect({page(first):#x}, {count} * 4096, {prot.name})`, which line of "
        f"`/proc/PID/maps` contains {asked:#x}? Give its addresses and rights.",
        given,
        MapsLineAnswer(),
        line_at(process, asked),
        "A region has one set of rights, so it is split where they change.",
        f"Then there are these:\n{lines(process)}",
        process.machine,
    )


def merge(rng: random.Random) -> Question:
    """Ask how many regions a sequence of mappings leaves."""
    process = ruler("")
    calls = []
    places = [0, 2, 4, 6]
    rng.shuffle(places)
    for place in places:
        prot = rng.choice([READ_WRITE, READ_WRITE, PROT_READ])
        count = rng.choice([1, 2, 2])
        calls.append(
            f"mmap({page(place):#x}, {count} * 4096, {Prot(prot).name}, "
            "MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)"
        )
        process.mmap(page(place), count * PAGE_SIZE, prot, 0x32)
    found = len(lines(process).splitlines())
    return Question(
        f"How many lines of `/proc/PID/maps` between {BASE:#x} and {page(8):#x} do these calls "
        "leave, if there was none before?",
        "\n".join(calls),
        Number("the number of lines"),
        str(found),
        "Neighbours without a gap merge if all else about them is equal, rights first of all.",
        f"They are:\n{lines(process)}",
        process.machine,
    )


def find(rng: random.Random) -> Question:
    """Ask what find_vma returns."""
    process = ruler(random_ruler(rng, PAGES))
    asked = page(rng.randrange(PAGES)) + rng.randrange(PAGE_SIZE)
    # What lies above the ruler is not shown, so the answer must be on it.
    while (vma := find_vma(process.mm, asked)) is None or vma.vm_start >= page(PAGES):
        asked -= PAGE_SIZE
    inside = vma.vm_start <= asked
    return Question(
        f"`find_vma(mm, {asked:#x})` returns a VMA. What is its `vm_start`?",
        lines(process),
        Number("vm_start", hexadecimal=True),
        f"{vma.vm_start:#x}",
        "find_vma returns the first VMA that ends above the address, whether or not it contains "
        "it.",
        "The VMA contains the address."
        if inside
        else "It does not contain the address: the caller must look at vm_start.",
        process.machine,
    )


def place(rng: random.Random) -> Question:
    """Ask where a mapping without a hint goes."""
    process = ruler("")
    sizes = [rng.randint(2, 6) for _ in range(3)]
    starts = [
        process.mmap(None, n * PAGE_SIZE, PROT_READ | 2 * (i % 2), ANYWHERE)
        for i, n in enumerate(sizes)
    ]
    hole = rng.choice([0, 1])
    process.munmap(starts[hole], sizes[hole] * PAGE_SIZE)
    given = "\n".join(
        line.strip() for line in process.maps().splitlines() if line.startswith("7fff")
    )
    wanted = rng.randint(1, 7)
    found = process.mmap(None, wanted * PAGE_SIZE, READ_WRITE, ANYWHERE)
    return Question(
        f"The mmap area ends at {process.mm.mmap_base:#x} and is filled from the top. What does "
        f"`mmap(NULL, {wanted} * 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)` "
        "return?",
        given,
        Number("the address", hexadecimal=True),
        f"{found:#x}",
        "Look for the highest gap below the end that is large enough; the mapping takes its upper "
        "end.",
        "That is the upper end of the highest gap that is large enough, less the length.",
        process.machine,
    )


def rights(rng: random.Random) -> Question:
    """Ask whether an access to a region is allowed."""
    process = ruler(random_ruler(rng, PAGES))
    given = lines(process)
    asked = page(rng.randrange(PAGES)) + rng.randrange(PAGE_SIZE)
    write = rng.random() < 0.5
    span = line_at(process, asked)
    answer = "no region" if span == "none" else "allowed"
    if write and answer == "allowed" and "w" not in span.split()[1]:
        answer = "not allowed"
    return Question(
        f"The program {'writes' if write else 'reads'} the byte at {asked:#x}. Is that allowed?",
        given,
        Choice(
            ("allowed", "not allowed", "no region"),
            {
                "allowed": "a line contains the address and has the right",
                "not allowed": "a line contains the address but lacks the right",
                "no region": "no line contains the address",
            },
        ),
        answer,
        "Find the line that contains the address (its end does not belong to it), then its rights.",
        f"The line that contains it: {span}.",
        process.machine,
    )


ALL: tuple[Generator, ...] = (rights, find, unmap, protect, merge, place)
