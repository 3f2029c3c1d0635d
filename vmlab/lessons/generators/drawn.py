"""Exercises that are answered by hand: pages and bits to set, arrows to draw, what to click."""

from __future__ import annotations

import random

from vmlab.lessons.answer_kinds import NONE
from vmlab.lessons.arrows import Arrows
from vmlab.lessons.generators.sharing import listed
from vmlab.lessons.misconceptions import distractors
from vmlab.lessons.pointing import Pointed
from vmlab.lessons.question import Generator, Question
from vmlab.lessons.scenarios import page, ruler
from vmlab.lessons.toggles import BITS, EntryBits, PageSet
from vmlab.model.linux.mm.pgtable import get_pte
from vmlab.model.mmu.pte import RW
from vmlab.model.process import Process
from vmlab.state.ids import pfn_id
from vmlab.words.language import N_, say, say_n

DID = {
    ("parent", True): N_("The parent writes to {pages}"),
    ("parent", False): N_("The parent reads {pages}"),
    ("child", True): N_("The child writes to {pages}"),
    ("child", False): N_("The child reads {pages}"),
}
PRESENT = {
    "parent": N_("Which pages of the region are present in the parent's page table then?"),
    "child": N_("Which pages of the region are present in the child's page table then?"),
}
ENTRY = {
    "parent": N_("Set the bits that the parent's page-table entry of page {page} has then."),
    "child": N_("Set the bits that the child's page-table entry of page {page} has then."),
}


def _act(rng: random.Random, people: dict[str, Process], pages: int, most: int) -> list[str]:
    # Some accesses, each told in a line.
    told = []
    for _ in range(rng.randint(1, most)):
        who, write = rng.choice(list(people)), rng.random() < 0.6
        numbers = rng.sample(range(pages), rng.randint(1, min(pages, 2)))
        for number in numbers:
            if write:
                people[who].store(page(number), b"A")
            else:
                people[who].load(page(number))
        told.append(say(DID[who, write], pages=listed(numbers)))
    return told


def region(pages: int) -> str:
    """Say which region there is."""
    return say_n(
        pages,
        "A private, writable, anonymous region has {n} page, from 0 on.",
        "A private, writable, anonymous region has {n} pages, from 0 on.",
    )


def present(rng: random.Random) -> Question:
    """Ask which pages are present."""
    pages = rng.randint(5, 8)
    parent = ruler("A" * pages)
    people = {"parent": parent}
    given = [region(pages), *_act(rng, people, pages, 2)]
    people["child"] = parent.fork()
    given += ["fork", *_act(rng, people, pages, 2)]
    who = rng.choice(list(people))
    entries = people[who].pagemap(page(0), pages)
    answer = " ".join(str(n) for n, entry in enumerate(entries) if entry.present) or NONE
    framed = " ".join(str(n) for n, e in enumerate(entries) if e.present and not e.zero)
    return Question(
        say(PRESENT[who]),
        "\n".join(given),
        PageSet(pages),
        answer,
        say(
            "A page is present after its first access; fork copies the entries of a region, unless "
            "nothing in it was ever written."
        ),
        say("The zero page counts: its entry is there."),
        parent.machine,
        distractors=distractors(
            answer,
            mapped_is_present=" ".join(map(str, range(pages))),
            read_leaves_no_entry=framed or NONE,
        ),
    )


def entry_bits(rng: random.Random) -> Question:
    """Ask for the bits of an entry after a fork."""
    parent = ruler("AA")
    people = {"parent": parent}
    given = [region(2), *_act(rng, people, 2, 2)]
    people["child"] = parent.fork()
    given.append("fork")
    if rng.random() < 0.6:
        given += _act(rng, people, 2, 2)
    who, number = rng.choice(list(people)), rng.randrange(2)
    entry = get_pte(people[who].mm, page(number))
    answer = _named(entry)
    return Question(
        say(ENTRY[who], page=number),
        "\n".join(given),
        EntryBits(),
        answer,
        say(
            "No access, no entry; the zero page and a shared frame lack RW. fork copies the "
            "entries, without A, of a region in which something was ever written."
        ),
        say("The entry is {entry:#x}.", entry=entry),
        parent.machine,
        distractors=distractors(
            answer,
            entry_follows_region=_named(entry | RW) if entry else "",
            mapped_is_present="P RW US NX" if not entry else "",
        ),
    )


