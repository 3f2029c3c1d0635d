"""The programs of the lessons, built already, and what was noted of their runs.

So all readers see the same addresses, and need neither a compiler nor an emulator as long as they
change nothing.
"""

from __future__ import annotations

import tarfile
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from io import BytesIO

from vmlab.programs import noted

FOLDER = files("vmlab.programs") / "prebuilt_data"
PROGRAMS = "programs.tar.xz"  # one archive: nearly all of each program is the same C library
RUNS = "runs.json.gz"
_LETTERS = 32  # of a name
_DIGITS = 16  # of a digest, which are enough to tell some programs apart


def file_name(source: str, name: str, options: Sequence[str]) -> str:
    """Return the name of the file that holds a program; arguments as for a compiler."""
    digest = sha256("\0".join((name, *options, source)).encode()).hexdigest()
    return f"{name.removesuffix('.c')[:_LETTERS]}-{digest[:_DIGITS]}.elf"


def elf_of(source: str, name: str, options: Sequence[str]) -> bytes:
    """Return the ELF file of a source; b'' = it was not built. Arguments as for a compiler."""
    return _programs().get(file_name(source, name, options), b"")


@cache
def _programs() -> Mapping[str, bytes]:
    packed = BytesIO((FOLDER / PROGRAMS).read_bytes())
    try:
        with tarfile.open(fileobj=packed, mode="r:xz") as archive:
            contents = ((member.name, archive.extractfile(member)) for member in archive)
            return {name: file.read() for name, file in contents if file}
    except tarfile.CompressionError:  # a Python that was built without lzma
        return {}


@cache
def runs() -> noted.Runs:
    """Return what was noted of the runs of these programs."""
    return noted.from_bytes((FOLDER / RUNS).read_bytes())
