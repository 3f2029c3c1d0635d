"""C compilers of the host: which there is, and what it says about a source.

The result must be a program for Linux on x86-64. Where gcc and clang make others, zig does it.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from vmlab.errors import ProgramError
from vmlab.model.abi.elf import EM_X86_64, ET_DYN, ET_EXEC, parse_ehdr

_SECONDS = 60  # that a compiler may take
_SECONDS_OF_ZIG = 600  # the first time it compiles its libc too
FOLDER = "/src"  # where the source stands, says the debug information
_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "TEMP", "SYSTEMROOT", "LOCALAPPDATA", "XDG_CACHE_HOME")
_DIAGNOSTIC = re.compile(r"(?P<file>[^:\n]+):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<rest>.+)")
_KIND = re.compile(r"(?P<kind>(?:fatal )?error|warning|note): (?P<text>.*)")
# Each statement has code of its own, and each variable a place in memory.
_COMMON = ("-std=gnu17", "-g", "-O0", "-fno-omit-frame-pointer", "-fdiagnostics-color=never")
_ZIG = ("-target", "x86_64-linux-musl", "-mcpu=baseline", "-fno-sanitize=undefined")
_LEAST = "int main(void){}"  # of a program


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What a compiler says about a place in a source."""

    file: str
    line: int  # from 1; 0 = of no line
    column: int  # from 1; 0 = of the whole line
    kind: str  # 'error', 'fatal error', 'warning', 'note'
    text: str

    def __str__(self) -> str:
        numbers = ":".join(str(each) for each in (self.line, self.column) if each)
        place = f"{self.file}:{numbers}" if numbers else self.file
        return f"{place}: {self.kind}: {self.text}"


@dataclass(frozen=True, slots=True)
class Compiled:
    """What came of a source: the ELF file, empty if it was refused, and what was said."""

    elf: bytes
    said: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Compiler:
    """A C compiler.

    Attributes:
        name: 'gcc', 'clang' or 'zig'.
        command: how it is called.
        seconds: how long it may take.
    """

    name: str
    command: tuple[str, ...]
    seconds: float

    def compile(self, source: str, name: str, options: Sequence[str]) -> Compiled:
        """Compile one source.

        Args:
            source: C text.
            name: of its file, such as 'a.c'.
            options: further ones, which come last and so win.

        Raises:
            ProgramError: it takes too long.
        """
        with TemporaryDirectory() as folder:
            (Path(folder) / name).write_text(source, encoding="utf-8")
            result = Path(folder) / "result"
            prefix = f"-ffile-prefix-map={folder}={FOLDER}"
            command = [*self.command, *_COMMON, prefix, "-o", str(result), name, *options]
            status, said = self._call(command, folder)
            made = result.read_bytes() if status == 0 and result.is_file() else b""
        return Compiled(made, tuple(_diagnostics(said, name, status != 0)))

    def _call(self, command: Sequence[str], folder: str) -> tuple[int, str]:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            said = process.communicate(timeout=self.seconds)[1]
        except BaseException as failure:  # an interrupt too
            _kill(process)
            if isinstance(failure, subprocess.TimeoutExpired):
                raise ProgramError(
                    "compiler_slow", name=self.name, seconds=f"{self.seconds:g}"
                ) from None
            raise
        return process.returncode, said.decode(errors="replace")


def _kill(process: subprocess.Popen[bytes]) -> None:
    # A compiler and the programs that it has started.
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@cache
def compiler() -> Compiler:
    """Return the first compiler that makes programs for Linux on x86-64.

    Raises:
        ProgramError: there is none.
    """
    for each in _candidates():
        try:
            if is_for_linux(each.compile(_LEAST, "a.c", ()).elf):
                return each
        except (OSError, ProgramError):
            continue
    raise ProgramError("no_compiler")


def _candidates() -> Iterator[Compiler]:
    if sys.platform == "linux":
        for name in ("gcc", "clang"):
            path = shutil.which(name)
            if path is not None:
                yield Compiler(name, (path,), _SECONDS)
    spec = find_spec("ziglang")
    if spec is not None and spec.origin is not None:
        zig = Path(spec.origin).with_name("zig.exe" if sys.platform == "win32" else "zig")
        yield Compiler("zig", (str(zig), "cc", *_ZIG), _SECONDS_OF_ZIG)


def is_for_linux(elf: bytes) -> bool:
    """Say whether a file is an x86-64 ELF program."""
    ehdr = parse_ehdr(elf)
    if ehdr is None or ehdr.e_machine != EM_X86_64:
        return False
    return ehdr.e_type in (ET_EXEC, ET_DYN)


def _diagnostics(said: str, name: str, failed: bool) -> Iterator[Diagnostic]:
    # Errors that stand at no line are those of the linker.
    found = False
    rest = []
    for line in said.splitlines():
        place = _DIAGNOSTIC.fullmatch(line)
        kind = _KIND.fullmatch(place["rest"]) if place else None
        if place is not None and kind is not None:
            found = found or kind["kind"].endswith("error")
            at = int(place["line"]), int(place["column"] or 0)
            yield Diagnostic(place["file"], *at, kind["kind"], kind["text"])
        elif line.strip():
            rest.append(line)
    if failed and not found:
        yield Diagnostic(name, 0, 0, "error", "\n".join(rest))
