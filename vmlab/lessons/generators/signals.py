"""Exercises about what an access, a mapping or a program comes to: signals, faults, merging."""

from __future__ import annotations

import random
from contextlib import suppress

from vmlab.errors import Signal
from vmlab.lessons.answer_kinds import Choice
from vmlab.lessons.fields import Fields
from vmlab.lessons.generators.regions import lines
from vmlab.lessons.misconceptions import distractors
from vmlab.lessons.programs import Segment, elf, program_headers
from vmlab.lessons.question import Generator, Question
from vmlab.lessons.scenarios import HERE, READ_WRITE, page, ruler
from vmlab.model.abi.mman import (
    MAP_FIXED,
    MAP_PRIVATE,
    MAP_SHARED,
    PROT_READ,
    Map,
    Prot,
)
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.process import Process
from vmlab.state.machine import Machine
from vmlab.words.language import N_, say, say_n

MAPERR, ACCERR, ADRERR = "SIGSEGV SEGV_MAPERR", "SIGSEGV SEGV_ACCERR", "SIGBUS BUS_ADRERR"
NO_SIGNAL = N_("no signal")
SIGNALS = Choice(
    (NO_SIGNAL, MAPERR, ACCERR, ADRERR),
    {
        NO_SIGNAL: N_("the access is made, perhaps after a page fault"),
        MAPERR: N_("no region contains the address"),
        ACCERR: N_("a region contains the address but forbids this access"),
        ADRERR: N_("the page of the region lies past the end of the file"),
    },
)
ACCESSES = {
    "load": N_("Then the process reads the byte at {addr:#x}. Which signal does it get?"),
    "store": N_("Then the process writes the byte at {addr:#x}. Which signal does it get?"),
    "fetch": N_("Then the process jumps to {addr:#x}. Which signal does it get?"),
}
PROGRAM_A, PROGRAM_B, SAME = "A", "B", N_("both as many")
MERGED, GAP = N_("they are one line"), N_("two lines: a gap between them")
RIGHTS, SHARING = N_("two lines: other rights"), N_("two lines: one is shared, one private")
BACKING, PLACE = N_("two lines: only one has a file"), N_("two lines: the file does not go on")


def signal_code(rng: random.Random) -> Question:
    """Ask which signal and code an access comes to."""
    process = ruler("")
    size = rng.randint(1, 2 * PAGE_SIZE)
    process.machine.fs.write("/data", b"x" * size)
    fd = process.open("/data", 2)
    kinds = rng.choice([MAP_SHARED, MAP_PRIVATE]), rng.choice([PROT_READ, READ_WRITE])
    process.mmap(page(0), 3 * PAGE_SIZE, kinds[1], kinds[0] | MAP_FIXED, fd)
    process.mmap(page(4), 3 * PAGE_SIZE, rng.choice([0, PROT_READ, READ_WRITE]), HERE)
    process.mmap(page(7), 2 * PAGE_SIZE, READ_WRITE, HERE)
    given = [
        say_n(size, "{file} has {n} byte", "{file} has {n} bytes", file="/data"),
        lines(process),
    ]
    gone = rng.choice([4, 7, 8])
    process.munmap(page(gone), PAGE_SIZE)
    given.append(f"munmap({page(gone):#x}, 4096)")
    state = process.machine.snapshot()
    asked = rng.choice([0, 1, 2, 3, 4, 5, 6, 7, 8, gone])
    addr = page(asked) + rng.randrange(PAGE_SIZE)
    call = rng.choice(["load", "store", "store", "fetch"])
    answer = _signal(process, call, addr)
    return Question(
        say(ACCESSES[call], addr=addr),
        "\n".join(given),
        SIGNALS,
        answer,
        say(
            "Is there a region? Does it allow this access? If it shows a file: is there such a "
            "page of it? (Where a page can be read but lacks x, a jump is refused only once the "
            "page is there: its entry says so.)"
        ),
        say("It means that {meaning}.", meaning=say(SIGNALS.meanings[answer])),
        process.machine,
        "address_space",
        state,
        _believed(answer, call, gone=asked == gone),
    )


