"""Recording a program of this computer: its calls, and what a replay has to know of its files."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from vmlab.errors import UsageError
from vmlab.host.replay_calls import absolute
from vmlab.host.replay_elf import Image
from vmlab.host.replay_files import FilesTold
from vmlab.host.replay_order import in_order
from vmlab.host.replay_run import MOST_HEAD, Run
from vmlab.host.strace_lines import LogCall
from vmlab.host.strace_log import read_strace
from vmlab.model.abi.elf import PT_INTERP, parse_ehdr, parse_phdrs, phdrs_size
from vmlab.words.language import say

_LONGEST_STRING = 4096  # characters, where they are kept


def record(program: Sequence[str], *, strings: bool = False) -> tuple[Run, int]:
    """Run a program under strace, or without it under ptrace; return what it did, and its status.

    Under ptrace the log has only the calls that matter to memory and files, and /proc/PID/maps
    stands after each call on memory.

    Args:
        program: its name, and its arguments.
        strings: whether to keep its arguments, and under strace what it reads and writes. The
            environment is not kept.

    Raises:
        UsageError: there is no such program, or no process can be traced here.
    """
    if not program or shutil.which(program[0]) is None:
        name = program[0] if program else ""
        raise UsageError(say("there is no program {name!r}", name=name))
    strace = shutil.which("strace")
    if strace is not None:
        log, status = _under_strace(strace, program, strings=strings)
        return Run(log, programs_of(log)), status
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise UsageError(say("a program can be recorded by strace, or on Linux on x86-64"))
    # Imported here: it needs Linux.
    from vmlab.host.follow import follow

    log, maps, status = follow(program, strings=strings)
    return Run(log, programs_of(log), maps), status


def _under_strace(strace: str, program: Sequence[str], *, strings: bool) -> tuple[str, int]:
    longest = str(_LONGEST_STRING if strings else 0)
    with tempfile.TemporaryDirectory(prefix="vmlab-") as folder:
        path = Path(folder, "log")
        command = [strace, "-f", "-y", "-s", longest, "-o", str(path), "--", *program]
        status = subprocess.run(command, check=False).returncode
        if not path.exists():
            raise UsageError(say("strace does not run here: may it trace other processes?"))
        return path.read_bytes().decode(errors="surrogateescape"), status


def programs_of(log: str) -> dict[str, Image]:
    """Return the headers of the programs that a log runs, and of their interpreters."""
    entries = in_order(read_strace(log).entries)
    told = FilesTold(entries)
    found: dict[str, Image] = {}
    for entry in entries:
        if isinstance(entry, LogCall) and entry.name == "execve" and entry.result == 0:
            path = told.path(entry, 0)
            path = path if entry.args[0].text.startswith('"/') else _here(path)
            while path and path not in found:
                image = _image(path)
                if image is None:
                    break
                found[path] = image
                path = _interpreter(image)
    return found


def _here(path: str) -> str:
    # A path that the log has from the current directory on.
    return absolute(path.lstrip("/"), os.getcwd())


def _image(path: str) -> Image | None:
    try:
        with Path(path).open("rb") as file:
            head = file.read(MOST_HEAD)
            size = os.fstat(file.fileno()).st_size
    except OSError:
        return None
    return Image(head[: _needed(head)], size)


def _needed(head: bytes) -> int:
    # Bytes up to the end of the headers, and of the name of the interpreter.
    ehdr = parse_ehdr(head)
    if ehdr is None:
        return len(head.split(b"\n")[0]) if head.startswith(b"#!") else 0
    end = ehdr.e_phoff + phdrs_size(ehdr)
    for phdr in parse_phdrs(head[ehdr.e_phoff : end]) if end <= len(head) else ():
        if phdr.p_type == PT_INTERP:
            end = max(end, phdr.p_offset + phdr.p_filesz)
    return min(end, MOST_HEAD)


def _interpreter(image: Image) -> str:
    ehdr = parse_ehdr(image.head)
    if ehdr is None:
        words = image.head.removeprefix(b"#!").split()
        return (
            words[0].decode(errors="surrogateescape") if image.head[:2] == b"#!" and words else ""
        )
    table = image.head[ehdr.e_phoff : ehdr.e_phoff + phdrs_size(ehdr)]
    for phdr in parse_phdrs(table):
        if phdr.p_type == PT_INTERP:
            name = image.head[phdr.p_offset : phdr.p_offset + phdr.p_filesz]
            return name.split(b"\0")[0].decode(errors="surrogateescape")
    return ""
