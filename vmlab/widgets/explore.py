"""An Explorer of something that is there already: a program, the machine that a link holds."""

from __future__ import annotations

from collections.abc import Sequence

from vmlab.programs.build import Program
from vmlab.record.recorder import Recorder
from vmlab.state import files, link
from vmlab.state.machine import Machine
from vmlab.state.snapshot import Snapshot
from vmlab.widgets.explorer import Explorer


def explore(program: Program, machine: Machine, argv: Sequence[str] | None) -> Explorer:
    """Start a program and open an Explorer there; see `Program.explore`."""
    process = program.spawn(machine, argv)
    process.run("line")
    explorer = Explorer(machine)
    if process.pid in machine.processes:
        explorer.controls.pid = process.pid
    return explorer


def from_link(address: str) -> Explorer:
    """Open an Explorer of the machine that a link holds, with its recording if that is in it.

    Args:
        address: the link, as the menu of an Explorer gives it, or what stands after `#vmlab=`.

    Raises:
        StateError: it holds none, or what it holds is damaged.
    """
    text = link.decode(address)
    if files.format_of(text) == files.STATE:
        return Explorer(Machine.from_snapshot(Snapshot.from_json(text)))
    return Explorer(Recorder.from_json(text).machine)
