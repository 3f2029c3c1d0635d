"""An Explorer of a program that has come to the first line of its main function."""

from __future__ import annotations

from collections.abc import Sequence

from vmlab.programs.build import Program
from vmlab.state.machine import Machine
from vmlab.widgets.explorer import Explorer


def explore(program: Program, machine: Machine, argv: Sequence[str] | None) -> Explorer:
    """Start a program and open an Explorer there; see `Program.explore`."""
    process = program.spawn(machine, argv)
    process.run("line")
    explorer = Explorer(machine)
    if process.pid in machine.processes:
        explorer.controls.pid = process.pid
    return explorer
