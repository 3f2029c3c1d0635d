"""Runs of machine code that were noted: what the CPU did from one state of its registers on.

A CPU does the same whenever its registers and the bytes it comes to are the same. So a run that was
noted can be done again where there is no emulator, and whether it fits can be told: each page that
it came to is known by a checksum.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

from vmlab.programs.entries import Reached, Refused, Stop, Syscall, Trap
from vmlab.record.site import Line

_VERSION = 1
_KEY_SIZE = 12  # bytes
_STOPS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Reached, Refused, Syscall, Trap)
}  # a limit is none of the program's own


class Touch(NamedTuple):
    """A page that a run came to."""

    page: int  # its address, bytes
    access: int  # READ, WRITE or FETCH: the first, or one that asked for another right
    checksum: int  # of what it held before the run


@dataclass(frozen=True, slots=True)
class Noted:
    """A run, up to where it entered the kernel or came to a new line.

    Attributes:
        touched: the pages it came to, in order.
        stores: address and bytes of what it stored.
        values: what its registers held after it, as `REGISTERS` orders them.
        fpu: the others, as in a snapshot.
        stop: why it ended.
        refused: of a refused access: address, bytes, and for what.
        bytes_of_lines: how many bytes the code of each line loaded and stored.
        all_bytes: whether those are all.
    """

    touched: tuple[Touch, ...]
    stores: tuple[tuple[int, bytes], ...]
    values: tuple[int, ...]
    fpu: bytes
    stop: Stop
    refused: tuple[int, int, int] | None
    bytes_of_lines: tuple[tuple[Line, int], ...]
    all_bytes: bool


Runs = Mapping[str, list[Noted]]  # by the key of the state where they begin


def key_of(values: Iterable[int], fpu: bytes) -> str:
    """Return what runs that begin with these registers are found by."""
    text = ",".join(f"{value:x}" for value in values)
    return blake2b(text.encode() + fpu, digest_size=_KEY_SIZE).hexdigest()


def to_bytes(runs: Runs) -> bytes:
    """Return runs as a file."""
    data = {
        "version": _VERSION,
        "runs": {key: [_row(each) for each in found] for key, found in sorted(runs.items())},
    }
    text = json.dumps(data, separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)


def from_bytes(data: bytes) -> Runs:
    """Return the runs of a file that `to_bytes` made."""
    rows = json.loads(gzip.decompress(data))["runs"]
    return {key: [_noted(row) for row in found] for key, found in rows.items()}


def _row(noted: Noted) -> list[Any]:
    return [
        [number for touch in noted.touched for number in touch],
        [[addr, data.hex()] for addr, data in noted.stores],
        noted.values,
        noted.fpu.hex(),
        [type(noted.stop).__name__, *astuple(noted.stop)],
        noted.refused,
        [[line.file, line.number, size] for line, size in noted.bytes_of_lines],
        noted.all_bytes,
    ]


def _noted(row: list[Any]) -> Noted:
    touched, stores, values, fpu, (kind, *details), refused, lines, all_bytes = row
    return Noted(
        tuple(map(Touch, touched[::3], touched[1::3], touched[2::3])),
        tuple((addr, bytes.fromhex(data)) for addr, data in stores),
        tuple(values),
        bytes.fromhex(fpu),
        _STOPS[kind](*details),
        None if refused is None else tuple(refused),
        tuple((Line(file, number), size) for file, number, size in lines),
        all_bytes,
    )
