"""A picture as the output of a cell: it stays when the notebook is read without a kernel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vmlab.errors import UsageError
from vmlab.lessons.watch import watch
from vmlab.model import arguments
from vmlab.model.process import Process
from vmlab.record.recorder import Recorder, Step
from vmlab.state.machine import Machine
from vmlab.widgets.pictures import PICTURES, Focus
from vmlab.widgets.static_picture import StaticPicture
from vmlab.words.language import say


def show(
    machine: Machine,
    picture: str = "address_space",
    *processes: Process | int,
    addr: int | None = None,
    story: watch | Recorder | None = None,
) -> StaticPicture:
    """Draw the machine as it is now.

    Args:
        machine: what to draw.
        picture: 'sharing', 'address_space', 'frames', 'mm_struct', 'page_table', 'vma_tree',
            'fault_path', 'call_path', 'memory_over_time', 'page_cache', 'tlb' or 'process_tree'.
        processes: those to draw, or their pids; all unless given.
        addr: the address whose way through the page tables is shown.
        story: what `watch` saw or a recorder holds; 'fault_path', 'call_path' and
            'memory_over_time' draw it, 'sharing' what its last call copied.

    Raises:
        UsageError: no picture has that name, or no process that pid.
    """
    arguments.instance(machine, Machine, "machine")
    if picture not in PICTURES:
        raise UsageError(
            say(
                "no picture is named {name!r}; there are {names}",
                name=picture,
                names=", ".join(PICTURES),
            )
        )
    focus = focus_on(machine, processes, addr=addr, story=story)
    kind, snap = PICTURES[picture], machine.snapshot()
    return StaticPicture(picture, kind.svg(snap, focus), kind.text(snap, focus))


def focus_on(
    machine: Machine,
    processes: Iterable[Process | int],
    *,
    addr: int | None = None,
    story: watch | Recorder | None = None,
) -> Focus:
    """Return what a picture shows of a machine; the arguments are those of `show`."""
    numbers = tuple(_process(machine, process).mm.number for process in processes)
    recording = story.steps if isinstance(story, Recorder) else None
    if isinstance(story, watch):
        recording = story.recording
    steps: Sequence[Step] = recording or ()
    return Focus(
        mm=numbers[0] if numbers else None,
        mms=_unique(numbers) or None,
        addr=addr,
        call=steps,
        now=steps[-1].number if steps else -1,
        recording=recording,
    )


def _process(machine: Machine, process: Process | int) -> Process:
    if isinstance(process, Process):
        if process.machine is not machine:
            raise UsageError(say("process {pid} is one of another machine", pid=process.pid))
        return process
    arguments.number(process, "pid")
    found = machine.processes.get(process)
    if found is None:
        pids = ", ".join(map(str, machine.processes))
        raise UsageError(
            say("no process has the pid {pid}; there are {pids}", pid=process, pids=pids)
        )
    return found


def _unique(numbers: Iterable[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(numbers))
