"""The exercises answered by another route, from nothing but the words of a question.

What the words say is done on a new machine, and the answer is read where a student would look for
it: `/proc/PID/maps`, `pagemap`, signals, fault counts. Or it is worked out by hand.
"""

import re
from collections.abc import Callable

from tests.lessons.replay_shared import SHARED_ROUTES
from tests.lessons.replay_small import SMALL_ROUTES
from vmlab import (
    MAP_FIXED,
    MAP_PRIVATE,
    MAP_SHARED,
    O_RDWR,
    PAGE_SIZE,
    PROT_EXEC,
    PROT_READ,
    PROT_WRITE,
    BusError,
    LinuxError,
    Process,
    Segfault,
)
from vmlab.lessons.scenarios import BASE, HERE, page, ruler
from vmlab.model.abi.fcntl import Open
from vmlab.model.abi.mman import Map, Prot
from vmlab.state import views
from vmlab.state.capture import capture

LINE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) ([r-])([w-])([x-])([ps]) ([0-9a-f]+) \S+ \d+ *(\S*)")
LETTERS = {"r": PROT_READ, "w": PROT_WRITE, "x": PROT_EXEC, "-": 0}
BITS = {"P": 0, "RW": 1, "US": 2, "A": 5, "D": 6, "NX": 63}


def numbers(text: str) -> list[int]:
    """Every number in a text, in order."""
    return [int(word, 0) for word in re.findall(r"\b(?:0x[0-9a-f]+|\d+)\b", text)]


def named(family: type[Prot] | type[Map] | type[Open], words: str) -> int:
    """PROT_READ|PROT_WRITE and the like, as a number."""
    return sum(0 if word == "0" else family[word] for word in words.split("|"))


def with_lines(given: str, size: int = 16 * PAGE_SIZE) -> Process:
    """Start a process that has the anonymous and /data lines of a question."""
    process = ruler("")
    process.machine.fs.write("/data", b"x" * size)
    for start, end, r, w, x, shared, offset, path in LINE.findall(given):
        addr, length = int(start, 16), int(end, 16) - int(start, 16)
        if path.startswith("["):
            continue
        prot = LETTERS[r] | LETTERS[w] | LETTERS[x]
        if path:
            flags = MAP_FIXED | (MAP_SHARED if shared == "s" else MAP_PRIVATE)
            fd = process.open("/data", O_RDWR)
            process.mmap(addr, length, prot, flags, fd, int(offset, 16))
        else:
            process.mmap(addr, length, prot, HERE)
    return process


def line_with(process: Process, addr: int) -> str:
    """The beginning of the line of maps that contains an address."""
    for line in process.maps().splitlines():
        start, end, rights = re.split("[- ]", line, maxsplit=2)
        if int(start, 16) <= addr < int(end, 16):
            return f"{start}-{end} {rights[:4]}"
    return "none"


def access(process: Process, addr: int, write: bool) -> str:
    """Make an access and tell its kind by what it changed."""
    entry, faults = process.pagemap(addr)[0], process.min_flt
    file_backed = any(v.vm_file for v in process.mm if v.vm_start <= addr < v.vm_end)
    process.sigaction(7)
    process.sigaction(11)
    try:
        process.store(addr, b"A") if write else process.load(addr)
    except (Segfault, BusError) as signal:
        return signal.code_name
    if process.min_flt == faults:
        return "no fault"
    now = process.pagemap(addr)[0]
    if now.zero:
        return "zero page"
    if entry.present:
        return "reuse" if entry.pfn == now.pfn else "copy"
    if now.file:
        return "file page"
    return "copy" if file_backed else "new frame"


def rights(given: str, text: str) -> str:
    said = access(with_lines(given), *numbers(text)[:1], write="writes" in text)
    return {"SEGV_MAPERR": "no region", "SEGV_ACCERR": "not allowed"}.get(said, "allowed")


def find(given: str, text: str) -> str:
    (addr,) = numbers(text)
    ends = ((int(line[0], 16), int(line[1], 16)) for line in LINE.findall(given))
    return f"{next(start for start, end in ends if end > addr):#x}"


def unmap(given: str, text: str) -> str:
    start, pages, _, asked = numbers(text)
    process = with_lines(given)
    process.munmap(start, pages * PAGE_SIZE)
    return line_with(process, asked)


