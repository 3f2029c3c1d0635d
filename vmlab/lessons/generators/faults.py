"""Exercises about page faults: what the next access makes the kernel do."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress

from vmlab.errors import Signal
from vmlab.lessons.answer_kinds import Choice, Number
from vmlab.lessons.generators.regions import lines
from vmlab.lessons.misconceptions import distractors
from vmlab.lessons.question import Generator, Question
from vmlab.lessons.scenarios import page, random_ruler, ruler
from vmlab.model.abi.mman import MAP_FIXED, MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE
from vmlab.model.process import Process
from vmlab.record.recorder import Recorder, Step
from vmlab.words.language import N_, say, say_n

PAGES = 12
NO_FAULT, ZERO_PAGE, NEW_FRAME = N_("no fault"), N_("zero page"), N_("new frame")
FILE_PAGE, COPY, REUSE = N_("file page"), N_("copy"), N_("reuse")
MEANINGS = {
    NO_FAULT: N_("the entry is present and allows the access, so the kernel is not called"),
    ZERO_PAGE: N_("an anonymous page that was never written is read, and shows the page of zeros"),
    NEW_FRAME: N_("an anonymous page is touched first by a write, and gets a frame of zeros"),
    FILE_PAGE: N_("the entry is empty, and the file's own page in the page cache is mapped"),
    COPY: N_("a private page is written, but others use its frame too, so that it is copied"),
    REUSE: N_(
        "the entry forbids writing, but no copy is needed: nobody else uses the frame, or the "
        "region is shared"
    ),
    "SEGV_MAPERR": N_("no region contains the address"),
    "SEGV_ACCERR": N_("a region contains the address but forbids this access"),
    "BUS_ADRERR": N_("the page of the region lies past the end of the file"),
}
KIND = Choice(tuple(MEANINGS), MEANINGS)

# By the right answer, what stands for a misconception.
_EMPTY = {NO_FAULT: "mapped_is_present"}
_FORBIDS = {NO_FAULT: "touched_never_faults", "SEGV_ACCERR": "no_write_bit_kills"}
BELIEVED: dict[str, dict[str, str]] = {
    ZERO_PAGE: {**_EMPTY, NEW_FRAME: "read_takes_a_frame"},
    NEW_FRAME: {**_EMPTY, "SEGV_MAPERR": "unbacked_is_unmapped"},
    FILE_PAGE: _EMPTY,
    COPY: {**_FORBIDS, REUSE: "written_in_place"},
    REUSE: {**_FORBIDS, COPY: "write_always_copies"},
    "SEGV_MAPERR": {NEW_FRAME: "gap_is_mapped", "SEGV_ACCERR": "all_faults_one_code"},
    "SEGV_ACCERR": {"SEGV_MAPERR": "all_faults_one_code", NO_FAULT: "mapped_is_writable"},
    "BUS_ADRERR": {"SEGV_MAPERR": "file_end_is_segv", FILE_PAGE: "file_grows"},
}

# Who does what, and whether it is a write.
HISTORY = {
    ("process", False): N_("It reads a byte at {addr:#x}"),
    ("process", True): N_("It writes a byte at {addr:#x}"),
    ("parent", False): N_("The parent reads a byte at {addr:#x}"),
    ("parent", True): N_("The parent writes a byte at {addr:#x}"),
    ("child", False): N_("The child reads a byte at {addr:#x}"),
    ("child", True): N_("The child writes a byte at {addr:#x}"),
}
ASKED = {
    ("process", False): N_(
        "Then the process reads a byte at {addr:#x}. What kind of page fault is that?"
    ),
    ("process", True): N_(
        "Then the process writes a byte at {addr:#x}. What kind of page fault is that?"
    ),
    ("parent", False): N_(
        "Then the parent reads a byte at {addr:#x}. What kind of page fault is that?"
    ),
    ("parent", True): N_(
        "Then the parent writes a byte at {addr:#x}. What kind of page fault is that?"
    ),
    ("child", False): N_(
        "Then the child reads a byte at {addr:#x}. What kind of page fault is that?"
    ),
    ("child", True): N_(
        "Then the child writes a byte at {addr:#x}. What kind of page fault is that?"
    ),
}


def kind_of(steps: Sequence[Step]) -> str:
    """Say in a word what the fault among some steps came to."""
    names = {step.event.name for step in steps}
    values = [step.event.values() for step in steps]
    branches = {value["node"]: value["answer"] for value in values if "node" in value}
    for value in values:
        if "code" in value:
            return str(value["code"])
    if "page_fault_user" not in names:
        return NO_FAULT
    if "anonymous" in branches:
        return ZERO_PAGE if branches["anonymous"] == "read" else NEW_FRAME
    if "cow_copy" in names or branches.get("fault_type") == "private_write":
        return COPY
    return REUSE if "cow_reuse" in names else FILE_PAGE


def _access(process: Process, addr: int, write: bool) -> str:
    # Make an access, survive it, and say what it came to.
    with Recorder(process.machine) as recorder, suppress(Signal):
        process.store(addr, b"A") if write else process.load(addr)
    return kind_of(recorder.steps)


def _why(answer: str) -> str:
    return say("It means that {meaning}.", meaning=say(MEANINGS[answer]))


def _believed(answer: str) -> dict[str, str]:
    # Kinds of faults that somebody who is mistaken takes for the right one.
    return BELIEVED.get(answer, {})


def _told(who: str, number: int, write: bool) -> str:
    return say(HISTORY[who, write], addr=page(number))


def next_fault(rng: random.Random) -> Question:
    """Ask what kind of fault the next access of a lone process causes."""
    process = ruler(random_ruler(rng, PAGES))
    history = [lines(process), ""]
    places = [n for n in range(PAGES) if lines_cover(process, page(n))]
    asked = rng.choice(places)
    for _ in range(rng.randint(0, 2)):
        number, write = rng.choice([asked, rng.choice(places)]), rng.random() < 0.5
        if write and not may_write(process, page(number)):
            write = False
        _access(process, page(number), write)
        history.append(_told("process", number, write))
    if rng.random() < 0.15:
        asked = rng.randrange(PAGES)
    write, state = rng.random() < 0.6, process.machine.snapshot()
    answer = _access(process, page(asked), write)
    return Question(
        say(ASKED["process", write], addr=page(asked)),
        "\n".join(history).strip(),
        KIND,
        answer,
        say(
            "Ask in the kernel's order: is there a region? does it allow the access? is the entry "
            "empty? is the frame shared?"
        ),
        _why(answer),
        process.machine,
        "address_space",
        state,
        _believed(answer),
    )


def lines_cover(process: Process, addr: int) -> bool:
    """Say if a region contains an address."""
    return any(vma.vm_start <= addr < vma.vm_end for vma in process.mm)


def may_write(process: Process, addr: int) -> bool:
    """Say if a region that contains an address allows writing."""
    return any(vma.vm_start <= addr < vma.vm_end and "w" in vma.perms for vma in process.mm)


def family_fault(rng: random.Random) -> Question:
    """Ask what kind of fault an access after a fork causes."""
    parent = ruler("AAA")
    written = rng.sample(range(3), rng.randint(1, 3))
    for number in written:
        parent.store(page(number), b"A")
    history = [lines(parent), "", *(_told("parent", n, True) for n in written), "fork"]
    child = parent.fork()
    people = {"parent": parent, "child": child}
    for _ in range(rng.randint(0, 2)):
        who, number, write = rng.choice(list(people)), rng.randrange(3), rng.random() < 0.7
        _access(people[who], page(number), write)
        history.append(_told(who, number, write))
    if rng.random() < 0.3:
        child.exit(0)
        del people["child"]
        history.append(say("The child exits"))
    who, asked, write = rng.choice(list(people)), rng.randrange(3), rng.random() < 0.8
    state = parent.machine.snapshot()
    answer = _access(people[who], page(asked), write)
    return Question(
        say(ASKED[who, write], addr=page(asked)),
        "\n".join(history),
        KIND,
        answer,
        say(
            "After a fork both entries of a shared frame forbid writing. Who has written since, "
            "and who still uses the frame?"
        ),
        _why(answer),
        parent.machine,
        "frames",
        state,
        _believed(answer),
    )


def file_fault(rng: random.Random) -> Question:
    """Ask what kind of fault an access to a mapped file causes."""
    process = ruler("")
    pages = rng.randint(1, 3)
    size = pages * 4096 - rng.randrange(4000)
    process.machine.fs.write("/data", b"x" * size)
    flags = rng.choice([MAP_SHARED, MAP_PRIVATE])
    prot = rng.choice([PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE])
    fd = process.open("/data", 2)
    process.mmap(page(0), 4 * 4096, prot, flags | MAP_FIXED, fd)
    has = say_n(size, "{file} has {n} byte", "{file} has {n} bytes", file="/data")
    history = [has, lines(process), ""]
    if rng.random() < 0.4:
        _access(process, page(0), False)
        history.append(_told("process", 0, False))
    asked, write = rng.randrange(4), rng.random() < 0.6
    asked, state = rng.choice([0, asked]), process.machine.snapshot()
    answer = _access(process, page(asked), write)
    around = say("(Reading maps up to 16 cached pages around at once.)")
    return Question(
        f"{say(ASKED['process', write], addr=page(asked))} {around}",
        "\n".join(history).strip(),
        KIND,
        answer,
        say(
            "Does the region allow the access? Where does the file end? Is the mapping private (p) "
            "or shared (s)?"
        ),
        _why(answer),
        process.machine,
        "page_cache",
        state,
        _believed(answer),
    )


def fault_count(rng: random.Random) -> Question:
    """Ask how many faults a loop over an array causes."""
    pages = rng.randint(2, 9)
    process = ruler("A" * pages)
    step = rng.choice([64, 512, 1024, 4096, 8192])
    start = rng.choice([0, 0, 2048])
    loop = f"for (i = {start}; i < {pages * 4096}; i += {step}) a[i] = 'A';"
    before = process.min_flt
    for addr in range(page(0) + start, page(pages), step):
        process.store(addr, b"A")
    return Question(
        say("How many page faults does this loop cause? `{loop}`", loop=loop),
        f"char *a = mmap(NULL, {pages} * 4096, PROT_READ|PROT_WRITE, "
        "MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);",
        Number(N_("the number of faults")),
        str(process.min_flt - before),
        say("A page faults once, on its first write. Which pages does the loop touch?"),
        say("One for each page that is touched."),
        process.machine,
        distractors=distractors(
            str(process.min_flt - before),
            each_access_faults=str(len(range(start, pages * 4096, step))),
            mapped_is_present="0",
        ),
    )


ALL: tuple[Generator, ...] = (next_fault, family_fault, file_fault, fault_count)
