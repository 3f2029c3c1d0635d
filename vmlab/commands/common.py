"""What the commands have in common: an option, and how they say what went wrong."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from vmlab.errors import UsageError
from vmlab.words.language import languages, say_n, spoken

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
SHOWN = 10  # problems


def add_language(parser: argparse.ArgumentParser, words: str) -> None:
    """Add `--lang`, explained by these words."""
    parser.add_argument("--lang", choices=languages(), default=spoken(), help=words)


def failed(problem: Exception, about: Path | str = "") -> int:
    """Say in one line what went wrong; return the exit status: 2 for a slip in the use, else 1.

    Args:
        problem: VmlabError or OSError.
        about: the file that was read, where the problem does not name it.
    """
    if isinstance(problem, UsageError):
        print(problem, file=sys.stderr)
        return 2
    text = str(problem)
    if isinstance(problem, OSError) and problem.filename is not None:
        text = f"{problem.filename}: {problem.strerror}"
    elif about:
        text = f"{about}: {text}"
    print(text, file=sys.stderr)
    return 1


def first_of(name: str, problems: Sequence[str]) -> str:
    """Return the first problems of what has a name, a line each, and how many more there are."""
    lines = [f"{name}: {problem}" for problem in problems[:SHOWN]]
    if (more := len(problems) - SHOWN) > 0:
        lines.append(say_n(more, "... and {n} more", "... and {n} more"))
    return "".join(f"{line}\n" for line in lines)
