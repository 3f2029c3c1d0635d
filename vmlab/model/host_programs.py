"""Which other files of the host a program of the host needs: its interpreter and its libraries.

A library is looked for where ld.so looks that has no cache and no environment.
"""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from vmlab.errors import LinuxError
from vmlab.model.abi.elf import (
    DT_NEEDED,
    DT_RPATH,
    DT_RUNPATH,
    EHDR_SIZE,
    EM_X86_64,
    PT_INTERP,
    parse_dynamic,
    parse_ehdr,
    parse_phdrs,
    phdrs_size,
)
from vmlab.model.filesystem import Filesystem
from vmlab.model.linux.fs.binfmt_script import parse_script
from vmlab.model.linux.fs.binprm import BINPRM_BUF_SIZE

_ANY_EXECUTES = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
_FOLDERS = (
    *("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64"),
    *("/lib", "/usr/lib", "/usr/local/lib"),
)


class _Object(NamedTuple):
    # A program or a library, and where the libraries that it needs are looked for first.
    path: str
    needed: tuple[str, ...]
    rpath: tuple[str, ...]  # also where those that they need are
    runpath: tuple[str, ...]


def import_program(fs: Filesystem, path: str) -> None:
    """Copy a program in, the interpreter that it names, that one's, and the libraries of each.

    A file may name any other: only one that everybody may read and that is what it is wanted for
    is copied. What is missing is left out: the program itself says so then.

    Args:
        fs: the files of the machine.
        path: of the program, on the host.

    Raises:
        LinuxError: the program cannot be copied; or ENOSPC.
    """
    name: str | None = path
    while name is not None and name not in fs:
        fs.import_host(name)
        data = fs.read(name)
        if interpreter(data):
            _import_libraries(fs, name, data)
        name = _host_interpreter(data)


def _host_interpreter(data: bytes) -> str | None:
    # The path of the interpreter that a program names, from the root if it is relative; None if
    # the host has none. It must be a program itself.
    try:
        name = posixpath.normpath("/" + interpreter(data).decode().lstrip("/"))
        mode = Path(name).stat().st_mode
    except (LinuxError, OSError, ValueError):
        return None  # execve says what is wrong
    follows = stat.S_ISREG(mode) and mode & stat.S_IROTH and mode & _ANY_EXECUTES
    return name if follows else None


def interpreter(data: bytes) -> bytes:
    """Return the interpreter that a script or an ELF file names, as it stands there; b'' = none."""
    if data.startswith(b"#!"):
        return parse_script(data[:BINPRM_BUF_SIZE])[0]
    ehdr = parse_ehdr(data)
    if ehdr is not None and ehdr.e_phoff + phdrs_size(ehdr) <= len(data):
        for phdr in parse_phdrs(data[ehdr.e_phoff : ehdr.e_phoff + phdrs_size(ehdr)]):
            if phdr.p_type == PT_INTERP:
                return data[phdr.p_offset : phdr.p_offset + phdr.p_filesz].split(b"\0")[0]
    return b""


def _import_libraries(fs: Filesystem, path: str, data: bytes) -> None:
    # Breadth first, as ld.so loads them; each name once.
    pending = [_object(path, data, ())]
    names: set[str] = set()
    for each in pending:
        for name in each.needed:
            if name in names:
                continue
            names.add(name)
            found = next((at for at in _places(each, name) if _is_library(at)), None)
            if found is None:
                continue
            if found not in fs:
                fs.import_host(found)
            pending.append(_object(found, fs.read(found), each.rpath))


def _places(loader: _Object, name: str) -> Iterator[str]:
    if "/" in name:
        yield posixpath.normpath("/" + name)
        return
    for folder in (*(loader.runpath or loader.rpath), *_FOLDERS):
        yield posixpath.normpath(f"{folder}/{name}")


def _is_library(path: str) -> bool:
    try:
        mode = Path(path).stat().st_mode
        if not stat.S_ISREG(mode) or not mode & stat.S_IROTH:
            return False
        with Path(path).open("rb") as file:
            ehdr = parse_ehdr(file.read(EHDR_SIZE))
    except (OSError, ValueError):
        return False
    return ehdr is not None and ehdr.e_machine == EM_X86_64


def _object(path: str, data: bytes, rpath: tuple[str, ...]) -> _Object:
    found = parse_dynamic(data)
    texts = {
        tag: tuple(text.decode(errors="surrogateescape") for each, text in found if each == tag)
        for tag in (DT_NEEDED, DT_RPATH, DT_RUNPATH)
    }
    origin = posixpath.dirname(path)
    own, runpath = (_folders(texts[tag], origin) for tag in (DT_RPATH, DT_RUNPATH))
    return _Object(path, texts[DT_NEEDED], () if runpath else own + rpath, runpath)


def _folders(texts: tuple[str, ...], origin: str) -> tuple[str, ...]:
    return tuple(
        folder.replace("${ORIGIN}", origin).replace("$ORIGIN", origin)
        for text in texts
        for folder in text.split(":")
        if folder.startswith(("/", "$ORIGIN", "${ORIGIN}"))
    )
