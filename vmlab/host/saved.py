"""Files of saved processes: what a colleague sends from the server where the process runs.

A file `.vmproc` is a zip: `manifest.json` says what it is, and a folder for each process, named by
its number, holds the files of its /proc folder as the kernel gave them; `pagemap` is packed.
"""

from __future__ import annotations

import json
import os
import platform
import re
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from vmlab.errors import StateError, UsageError
from vmlab.host.pagemap import runs
from vmlab.host.proc import ASKED, FILES, of_text, read_process
from vmlab.host.reading import Reading
from vmlab.model.abi.maps import find_maps_line
from vmlab.words.language import say

EXAMPLES = Path(__file__).parent.parent / "data"  # a folder with some saved processes
FORMAT, VERSION = "vmproc", 1
LARGEST = 1 << 30  # bytes of all that a file holds, unpacked
MOST = 10_000  # files in it
_MANIFEST = "manifest.json"
_MEMBER = re.compile(rf"([1-9][0-9]{{0,9}})/({'|'.join((*FILES, *ASKED))})")
_EPOCH = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # a member's time says nothing, so that the same gives the same bytes


def read(what: int | str | os.PathLike[str], *also: str) -> Reading:
    """Read one process.

    Args:
        what: the number of a living process; the path of a file that `save` wrote for one process,
            or that holds the text of maps or smaps; or such a text itself.
        also: 'cmdline' and 'environ' of a living process, which may hold secrets.

    Raises:
        HostError: there is no such process, the kernel does not let it be read, or it is no Linux.
        StateError: the file is damaged.
        OSError: the file cannot be read.
    """
    if isinstance(what, int):
        return read_process(what, also)
    if isinstance(what, str) and (find_maps_line(what.split("\n", 1)[0]) or "\n" in what):
        return of_text(what)
    found = load(what)
    if len(found) != 1:
        raise UsageError(say("{file} holds {n} processes: load it", file=what, n=len(found)))
    return found[0]


def save(
    pids: int | Iterable[int],
    path: str | os.PathLike[str],
    *,
    cmdline: bool = False,
    environ: bool = False,
) -> Path:
    """Save some living processes as one file.

    Args:
        pids: their numbers.
        path: of the file; by custom it ends in `.vmproc`.
        cmdline: save the arguments too, which may hold secrets.
        environ: save the environment too, which often holds secrets.

    Returns the path.

    Raises:
        HostError: there is no such process, or the kernel does not let it be read.
        OSError: the file cannot be written.
    """
    asked = tuple(name for name, wanted in zip(ASKED, (cmdline, environ), strict=True) if wanted)
    numbers = dict.fromkeys((pids,) if isinstance(pids, int) else pids)
    if not numbers:
        raise UsageError(say("no process is named"))
    return write([read_process(pid, asked) for pid in numbers], path)


def write(readings: Sequence[Reading], path: str | os.PathLike[str]) -> Path:
    """Write what was read of some processes as one file, and return its path."""
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "kernel": platform.release(),
        "refused": {str(each.pid): dict(each.refused) for each in readings if each.refused},
    }
    file = Path(path)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        _add(packed, _MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False).encode())
        for each in readings:
            for name, data in each.files.items():
                _add(packed, f"{each.pid}/{name}", data)
    return file


def _add(packed: zipfile.ZipFile, name: str, data: bytes) -> None:
    member = zipfile.ZipInfo(name, _EPOCH)
    member.external_attr = 0o600 << 16
    packed.writestr(member, data, zipfile.ZIP_DEFLATED, 9)


def load(path: str | os.PathLike[str]) -> tuple[Reading, ...]:
    """Read a file that `save` wrote, or one that holds the text of maps or smaps.

    Raises:
        StateError: the file is damaged, or of a newer version of vmlab.
        OSError: it cannot be read.
    """
    file = Path(path)
    if not zipfile.is_zipfile(file):
        text = file.read_bytes().decode(errors="surrogateescape")
        return (of_text(text, source=str(file)),)
    try:
        with zipfile.ZipFile(file) as packed:
            return _readings(packed, str(file))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error):
        raise StateError("vmproc_damaged") from None


def _readings(packed: zipfile.ZipFile, source: str) -> tuple[Reading, ...]:
    members = packed.infolist()
    if len(members) > MOST or sum(member.file_size for member in members) > LARGEST:
        raise StateError("vmproc_too_large", most=LARGEST >> 20)
    refused = _manifest(packed)
    found: dict[str, dict[str, bytes]] = {}
    for member in members:
        name = _MEMBER.fullmatch(member.filename)
        if name is not None:
            found.setdefault(name[1], {})[name[2]] = packed.read(member)
        elif member.filename != _MANIFEST:
            raise StateError("vmproc_member", name=member.filename[:80])
    for files in found.values():
        runs(files.get("pagemap", b""))
    if not found:
        raise StateError("vmproc_damaged")
    return tuple(Reading(files, refused.get(pid, {}), source) for pid, files in found.items())


def _manifest(packed: zipfile.ZipFile) -> dict[str, dict[str, str]]:
    # What was refused, by process.
    try:
        said: Any = json.loads(packed.read(_MANIFEST))
        version, refused = said["version"], said["refused"]
        known = said["format"] == FORMAT and type(version) is int
        texts = [text for each in refused.values() for pair in each.items() for text in pair]
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise StateError("vmproc_damaged") from None
    if not known or not all(isinstance(text, str) for text in texts):
        raise StateError("vmproc_damaged")
    if version > VERSION:
        raise StateError.at_field(
            "version", "version_unknown", reads=VERSION, given=str(version)[:20]
        )
    return {pid: dict(each) for pid, each in refused.items()}
