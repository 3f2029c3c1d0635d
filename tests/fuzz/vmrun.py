"""Mutants of recorded programs (`.vmrun`): each is refused, or replayed line by line."""

from __future__ import annotations

import base64
import gzip
import json
import random
from functools import cache
from importlib import resources
from typing import Any

from tests.fuzz.mutate import GONE, Change, Mutator, changed, mutated
from tests.fuzz.strace import PIECES
from tests.host import logs
from vmlab.errors import StateError
from vmlab.host import replay
from vmlab.host.replay_run import FORMAT, VERSION, from_bytes
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.state.check import check

_PACKED = "(packed)"  # in a place: the bytes of the file itself
_CUT = "(cut)"  # there: where the file ends
_LINES = 40  # of a log
_LOGS = ("program/sh", "program/python_fork", "program/server", "option/-f -yy", "option/-f -X raw")
_MAPS = "00400000-00402000 r-xp 00000000 08:01 5 /bin/x\n7ff000000000-7ff000021000 rw-p 0 0:0 0\n"


@cache
def bases() -> dict[str, dict[str, Any]]:
    """Return what recorded runs hold, by name; of a log its lines."""
    program = resources.files("vmlab.data").joinpath("a.out").read_bytes()
    image = {"size": len(program), "head": base64.b64encode(program).decode()}
    found = {}
    for name in _LOGS:
        lines = logs.read()[name].splitlines()
        start = next(place for place, line in enumerate(lines) if "execve(" in line)
        path = lines[start].partition('"')[2].partition('"')[0]
        for part in (start, max(start, len(lines) - _LINES)):
            found[f"{name} from {part}"] = {
                "format": FORMAT,
                "version": VERSION,
                "log": lines[start : start + 1] + lines[part + 1 : part + _LINES],
                "files": {path: image},
                "maps": {"2": _MAPS},
            }
    return found


@cache
def _mutator(base: str) -> Mutator:
    return Mutator(bases()[base])


def choose(chance: random.Random) -> tuple[str, list[Change]]:
    """Choose a base and changes of it, mostly of lines of its log."""
    base = chance.choice(list(bases()))
    way = chance.randrange(10)
    if way == 0:
        return base, [((_PACKED, chance.randrange(1 << 14)), chance.randrange(256))]
    if way == 1:
        return base, [((_PACKED, _CUT), chance.randrange(1 << 14))]
    if way < 4:
        return base, _mutator(base).changes(chance)
    return base, [_line(chance, bases()[base]["log"]) for _ in range(chance.choice((1, 1, 2, 5)))]


def _line(chance: random.Random, lines: list[str]) -> Change:
    number = chance.randrange(len(lines))
    way = chance.randrange(6)
    if way == 0:
        return ("log", number), GONE
    text = lines[number] if way < 4 else chance.choice(lines)  # twice, or out of order
    return ("log", number), mutated(chance, text, PIECES) if way < 5 else text


def attempt(base: str, changes: list[Change], seed: int) -> str:
    """Read a mutant and replay it; return 'refused' or 'loaded'."""
    inner = [change for change in changes if change[0][0] != _PACKED]
    body = changed(bases()[base], inner)
    if isinstance(lines := body.get("log"), list):
        body = {**body, "log": "\n".join(map(str, lines))}
    data = bytearray(gzip.compress(json.dumps(body).encode(), compresslevel=1, mtime=0))
    for (_, place), value in (change for change in changes if change[0][0] == _PACKED):
        if place == _CUT:
            del data[value:]
        else:
            data[int(place) % len(data)] = value
    try:
        found = replay(from_bytes(bytes(data)))
    except StateError as refusal:
        return "refused" if str(refusal) else "without a word"
    assert len(found.log.calls) == len(found.steps)
    assert found.summary()
    validate_machine(found.machine.system)
    check(found.machine.snapshot())
    return "loaded"
