"""Mutants of logs of strace: a line is understood or says what is not, and what is can be done."""

from __future__ import annotations

import random
from contextlib import suppress
from functools import cache
from pathlib import Path

from tests.fuzz.mutate import Change, mutated
from tests.fuzz.states import any_act
from tests.record.runs import machine, run
from vmlab import Killed, LinuxError, ProcessError, Recorder
from vmlab.errors import ArgumentError, ArgumentTypeError, Signal
from vmlab.model.abi.strace import format_call, parse_line, parse_log
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.state.check import check

_LOGS = Path(__file__).parents[1] / "data" / "strace"
PIECES = (
    *("(", ")", "[", "]", "{", "}", '"', "\\", "\\0", "\\xff", '"...', ",", ", ", "|", "=", " = "),
    *("NULL", "0", "-1", "0x", "0x7ffffffff000", "9" * 70, "8*1024", "1000", "[pid 7] ", "1e9"),
    *("<unfinished ...>", "<... read resumed>", "<", ">", "/*", "*/", "?", "EINVAL", "-1 EINVAL"),
    *("SIGSEGV", "+++ exited with 0 +++", "--- SIGSEGV ---", "PROT_READ", "MAP_FIXED", "MREMAP_"),
    *("mmap(", "wait4(", "clone(", "execve(", "{sa_handler=0x1}", "RLIM64_INFINITY", "\n", "\r"),
    *("\ud800", "\u2028", "é", "(" * 3000, '"' + "x" * 5000 + '"', "[" * 3000, "12:34:56.789 "),
)


@cache
def bases() -> dict[str, str]:
    """Return logs, by name: real ones, and what vmlab writes of a random run."""
    found = {path.name: path.read_text() for path in sorted(_LOGS.glob("*.strace"))}
    for seed in range(4):
        chance = random.Random(seed)
        m = machine()
        with Recorder(m) as recorder:
            run(m, [any_act(chance) for _ in range(40)])
        found[f"run {seed}"] = recorder.transcript(())
    return found


def choose(chance: random.Random) -> tuple[str, list[Change]]:
    """Choose a base and the text that it becomes: a change of the whole."""
    base = chance.choice(list(bases()))
    lines = bases()[base].splitlines(keepends=True)
    start = chance.randrange(len(lines))
    return base, [((), mutated(chance, "".join(lines[start : start + 6]), PIECES))]


def attempt(base: str, changes: list[Change], seed: int) -> str:
    """Read a mutant and do what it says; return 'refused' or 'loaded'."""
    text = changes[0][1] if changes else bases()[base]
    m = machine()
    process = m[1000]
    understood = False
    for line in parse_log(text.splitlines()):
        str(line.problem)
        if line.args is None or line.untold:
            assert line.problem or line.untold
            continue
        understood = True
        with suppress(ArgumentError, ArgumentTypeError):  # no program hands such a thing over
            said = format_call(line.name, line.args)
            again = parse_line(f"{said} = ?")
            if again is not None and again.args is not None and "..." not in said:
                assert format_call(line.name, again.args) == said
        if process.state != "R":
            process = m.spawn()
        with suppress(ArgumentError, ArgumentTypeError, LinuxError, Signal, Killed, ProcessError):
            process.call(line.name, *line.args)
        validate_machine(m.system)
    check(m.snapshot())
    return "loaded" if understood else "refused"
