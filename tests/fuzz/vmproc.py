"""Mutants of saved processes (`.vmproc`): each is refused, or read and drawn in words."""

from __future__ import annotations

import io
import random
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.fuzz.mutate import GONE, Change, changed, mutated
from vmlab.diagrams.memory_use import memory_use_text
from vmlab.diagrams.unseen import why_not_drawn
from vmlab.errors import HostError, StateError
from vmlab.host import EXAMPLES, load
from vmlab.host.observed import observed
from vmlab.host.page import notes
from vmlab.widgets.pictures import PICTURES, Focus

_PACKED = "(packed)"  # in a place: the bytes of the file itself
_CUT = "(cut)"  # there: where the file ends
_PIECES = (
    *("\0", "\n", "\r", "-", " ", "  ", "/", ":", "[heap]", "[stack]", "(deleted)", "\\012", "kB"),
    *("0", "-1", "9" * 70, "ffffffffffffffff", "7ffffffff000", "00:00", "rwxs", "----", "x" * 5000),
    *("Rss:", "VmFlags:", "Size:", "Name:\t", "{", "[" * 3000, '"', "null", "é", "\xff\xfe"),
)


@cache
def bases() -> dict[str, dict[str, list[str]]]:
    """Return what saved processes hold: of each member its lines, a byte a character."""
    found = {}
    for file in sorted(EXAMPLES.glob("*.vmproc")):
        with zipfile.ZipFile(file) as packed:
            members = {each: packed.read(each).decode("latin-1") for each in packed.namelist()}
        found[file.name] = {name: text.split("\n") for name, text in members.items()}
    return found


def choose(chance: random.Random) -> tuple[str, list[Change]]:
    """Choose a base and one to three changes of it."""
    base = chance.choice(list(bases()))
    return base, [_change(chance, bases()[base]) for _ in range(chance.choice((1, 1, 2, 3)))]


def _change(chance: random.Random, members: dict[str, list[str]]) -> Change:
    way = chance.randrange(10)
    if way == 0:
        return (_PACKED, chance.randrange(1 << 14)), chance.randrange(256)
    if way == 1:
        return (_PACKED, _CUT), chance.randrange(1 << 14)
    name = chance.choice(list(members))
    if way == 2:
        return (name,), chance.choice((GONE, [], [""], ["x"]))
    line = chance.randrange(len(members[name]))
    return (name, line), GONE if way == 3 else mutated(chance, members[name][line], _PIECES)


def attempt(base: str, changes: list[Change], seed: int) -> str:
    """Read a mutant and draw it; return 'refused' or 'loaded'."""
    inner = [change for change in changes if change[0][0] != _PACKED]
    data = bytearray(_packed(changed(bases()[base], inner)))
    for (_, place), value in (change for change in changes if change[0][0] == _PACKED):
        if place == _CUT:
            del data[value:]
        elif data:
            data[int(place) % len(data)] = value
    with tempfile.NamedTemporaryFile(suffix=".vmproc") as file:
        Path(file.name).write_bytes(data)
        try:
            readings = load(file.name)
            snap = observed(readings)
            notes(snap, readings)
            said = memory_use_text(snap)
            focus = Focus(mms=tuple(mm.mm for mm in snap.mms))
            for name in ("address_space", "sharing", "frames"):
                said += why_not_drawn(name, snap) or PICTURES[name].text(snap, focus)
        except (HostError, StateError) as refusal:
            return "refused" if str(refusal) else "without a word"
    return "loaded" if said else "without a word"


def _packed(members: dict[str, Any]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, lines in members.items():
            packed.writestr(name, "\n".join(lines).encode("latin-1"))
    return held.getvalue()