def _named(entry: int) -> str:
    return " ".join(name for name, bit in BITS.items() if entry >> bit & 1) or NONE


def arrows(rng: random.Random) -> Question:
    """Ask which frame is behind each page of parent and child."""
    parent = ruler("AA")
    for number in (0, 1):
        parent.store(page(number), b"A")
    first = [parent.pagemap(page(number))[0].pfn for number in (0, 1)]
    child = parent.fork()
    people = {"P": parent, "C": child}
    free, state = max(parent.mm.system.mem_map) + 1, parent.machine.snapshot()
    frames = [*first, free, free + 1, free + 2]
    given = [
        say(
            "Page 0 of the parent, P0, is frame {a}, page 1, P1, frame {b}.", a=first[0], b=first[1]
        ),
        say("It forks; C0 and C1 are the child's pages."),
        say("The next free frames are {a}, {b}, {c}.", a=free, b=free + 1, c=free + 2),
    ]
    for _ in range(rng.randint(1, 3)):
        who, number = rng.choice(list(people)), rng.randrange(2)
        people[who].store(page(number), b"B")
        given.append(say("{who} is written", who=f"{who}{number}"))
    behind = {
        f"{who}{number}": str(process.pagemap(page(number))[0].pfn)
        for who, process in people.items()
        for number in (0, 1)
    }
    kind = Arrows(tuple(behind), tuple(map(str, frames)))
    answer = kind.joined(behind)
    copied = {"P0": free, "P1": free + 1}
    return Question(
        say("Draw an arrow from each page to the frame that is behind it at the end."),
        "\n".join(given),
        kind,
        answer,
        say(
            "Whoever writes to a shared frame gets the next free one; whoever is left alone with a "
            "frame keeps it."
        ),
        say("Arrows that lead to one frame: it is shared."),
        parent.machine,
        "frames",
        state,
        distractors(
            answer,
            written_in_place=kind.joined({t: str(first[int(t[1])]) for t in kind.tails}),
            fork_copies_frames=kind.joined(
                {
                    t: str(copied[f"P{t[1]}"] if t[0] == "C" else first[int(t[1])])
                    for t in kind.tails
                }
            ),
        ),
    )


def freed_frame(rng: random.Random) -> Question:
    """Ask for a click on the one frame that an exit frees."""
    parent = ruler("AAAA")
    written = sorted(rng.sample(range(4), rng.randint(2, 4)))
    for number in written:
        parent.store(page(number), b"A")
    child = parent.fork()
    people = {"parent": parent, "child": child}
    given = [say(DID["parent", True], pages=listed(written)), "fork"]
    who, number = rng.choice(list(people)), rng.choice(written)
    people[who].store(page(number), b"B")
    given.append(say(DID[who, True], pages=listed([number])))
    snap = parent.machine.snapshot()
    frames = [child.pagemap(page(n))[0].pfn for n in written]
    child.exit(0)
    left = parent.mm.system.mem_map
    (gone,) = (pfn for pfn in frames if pfn not in left)
    kept = next(pfn for pfn in frames if pfn in left)
    return Question(
        say("Click the frame that becomes free when the child exits."),
        "\n".join(given),
        Pointed("frame", snap),
        pfn_id(gone),
        say("It must be the child's, and nobody else may map it."),
        say("It is behind page {page} of the child.", page=number),
        parent.machine,
        "frames",
        snap,
        distractors(pfn_id(gone), exit_frees_all=pfn_id(kept)),
    )


ALL: tuple[Generator, ...] = (present, entry_bits, arrows, freed_frame)
