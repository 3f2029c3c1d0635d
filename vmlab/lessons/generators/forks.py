"""Exercises about programs that fork: how many processes there are, who prints what, and when."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from vmlab.lessons.answer_kinds import Number
from vmlab.lessons.fields import Fields
from vmlab.lessons.misconceptions import distractors
from vmlab.lessons.question import Generator, Question
from vmlab.lessons.scenarios import READ_WRITE, page, ruler
from vmlab.model.abi.fcntl import Open
from vmlab.model.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MAP_SHARED
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.process import Process
from vmlab.words.language import N_, say

FORK, PRINT, EXIT = "fork();", 'write(1, "*", 1);', "_exit(0);"
CHILD, PARENT, END = "if (fork() == 0) {", "if (fork() != 0) {", "}"
BOTH = Fields(((N_("the child"), "number"), (N_("the parent"), "number")))


def program(rng: random.Random) -> list[str]:
    """Return the lines of a program that forks and prints stars."""
    lines = [PRINT] if rng.random() < 0.3 else []
    for _ in range(rng.randint(2, 3)):
        if rng.random() < 0.4:
            lines.append(FORK)
            continue
        lines.append(rng.choice([CHILD, PARENT]))
        lines += rng.choice([[FORK], [PRINT], [PRINT, EXIT], [FORK, PRINT], [FORK, EXIT]])
        lines.append(END)
        if rng.random() < 0.3:
            lines.append(PRINT)
    return [*lines, PRINT]


def indented(lines: Sequence[str]) -> str:
    """Return a program as text."""
    inside, text = False, []
    for line in lines:
        inside = inside and line != END
        text.append(f"    {line}" if inside else line)
        inside = inside or line in (CHILD, PARENT)
    return "\n".join(text)


def run(lines: Sequence[str]) -> tuple[int, int]:
    """Run a program on a machine; return how many processes there were and what they wrote."""
    first = ruler("A")
    first.dup2(first.open("/output", Open.O_CREAT | Open.O_WRONLY, 0o600), 1)
    made, everyone, inside, outside = 1, [first], [first], list[Process]()
    for line in lines:
        if line in (FORK, CHILD, PARENT):
            children = [process.fork() for process in everyone]
            made += len(children)
            if line == FORK:
                everyone = everyone + children
                continue
            inside, outside = (children, everyone) if line == CHILD else (everyone, children)
            everyone = inside
        elif line == END:
            everyone, outside = everyone + outside, []
        elif line == PRINT:
            for process in everyone:
                process.store(page(0), b"*")
                process.write(1, page(0), 1)
        else:
            for process in everyone:
                process.exit(0)
            everyone = []
    return made, len(first.machine.fs.read("/output"))


def processes(rng: random.Random) -> Question:
    """Ask how many processes a program comes to, itself included."""
    lines = program(rng)
    answer = str(run(lines)[0])
    forks = sum("fork" in line for line in lines)
    return Question(
        say("How many processes does the program come to, the first one included?"),
        indented(lines),
        Number(N_("the number of processes")),
        answer,
        say(
            "Go line by line: how many processes reach it? fork returns 0 in the child and the "
            "child's pid in the parent."
        ),
        say("Each process that reaches a fork makes one more."),
        distractors=distractors(answer, fork_counts_once=str(1 + forks)),
    )


def stars(rng: random.Random) -> Question:
    """Ask how many stars a program prints."""
    lines = program(rng)
    answer = str(run(lines)[1])
    return Question(
        say("How many stars does the program print, all processes together?"),
        indented(lines),
        Number(N_("the number of stars")),
        answer,
        say(
            "Go line by line: how many processes reach it? fork returns 0 in the child and the "
            "child's pid in the parent."
        ),
        say("Each process that reaches a write prints a star."),
        distractors=distractors(answer, child_starts_over=str(lines.count(PRINT))),
    )


def _orders(child: str, before: str, after: str) -> Iterator[str]:
    # All that parent and child can print together: `after` waits for the child's end.
    if not child:
        yield before + after
    elif not before:
        yield child + after
    else:
        yield from (child[0] + rest for rest in _orders(child[1:], before, after))
        yield from (before[0] + rest for rest in _orders(child, before[1:], after))


def outputs(rng: random.Random) -> Question:
    """Ask how many different outputs a program can have."""
    letters = iter(rng.sample("ABCDEF", 6))
    child, before, after = (
        "".join(next(letters) for _ in range(rng.randint(least, 2))) for least in (1, 1, 0)
    )
    waits = rng.random() < 0.7
    if not waits:
        before, after = before + after, ""
    answer = str(len({*_orders(child, before, after)}))
    lines = [CHILD, *map(_prints, child), EXIT, END, *map(_prints, before)]
    lines += ["wait(NULL);"] * waits + [*map(_prints, after)]
    free = str(len({*_orders(child, before + after, "")}))
    return Question(
        say("How many different outputs can this program have?"),
        indented(lines),
        Number(N_("the number of outputs")),
        answer,
        say(
            "The letters of one process keep their order; between two processes any order can "
            "come, except where one waits."
        ),
        say(
            "Among them are {outputs}.",
            outputs=", ".join(sorted({*_orders(child, before, after)})[:3]),
        ),
        distractors=distractors(answer, wait_orders_nothing=free, parent_first="1"),
    )


def _prints(letter: str) -> str:
    return f'write(1, "{letter}", 1);'


def after_write(rng: random.Random) -> Question:
    """Ask what parent and child read after both have written."""
    shared = rng.random() < 0.35
    start, child_by, parent_by = rng.randint(1, 50), rng.randint(1, 9), rng.randint(2, 5)
    kind = MAP_SHARED if shared else MAP_PRIVATE
    parent = ruler("")
    parent.mmap(page(0), PAGE_SIZE, READ_WRITE, kind | MAP_ANONYMOUS | MAP_FIXED)
    _put(parent, start)
    child = parent.fork()
    state = parent.machine.snapshot()
    _put(child, _get(child) + child_by)
    seen = _get(child)
    _put(parent, _get(parent) * parent_by)
    answer = f"{seen} {_get(parent)}"
    flag = "MAP_SHARED" if shared else "MAP_PRIVATE"
    given = (
        f"int *x = mmap(NULL, 4096, PROT_READ|PROT_WRITE, {flag}|MAP_ANONYMOUS, -1, 0);",
        f"*x = {start};",
        CHILD,
        f"    *x += {child_by};",
        '    printf("%d", *x);',
        "    _exit(0);",
        END,
        "wait(NULL);",
        f"*x *= {parent_by};",
        'printf("%d", *x);',
    )
    together, apart = (start + child_by) * parent_by, start * parent_by
    return Question(
        say("Which number does each process print?"),
        "\n".join(given),
        BOTH,
        answer,
        say("Which memory do parent and child share after the fork?"),
        say("The mapping is {flag}.", flag=flag),
        parent.machine,
        "frames",
        state,
        distractors(
            answer,
            fork_shares_variables="" if shared else f"{start + child_by} {together}",
            shared_is_copied=f"{start + child_by} {apart}" if shared else "",
        ),
    )


def _get(process: Process) -> int:
    return int.from_bytes(process.load(page(0), 4), "little")


def _put(process: Process, value: int) -> None:
    process.store(page(0), value.to_bytes(4, "little"))


ALL: tuple[Generator, ...] = (processes, stars, outputs, after_write)
