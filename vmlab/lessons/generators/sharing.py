"""Exercises about processes: who shares which frames, and who holds which address space."""

from __future__ import annotations

import random
from collections.abc import Sequence

from vmlab.lessons.answer_kinds import Number
from vmlab.lessons.misconceptions import distractors
from vmlab.lessons.question import Generator, Question
from vmlab.lessons.scenarios import page, ruler
from vmlab.model.abi.clone import Clone
from vmlab.model.process import Process
from vmlab.words.language import N_, say, say_n


def mapcount(rng: random.Random) -> Question:
    """Ask how many entries map a frame."""
    parent = ruler("A")
    parent.store(page(0), b"A")
    pfn = parent.pagemap(page(0))[0].pfn
    people, history = _family(rng, parent)
    state = parent.machine.snapshot()
    for _ in range(rng.randint(1, 3)):
        name = rng.choice(list(people))
        if name != "P" and rng.random() < 0.3:
            people.pop(name).exit(0)
            history.append(say("{who} exits", who=name))
        else:
            people[name].store(page(0), b"B")
            history.append(say("{who} writes to the page", who=name))
    mem_map = parent.mm.system.mem_map
    count = mem_map[pfn].mapcount if pfn in mem_map else 0
    left = [name for name, who in people.items() if who.pagemap(page(0))[0].pfn == pfn]
    why = say("Who still maps it: nobody. The kernel counts them in `mapcount`.")
    if left:
        why = say(
            "Who still maps it: {names}. The kernel counts them in `mapcount`.",
            names=", ".join(left),
        )
    return Question(
        say("How many page-table entries map the frame that P wrote first?"),
        "\n".join(history),
        Number(N_("the number of entries")),
        str(count),
        say(
            "Each fork adds an entry; an exit, or a write that copies, takes one away. The last "
            "one who writes keeps the frame."
        ),
        why,
        parent.machine,
        "frames",
        state,
        distractors(str(count), every_child_maps=str(len(people)), one_space_for_all="1"),
    )


def _family(rng: random.Random, parent: Process) -> tuple[dict[str, Process], list[str]]:
    people = {"P": parent}
    history = [say("{who} writes to a private anonymous page", who="P")]
    for number in range(1, rng.randint(2, 3) + 1):
        who = rng.choice(list(people))
        people[f"C{number}"] = people[who].fork()
        history.append(_forks(who, f"C{number}"))
    return people, history


def _forks(who: str, child: str) -> str:
    return say("{who} forks {child}", who=who, child=child)


def frame(rng: random.Random) -> Question:
    """Ask which frame a process sees after some copying."""
    parent = ruler("AA")
    for number in (0, 1):
        parent.store(page(number), b"A")
    child = parent.fork()
    first = [parent.pagemap(page(number))[0].pfn for number in (0, 1)]
    people = {"parent": parent, "child": child}
    free, state = max(parent.mm.system.mem_map) + 1, parent.machine.snapshot()
    history = [
        *(
            say("page {page} of both is frame {pfn}", page=n, pfn=pfn)
            for n, pfn in enumerate(first)
        ),
        say("the next free frames are {a}, {b}, {c}", a=free, b=free + 1, c=free + 2),
    ]
    for _ in range(rng.randint(1, 3)):
        who, number = rng.choice(list(people)), rng.randrange(2)
        people[who].store(page(number), b"B")
        told = say("the parent writes to page {page}", page=number)
        if who == "child":
            told = say("the child writes to page {page}", page=number)
        history.append(told)
    who, number = rng.choice(list(people)), rng.randrange(2)
    found = people[who].pagemap(page(number))[0].pfn
    text = say(
        "A process has forked. Which frame is behind page {page} of the parent at the end?",
        page=number,
    )
    if who == "child":
        text = say(
            "A process has forked. Which frame is behind page {page} of the child at the end?",
            page=number,
        )
    why = say("A write to the shared frame made a copy.")
    if found in first:
        why = say("It is still the one from before the fork.")
    return Question(
        text,
        "\n".join(history),
        Number(N_("the frame"), counts=False, objects="pfn"),
        str(found),
        say(
            "Whoever writes to a shared frame gets the next free one; whoever is left alone with a "
            "frame keeps it."
        ),
        why,
        parent.machine,
        "frames",
        state,
        distractors(
            str(found),
            written_in_place=str(first[number]),
            fork_copies_frames=str(free + number) if who == "child" else "",
        ),
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
            history.append(say("{who} exits", who=name))
            continue
        new = next(letters)
        if call == "fork":
            tasks[new] = tasks[name].fork()
            history.append(_forks(name, new))
        else:
            tasks[new] = tasks[name].clone(Clone.CLONE_VM | 17)
            history.append(
                say(
                    "{who} calls {call} and makes {child}",
                    who=name,
                    call="clone(CLONE_VM)",
                    child=new,
                )
            )
    asked = rng.choice(list(tasks))
    found = tasks[asked].mm.mm_users
    users = [name for name, task in tasks.items() if task.mm is tasks[asked].mm]
    return Question(
        say("What is `mm_users` of {who}'s address space then?", who=asked),
        "\n".join(history),
        Number("mm_users"),
        str(found),
        say(
            "fork makes a new address space with one user; CLONE_VM adds a user to the old one; an "
            "exit takes one away."
        ),
        say("Who uses it: {names}.", names=", ".join(sorted(users))),
        first.machine,
        distractors=distractors(
            str(found), one_space_for_all=str(len(tasks)), thread_has_own_space="1"
        ),
    )


def listed(numbers: Sequence[int]) -> str:
    """Say which pages, by number: at least one."""
    *others, last = map(str, sorted(numbers))
    pages = say("{numbers} and {last}", numbers=", ".join(others), last=last) if others else last
    return say_n(len(numbers), "page {pages}", "pages {pages}", pages=pages)


def freed(rng: random.Random) -> Question:
    """Ask how many frames of data an exit frees."""
    parent = ruler("AAAAAA")
    own = rng.sample(range(6), rng.randint(1, 4))
    for number in own:
        parent.store(page(number), b"A")
    child = parent.fork()
    state = parent.machine.snapshot()
    history = [say("The parent writes to {pages} and forks", pages=listed(own))]
    for process in (child, parent):
        written = sorted(rng.sample(range(6), rng.randint(0, 3)))
        for number in written:
            process.store(page(number), b"B")
        if not written:
            continue
        told = say("The parent writes to {pages}", pages=listed(written))
        if process is child:
            told = say("The child writes to {pages}", pages=listed(written))
        history.append(told)
    pages = [child.pagemap(page(number))[0] for number in range(6)]
    have = [number for number in range(6) if pages[number].present]
    child.exit(0)
    mem_map = parent.mm.system.mem_map
    shared = [number for number in have if pages[number].pfn in mem_map]
    found = len(have) - len(shared)
    why = say(
        "The child has frames behind {pages}; the parent uses none of them.", pages=listed(have)
    )
    if shared:
        why = say(
            "The child has frames behind {pages}; the parent uses those of {shared} too.",
            pages=listed(have),
            shared=listed(shared),
        )
    return Question(
        say(
            "A private anonymous region has six pages, 0 to 5. How many of the frames behind them "
            "become free when the child exits?"
        ),
        "\n".join(history),
        Number(N_("the number of frames")),
        str(found),
        say("An exit frees only frames that nobody else maps. Which does the child share?"),
        why,
        parent.machine,
        "frames",
        state,
        distractors(str(found), exit_frees_all=str(len(have))),
    )


ALL: tuple[Generator, ...] = (mapcount, frame, mm_users, freed)
