"""The exercises about counting, merging, signals and drawing, answered by another route.

Frames are followed by hand: each page of each process has a frame with a name, and a write to a
frame that somebody else has takes a new one.
"""

import re
from collections.abc import Callable
from itertools import count

from vmlab import PAGE_SIZE
from vmlab.lessons.scenarios import BASE, page, ruler

LINE = re.compile(
    r"^([0-9a-f]+)-([0-9a-f]+) ([r-])([w-])([x-])([ps]) ([0-9a-f]+) \S+ \d+ *(\S*)", re.MULTILINE
)
ZERO = -1  # the zero page


def numbers(text: str) -> list[int]:
    """Every number in a text, in order; those that belong to a name are none."""
    return [int(word, 0) for word in re.findall(r"\b(?:0x[0-9a-f]+|\d+)\b", text)]


class Family:
    """The frames behind the pages of each process."""

    def __init__(self, first: str) -> None:
        self.frames: dict[str, dict[int, int]] = {first: {}}
        self.writable: set[tuple[str, int]] = set()
        self.dirty: set[tuple[str, int]] = set()
        self.accessed: set[tuple[str, int]] = set()
        self._new = count()

    def mappers(self, frame: int) -> int:
        return sum(frame in pages.values() for pages in self.frames.values())

    def fork(self, parent: str, child: str) -> None:
        # Of a region in which nothing was ever written Linux copies no entries.
        written = any(frame != ZERO for frame in self.frames[parent].values())
        self.frames[child] = dict(self.frames[parent]) if written else {}
        self.writable = set()
        self.dirty |= {(child, number) for who, number in self.dirty if who == parent}

    def read(self, who: str, number: int) -> None:
        self.frames[who].setdefault(number, ZERO)
        self.accessed.add((who, number))

    def write(self, who: str, number: int) -> None:
        frame = self.frames[who].get(number, ZERO)
        if frame == ZERO or self.mappers(frame) > 1:
            self.frames[who][number] = next(self._new)
        self.writable.add((who, number))
        self.dirty.add((who, number))
        self.accessed.add((who, number))

    def kilobytes(self, who: str) -> tuple[int, int, int]:
        """RSS, PSS and USS."""
        mapped = [frame for frame in self.frames[who].values() if frame != ZERO]
        shares = [self.mappers(frame) for frame in mapped]
        return 4 * len(mapped), sum(4 // each for each in shares), 4 * shares.count(1)


def counted(given: str) -> tuple[int, int, int]:
    family = Family("P")
    for line in given.splitlines()[1:]:
        if "forks" in line:
            family.fork("P", "C")
            continue
        who = "C" if "C writes" in line else "P"
        for number in numbers(line):
            (family.read if "reads" in line else family.write)(who, number)
    return family.kilobytes("P")


def rss(given: str, _: str) -> str:
    return str(counted(given)[0])


def pss(given: str, _: str) -> str:
    return str(counted(given)[1])


def uss(given: str, _: str) -> str:
    return str(counted(given)[2])


def mm_counts(given: str, _: str) -> str:
    users = 1 + given.count("CLONE_VM") - given.count("exits")
    return f"{users} {1 + given.count('kernel thread')}"


def aliases(given: str, text: str) -> str:
    (byte,) = numbers(text)
    written = {numbers(line)[-1] for line in given.splitlines() if "writes" in line}
    ways = 0
    for start, end, *_, offset, path in LINE.findall(given):
        addr = int(start, 16) + byte - int(offset, 16)
        ways += path == "/data" and int(start, 16) <= addr < int(end, 16) and addr not in written
    return str(ways)


def signal_code(given: str, text: str) -> str:
    (size,) = re.findall(r"has (\d+) byte", given)
    gone, length = numbers(given.splitlines()[-1])
    (addr,) = numbers(text)
    right = "w" if "writes" in text else "x" if "jumps" in text else "r"
    for start, end, r, w, x, _, _, path in LINE.findall(given):
        if not int(start, 16) <= addr < int(end, 16) or gone <= addr < gone + length:
            continue
        page_of_file = (addr - int(start, 16)) // PAGE_SIZE
        ends = path and page_of_file * PAGE_SIZE >= int(size)
        # No entry yet, so nothing that lacks x: x86 asks whether there is any right at all.
        if right not in (r, w, x) and not (right == "x" and r == "r" and ends):
            return "SIGSEGV SEGV_ACCERR"
        return "SIGBUS BUS_ADRERR" if ends else "no signal"
    return "SIGSEGV SEGV_MAPERR"


def merge_why(given: str, _: str) -> str:
    calls = [re.findall(r"mmap\((.*)\)", line)[0].split(", ") for line in given.splitlines()[1:]]
    (addr, length, prot, flags, fd, offset), second = calls
    pages = numbers(length)[0]
    if int(addr, 16) + pages * PAGE_SIZE != int(second[0], 16):
        return "two lines: a gap between them"
    if prot != second[2]:
        return "two lines: other rights"
    if ("SHARED" in flags) != ("SHARED" in second[3]):
        return "two lines: one is shared, one private"
    if fd != second[4]:
        return "two lines: only one has a file"
    if fd == "fd" and int(offset, 16) + pages * PAGE_SIZE != int(second[5], 16):
        return "two lines: the file does not go on"
    return "they are one line"


def acted(given: str) -> Family:
    family = Family("parent")
    for line in given.splitlines():
        if line == "fork":
            family.fork("parent", "child")
        elif line.startswith("The "):
            who = line.split()[1]
            for number in numbers(line):
                (family.read if "reads" in line else family.write)(who, number)
    return family


def asked(text: str) -> str:
    return "parent" if "parent's" in text else "child"


def present(given: str, text: str) -> str:
    return " ".join(map(str, sorted(acted(given).frames[asked(text)]))) or "none"


def entry_bits(given: str, text: str) -> str:
    family, who, (number,) = acted(given), asked(text), numbers(text)
    if number not in family.frames[who]:
        return "none"
    bits = ["P", "US", "NX", *["A"] * ((who, number) in family.accessed)]
    if family.frames[who][number] != ZERO:
        if (who, number) in family.writable:
            bits.append("RW")
        if (who, number) in family.dirty:
            bits.append("D")
    return " ".join(name for name in ("P", "RW", "US", "A", "D", "NX") if name in bits)


def arrows(given: str, _: str) -> str:
    first, _, third, *writes = given.splitlines()
    (_, a, _, b), free = numbers(first), numbers(third)
    behind = {"P0": a, "P1": b, "C0": a, "C1": b}
    for line in writes:
        who = line.split()[0]
        if list(behind.values()).count(behind[who]) > 1:
            behind[who] = free.pop(0)
    return " ".join(f"{who}->{frame}" for who, frame in behind.items())


def freed_frame(given: str, _: str) -> str:
    parent = ruler("AAAA")
    first, _, last = given.splitlines()
    for number in numbers(first):
        parent.store(page(number), b"A")
    child = parent.fork()
    (number,) = numbers(last)
    (child if "child" in last else parent).store(page(number), b"B")
    its, parents = (
        {entry.pfn for entry in process.pagemap(BASE, 4) if entry.present}
        for process in (child, parent)
    )
    (gone,) = its - parents
    return f"pfn_{gone}"


SHARED_ROUTES: dict[str, Callable[[str, str], str]] = {
    route.__name__: route
    for route in (
        rss, pss, uss, mm_counts, aliases, signal_code, merge_why, present, entry_bits, arrows,
        freed_frame,
    )
}  # fmt: skip
