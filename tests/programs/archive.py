"""The binaries in one archive: every build of every program, and the libraries of glibc."""

from __future__ import annotations

import hashlib
import io
import lzma
import tarfile
from collections.abc import Mapping
from pathlib import Path

from tests.programs.programs import DATA, DYNAMIC, NO_PIE, PROGRAMS, program_path

ARCHIVE = DATA / "binaries.tar.xz"

LOADER = "/lib64/ld-linux-x86-64.so.2"
_LIBRARIES = "/lib/x86_64-linux-gnu"
_ALWAYS = (LOADER, f"{_LIBRARIES}/libc.so.6", f"{_LIBRARIES}/libm.so.6")
_LOADED = sorted({library for program in PROGRAMS.values() for library in program.loads})
LIBRARIES = (*_ALWAYS, *(f"{_LIBRARIES}/{library}" for library in _LOADED))  # paths in the tree

# Calls of machine code get the address that they lead to, which is the same in each copy.
_FILTERS = [
    {"id": lzma.FILTER_X86},
    {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 64 << 20},
]


def member(name: str, build: str) -> str:
    """Return what a program is called in the archive."""
    return f"{build}/{name}"


def libraries(name: str, build: str) -> tuple[str, ...]:
    """Return which libraries the tree of a build has: their paths there."""
    if build not in (DYNAMIC, NO_PIE):
        return ()
    return (*_ALWAYS, *(f"{_LIBRARIES}/{library}" for library in PROGRAMS[name].loads))


def read(path: Path = ARCHIVE) -> dict[str, bytes]:
    """Return all files of an archive, by name; a library's is its path without the first slash."""
    with tarfile.open(path, "r:xz") as archive:
        files = {entry.name: archive.extractfile(entry) for entry in archive if entry.isfile()}
        return {name: file.read() for name, file in files.items() if file is not None}


def write(files: Mapping[str, bytes], path: Path = ARCHIVE) -> None:
    """Write an archive, the same bytes for the same files."""
    with (
        lzma.open(path, "wb", filters=_FILTERS) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, data in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755
            archive.addfile(entry, io.BytesIO(data))


def tree(name: str, build: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what stands in the tree of a program, by path: itself first, then its libraries."""
    found = {program_path(name): files[member(name, build)]}
    return found | {library: files[library[1:]] for library in libraries(name, build)}


def digest(data: bytes) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
