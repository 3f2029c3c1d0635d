"""Short questions on memory as certificates ask them: decimal, and without Linux."""

from __future__ import annotations

import random

from vmlab.lessons.answer_kinds import Choice, Number
from vmlab.lessons.fields import NOTHING, Fields
from vmlab.lessons.misconceptions import distractors
from vmlab.lessons.question import Generator, Question
from vmlab.lessons.toggles import PageSet
from vmlab.words.language import N_, say

FIRST, BEST, WORST = N_("first fit"), N_("best fit"), N_("worst fit")
PHYSICAL = N_("physical address")


def paged_address(rng: random.Random) -> Question:
    """Ask for a physical address, in decimal."""
    size, pages = rng.choice([100, 200, 500, 512, 1000, 1024]), rng.randint(4, 7)
    frames = rng.sample(range(1, 20), pages)
    number, offset = rng.randrange(pages), rng.randrange(1, size)
    addr, answer = number * size + offset, str(frames[number] * size + offset)
    table = (say("page {page}: frame {frame}", page=n, frame=f) for n, f in enumerate(frames))
    return Question(
        say("Which physical address has the logical address {addr}?", addr=addr),
        "\n".join((say("A page has {size} bytes.", size=size), *table)),
        Number(N_("the physical address")),
        answer,
        say("Divide by the size of a page: the quotient is the page, the remainder the offset."),
        say(
            "{addr} is byte {offset} of page {page}, which is in frame {frame}.",
            addr=addr,
            offset=offset,
            page=number,
            frame=frames[number],
        ),
        distractors=distractors(
            answer, offset_forgotten=str(frames[number] * size), virtual_is_physical=str(addr)
        ),
    )


def segment_address(rng: random.Random) -> Question:
    """Ask for the physical address of a segment's byte, which may lie beyond its limit."""
    limits = [rng.randrange(100, 1500) for _ in range(rng.randint(3, 5))]
    bases, base = [], 0
    for limit in limits:
        base += rng.randrange(100, 900)
        bases.append(base)
        base += limit
    number = rng.randrange(len(limits))
    offset = rng.randrange(limits[number] * 3 // 2)
    moved = str(bases[number] + offset)
    answer = moved if offset < limits[number] else NOTHING
    rows = (
        say("segment {segment}: base {base}, limit {limit}", segment=n, base=b, limit=limit)
        for n, (b, limit) in enumerate(zip(bases, limits, strict=True))
    )
    return Question(
        say(
            "Which physical address has the logical address ({segment}, {offset})? Answer - if it "
            "is refused.",
            segment=number,
            offset=offset,
        ),
        "\n".join(rows),
        Fields(((PHYSICAL, "number"),)),
        answer,
        say("Compare the offset with the limit first, then add the base."),
        say("The limit of segment {segment} is {limit}.", segment=number, limit=limits[number]),
        distractors=distractors(answer, limit_unchecked=moved, virtual_is_physical=str(offset)),
    )


def wasted(rng: random.Random) -> Question:
    """Ask for the internal fragmentation of a process in pages."""
    size = rng.choice([512, 1000, 1024, 2048, 4096])
    used = rng.choice([rng.randrange(1, 9 * size), rng.randint(1, 9) * size])
    rest = -used % size
    return Question(
        say("How many bytes are lost to internal fragmentation?"),
        say("A process of {used} bytes is loaded in pages of {size} bytes.", used=used, size=size),
        Number(N_("the number of bytes")),
        str(rest),
        say("It takes whole pages: what does it leave of the last one?"),
        say("It takes {pages} pages.", pages=-(-used // size)),
        distractors=distractors(
            str(rest), last_page_is_full="0", one_page_too_many=str(size) if not rest else ""
        ),
    )


def placement(rng: random.Random) -> Question:
    """Ask into which hole a process is put."""
    holes = rng.sample(range(5, 60), 5)
    wanted = rng.randrange(4, max(holes))
    fit = [number for number, hole in enumerate(holes) if hole >= wanted]
    names = "ABCDE"
    chosen = {
        FIRST: names[fit[0]],
        BEST: names[min(fit, key=holes.__getitem__)],
        WORST: names[max(fit, key=holes.__getitem__)],
    }
    strategy = rng.choice([FIRST, BEST, WORST])
    return Question(
        say(
            "Into which hole does {strategy} put a process of {size} KB?",
            strategy=say(strategy),
            size=wanted,
        ),
        "\n".join(f"{name}: {hole} KB" for name, hole in zip(names, holes, strict=True)),
        Choice(tuple(names)),
        chosen[strategy],
        say(
            "First fit takes the first hole that is large enough, best fit the smallest such one, "
            "worst fit the largest."
        ),
        say("Large enough are {names}.", names=", ".join(names[number] for number in fit)),
        distractors=distractors(
            chosen[strategy],
            best_is_largest=chosen[WORST] if strategy == BEST else "",
            first_is_best=chosen[FIRST],
        ),
    )


def working_set(rng: random.Random) -> Question:
    """Ask for the working set at the end of some references."""
    references = [rng.randrange(7) for _ in range(rng.randint(9, 14))]
    window = rng.randint(3, 6)
    answer = _pages(references[-window:])
    distinct = list(dict.fromkeys(reversed(references)))
    return Question(
        say(
            "Which pages are in the working set after the last reference, with a window of "
            "{window} references?",
            window=window,
        ),
        say("references: {pages}", pages=" ".join(map(str, references))),
        PageSet(7),
        answer,
        say("Take the last references, as many as the window is long, each page once."),
        say("These are {pages}.", pages=" ".join(map(str, references[-window:]))),
        distractors=distractors(
            answer,
            working_set_forgets_nothing=_pages(references),
            working_set_counts_references=_pages(distinct[:window]),
        ),
    )


def _pages(numbers: list[int]) -> str:
    return " ".join(map(str, sorted({*numbers})))


ALL: tuple[Generator, ...] = (paged_address, segment_address, wasted, placement, working_set)
