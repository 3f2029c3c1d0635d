"""Reads a living process: the files of /proc/PID, as far as the kernel lets this user read them."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vmlab.errors import HostError
from vmlab.host.pagemap import read_pagemap
from vmlab.host.reading import Reading
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.words.language import say

PROC = Path("/proc")
# In the order in which they are read: what says most of memory at one moment comes first.
FILES = ("maps", "smaps", "pagemap", "smaps_rollup", "status", "stat", "statm", "auxv", "exe")
ASKED = ("cmdline", "environ")  # what may hold secrets: only if it is asked for
_REFUSED = (errno.EACCES, errno.EPERM)
_ENDED = (errno.ESRCH, errno.ENOENT)
_BLOCK = 1 << 20  # bytes


def of_text(text: str, source: str = "") -> Reading:
    """Return what a text of maps or smaps says.

    Args:
        text: the text.
        source: where it comes from.
    """
    return Reading({"maps": text.encode(errors="surrogateescape")}, source=source)


def read_process(pid: int, also: tuple[str, ...] = (), names: tuple[str, ...] = FILES) -> Reading:
    """Read the files of a living process; the arguments are those of `read`.

    Args:
        pid: its number.
        also: names of `ASKED`.
        names: of the files to read.

    Raises:
        HostError: as `read` does.
    """
    if not sys.platform.startswith("linux"):
        raise HostError(say("a living process can be read on Linux only; files and texts anywhere"))
    files: dict[str, bytes] = {}
    refused: dict[str, str] = {}
    with _folder(pid) as folder:
        for name in (*names, *also):
            try:
                files[name] = _file(folder, name, files)
            except OSError as problem:
                # A task without memory, such as one of the kernel, has only what tells who it is.
                if problem.errno not in _ENDED:
                    refused[name] = _why_not(pid, name, problem)
    if "maps" in refused:
        raise HostError(refused["maps"])
    if "status" not in files:
        raise HostError(say("process {pid} ended while it was read", pid=pid))
    return Reading(files, refused)


@contextmanager
def _folder(pid: int) -> Iterator[int]:
    # The folder of a process. Open, it stays that of the process, even if the number is used again.
    try:
        folder = os.open(PROC / str(pid), os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        raise HostError(say("there is no process {pid}", pid=pid)) from None
    try:
        yield folder
    finally:
        os.close(folder)


def _file(folder: int, name: str, files: dict[str, bytes]) -> bytes:
    if name == "exe":
        return os.fsencode(os.readlink(name, dir_fd=folder))
    fd = os.open(name, os.O_RDONLY, dir_fd=folder)
    try:
        if name == "pagemap":
            return _pagemap(fd, files)
        return b"".join(iter(lambda: os.read(fd, _BLOCK), b""))
    finally:
        os.close(fd)


def _pagemap(fd: int, files: dict[str, bytes]) -> bytes:
    if os.sysconf("SC_PAGE_SIZE") != PAGE_SIZE:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
    regions = Reading(files).regions
    rss = {start: counts.get("Rss", 0) for start, counts in regions.counts.items()}
    return read_pagemap(fd, regions.lines, rss)


def _why_not(pid: int, name: str, problem: OSError) -> str:
    path = f"{PROC}/{pid}/{name}"
    if problem.errno in _REFUSED:
        return say(
            "the kernel does not let you read {path}: that takes the same user as the process, "
            "or CAP_SYS_PTRACE (sudo)",
            path=path,
        )
    return f"{path}: {problem.strerror}"


def processes() -> list[int]:
    """Return the numbers of all processes of this machine, in order."""
    return sorted(int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())