def protect(given: str, text: str) -> str:
    start, pages, _, asked = numbers(text)
    process = with_lines(given)
    (words,) = re.findall(r"PROT_[A-Z_|]+", text)
    process.mprotect(start, pages * PAGE_SIZE, named(Prot, words))
    return line_with(process, asked)


def merge(given: str, text: str) -> str:
    process = ruler("")
    for line in given.splitlines():
        start, pages, *_ = numbers(line)
        process.mmap(start, pages * PAGE_SIZE, named(Prot, line.split(", ")[2]), HERE)
    first, end = numbers(text)
    return str(sum(first <= vma.vm_start < end for vma in process.mm))


def place(given: str, text: str) -> str:
    (pages,) = re.findall(r"NULL, (\d+) \* 4096", text)
    taken = sorted((int(line[0], 16), int(line[1], 16)) for line in LINE.findall(given))
    top = numbers(text)[0]
    for start, end in reversed(taken):
        if end <= top and top - end >= int(pages) * PAGE_SIZE:
            break
        top = min(top, start)
    return f"{top - int(pages) * PAGE_SIZE:#x}"


def mmap_answer(given: str, text: str) -> str:
    process = ruler("AA")
    process.machine.fs.write("/data", b"x" * 5000)
    (mode,) = re.findall(r"O_[A-Z]+", given)
    fd = process.open("/data", Open[mode])
    assert given.startswith(f"{fd} = ")
    assert "10000000-10002000 rw-p" in given
    (call,) = re.findall(r"mmap\((.*)\)`", text)
    addr, length, prot, flags, descriptor, offset = call.split(", ")
    try:
        process.mmap(
            int(addr, 16),
            int(length, 16),
            named(Prot, prot),
            named(Map, flags),
            int(descriptor),
            int(offset),
        )
    except LinuxError as error:
        return error.name
    return "an address"