def _signal(process: Process, call: str, addr: int) -> str:
    try:
        if call == "store":
            process.store(addr, b"A")
        elif call == "fetch":
            process.fetch(addr)
        else:
            process.load(addr)
    except Signal as signal:
        return f"{signal.name} {signal.code_name}"
    return NO_SIGNAL


def _believed(answer: str, call: str, *, gone: bool) -> dict[str, str]:
    if answer == MAPERR:
        return {NO_SIGNAL: "munmapped_stays" if gone else "gap_is_mapped"}
    if answer == ACCERR:
        return {
            MAPERR: "all_faults_one_code",
            **({NO_SIGNAL: "mapped_is_writable"} if call == "store" else {}),
        }
    if answer == ADRERR:
        return {MAPERR: "file_end_is_segv", NO_SIGNAL: "mapped_is_present"}
    return {ACCERR: "no_write_bit_kills"} if call == "store" else {}


def more_faults(rng: random.Random) -> Question:
    """Ask which of two programs takes more page faults."""
    pages = rng.randint(3, 8)
    programs = {PROGRAM_A: _loops(rng, pages), PROGRAM_B: _loops(rng, pages)}
    faults, accesses = {}, {}
    for name, loops in programs.items():
        faults[name], accesses[name] = _run(loops, pages)
    answer = _more(faults)
    text = "\n\n".join(
        "\n".join((f"{name}:", *(_loop(*loop) for loop in loops)))
        for name, loops in programs.items()
    )
    region = (
        f"char *a = mmap(NULL, {pages} * 4096, PROT_READ|PROT_WRITE, "
        "MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);"
    )
    firsts = {
        name: len({i // PAGE_SIZE for _, step, end in loops for i in range(0, end, step)})
        for name, loops in programs.items()
    }
    return Question(
        say("Which program takes more page faults?"),
        f"{region}\n\n{text}",
        Choice((PROGRAM_A, PROGRAM_B, SAME)),
        answer,
        say("A page faults when it is first touched, and again when it is written after a read."),
        say("A takes {a}, B takes {b}.", a=faults[PROGRAM_A], b=faults[PROGRAM_B]),
        distractors=distractors(
            answer, touched_never_faults=_more(firsts), more_code_more_faults=_more(accesses)
        ),
    )


Loop = tuple[bool, int, int]  # writes, step, end; bytes


def _loops(rng: random.Random, pages: int) -> list[Loop]:
    return [
        (rng.random() < 0.6, rng.choice([512, 4096, 8192]), rng.randint(1, pages) * PAGE_SIZE)
        for _ in range(rng.randint(1, 2))
    ]


def _loop(writes: bool, step: int, end: int) -> str:
    body = "a[i] = 1;" if writes else "x += a[i];"
    return f"for (i = 0; i < {end}; i += {step}) {body}"


def _run(loops: list[Loop], pages: int) -> tuple[int, int]:
    # How many faults and accesses there are.
    process = ruler("A" * pages)
    before, accesses = process.min_flt, 0
    for writes, step, end in loops:
        for i in range(0, end, step):
            accesses += 1
            if writes:
                process.store(page(0) + i, b"A")
            else:
                process.load(page(0) + i)
    return process.min_flt - before, accesses


def _more(numbers: dict[str, int]) -> str:
    a, b = numbers[PROGRAM_A], numbers[PROGRAM_B]
    return SAME if a == b else PROGRAM_A if a > b else PROGRAM_B


def merge_why(rng: random.Random) -> Question:
    """Ask if two mappings become one line, and if not, why."""
    process = ruler("")
    process.machine.fs.write("/data", b"x" * (9 * PAGE_SIZE))
    fd = process.open("/data", 2)
    pages, gap = rng.randint(1, 3), rng.choice([0, 0, 0, 0, 1])
    prot = [rng.choice([READ_WRITE, READ_WRITE, PROT_READ]) for _ in range(2)]
    kind = [rng.choice([MAP_PRIVATE, MAP_PRIVATE, MAP_SHARED]) for _ in range(2)]
    backed = [rng.random() < 0.75] * 2
    if rng.random() < 0.15:
        backed[1] = not backed[0]
    if not any(backed) and kind == [MAP_SHARED, MAP_SHARED]:
        kind = [MAP_PRIVATE, MAP_PRIVATE]  # each shared one has a file of its own, unseen
    offset = rng.randint(0, 2)
    offsets = [offset, rng.choice([offset + pages, offset + pages, offset])]
    starts = [page(0), page(pages + gap)]
    calls = []
    for n in (0, 1):
        flags = kind[n] | MAP_FIXED | (0 if backed[n] else Map.MAP_ANONYMOUS)
        where = offsets[n] * PAGE_SIZE if backed[n] else 0
        length = pages * PAGE_SIZE
        process.mmap(starts[n], length, prot[n], flags, fd if backed[n] else -1, where)
        calls.append(
            f"mmap({starts[n]:#x}, {pages} * 4096, {Prot(prot[n]).name}, {Map(flags).name}, "
            f"{'fd' if backed[n] else -1}, {where:#x})"
        )
    merged = len(lines(process).splitlines()) == 1
    answer = _why_not(gap, prot, kind, backed) or PLACE
    return Question(
        say("Which lines of `/proc/PID/maps` do these calls leave? Name the first reason."),
        "\n".join((say("fd is {file}, open for reading and writing", file="/data"), *calls)),
        Choice((MERGED, GAP, RIGHTS, SHARING, BACKING, PLACE)),
        MERGED if merged else answer,
        say(
            "Neighbours merge if nothing tells them apart. In this order: gap, rights, sharing, "
            "file, offset in the file."
        ),
        say("Then there are these:\n{lines}", lines=lines(process)),
        process.machine,
        distractors=_merge_believed(MERGED if merged else answer),
    )


def _why_not(gap: int, prot: list[int], kind: list[int], backed: list[bool]) -> str:
    if gap:
        return GAP
    if prot[0] != prot[1]:
        return RIGHTS
    if kind[0] != kind[1]:
        return SHARING
    return BACKING if backed[0] != backed[1] else ""


def _merge_believed(answer: str) -> dict[str, str]:
    if answer == MERGED:
        return {PLACE: "regions_never_merge"}
    return {MERGED: "merge_whatever_rights"}


def start_code(rng: random.Random) -> Question:
    """Ask for vm_start of the first region and for start_code."""
    machine = Machine()
    into = rng.randrange(1, 60) * 0x40
    vaddr = rng.choice([0x400000, 0x555000, 0x10000]) + into
    code = Segment("R E", vaddr, rng.randrange(0x100, 0x3000), into)
    program = elf((code,))
    machine.fs.write("/bin/prog", program)
    process = machine.spawn("/bin/prog")
    start = next(vma.vm_start for vma in process.mm)
    with suppress(Signal):
        process.load(start)
    answer = f"{start:#x} {process.mm.start_code:#x}"
    return Question(
        say("After execve: what is `vm_start` of the program's region, and `mm->start_code`?"),
        program_headers(program),
        Fields((("vm_start", "hex"), ("start_code", "hex"))),
        answer,
        say("Regions are made of whole pages; the fields of the mm_struct say what the file says."),
        say("The segment begins {n} bytes into its page.", n=into),
        machine,
        distractors=distractors(answer, start_is_vm_start=f"{start:#x} {start:#x}"),
    )


ALL: tuple[Generator, ...] = (signal_code, more_faults, merge_why, start_code)
