"""Exercises about files: who sees which write, and what execve maps."""

from __future__ import annotations

import random

from vmlab.lessons.answer_kinds import Choice, MapsLineAnswer
from vmlab.lessons.generators.regions import line_at
from vmlab.lessons.misconceptions import distractors
from vmlab.lessons.programs import Segment, elf, program_headers
from vmlab.lessons.question import Generator, Question
from vmlab.lessons.scenarios import page, ruler
from vmlab.model.abi.fcntl import Open
from vmlab.model.abi.mman import MAP_FIXED, MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.state.machine import Machine
from vmlab.words.language import say

LETTERS = ("A", "B", "C", "x")


def shared_byte(rng: random.Random) -> Question:
    """Ask which byte a process reads from a mapped file."""
    first = ruler("")
    first.machine.fs.write("/data", b"x" * 100)
    second = first.machine.spawn()
    people = {"P": first, "Q": second}
    history = [say("{file} holds {content}", file="/data", content="xxxx...")]
    for name, process in people.items():
        flags = rng.choice([MAP_SHARED, MAP_SHARED, MAP_PRIVATE])
        fd = process.open("/data", Open.O_RDWR)
        process.mmap(page(0), PAGE_SIZE, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd)
        kind = "MAP_SHARED" if flags & MAP_SHARED else "MAP_PRIVATE"
        history.append(say("{who} maps {file} {flag}", who=name, file="/data", flag=kind))
    state = first.machine.snapshot()
    last = ""
    for letter in rng.sample("ABC", rng.randint(1, 3)):
        name, last = rng.choice(list(people)), letter
        people[name].store(page(0), letter.encode())
        history.append(
            say("{who} writes {letter} to byte 0 of its mapping", who=name, letter=letter)
        )
    asked = rng.choice(["P", "Q", ""])  # '' = the file
    if asked:
        text = say("What does {who} read there at the end?", who=asked)
        found = people[asked].load(page(0))
    else:
        text = say("What is byte 0 of the file at the end?")
        found = first.machine.fs.read("/data")[:1]
    why = say("That is what the page cache holds after the last shared write.")
    if asked and not people[asked].pagemap(page(0))[0].file:
        why = say("It shows a copy of its own, made by its first write.")
    return Question(
        text,
        "\n".join(history),
        Choice(LETTERS),
        found.decode(),
        say(
            "A shared mapping shows and changes the page cache; a private one shows it until it is "
            "written, and from then on its own copy."
        ),
        why,
        first.machine,
        "page_cache",
        state,
        distractors(found.decode(), private_reaches_file=last, private_is_snapshot="x"),
    )


def segment(rng: random.Random) -> Question:
    """Ask which region a PT_LOAD header becomes."""
    machine = Machine()
    code = Segment("R E", 0x400000, 0x1000 + rng.randrange(0x2000), 0)
    base = 0x410000 + rng.randrange(16) * PAGE_SIZE + rng.randrange(8) * 0x100
    offset = 0x4000 + base % PAGE_SIZE
    filesz = rng.randrange(1, 3 * PAGE_SIZE)
    data = Segment("RW", base, filesz, offset, rng.choice([0, 100, PAGE_SIZE, 3 * PAGE_SIZE]))
    program = elf((code, data))
    machine.fs.write("/bin/prog", program)
    process = machine.spawn("/bin/prog")
    asked = rng.choice([code, data])
    line = line_at(process, asked.vaddr)
    top = -(-(asked.vaddr + asked.memsz) // PAGE_SIZE) * PAGE_SIZE
    return Question(
        say(
            "`readelf -l` says this of a program. Which line of `/proc/PID/maps` contains "
            "{addr:#x} after execve? Give its addresses and rights.",
            addr=asked.vaddr,
        ),
        program_headers(program),
        MapsLineAnswer(),
        line,
        say(
            "A segment is mapped in whole pages: its start is rounded down and the end of its file "
            "part up. What MemSiz adds beyond that page is a region of its own."
        ),
        say("Rights come from Flg; the mapping is private."),
        machine,
        distractors=distractors(
            line, bss_is_in_file=f"{line.split('-')[0]}-{top:08x} {line.split()[1]}"
        ),
    )


ALL: tuple[Generator, ...] = (shared_byte, segment)
