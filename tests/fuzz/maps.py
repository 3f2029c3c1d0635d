"""Mutants of /proc/PID/maps and smaps: each is refused and changes nothing, or makes a process."""

from __future__ import annotations

import random
from functools import cache

from tests.fuzz.mutate import Change, mutated
from tests.fuzz.states import go_on
from vmlab import Machine, StateError

_PIECES = (
    *("-", " ", "\n", "\r\n", "0", "f", "ffffffffffffffff", "7ffffffff000", "1000", "000", ":"),
    *("rwxp", "rw-s", "---p", "---s", "00:00 0", "08:01 5", "/", "//", "/a/../b", "/a/b", "/dev"),
    *("/dev/null", "/dev/zero", " (deleted)", "[vdso]", "[vvar]", "[vvar_vclock]", "[stack]"),
    *("[heap]", "[vsyscall]", "[anon]", "\\012", "\0", "\ud800", "é", "/" + "x" * 5000, "/y" * 999),
    *("7ffffffffffff000", "18446744073709551615", "99999999999999999999", "/bin/a.out"),
    *(
        "VmFlags:",
        " rd",
        " wr",
        " ex",
        " sh",
        " ms",
        " mr",
        " mw",
        " me",
        " gd",
        " lo",
        " lf",
        " ac",
    ),
    *(" nr", " dc", " wf", " dp", " hg", " mg", " sl", " gu", " pf", " kB", "Size: 4 kB\n", "\t"),
    *("> ", "12:", "[    1.5] ", "\udcff", "[anon_shmem:x]", "anon_inode:[x]", "(unreachable)"),
    *(
        "2ab600000000",
        "149600000000",
        "555555555000",
        "[rollup]",
        "VmFlags: rd wr mr mw me gd wf dp\n",
    ),
)
_HAND_MADE = """\
00400000-00401000 r--p 00000000 08:01 12 /bin/old
00401000-00402000 rw-p 00001000 08:01 12 /bin/old
00402000-00404000 rw-p 00000000 00:00 0 [heap]
7f0000000000-7f0000002000 rw-s 00000000 00:01 2051 /memfd:x (deleted)
7f0000002000-7f0000003000 r--s 00003000 08:01 9 /etc/data
7ffff0000000-7ffff0021000 rw-p 00000000 00:00 0 [stack]
7ffff0030000-7ffff0034000 r--p 00000000 00:00 0 [vvar]
7ffff0034000-7ffff0036000 r-xp 00000000 00:00 0 [vdso]
"""


@cache
def bases() -> dict[str, str]:
    """Return texts, by name."""
    p = Machine().spawn()
    p.brk(p.brk(0) + 4096)
    return {"hand made": _HAND_MADE, "a.out": p.maps(), "smaps": p.smaps()}


def choose(chance: random.Random) -> tuple[str, list[Change]]:
    """Choose a base and the text that it becomes: a change of the whole."""
    base = chance.choice(list(bases()))
    return base, [((), mutated(chance, bases()[base], _PIECES))]


def attempt(base: str, changes: list[Change], seed: int) -> str:
    """Make a process of a mutant and go on with it; return 'refused' or 'loaded'."""
    m = Machine(ram=4 << 20)
    before = m.snapshot()
    try:
        m.from_maps(changes[0][1] if changes else bases()[base])
    except (StateError, ValueError) as failure:
        str(failure)
        assert m.snapshot() == before
        return "refused"
    go_on(m, random.Random(seed))
    return "loaded"
