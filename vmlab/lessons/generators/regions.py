"""Exercises about regions: what a call leaves, what is found, where a mapping goes."""

from __future__ import annotations

import random

from vmlab.lessons.answer_kinds import NONE, Choice, MapsLineAnswer, Number
from vmlab.lessons.misconceptions import distractors
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
from vmlab.words.language import N_, say

PAGES = 12
ALLOWED, NOT_ALLOWED, NO_REGION = N_("allowed"), N_("not allowed"), N_("no region")
RIGHTS = Choice(
    (ALLOWED, NOT_ALLOWED, NO_REGION),
    {
        ALLOWED: N_("a line contains the address and has the right"),
        NOT_ALLOWED: N_("a line contains the address but lacks the right"),
        NO_REGION: N_("no line contains the address"),
    },
)


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
    return NONE


def unmap(rng: random.Random) -> Question:
    """Ask for the line that contains an address after munmap."""
    process = ruler(random_ruler(rng, PAGES))
    given, state = lines(process), process.machine.snapshot()
    first = rng.randrange(PAGES - 2)
    count = rng.randint(1, 4)
    process.munmap(page(first), count * PAGE_SIZE)
    drawn = read_ruler(process, PAGES)
    asked = page(rng.choice([n for n in range(PAGES) if not first <= n < first + count]))
    asked += rng.randrange(1, PAGE_SIZE)
    return Question(
        _which_line(f"munmap({page(first):#x}, {count} * 4096)", asked),
        given,
        MapsLineAnswer(),
        line_at(process, asked),
        say("munmap removes pages, not regions: what it leaves of a region on either side stays."),
        say(
            "The pages now are `{ruler}` from {addr:#x} on, one letter for each region.",
            ruler=drawn,
            addr=BASE,
        ),
        process.machine,
        "address_space",
        state,
        distractors(line_at(process, asked), munmap_takes_regions=NONE),
    )


def _which_line(call: str, addr: int) -> str:
    return say(
        "After `{call}`, which line of `/proc/PID/maps` contains {addr:#x}? Give its addresses and "
        "rights.",
        call=call,
        addr=addr,
    )


def protect(rng: random.Random) -> Question:
    """Ask for the line that contains an address after mprotect."""
    pages = rng.randint(5, 10)
    process = ruler("A" * pages)
    given, state = lines(process), process.machine.snapshot()
    first = rng.randrange(pages - 1)
    count = rng.randint(1, pages - first - (first == 0))
    prot = rng.choice([Prot.PROT_READ, Prot.PROT_NONE, Prot.PROT_READ | Prot.PROT_EXEC])
    process.mprotect(page(first), count * PAGE_SIZE, prot)
    asked = page(rng.randrange(pages))
    rights = "".join(
        letter if bit & prot else "-"
        for letter, bit in zip(
            "rwx", (Prot.PROT_READ, Prot.PROT_WRITE, Prot.PROT_EXEC), strict=True
        )
    )
    return Question(
        _which_line(f"mprotect({page(first):#x}, {count} * 4096, {prot.name})", asked),
        given,
        MapsLineAnswer(),
        line_at(process, asked),
        say("A region has one set of rights, so it is split where they change."),
        say("Then there are these:\n{lines}", lines=lines(process)),
        process.machine,
        "address_space",
        state,
        distractors(
            line_at(process, asked), mprotect_takes_regions=f"{given.split()[0]} {rights}p"
        ),
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
    drawn = read_ruler(process, 8)
    runs = len("".join(" " if letter == "." else "x" for letter in drawn).split())
    return Question(
        say(
            "How many lines of `/proc/PID/maps` between {start:#x} and {end:#x} do these calls "
            "leave, if there were none before?",
            start=BASE,
            end=page(8),
        ),
        "\n".join(calls),
        Number(N_("the number of lines")),
        str(found),
        say("Neighbours without a gap merge if all else about them is equal, rights first of all."),
        say("They are:\n{lines}", lines=lines(process)),
        process.machine,
        distractors=distractors(
            str(found), regions_never_merge=str(len(calls)), merge_whatever_rights=str(runs)
        ),
    )


def find(rng: random.Random) -> Question:
    """Ask what find_vma returns."""
    process = ruler(random_ruler(rng, PAGES))
    asked = page(rng.randrange(PAGES)) + rng.randrange(PAGE_SIZE)
    # What lies above the ruler is not shown, so the answer must be on it.
    while (vma := find_vma(process.mm, asked)) is None or vma.vm_start >= page(PAGES):
        asked -= PAGE_SIZE
    below = [each.vm_start for each in process.mm if BASE <= each.vm_start <= asked]
    why = say("The VMA contains the address.")
    if asked < vma.vm_start:
        why = say("It does not contain the address: the caller must look at vm_start.")
    return Question(
        say("`{call}` returns a VMA. What is its `vm_start`?", call=f"find_vma(mm, {asked:#x})"),
        lines(process),
        Number("vm_start", hexadecimal=True, objects="vma"),
        f"{vma.vm_start:#x}",
        say(
            "find_vma returns the first VMA that ends above the address, whether or not it "
            "contains it."
        ),
        why,
        process.machine,
        "vma_tree",
        process.machine.snapshot(),
        distractors(f"{vma.vm_start:#x}", find_looks_below=f"{below[-1]:#x}" if below else ""),
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
    wanted, state = rng.randint(1, 7), process.machine.snapshot()
    found = process.mmap(None, wanted * PAGE_SIZE, READ_WRITE, ANYWHERE)
    call = f"mmap(NULL, {wanted} * 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)"
    return Question(
        say(
            "The mmap area ends at {end:#x} and is filled from the top. What does `{call}` return?",
            end=process.mm.mmap_base,
            call=call,
        ),
        given,
        Number(N_("the address"), hexadecimal=True),
        f"{found:#x}",
        say(
            "Look for the highest gap below the end that is large enough; the mapping takes its "
            "upper end."
        ),
        say("That is the upper end of the highest gap that is large enough, less the length."),
        process.machine,
        "address_space",
        state,
        distractors(
            f"{found:#x}",
            gap_filled_from_below=f"{starts[hole]:#x}" if wanted <= sizes[hole] else "",
            any_gap_will_do=f"{starts[hole] + (sizes[hole] - wanted) * PAGE_SIZE:#x}",
        ),
    )


def rights(rng: random.Random) -> Question:
    """Ask whether an access to a region is allowed."""
    process = ruler(random_ruler(rng, PAGES))
    given = lines(process)
    asked = page(rng.randrange(PAGES)) + rng.randrange(PAGE_SIZE)
    write = rng.random() < 0.5
    span = line_at(process, asked)
    answer = NO_REGION if span == NONE else ALLOWED
    if write and answer == ALLOWED and "w" not in span.split()[1]:
        answer = NOT_ALLOWED
    text = say("The program reads the byte at {addr:#x}. Is that allowed?", addr=asked)
    if write:
        text = say("The program writes the byte at {addr:#x}. Is that allowed?", addr=asked)
    return Question(
        text,
        given,
        RIGHTS,
        answer,
        say(
            "Find the line that contains the address (its end does not belong to it), then its "
            "rights."
        ),
        say("The line that contains it: {line}.", line=MapsLineAnswer().shown(span)),
        process.machine,
        "address_space",
        process.machine.snapshot(),
        {ALLOWED: "mapped_is_writable", NO_REGION: "refused_is_unmapped"}
        if answer == NOT_ALLOWED
        else distractors(answer, gap_is_mapped=ALLOWED if answer == NO_REGION else ""),
    )


ALL: tuple[Generator, ...] = (rights, find, unmap, protect, merge, place)
