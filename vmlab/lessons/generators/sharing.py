"""Exercises about processes: who shares which frames, and who holds which address space."""

from __future__ import annotations

import random
from collections.abc import Sequence

from vmlab.lessons.answer_kinds import Number
from vmlab.lessons.question import Generator, Question
from vmlab.lessons.scenarios import page, ruler
from vmlab.model.abi.clone import Clone
from vmlab.model.process import Process


def mapcount(rng: random.Random) -> Question:
    """Ask how many entries map a frame."""
    parent = ruler("A")
    parent.store(page(0), b"A")
    pfn = parent.pagemap(page(0))[0].pfn
    people, history = _family(rng, parent)
    for _ in range(rng.randint(1, 3)):
        name = rng.choice(list(people))
        if name != "P" and rng.random() < 0.3:
            people.pop(name).exit(0)
            history.append(f"{name} exits")
        else:
            people[name].store(page(0), b"B")
            history.append(f"{name} writes to the page")
    mem_map = parent.mm.system.mem_map
    count = mem_map[pfn].mapcount if pfn in mem_map else 0
    left = [name for name, who in people.items() if who.pagemap(page(0))[0].pfn == pfn]
    return Question(
        "How many page-table entries map the frame that P wrote first?",
        "\n".join(history),
        Number("the number of entries"),
        str(count),
        "Each fork adds an entry; an exit, or a write that copies, takes one away. The last one "
        "who writes keeps the frame.",
        f"Who still maps it: {', '.join(left) or 'nobody'}. The kernel counts them in `mapcount`.",
        parent.machine,
    )


def _family(rng: random.Random, parent: Process) -> tuple[dict[str, Process], list[str]]:
    people = {"P": parent}
    history = ["P writes to a private anonymous page"]
    for number in range(1, rng.randint(2, 3) + 1):
        who = rng.choice(list(people))
        people[f"C{number}"] = people[who].fork()
        history.append(f"{who} forks C{number}")
    return people, history


def frame(rng: random.Random) -> Question:
    """Ask which frame a process sees after some copying."""
    parent = ruler("AA")
    for number in (0, 1):
        parent.store(page(number), b"A")
    child = parent.fork()
    first = [parent.pagemap(page(number))[0].pfn for number in (0, 1)]
    people = {"the parent": parent, "the child": child}
    free = max(parent.mm.system.mem_map) + 1
    history = [f"page {n} of both is frame {pfn}" for n, pfn in enumerate(first)] + [
        f"the next free frames are {free}, {free + 1}, {free + 2}"
    ]
    for _ in range(rng.randint(1, 3)):
        who, number = rng.choice(list(people)), rng.randrange(2)
        people[who].store(page(number), b"B")
        history.append(f"{who} writes to page {number}")
    who, number = rng.choice(list(people)), rng.randrange(2)
    found = people[who].pagemap(page(number))[0].pfn
    return Question(
        f"A process has forked. Which frame is behind page {number} of {who} at the end?",
        "\n".join(history),
        Number("the frame", counts=False),
        str(found),
        "Who writes to a shared frame gets the next free one; who is left alone with a frame "
        "keeps it.",
        "It is still the one from before the fork."
        if found in first
        else "A write to the shared frame made a copy.",
        parent.machine,
    )


def mm_users(rng: random.Random) -> Question:
    """Ask for mm_users after forks, clones and exits."""
    first = ruler("")
    tasks = {"A": first}
    history = []
    letters = iter("BCDEF")
    for _ in range(rng.randint(2, 5)):
        name = rng.choice(list(tasks))
        call = rng.choice(["fork", "clone", "clone", "exit"])
        if call == "exit" and name != "A":
            tasks.pop(name).exit(0)
            history.append(f"{name} exits")
            continue
        new = next(letters)
        if call == "fork":
            tasks[new] = tasks[name].fork()
            history.append(f"{name} forks {new}")
        else:
            tasks[new] = tasks[name].clone(Clone.CLONE_VM | 17)
            history.append(f"{name} calls clone(CLONE_VM) and makes {new}")
    asked = rng.choice(list(tasks))
    found = tasks[asked].mm.mm_users
    users = [name for name, task in tasks.items() if task.mm is tasks[asked].mm]
    return Question(
        f"What is `mm_users` of {asked}'s address space then?",
        "\n".join(history),
        Number("mm_users"),
        str(found),
        "fork makes a new address space with one user; CLONE_VM adds a user to the old one; an "
        "exit takes one away.",
        f"Who uses it: {', '.join(sorted(users))}.",
        first.machine,
    )


def _listed(numbers: Sequence[int]) -> str:
    words = [str(number) for number in sorted(numbers)]
    if len(words) < 2:
        return f"page {words[0]}" if words else "no page"
    return f"pages {', '.join(words[:-1])} and {words[-1]}"


def freed(rng: random.Random) -> Question:
    """Ask how many frames of data an exit frees."""
    parent = ruler("AAAAAA")
    own = rng.sample(range(6), rng.randint(1, 4))
    for number in own:
        parent.store(page(number), b"A")
    child = parent.fork()
    history = [f"The parent writes to {_listed(own)} and forks"]
    for who, process in (("child", child), ("parent", parent)):
        written = sorted(rng.sample(range(6), rng.randint(0, 3)))
        for number in written:
            process.store(page(number), b"B")
        if written:
            history.append(f"The {who} writes to {_listed(written)}")
    pages = [child.pagemap(page(number))[0] for number in range(6)]
    have = [number for number in range(6) if pages[number].present]
    child.exit(0)
    mem_map = parent.mm.system.mem_map
    shared = [number for number in have if pages[number].pfn in mem_map]
    found = len(have) - len(shared)
    return Question(
        "A private anonymous region has six pages, 0 to 5. How many of the frames behind them "
        "become free when the child exits?",
        "\n".join(history),
        Number("the number of frames"),
        str(found),
        "An exit frees only frames that nobody else maps. Which does the child share?",
        f"The child has frames behind {_listed(have)}; the parent uses "
        + (f"those of {_listed(shared)} too." if shared else "none of them."),
        parent.machine,
    )


ALL: tuple[Generator, ...] = (mapcount, frame, mm_users, freed)
