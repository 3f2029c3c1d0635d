"""The processes: who made whom, and who shares which mm_struct."""

from __future__ import annotations

from vmlab.diagrams.dot import Picture, cell, clean, fields, foot, head, lines, row, soft
from vmlab.diagrams.folds import More, fold
from vmlab.state import views
from vmlab.state.ids import mm_id, task_id
from vmlab.state.snapshot import MmState, Snapshot, TaskState
from vmlab.words.language import say_n

LIMIT = 24  # tasks that are shown

LEGEND = ("solid: to a child", "dashed: to its address space", "dotted: to a borrowed one")
STATES = {"R": "runnable", "D": "waits for its vfork child", "Z": "zombie", "X": "dead"}


def process_tree_dot(
    snap: Snapshot,
    *,
    highlight: frozenset[str] = frozenset(),
    unfold: frozenset[str] = frozenset(),
) -> str:
    """Draw the tasks with their parents, and the address spaces they use.

    Args:
        snap: the machine.
        highlight: ids of the objects this step is about.
        unfold: ids of folds that the reader opened.
    """
    picture = Picture("process_tree", ordering="out")
    if not snap.tasks:
        return picture.nothing("no process")
    picture.legend(*LEGEND)
    keep = [
        task_id(task.pid) in highlight or mm_id(task.mm) in highlight or task.pid == snap.current
        for task in snap.tasks
    ]
    shown = fold(snap.tasks, "tasks", limit=LIMIT, keep=keep, unfold=unfold)
    tasks = [task for task in shown if not isinstance(task, More)]
    pids = {task.pid for task in tasks}
    for thing in shown:
        if isinstance(thing, More):
            picture.more(thing, "tasks")
    for task in tasks:
        _task(picture, snap, task, highlight)
        if task.ppid in pids:
            key = task_id(task.pid)
            picture.edge(task_id(task.ppid), key, key=f"edge_{key}_parent", hot=key in highlight)
    # Arrows leave a task in the order in which they are drawn: children first.
    mms: dict[int, MmState] = {}
    for task in tasks:
        mm = views.find_mm(snap, task.mm or task.active_mm)
        if mm is not None:
            mms[mm.mm] = mm
            _use(picture, task, mm, highlight)
    for mm in mms.values():
        _mm(picture, mm, highlight)
    picture.bottom([mm_id(mm) for mm in mms])
    return picture.dot()


def _use(picture: Picture, task: TaskState, mm: MmState, highlight: frozenset[str]) -> None:
    # The arrow from a task to the address space it uses; a kernel thread only borrows one.
    key = task_id(task.pid)
    picture.edge(
        key,
        mm_id(mm.mm),
        key=f"edge_{key}_mm",
        hot=key in highlight and mm_id(mm.mm) in highlight,
        style="dashed" if task.mm else "dotted",
        label=" mm" if task.mm else " active_mm",
        arrowhead="vee",
        weight="0",
    )


def _task(picture: Picture, snap: Snapshot, task: TaskState, highlight: frozenset[str]) -> None:
    key = task_id(task.pid)
    state = STATES.get(task.state, task.state)
    if task.state == "Z":
        state += f", {_exit(task.exit_code)}"
    if _runs(snap, task):
        state = "running"
    said = [state]
    if task.tgid != task.pid:
        said.append(f"thread of {task.tgid}")
    if task.state not in "ZX":
        said.append(say_n(task.min_flt, "{n} minor fault", "{n} minor faults"))
    dead = task.state in "ZX"
    picture.struct(
        key,
        [head(f"pid {task.pid} {task.comm}"), row(cell(lines(*map(soft, said)), border=0))],
        tip=f"task {task.pid} {task.comm}, {state}",
        tone="lent" if dead else "struct",
        hot=key in highlight,
        dashed=dead,
    )


def _runs(snap: Snapshot, task: TaskState) -> bool:
    return task.pid == snap.current and task.state == "R"


def _exit(code: int) -> str:
    # An exit code as wait(2) encodes it.
    signal = code & 0x7F
    return f"killed by signal {signal}" if signal else f"exit code {code >> 8 & 0xFF}"


def _mm(picture: Picture, mm: MmState, highlight: frozenset[str]) -> None:
    key = mm_id(mm.mm)
    picture.struct(
        key,
        [
            head("mm_struct", note=f"mm {mm.mm}"),
            fields(
                ("mm_users", str(mm.mm_users)),
                ("mm_count", str(mm.mm_count)),
                ("map_count", str(mm.map_count)),
                ("total_vm", say_n(mm.total_vm, "{n} page", "{n} pages")),
                width=10,
            ),
            foot(),
        ],
        tip=f"address space {mm.mm}",
        hot=key in highlight,
    )


def process_tree_text(snap: Snapshot) -> str:
    """Say the picture in words: each task under its parent."""
    children: dict[int, list[TaskState]] = {}
    known = {task.pid for task in snap.tasks}
    for task in snap.tasks:
        children.setdefault(task.ppid if task.ppid in known else 0, []).append(task)
    said = []
    open_ = [(task, 0) for task in reversed(children.get(0, []))]
    while open_:
        task, depth = open_.pop()
        state = STATES.get(task.state, task.state)
        mm = views.find_mm(snap, task.mm)
        space = f"mm {mm.mm} (mm_users {mm.mm_users}, mm_count {mm.mm_count})" if mm else "no mm"
        running = ", running" if _runs(snap, task) else ""
        said.append(f"{'  ' * depth}pid {task.pid} {clean(task.comm)}: {state}{running}, {space}")
        open_ += [(child, depth + 1) for child in reversed(children.get(task.pid, []))]
    return "\n".join(said) or "No process."