def heap(given: str, _: str) -> str:
    start, *ends = numbers(given)
    top = -(-ends[-1] // PAGE_SIZE) * PAGE_SIZE
    return f"{start:08x}-{top:08x} rw-p" if top > start else "none"


def pgoff(given: str, text: str) -> str:
    (line,) = LINE.findall(given)
    return str((int(line[6], 16) + numbers(text)[-1] - int(line[0], 16)) // PAGE_SIZE)


def next_fault(given: str, text: str) -> str:
    (size,) = re.findall(r"/data has (\d+) bytes", given) or [PAGE_SIZE]
    process = with_lines(given, int(size))
    for line in given.splitlines():
        if line.startswith("It "):
            access(process, numbers(line)[0], "writes" in line)
    return access(process, numbers(text)[0], "process writes" in text)


def family_fault(given: str, text: str) -> str:
    people = {"parent": with_lines(given)}
    for line in given.partition("\n\n")[2].splitlines():
        who = line.split()[1] if " " in line else ""
        if line == "fork":
            people["child"] = people["parent"].fork()
        elif line.endswith("exits"):
            people[who].exit(0)
        else:
            access(people[who], numbers(line)[0], "writes" in line)
    asked = "parent" if "the parent" in text else "child"
    return access(people[asked], numbers(text)[0], "writes" in text)


def fault_count(given: str, text: str) -> str:
    pages = numbers(given)[0]
    start, end, step = numbers(text)[:3]
    assert end == pages * PAGE_SIZE
    return str(len({i // PAGE_SIZE for i in range(start, end, step)}))


def mapcount(given: str, _: str) -> str:
    first, *lines = given.splitlines()
    assert first == "P writes to a private anonymous page"
    people = {"P": ruler("A")}
    people["P"].store(BASE, b"A")
    pfn = people["P"].pagemap(BASE)[0].pfn
    for line in lines:
        who, does, *whom = line.split()
        if does == "forks":
            people[whom[0]] = people[who].fork()
        elif does == "exits":
            people.pop(who).exit(0)
        else:
            people[who].store(BASE, b"B")
    return str(sum(process.pagemap(BASE)[0].pfn == pfn for process in people.values()))


def frame(given: str, text: str) -> str:
    # By hand: a frame that nobody else has is kept, otherwise the next free one is taken.
    behind = {("parent", 0): 0, ("parent", 1): 0, ("child", 0): 0, ("child", 1): 0}
    free: list[int] = []
    for line in given.splitlines():
        if line.startswith("page "):
            number, pfn = numbers(line)
            behind["parent", number] = behind["child", number] = pfn
        elif "free" in line:
            free = numbers(line)
        else:
            who, number = line.split()[1], numbers(line)[0]
            if list(behind.values()).count(behind[who, number]) > 1:
                behind[who, number] = free.pop(0)
    asked = "parent" if "the parent" in text else "child"
    return str(behind[asked, numbers(text)[0]])


def mm_users(given: str, text: str) -> str:
    # By hand: each task has the name of the one that its address space was made for.
    spaces = {"A": "A"}
    for line in given.splitlines():
        who, *_, last = line.split()
        if line.endswith("exits"):
            del spaces[who]
        else:
            spaces[last] = spaces[who] if "CLONE_VM" in line else last
    (asked,) = re.findall(r"of (\w)'s", text)
    return str(list(spaces.values()).count(spaces[asked]))


def freed(given: str, _: str) -> str:
    parent = ruler("AAAAAA")
    first, *lines = given.splitlines()
    for number in numbers(first):
        parent.store(page(number), b"A")
    people = {"parent": parent, "child": parent.fork()}
    for line in lines:
        for number in numbers(line):
            people[line.split()[1]].store(page(number), b"B")
    mine, its = (
        {entry.pfn for entry in people[who].pagemap(BASE, 6) if entry.present}
        for who in ("parent", "child")
    )
    return str(len(its - mine))


def indexes(_: str, text: str) -> str:
    (addr,) = numbers(text)
    return " ".join(str(addr >> shift & 511) for shift in (39, 30, 21, 12))


def physical(given: str, text: str) -> str:
    (addr,) = numbers(text)
    entry = numbers(given.splitlines()[-1])[-1]
    return f"{(entry & 0x000F_FFFF_FFFF_F000) + addr % PAGE_SIZE:#x}"


def bits(given: str, text: str) -> str:
    first, *calls = given.splitlines()
    process = ruler("A" if "rw-p" in first else "a")
    for call in calls:
        if call == "load":
            process.load(BASE)
        elif call == "store":
            process.store(BASE, b"A")
        elif call == "fork":
            process.fork()
        else:
            prot = PROT_READ | (PROT_WRITE if "rw-" in call else 0)
            process.mprotect(numbers(text)[0], PAGE_SIZE, prot)
    snap = capture(process.machine.system)
    last = views.walk(snap, snap.mms[0], numbers(text)[0])[-1]
    entry = last.entry if last.level == "PTE" else 0
    return " ".join(name for name, bit in BITS.items() if entry >> bit & 1) or "none"


def shared_byte(given: str, text: str) -> str:
    # By hand: the page of the file, and a copy for each private mapping that was written.
    private, seen = set(), {"file": "x"}
    for line in given.splitlines()[1:]:
        who = line.split()[0]
        if "MAP_PRIVATE" in line:
            private.add(who)
        elif "writes" in line:
            seen[who if who in private else "file"] = line.split()[2]
    asked = "file" if "the file" in text else re.findall(r"does (\w) read", text)[0]
    return seen.get(asked, seen["file"])


def segment(given: str, text: str) -> str:
    (asked,) = numbers(text)
    rows = (re.split(r"\s+", line, maxsplit=5) for line in given.splitlines()[1:])
    (row,) = (row for row in rows if int(row[2], 16) == asked)
    end = -(-(asked + int(row[3], 16)) // PAGE_SIZE) * PAGE_SIZE
    rights = "".join(letter if letter.upper() in row[5] else "-" for letter in "rw")
    executable = "x" if "E" in row[5] else "-"
    return f"{asked // PAGE_SIZE * PAGE_SIZE:08x}-{end:08x} {rights}{executable}p"


ROUTES: dict[str, Callable[[str, str], str]] = {
    route.__name__: route
    for route in (
        rights, find, unmap, protect, merge, place, mmap_answer, heap, pgoff, indexes, physical,
        bits, next_fault, family_fault, fault_count, mapcount, frame, mm_users, freed, shared_byte,
        segment,
    )
} | {"file_fault": next_fault, **SMALL_ROUTES, **SHARED_ROUTES}  # fmt: skip
