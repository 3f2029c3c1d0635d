"""The same calls on the model and on the kernel of this machine."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vmlab.errors import HostError, Killed, LinuxError, ProcessError, Signal, UsageError
from vmlab.host.beside import FIRST_PID, Beside, row_of, start
from vmlab.host.compared import Comparison, Kernel, Row, Told
from vmlab.host.short_maps import maps_of, short
from vmlab.model.abi.strace import parse_log
from vmlab.model.machine import A_OUT, a_out
from vmlab.model.process import Process
from vmlab.record.history import History
from vmlab.record.recorder import Recorder
from vmlab.state.machine import Machine
from vmlab.words.language import say

if TYPE_CHECKING:
    from vmlab.host.victims import Victims

Script = Callable[[Process], object]
_FAILS = (LinuxError, Signal, Killed, ProcessError)


def compare(
    script: Script | str, *, stored: Comparison | str | os.PathLike[str] | None = None
) -> Comparison:
    """Make the same calls on the model and on the kernel of this machine; lay them side by side.

    On the model the script runs; then its calls and accesses are made for real, one by one, by a
    child that ptrace(2) drives. It begins as `Machine().spawn()` does. Nothing of the machine
    changes: files lie in a private folder, and a script with other calls than those on a
    process's own memory and files, and fork, is refused before any is made. The script ends where
    the model raises LinuxError, Segfault or BusError, unless it catches that.

    Args:
        script: takes a process, and makes calls; or a log of calls as strace writes it, or as
            `Recorder.transcript` does.
        stored: what `Comparison.save` wrote, or `load` returned: its answers stand for those of
            the kernel where that cannot be asked.

    Raises:
        HostError: the kernel cannot be asked here and there are no stored answers, or the script
            does what is not done for real.
        UsageError: the log cannot be read, or the stored answers are of one real process only.
        StateError: the stored answers are damaged.
        OSError: they cannot be read.
    """
    kept = _kept(stored)
    try:
        victims = start(FIRST_PID)
    except HostError:
        if kept is None:
            raise
        recorder, _ = _on_model(script, kept.kernel.settings, None)
        return _beside_stored(rows_of(recorder.steps), kept)
    with victims:
        settings = _settings()
        recorder, adopted = _on_model(script, settings, victims)
        beside = Beside(victims)
        beside.follow(recorder.steps)
        pairs = zip(rows_of(recorder.steps), beside.told(), strict=True)
        kernel = Kernel(platform.release(), adopted=adopted, settings=settings)
        return Comparison([Row(row.pid, row.call, row.here, told) for row, told in pairs], kernel)


def _kept(stored: Comparison | str | os.PathLike[str] | None) -> Comparison | None:
    kept = stored if stored is None or isinstance(stored, Comparison) else Comparison.load(stored)
    if kept is not None and kept.kernel.adopted:
        raise UsageError(say("the stored answers hold the addresses of one real process only"))
    return kept


def _settings() -> dict[str, int]:
    # Of this machine, as a Machine takes them.
    text = Path("/proc/meminfo").read_text()
    total = sum(int(size) for size in re.findall(r"^(?:Mem|Swap)Total: +(\d+)", text, re.MULTILINE))
    names = ("max_map_count", "overcommit_memory", "overcommit_ratio")
    sysctls = {name: int(Path("/proc/sys/vm", name).read_text()) for name in names}
    return {"totalram": total << 10, **sysctls}


def _machine(settings: Mapping[str, int]) -> Machine:
    return Machine(
        totalram=settings["totalram"],
        max_map_count=settings["max_map_count"],
        overcommit_memory=settings["overcommit_memory"],
        overcommit_ratio=settings["overcommit_ratio"],
    )


def _on_model(
    script: Script | str, settings: Mapping[str, int], victims: Victims | None
) -> tuple[Recorder, bool]:
    # And whether it took over the addresses of the real process.
    machine = _machine(settings)
    process = machine.spawn()
    adopted = victims is not None and short(process.maps()) != victims.maps()[FIRST_PID]
    if victims is not None and adopted:
        machine = _machine(settings)
        machine.fs.install(A_OUT, a_out())
        process = machine.from_maps(victims.text(FIRST_PID))
    with Recorder(machine) as recorder, suppress(*_FAILS):  # a row tells it
        if isinstance(script, str):
            _run_log(script, process)
        else:
            script(process)
    return recorder, adopted


def _run_log(text: str, process: Process) -> None:
    processes: dict[int, Process] = {}
    for line in parse_log(text.splitlines()):
        if line.args is None or line.problem:
            raise UsageError(say("{name}: {problem}", name=line.name or "?", problem=line.problem))
        if not processes:
            processes[line.pid] = process
        doer = processes.get(line.pid)
        if doer is None:
            raise UsageError(say("the log does not say where process {pid} began", pid=line.pid))
        with suppress(*_FAILS):
            made = doer.call(line.name, *line.args)
            if isinstance(made, Process):
                processes[line.result if isinstance(line.result, int) else made.pid] = made
    if not processes:
        raise UsageError(say("there is no call in this log"))


def rows_of(history: History) -> list[Row]:
    """Return the calls of a recording with what the model said, after how it began."""
    maps = maps_of(history.start)
    rows = [Row(min(maps, default=0), "", Told("", None, maps), None)]
    numbers = range(len(history.calls))
    return [*rows, *filter(None, (row_of(history, number) for number in numbers))]


def _beside_stored(rows: list[Row], kept: Comparison) -> Comparison:
    found: list[Row] = []
    note = ""
    for number, row in enumerate(rows):
        there = kept.rows[number] if number < len(kept.rows) else None
        if not note and (there is None or (there.pid, there.call) != (row.pid, row.call)):
            call = f"{row.pid} {row.call}"
            note = say("the stored answers end before {call}, which is another call", call=call)
        told = there.there if there is not None and not note else None
        found.append(Row(row.pid, row.call, row.here, told))
    return Comparison(found, kept.kernel, note)
