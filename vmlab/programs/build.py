"""Building programs from C text: `vmlab.build`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

from vmlab.errors import ArgumentError, ProgramError
from vmlab.model import arguments
from vmlab.model.host_programs import interpreter
from vmlab.model.process import Process
from vmlab.programs.compilers import FOLDER, Compiled, Diagnostic, compiler, is_for_linux
from vmlab.programs.debug import Debug, read
from vmlab.programs.prebuilt import elf_of
from vmlab.programs.shown import explorers
from vmlab.state.machine import Machine
from vmlab.words.language import say

_KEPT = 64  # programs of this session
_FILE_NAME = re.compile(r"\w[\w.+-]{0,252}", re.ASCII)  # the source has two letters more


class BuildError(ProgramError):
    """A source that the compiler refuses.

    Attributes:
        errors: what the compiler says, in its order; warnings and notes too.
    """

    def __init__(self, source: str, errors: Sequence[Diagnostic]) -> None:
        super().__init__("source_refused")
        self.source = source
        self.errors = tuple(errors)

    def __str__(self) -> str:
        lines = self.source.splitlines()
        return "\n".join([super().__str__(), *(_shown(each, lines) for each in self.errors)])

    def _render_traceback_(self) -> list[str]:
        # What IPython shows of it: the fault is not in Python.
        return str(self).splitlines()


@dataclass(frozen=True, slots=True, repr=False)
class Program:
    """A program that was built from C text.

    Attributes:
        name: of the program, such as 'program'.
        source: the C text.
        elf: the file, with debug information.
        warnings: what the compiler says about the source.
    """

    name: str
    source: str
    elf: bytes
    warnings: tuple[Diagnostic, ...] = ()

    def __repr__(self) -> str:
        return f"<Program {self.name}: {len(self.source.splitlines())} lines>"

    @property
    def path(self) -> str:
        """Return where the program stands in a machine."""
        return f"/bin/{self.name}"

    @property
    def source_name(self) -> str:
        """Return the name of the source, as the debug information has it."""
        return _source_name(self.name)

    @property
    def source_path(self) -> str:
        """Return where the source stands in a machine."""
        return f"{FOLDER}/{self.source_name}"

    @property
    def debug(self) -> Debug:
        """Return its debug information.

        Raises:
            ProgramError: it was built without.
        """
        return read(self.elf)

    def spawn(
        self,
        machine: Machine,
        argv: Sequence[str] | None = None,
        env: Mapping[str, str] | Sequence[str] = (),
    ) -> Process:
        """Start it on a machine, as `Machine.spawn` does; its files are written there first.

        That is the program and, where its debug information says that it stands, its source.
        Other files of their names go away as a linker lets them: a program that runs keeps its.

        Args:
            machine: the machine.
            argv: arguments; the path alone unless given.
            env: environment, by name; or its strings as they are.

        Raises:
            ProgramError: it is dynamic, and the machine has no loader for it.
            LinuxError: ENOSPC if there are not enough frames; or what execve answers.
        """
        fs = machine.fs
        loader = interpreter(self.elf).decode()
        if loader and loader not in fs:
            raise ProgramError("loader_missing", path=loader)
        for path, data in ((self.source_path, self.source.encode()), (self.path, self.elf)):
            if path in fs and fs.read(path) != data:
                fs.unlink(path)
            if path not in fs:
                fs.write(path, data)
        return machine.spawn(self.path, argv, env)

    def explore(self, machine: Machine | None = None, argv: Sequence[str] | None = None) -> Any:
        """Start it, run it to the first line of its main function, and open an Explorer there.

        What a cell shows of a program is this, with a machine of its own.

        Args:
            machine: where it is started; a new one unless given.
            argv: arguments; the path alone unless given.

        Returns:
            The Explorer; its `machine` and `process` are for further cells.

        Raises:
            ProgramError: there is no emulator: `pip install vmlab[programs]`.
            LinuxError: as in `spawn`.
        """
        return explorers.explore(self, Machine() if machine is None else machine, argv)

    def _ipython_display_(self) -> None:
        try:
            explorer = self.explore()
        except ProgramError:
            raise NotImplementedError from None  # it cannot run here: `_repr_html_` shows it
        explorer._ipython_display_()

    def _repr_html_(self) -> str:
        rows = "\n".join(escape(row) for row in _numbered(self.source))
        said = "".join(f"<p>{escape(str(each))}</p>" for each in self.warnings)
        variable = self.name if self.name.isidentifier() else "program"
        title = say("{name}: {size} bytes", name=self.name, size=len(self.elf))
        return (
            f'<div class="vmlab-program"><p><strong>{escape(title)}</strong></p>'
            f"<pre>{rows}</pre>{said}"
            f"<p>{escape(say('To run it:'))} "
            f'<code>p = {variable}.spawn(Machine()); p.run("line")</code></p></div>'
        )


def build(
    source: str, *, static: bool = True, options: Sequence[str] = (), name: str = "program"
) -> Program:
    """Compile C text for the machine: an x86-64 program with debug information.

    The compiler is the host's gcc or clang, or the one of the package `ziglang`. The code is not
    optimised, so that each statement has code of its own and each variable a place in memory; an
    option such as '-O2' changes that. The same text is compiled once a session, and the programs of
    the lessons are built already.

    Args:
        source: C text.
        static: with its libc in the program; else the machine must have the loader and the
            libraries that it names, see `Machine.fs.import_host`.
        options: more options of the compiler, each a string of its own.
        name: of the program; it stands in /bin.

    Returns:
        The program.

    Raises:
        ProgramError: the compiler refuses the text, its `errors` say why; or there is none; or
            the options make no program.
        ArgumentTypeError, ArgumentError: an argument is no text, or `options` is one string.
    """
    arguments.text(source, "source")
    arguments.text(name, "name")
    if not _FILE_NAME.fullmatch(name):
        raise ProgramError("not_a_file_name", name=name)
    _check_utf8(source)
    words = arguments.strings(options, "options")
    if any(word.startswith(("-o", "--output")) for word in words):
        raise ProgramError("options_make_no_program", options=" ".join(words))
    linked = ("-static",) if static else ()
    compiled = _compiled(source, _source_name(name), (*linked, *words))
    if any(each.kind.endswith("error") for each in compiled.said):
        raise BuildError(source, compiled.said)
    if not is_for_linux(compiled.elf):
        raise ProgramError("options_make_no_program", options=" ".join(words))
    return Program(name, source, compiled.elf, compiled.said)


def _check_utf8(source: str) -> None:
    # Also a byte that Python keeps as a surrogate has no place in a page that shows the source.
    try:
        source.encode()
    except UnicodeEncodeError:
        raise ArgumentError("arg_not_utf8", what="source", given=arguments.shown(source)) from None


@lru_cache(maxsize=_KEPT)
def _compiled(source: str, name: str, options: tuple[str, ...]) -> Compiled:
    built = elf_of(source, name, options)
    return Compiled(built, ()) if built else compiler().compile(source, name, options)


def _source_name(name: str) -> str:
    return f"{name.removesuffix('.out')}.c"


def _numbered(source: str) -> list[str]:
    lines = source.splitlines()
    width = len(str(len(lines)))
    return [f"{number:>{width}}  {line}" for number, line in enumerate(lines, 1)]


def _shown(said: Diagnostic, lines: Sequence[str]) -> str:
    # With the line that it is about, and a mark below the column.
    if not 1 <= said.line <= len(lines):
        return str(said)
    line = lines[said.line - 1].expandtabs(1)
    mark = f"\n    {' ' * (said.column - 1)}^" if said.column else ""
    return f"{said}\n    {line}{mark}"
