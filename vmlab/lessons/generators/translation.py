"""Exercises about page tables: indexes, entries, bits."""

from __future__ import annotations

import random
from collections.abc import Collection
from itertools import pairwise

from vmlab.lessons.answer_kinds import NONE, Names, Number, Numbers
from vmlab.lessons.misconceptions import distractors
from vmlab.lessons.question import Generator, Question
from vmlab.lessons.scenarios import READ_WRITE, page, ruler
from vmlab.model.abi.mman import PROT_READ
from vmlab.model.linux.mm.pgtable import get_pte
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.mmu.pte import X86_64, pte_flags
from vmlab.model.mmu.walk import walk
from vmlab.state.machine import Machine
from vmlab.words.language import N_, say

BITS = ("P", "RW", "US", "A", "D", "NX")


def indexes(rng: random.Random) -> Question:
    """Ask for the indexes of an address."""
    addr = rng.choice([rng.randrange(1 << 47), rng.randrange(1 << 32), page(rng.randrange(4096))])
    found = X86_64.indexes(addr)
    return Question(
        say(
            "Which entry of each table does the MMU read on its way to {addr:#x}? Give four "
            "indexes, top level first, in decimal.",
            addr=addr,
        ),
        say(
            "{addr:#x} in binary, in groups of 16+9+9+9+9+12 bits:\n{groups}",
            addr=addr,
            groups=_groups(addr),
        ),
        Numbers(X86_64.level_names),
        " ".join(map(str, found)),
        say("Bits 39-47 choose the PGD entry, 30-38 the PUD, 21-29 the PMD, 12-20 the PTE."),
        say("The rest, {rest:#x}, is the place within the page.", rest=addr & (PAGE_SIZE - 1)),
        Machine(),
        distractors=distractors(
            " ".join(map(str, found)), walk_from_below=" ".join(map(str, reversed(found)))
        ),
    )


def _groups(addr: int) -> str:
    bits = f"{addr:064b}"
    cuts = (0, 16, 25, 34, 43, 52, 64)
    return " ".join(bits[a:b] for a, b in pairwise(cuts))


def physical(rng: random.Random) -> Question:
    """Ask for the physical address that a walk leads to."""
    process = ruler("A" * 8)
    touched = rng.sample(range(8), 4)
    for number in touched:
        process.store(page(number), b"A")
    addr = page(rng.choice(touched)) + rng.randrange(PAGE_SIZE)
    system = process.mm.system
    steps = walk(system.ram, system.geometry, process.mm.pgd, addr)
    pfn = process.pagemap(addr)[0].pfn
    return Question(
        say(
            "The MMU walks to {addr:#x} and reads these entries. At which physical address is the "
            "byte?",
            addr=addr,
        ),
        "\n".join(f"{step.level}[{step.index}] = {step.entry:#018x}" for step in steps),
        Number(N_("the physical address"), hexadecimal=True),
        f"{pfn * PAGE_SIZE + addr % PAGE_SIZE:#x}",
        say(
            "The last entry holds the frame in bits 12 to 51; the last three hex digits of the "
            "address stay."
        ),
        say("Frame {pfn:#x}, byte {byte:#x} of it.", pfn=pfn, byte=addr % PAGE_SIZE),
        process.machine,
        distractors=distractors(
            f"{pfn * PAGE_SIZE + addr % PAGE_SIZE:#x}",
            offset_forgotten=f"{pfn * PAGE_SIZE:#x}",
            virtual_is_physical=f"{addr:#x}",
        ),
    )


def bits(rng: random.Random) -> Question:
    """Ask for the bits of an entry after some accesses."""
    writable = rng.random() < 0.7
    process = ruler("A" if writable else "a")
    perms = "rw-p" if writable else "r--p"
    calls = [say("mmap a page at {addr:#x}, {perms}, anonymous", addr=page(0), perms=perms)]
    for _ in range(rng.randint(0, 3)):
        call = rng.choice(["load", "store", "store", "fork", "mprotect"])
        if call == "store" and not writable:
            call = "load"
        if call == "load":
            process.load(page(0))
        elif call == "store":
            process.store(page(0), b"A")
        elif call == "fork":
            process.fork()
        else:
            writable = not writable
            process.mprotect(page(0), PAGE_SIZE, READ_WRITE if writable else PROT_READ)
            call = say("mprotect to {rights}", rights="rw-" if writable else "r--")
        calls.append(call)
    entry = get_pte(process.mm, page(0))
    found = (pte_flags(entry).name or "").split("|")
    answer = _named(found)
    return Question(
        say(
            "A process does this. Which bits has its page-table entry of {addr:#x} then?",
            addr=page(0),
        ),
        "\n".join(calls),
        Names(BITS),
        answer,
        say(
            "No access, no entry; the first read maps the zero page, read-only; RW is missing "
            "where a frame is shared or the region forbids writing."
        ),
        say("The entry is {entry:#x}.", entry=entry),
        process.machine,
        distractors=distractors(
            answer,
            entry_follows_region=_named([*found, "RW"]) if entry and writable else "",
            mapped_is_present="" if entry else _named(["P", "US", "NX", *["RW"] * writable]),
        ),
    )


def _named(names: Collection[str]) -> str:
    return " ".join(name for name in BITS if name in names) or NONE


ALL: tuple[Generator, ...] = (indexes, physical, bits)
