"""Claims about copy-on-write, each tried out on the model: true or false?"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from vmlab.errors import Signal
from vmlab.lessons.answer_kinds import Choice
from vmlab.lessons.generators.drawn import region
from vmlab.lessons.generators.sharing import listed
from vmlab.lessons.misconceptions import MISCONCEPTIONS
from vmlab.lessons.question import Generator, Question
from vmlab.lessons.scenarios import page, ruler
from vmlab.model.linux.mm.pgtable import get_pte
from vmlab.model.mmu.pte import RW
from vmlab.model.process import Process
from vmlab.words.language import N_, say

TRUE, FALSE = N_("true"), N_("false")
Trial = Callable[[Process, Process, int], bool]  # parent, child, address


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed of a page right after the fork, how to try it, and who says otherwise."""

    words: str
    holds: Trial
    believed: str = ""  # the misconception of who takes it for true
    doubted: str = ""  # of who takes it for false


def _pfn(process: Process, addr: int) -> int | None:
    return process.pagemap(addr)[0].pfn if process.pagemap(addr)[0].present else None


def _faults(process: Process, addr: int) -> bool:
    before = process.min_flt
    process.store(addr, b"B")
    return process.min_flt > before


def _copies(process: Process, addr: int) -> bool:
    before = _pfn(process, addr)
    process.store(addr, b"B")
    return before is not None and _pfn(process, addr) != before


def _copies_later(parent: Process, child: Process, addr: int) -> bool:
    child.exit(0)
    return _copies(parent, addr)


def _kills(_parent: Process, child: Process, addr: int) -> bool:
    try:
        child.store(addr, b"B")
    except Signal:
        return True
    return False


def _seen(parent: Process, child: Process, addr: int) -> bool:
    parent.store(addr, b"Z")
    return child.load(addr) == b"Z"


def _apart(parent: Process, child: Process, addr: int) -> bool:
    parent.store(addr, b"B")
    child.store(addr, b"C")
    return _pfn(parent, addr) != _pfn(child, addr)


CLAIMS = (
    Claim(
        N_("The parent's next write to page {page} faults."),
        lambda parent, _child, addr: _faults(parent, addr),
        doubted="child_copies_only",
    ),
    Claim(
        N_("The child's next write to page {page} copies a frame."),
        lambda _parent, child, addr: _copies(child, addr),
        "write_always_copies",
        "written_in_place",
    ),
    Claim(
        N_("The fork itself has copied the frame of page {page}."),
        lambda parent, child, addr: _pfn(parent, addr) != _pfn(child, addr),
        "fork_copies_frames",
    ),
    Claim(
        N_("The parent's entry of page {page} has the write bit."),
        lambda parent, _child, addr: bool(get_pte(parent.mm, addr) & RW),
        "entry_follows_region",
    ),
    Claim(
        N_(
            "The child's next write to page {page} ends in SIGSEGV, for its entry has no write bit."
        ),
        _kills,
        "no_write_bit_kills",
    ),
    Claim(
        N_("If the parent writes to page {page} next, the child reads what it wrote."),
        _seen,
        "fork_shares_variables",
    ),
    Claim(
        N_("Once both have written to page {page}, different frames are behind it."),
        _apart,
        doubted="fork_shares_variables",
    ),
    Claim(
        N_("If the child exits first, the parent's next write to page {page} copies a frame."),
        _copies_later,
        "write_always_copies",
    ),
)


def cow_claim(rng: random.Random) -> Question:
    """Ask if a claim about a page after a fork is true."""
    pages = rng.randint(2, 5)
    parent = ruler("A" * pages)
    written = sorted(rng.sample(range(pages), rng.randint(1, pages)))
    for number in written:
        parent.store(page(number), b"A")
    child = parent.fork()
    state = parent.machine.snapshot()
    claim, asked = rng.choice(CLAIMS), rng.randrange(pages)
    asked = rng.choice([asked, rng.choice(written)])
    answer = TRUE if claim.holds(parent, child, page(asked)) else FALSE
    spoken_to = claim.doubted if answer == TRUE and claim.doubted else claim.believed
    return Question(
        say("True or false? {claim}", claim=say(claim.words, page=asked)),
        "\n".join(
            (region(pages), say("The parent writes to {pages} and forks", pages=listed(written)))
        ),
        Choice((TRUE, FALSE)),
        answer,
        say("Which frame is behind the page, who maps it, and what may each entry do?"),
        say(MISCONCEPTIONS[spoken_to].truth),
        parent.machine,
        "frames",
        state,
        {
            given: name
            for given, name in ((TRUE, claim.believed), (FALSE, claim.doubted))
            if name and given != answer
        },
    )


ALL: tuple[Generator, ...] = (cow_claim,)
