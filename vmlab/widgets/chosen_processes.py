"""The processes that an Explorer offers to choose from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from vmlab.diagrams.dot import clean
from vmlab.diagrams.folds import LINES, More, fold, places
from vmlab.diagrams.regions import under_construction
from vmlab.diagrams.rows import folded_words
from vmlab.errors import UsageError
from vmlab.model import arguments
from vmlab.model.process import Process
from vmlab.state.machine import Machine
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import say


def pids_of(
    machine: Machine, processes: Iterable[Process | int] | Process | int | None
) -> tuple[int, ...] | None:
    """Return the pids of the processes to choose from; None = all.

    Raises:
        UsageError: a process is one of another machine.
        ArgumentTypeError: something else was given.
    """
    if processes is None:
        return None
    some = (processes,) if isinstance(processes, Process | int) else tuple(processes)
    for each in some:
        if isinstance(each, Process) and each.machine is not machine:
            raise UsageError(say("process {pid} is one of another machine", pid=each.pid))
    pids = tuple(each.pid if isinstance(each, Process) else each for each in some)
    for place, pid in enumerate(pids):
        arguments.number(pid, f"processes[{place}]")
    return pids


def mms_of(snap: Snapshot, pids: Collection[int]) -> tuple[int, ...]:
    """Return the address spaces of some processes, with the one that one of them makes.

    Args:
        snap: the machine.
        pids: the processes; one that is not there has none.
    """
    tasks = [task for task in snap.tasks if task.pid in pids]
    found = [task.mm for task in tasks if task.mm]
    if any(task.pid == snap.current for task in tasks):
        found += (mm.mm for mm in snap.mms if under_construction(snap, mm))
    return tuple(dict.fromkeys(found))


def offered(processes: Sequence[Process], chosen: int) -> tuple[dict[str, int | str], ...]:
    """Return pid and label of each process to choose from; pid 0 stands for those left out.

    Args:
        processes: all of them.
        chosen: pid of one that is there, whichever are not.
    """
    keep = places(process.pid == chosen for process in processes)
    return tuple(
        {"pid": 0, "label": folded_words(each.count)}
        if isinstance(each, More)
        else {"pid": each.pid, "label": label_of(each)}
        for each in fold(processes, "", limit=LINES, keep=keep)
    )


def label_of(process: Process) -> str:
    """Say which process it is, and whether it has ended."""
    name = clean(process.task.comm)
    if process.state in ("Z", "X"):
        return say("{pid} {name} (ended)", pid=process.pid, name=name)
    return f"{process.pid} {name}"
