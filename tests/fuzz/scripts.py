"""Mutants of scripts: their first line, and what it leads to."""

from __future__ import annotations

import random
from functools import cache

from tests.fuzz.mutate import Change, mutated
from tests.fuzz.programs import execute
from vmlab import Machine, MiB

_PIECES = (
    *("#!", "#", "!", " ", "\t", "\n", "\r\n", "\0", "\xff", "\xc3\xa9", "\xed\xa0\x80", "/"),
    *("/bin/a.out", "bin/a.out", "/bin/a.out -x", "/s", "/s0", "/s4", "/d", "/dev/null", "/none"),
    *("/bin/a.out/x", "..", "./", "x" * 250, "x" * 300, "/" * 300, " " * 260, "y" * 5000),
)


@cache
def bases() -> dict[str, str]:
    """Return scripts, by name; each letter is a byte."""
    return {
        "plain": "#!/bin/a.out\necho\n",
        "argument": "#! /bin/a.out -x  y \necho\n",
        "script of scripts": "#!/s3\n",
        "long": "#!/bin/a.out " + "z" * 240 + "\n",
    }


def choose(chance: random.Random) -> tuple[str, list[Change]]:
    """Choose a base and the text that it becomes: a change of the whole."""
    base = chance.choice(list(bases()))
    return base, [((), mutated(chance, bases()[base], _PIECES))]


def attempt(base: str, changes: list[Change], seed: int) -> str:
    """Run a mutant; return 'refused' or 'loaded'."""
    text = changes[0][1] if changes else bases()[base]
    m = Machine(ram=8 * MiB)
    m.fs.mkdir("/d")
    m.fs.write("/s0", b"#!/bin/a.out first\n")
    for number in range(1, 5):
        m.fs.write(f"/s{number}", f"#!/s{number - 1} {number}\n".encode())
    m.fs.write("/s", text.encode("latin-1"))
    return execute(m, "/s", seed)
