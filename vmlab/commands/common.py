"""What the commands have in common: an option, and how they say what went wrong."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TypeAlias

from vmlab.errors import UsageError
from vmlab.words.language import languages, spoken

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


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
