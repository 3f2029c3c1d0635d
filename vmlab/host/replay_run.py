"""What `vmlab record` saves: a log, with what is known of the files that it names."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from vmlab.codes import because
from vmlab.errors import StateError
from vmlab.host.replay_elf import Image

FORMAT, VERSION = "vmlab-run", 1
MOST_BYTES = 1 << 28  # unpacked
MOST_HEAD = 1 << 16  # bytes of a file that are kept
_LONGEST_FILE = 1 << 62  # bytes


@dataclass(frozen=True, slots=True)
class Run:
    """A recorded run of a program.

    Attributes:
        log: as strace writes it.
        files: of each file that was run, its first bytes and its size, by path.
        maps: /proc/PID/maps after a line of the log, by its number.
    """

    log: str
    files: Mapping[str, Image] = field(default_factory=dict)
    maps: Mapping[int, str] = field(default_factory=dict)


def to_bytes(run: Run) -> bytes:
    """Return a run as the bytes of a file; the same run gives the same ones."""
    body = {
        "format": FORMAT,
        "version": VERSION,
        "log": run.log,
        "files": {
            path: {"size": image.size, "head": base64.b64encode(image.head).decode()}
            for path, image in sorted(run.files.items())
        },
        "maps": {str(line): text for line, text in run.maps.items()},
    }
    return gzip.compress(json.dumps(body).encode(), mtime=0)


def is_packed(data: bytes) -> bool:
    """Say whether a file is packed, as those of runs are; a log is not."""
    return data.startswith(b"\x1f\x8b")


def from_bytes(data: bytes) -> Run:
    """Return the run that a file holds.

    Raises:
        StateError: the bytes are no such file, or too many.
    """
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(data, MOST_BYTES)
        body = json.loads(text)
    except (zlib.error, ValueError, RecursionError):
        raise StateError(because("no_run_file")) from None
    try:
        if body["format"] != FORMAT or body["version"] != VERSION:
            raise StateError(because("no_run_file"))
        files = {str(path): _image(each) for path, each in body["files"].items()}
        maps = {int(line): str(each) for line, each in body["maps"].items()}
        return Run(str(body["log"]), files, maps)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise StateError(because("no_run_file")) from None


def _image(told: Mapping[str, object]) -> Image:
    size, head = told["size"], told["head"]
    if not isinstance(size, int) or not isinstance(head, str) or not 0 <= size < _LONGEST_FILE:
        raise ValueError(size)
    data = base64.b64decode(head, validate=True)[:MOST_HEAD]
    return Image(data, max(size, len(data)))
