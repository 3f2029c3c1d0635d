"""`vmlab check-exercise`: is an exercise of one's own sound?"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

from vmlab.commands.common import Commands, first_of
from vmlab.errors import UsageError
from vmlab.words.language import say, say_n

VARIANTS = 1000


def add(commands: Commands) -> None:
    """Add the command, and what can be said behind it."""
    parser = commands.add_parser(
        "check-exercise", help=say("try the variants of an exercise of one's own")
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "exercise",
        metavar="MODULE:NAME",
        help=say("the generator NAME of MODULE, which may lie in this folder"),
    )
    parser.add_argument(
        "--second",
        metavar="MODULE:NAME",
        help=say("the second way to the answer (default: what `register` was given)"),
    )
    parser.add_argument(
        "--variants",
        type=int,
        default=VARIANTS,
        metavar="N",
        help=say("how many variants are tried (default: {n})", n=VARIANTS),
    )


def run(args: argparse.Namespace) -> int:
    """Try the variants; return the exit status: 0, or 1 if something is wrong."""
    from tqdm import tqdm  # not installed in a browser

    from vmlab.lessons.checking import Check
    from vmlab.lessons.registry import second_way_of

    if args.variants < 1:
        raise UsageError(say("at least one variant must be tried"))
    generator = named(args.exercise)
    second = named(args.second) if args.second else second_way_of(generator)
    check = Check(generator.__name__, generator, second)
    for seed in tqdm(range(args.variants), desc=check.name, disable=None):
        try:
            check.try_variant(seed)
        except Exception as problem:
            raise UsageError(
                say(
                    "variant {seed} fails: {kind}: {problem}",
                    seed=seed,
                    kind=type(problem).__name__,
                    problem=problem,
                )
            ) from problem
    check.finish()
    print(end=first_of(args.exercise, check.problems))
    if not check.problems:
        print(
            say_n(
                args.variants,
                "{name}: {n} variant is sound; wrong answers speak of: {heard}",
                "{name}: {n} variants are sound; wrong answers speak of: {heard}",
                name=check.name,
                heard=", ".join(sorted(check.heard)),
            )
        )
    return 1 if check.problems else 0


def named(text: str) -> Callable[..., Any]:
    """Return what MODULE:NAME names; the present folder is searched, too.

    Raises:
        UsageError: it has another form, or there is no such module or function.
    """
    module, _, name = text.partition(":")
    if not module or not name:
        raise UsageError(say("{text!r} is not MODULE:NAME", text=text))
    folder = os.getcwd()
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception as problem:
        raise UsageError(
            say("{text} cannot be loaded: {problem}", text=text, problem=problem)
        ) from problem
    if not callable(found):
        raise UsageError(say("{text} is no function", text=text))
    function: Callable[..., Any] = found
    return function
