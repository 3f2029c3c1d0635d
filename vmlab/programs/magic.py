"""The cell magic `%%c`: a cell of C text becomes a program."""

from __future__ import annotations

import shlex
from typing import Any

from vmlab.errors import UsageError
from vmlab.programs.build import Program, build
from vmlab.words.language import say

_NAME = "program"  # of the variable, unless given


def register(shell: Any) -> None:
    """Give a shell of IPython the magic.

    Args:
        shell: the shell.
    """

    def c(line: str, cell: str) -> Program:
        """Compile the cell, C text: `%%c [name] [options]`.

        The program is left in a variable of that name, `program` unless given. It is shown in an
        Explorer, at the first line of its main function; `program.explore()` gives another one.
        """
        words = shlex.split(line)
        name = words.pop(0) if words and not words[0].startswith("-") else _NAME
        if not name.isidentifier():
            raise UsageError(say("%%c: {name!r} is no name of a variable", name=name))
        program = shell.user_ns[name] = build(cell, options=words, name=name)
        return program

    shell.register_magic_function(c, magic_kind="cell", magic_name="c")
