"""`vmlab check-exercise` and `vmlab check-lesson`: are an exercise and a lesson sound?"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vmlab.errors import UsageError
from vmlab.lessons.checking import Check
from vmlab.lessons.lesson_rules import problems
from vmlab.lessons.registry import second_way_of
from vmlab.words.language import say, say_n

VARIANTS = 1000
SHOWN = 10  # problems


def add_commands(commands: Any) -> None:
    """Add both commands to those of `vmlab`."""
    exercise = commands.add_parser(
        "check-exercise", help=say("try the variants of an exercise of one's own")
    )
    exercise.add_argument(
        "exercise",
        metavar="MODULE:NAME",
        help=say("the generator NAME of MODULE, which may lie in this folder"),
    )
    exercise.add_argument(
        "--second",
        metavar="MODULE:NAME",
        help=say("the second way to the answer (default: what `register` was given)"),
    )
    exercise.add_argument(
        "--variants",
        type=int,
        default=VARIANTS,
        metavar="N",
        help=say("how many variants are tried (default: {n})", n=VARIANTS),
    )
    lesson = commands.add_parser(
        "check-lesson", help=say("say whether a lesson keeps the rules and prints what it stores")
    )
    lesson.add_argument("lesson", metavar="FILE", type=Path, help=say("a notebook (.ipynb)"))


def run(args: argparse.Namespace) -> int:
    """Run one of the two; return the exit status: 0, or 1 if something is wrong."""
    try:
        if args.command == "check-exercise":
            return _exercise(args)
        return _lesson(args.lesson)
    except UsageError as problem:
        print(f"vmlab {args.command}: {problem}", file=sys.stderr)
        return 1


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


def _exercise(args: argparse.Namespace) -> int:
    from tqdm import tqdm  # not installed in a browser

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
    _tell(args.exercise, check.problems)
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


def _tell(name: str, found: list[str]) -> None:
    for problem in found[:SHOWN]:
        print(f"{name}: {problem}")
    if (more := len(found) - SHOWN) > 0:
        print(say_n(more, "... and {n} more", "... and {n} more"))


def _lesson(path: Path) -> int:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        beside = {file.stem for file in path.resolve().parent.glob("*.py")}
        found = problems(notebook, beside)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as problem:
        raise UsageError(
            say("{file} cannot be read: {problem}", file=path.name, problem=problem)
        ) from problem
    _tell(path.name, found)
    if find_spec("nbval") is None or find_spec("pytest") is None:
        raise UsageError(
            say("its outputs cannot be compared without nbval: `pip install nbval pytest`")
        )
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "-p", "no:cacheprovider"]
    status = subprocess.run(
        [*command, "--rootdir", ".", "-c", os.devnull, path.name], cwd=path.resolve().parent
    ).returncode
    if found or status:
        return 1
    print(say("{file}: the lesson keeps the rules and prints what it stores", file=path.name))
    return 0
