"""`vmlab check-lesson`: is a lesson sound?"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from vmlab.commands.common import Commands, first_of
from vmlab.errors import UsageError
from vmlab.words.language import say


def add(commands: Commands) -> None:
    """Add the command, and what can be said behind it."""
    parser = commands.add_parser(
        "check-lesson", help=say("say whether a lesson keeps the rules and prints what it stores")
    )
    parser.set_defaults(run=run)
    parser.add_argument("lesson", metavar="FILE", type=Path, help=say("a notebook (.ipynb)"))


def run(args: argparse.Namespace) -> int:
    """Check a lesson; return the exit status: 0, or 1 if something is wrong."""
    from vmlab.lessons.lesson_rules import problems

    path: Path = args.lesson
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        beside = {file.stem for file in path.resolve().parent.glob("*.py")}
        found = problems(notebook, beside)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as problem:
        raise UsageError(
            say("{file} cannot be read: {problem}", file=path.name, problem=problem)
        ) from problem
    print(end=first_of(path.name, found), flush=True)
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
