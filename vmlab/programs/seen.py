"""What there is to see of the program that a task runs, in whichever state of the machine.

Its source, where in it the task is, who called whom, and its variables. A state of the past is
restored for it, which takes less than a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.errors import ProgramError
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.mm.filemap import read_pages
from vmlab.programs.debug import of
from vmlab.programs.frames import call_stack
from vmlab.programs.sites import source_at
from vmlab.programs.variables import Place, of_task
from vmlab.record.site import Line
from vmlab.state.restore import restore
from vmlab.state.snapshot import Snapshot

_SECTION = b".debug_info"  # its name stands in the file


@dataclass(frozen=True, slots=True)
class Called:
    """A function of the program's own that was called and has not returned."""

    function: str
    line: Line | None  # that it is on


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to see of a program.

    Attributes:
        path: where its source stands in the machine, or should.
        source: C text; None = it does not stand there.
        line: of its own sources that the task is on, or called other code from; None = it is on
            none.
        at: whether it is on that line itself.
        with_code: the numbers of the lines of that source where it can stop.
        stack: the functions, the innermost first.
        variables: those of one of them, and then all others.
    """

    path: str
    source: str | None
    line: Line | None
    at: bool
    with_code: tuple[int, ...]
    stack: tuple[Called, ...]
    variables: tuple[Place, ...]


def see(task: TaskStruct, depth: int = 0) -> Seen | None:
    """Look at the program of a task; nothing changes.

    Args:
        task: the task.
        depth: which function's variables: 0 = the innermost one of the program's own.

    Returns:
        What there is to see; None if it has ended.

    Raises:
        ProgramError: the program has no debug information.
    """
    mm = task.mm
    if mm is None:
        return None
    debug = of(mm).debug
    frames = call_stack(task)
    own = [frame for frame in frames if frame.function is not None]
    line = next((frame.line for frame in own if frame.line is not None), None)
    stack = [Called(frame.function.name, frame.line) for frame in own if frame.function]
    file = line.file if line is not None else debug.main_file
    path = debug.sources.get(file, file)
    return Seen(
        path=path,
        source=source_at(task.system, path),
        line=line,
        at=bool(frames) and frames[0].line is not None,
        with_code=tuple(
            sorted({each.number for each in debug.starts.values() if each.file == file})
        ),
        stack=tuple(stack),
        variables=tuple(of_task(task, mm, depth if depth < len(own) else 0)),
    )


def task_then(snap: Snapshot, pid: int) -> TaskStruct | None:
    """Return a task as it was in a state, in a kernel of its own; None if there was none."""
    return restore(snap).tasks.get(pid)


def where_of(task: TaskStruct | None) -> str:
    """Return the line, file:line, that a task is on or called other code from; '' = unknown."""
    try:
        frames = call_stack(task) if task is not None else []
    except ProgramError:
        return ""
    return str(next((frame.line for frame in frames if frame.line is not None), ""))


def is_built_with_it(task: TaskStruct) -> bool:
    """Say whether a task runs a program with debug information, even if it cannot be read here."""
    mm = task.mm
    if mm is None or mm.exe_file is None:
        return False
    inode = mm.exe_file.f_inode
    return _SECTION in read_pages(mm.system, inode.i_mapping, 0, inode.i_size)
