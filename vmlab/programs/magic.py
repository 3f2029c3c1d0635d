"""The cell magic `%%c`: a cell of C text becomes a program."""

from __future__ import annotations

import shlex
from typing import Any

from vmlab.errors import UsageError
from vmlab.programs.build import BuildError, Program, build
from vmlab.words.language import say

_NAME = "program"  # of the variable, unless given


class Refused:
    """A cell that the compiler refuses, as it is shown.

    Args:
        failure: why.
    """

    def __init__(self, failure: BuildError) -> None:
        self.failure = failure

    def __repr__(self) -> str:
        return str(self.failure)


def register(shell: Any) -> None:
    """Give a shell of IPython the magic.

    Args:
        shell: the shell.
    """
    shell.register_magic_function(
        lambda line, cell: _c(shell, line, cell), magic_kind="cell", magic_name="c"
    )


def _c(shell: Any, line: str, cell: str) -> Program | Refused:
    words = shlex.split(line)
    name = words.pop(0) if words and not words[0].startswith("-") else _NAME
    if not name.isidentifier():
        raise UsageError(say("%%c: {name!r} is no name of a variable", name=name))
    try:
        program = build(cell, options=words, name=name)
    except BuildError as failure:
        shell.user_ns.pop(name, None)  # what it held is not this text
        return Refused(failure)
    shell.user_ns[name] = program
    return program
