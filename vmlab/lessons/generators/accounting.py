"""Exercises about what memory counts as: RSS, PSS, USS, users and holders, ways to a byte."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from vmlab.lessons.answer_kinds import Number, Numbers
from vmlab.lessons.generators.regions import lines
from vmlab.lessons.generators.sharing import listed
from vmlab.lessons.misconceptions import distractors
from vmlab.lessons.question import Generator, Question
from vmlab.lessons.scenarios import page, ruler
from vmlab.model.abi.clone import Clone
from vmlab.model.abi.mman import MAP_FIXED, MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.process import Process
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import N_, say, say_n

KB = 4  # of a page


@dataclass(frozen=True, slots=True)
class Family:
    """A region of some pages after a fork, and what was done to it."""

    parent: Process
    pages: int
    given: str
    state: Snapshot
    read: int  # pages that were only read

    def smaps(self, field: str) -> int:
        """Return what smaps says of the region, in kB."""
        text = self.parent.smaps().partition(f"{page(0):08x}-")[2]
        found = re.search(rf"^{field}: +(\d+) kB", text, re.MULTILINE)
        return int(found[1]) if found else 0

    @property
    def unique(self) -> int:
        """Return its USS in kB."""
        return self.smaps("Private_Clean") + self.smaps("Private_Dirty")

    def asks(self, text: str, answer: int, hint: str, why: str, wrong: dict[str, int]) -> Question:
        """Return a question about it; answers are in kB."""
        return Question(
            text,
            self.given,
            Number(N_("the number of kB")),
            str(answer),
            hint,
            why,
            self.parent.machine,
            "frames",
            self.state,
            distractors(str(answer), **{name: str(value) for name, value in wrong.items()}),
        )


DID = {
    "writes": N_("P writes to {pages}"),
    "reads": N_("P only reads {pages}"),
    "P": N_("then P writes to {pages}"),
    "C": N_("then C writes to {pages}"),
}


def family(rng: random.Random) -> Family:
    """Return a parent that has touched some pages and forked."""
    pages = rng.randint(4, 9)
    parent = ruler("A" * pages)
    touched = rng.sample(range(pages), rng.randint(2, pages))
    cut = rng.randint(1, len(touched))
    written, read = touched[:cut], touched[cut:]
    for number in written:
        parent.store(page(number), b"A")
    for number in read:
        parent.load(page(number))
    given = [
        say_n(
            pages,
            "P has a private anonymous region of {n} page, from 0 on; a page has 4 kB",
            "P has a private anonymous region of {n} pages, from 0 on; a page has 4 kB",
        ),
        say(DID["writes"], pages=listed(written)),
    ]
    if read:
        given.append(say(DID["reads"], pages=listed(read)))
    child = parent.fork()
    given.append(say("{who} forks {child}", who="P", child="C"))
    for who, process in (("P", parent), ("C", child)):
        again = rng.sample(written, rng.randint(0, len(written) // 2))
        for number in again:
            process.store(page(number), b"B")
        if again:
            given.append(say(DID[who], pages=listed(again)))
    return Family(parent, pages, "\n".join(given), parent.machine.snapshot(), len(read))


def rss(rng: random.Random) -> Question:
    """Ask for the RSS of a region."""
    scene = family(rng)
    answer = scene.smaps("Rss")
    return scene.asks(
        say("How many kB is the RSS of this region of P at the end?"),
        answer,
        say("Count P's pages that have a frame of memory behind them, shared or not."),
        say_n(answer // KB, "{n} page has one.", "{n} pages have one."),
        {
            "rss_is_size": scene.pages * KB,
            "zero_page_counts": answer + scene.read * KB,
        },
    )


def pss(rng: random.Random) -> Question:
    """Ask for the PSS of a region."""
    scene = family(rng)
    answer, full, own = scene.smaps("Pss"), scene.smaps("Rss"), scene.unique
    return scene.asks(
        say("How many kB is the PSS of this region of P at the end?"),
        answer,
        say("Each frame counts 4 kB, divided by the number of processes that map it."),
        say("RSS is {rss} kB, and {own} kB of it P has for itself.", rss=full, own=own),
        {"pss_is_rss": full, "pss_counts_own": own},
    )


def uss(rng: random.Random) -> Question:
    """Ask for the USS of a region."""
    scene = family(rng)
    answer, full = scene.unique, scene.smaps("Rss")
    return scene.asks(
        say("How many kB of this region of P become free if P exits at the end (USS)?"),
        answer,
        say("Only frames that nobody else maps become free."),
        say("Of {rss} kB it shares {shared} kB.", rss=full, shared=full - answer),
        {"exit_frees_all": full, "pss_is_rss": scene.smaps("Pss")},
    )


def mm_counts(rng: random.Random) -> Question:
    """Ask for mm_users and mm_count."""
    first = ruler("")
    given = []
    threads: dict[str, Process] = {}
    forked = 0
    for number in range(1, rng.randint(3, 6)):
        call = rng.choice(["clone", "clone", "fork", "exit"])
        if call == "exit" and threads:
            name = rng.choice(list(threads))
            threads.pop(name).exit(0)
            given.append(say("{who} exits", who=name))
        elif call == "fork":
            first.fork()
            forked += 1
            given.append(say("{who} forks {child}", who="A", child=f"C{number}"))
        else:
            name, call = f"T{number}", "clone(CLONE_VM)"
            threads[name] = first.clone(Clone.CLONE_VM | 17)
            given.append(
                say("{who} calls {call} and makes {child}", who="A", call=call, child=name)
            )
    if rng.random() < 0.5:
        first.schedule()
        first.machine.kthread().schedule()
        given.append(say("a kernel thread runs after A and borrows its page tables"))
    users, count = first.mm.mm_users, first.mm.mm_count
    answer = f"{users} {count}"
    return Question(
        say("What are `mm_users` and `mm_count` of A's address space then?"),
        "\n".join(given),
        Numbers(("mm_users", "mm_count")),
        answer,
        say("`mm_users` counts tasks; all of them together are one in `mm_count`."),
        say("Who only borrows it is in `mm_count`."),
        first.machine,
        distractors=distractors(
            answer,
            count_is_users=f"{users} {users}",
            borrower_is_user=f"{users + count - 1} 1",
            one_space_for_all=f"{users + forked} {count}",
        ),
    )


def aliases(rng: random.Random) -> Question:
    """Ask through how many addresses a byte of a file can be seen."""
    process = ruler("")
    process.machine.fs.write("/data", b"x" * (4 * PAGE_SIZE))
    fd = process.open("/data", 2)
    asked = rng.randrange(4)
    given, ways, private = [], [], []
    for number in range(rng.randint(2, 4)):
        offset, pages = rng.randrange(3), rng.randint(1, 3)
        flags = rng.choice([MAP_SHARED, MAP_PRIVATE])
        start = page(8 * number)
        process.mmap(
            start,
            pages * PAGE_SIZE,
            PROT_READ | PROT_WRITE,
            flags | MAP_FIXED,
            fd,
            offset * PAGE_SIZE,
        )
        if offset <= asked < offset + pages:
            addr = start + (asked - offset) * PAGE_SIZE
            ways.append(addr)
            process.load(addr)
            if flags == MAP_PRIVATE and rng.random() < 0.5:
                private.append(addr)
    given.append(lines(process))
    for addr in private:
        process.store(addr, b"y")
        given.append(say("the process writes a byte at {addr:#x}", addr=addr))
    frames = [process.pagemap(addr)[0] for addr in ways]
    answer = str(sum(entry.file for entry in frames))
    return Question(
        say(
            "At how many addresses does the process see byte {byte:#x} of `/data`, so that a write "
            "to the file by others shows there?",
            byte=asked * PAGE_SIZE,
        ),
        "\n".join(given),
        Number(N_("the number of addresses")),
        answer,
        say("Which lines contain that byte of the file? The third column is the offset in it."),
        say("Mapped it is at {n}.", n=", ".join(map(hex, ways)) or 0),
        process.machine,
        distractors=distractors(answer, private_is_alias=str(len(ways)), one_address_per_byte="1"),
    )


ALL: tuple[Generator, ...] = (rss, pss, uss, mm_counts, aliases)
