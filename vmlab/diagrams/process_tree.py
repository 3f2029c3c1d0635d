"""The processes: who made whom, and who shares which mm_struct."""

from __future__ import annotations

from vmlab.diagrams.dot import (
    SMALL,
    Markup,
    More,
    Picture,
    cell,
    clean,
    fold,
    head,
    row,
    soft,
    table,
    text,
)
from vmlab.record import views
from vmlab.record.ids import mm_id, task_id
from vmlab.record.snapshot import MmState, Snapshot, TaskState

LIMIT = 24  # tasks that are shown

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
    picture = Picture("process_tree", ranksep="0.45")
    if not snap.tasks:
        return picture.nothing("no process")
    keep = [
        task_id(task.pid) in highlight or mm_id(task.mm) in highlight or task.pid == snap.current
        for task in snap.tasks
    ]
    shown = fold(snap.tasks, "tasks", limit=LIMIT, keep=keep, unfold=unfold)
    pids = {task.pid for task in shown if not isinstance(task, More)}
    mms: dict[int, MmState] = {}
    for task in shown:
        if isinstance(task, More):
            label = table([row(cell(text(f"{task} tasks", italic=True), dashed=True))])
            picture.node(task.key, label, tip="show them")
            continue
        _task(picture, snap, task, highlight)
        key = task_id(task.pid)
        if task.ppid in pids:
            picture.edge(task_id(task.ppid), key, key=f"edge_{key}_parent", hot=key in highlight)
        mm = views.find_mm(snap, task.mm or task.active_mm)
        if mm is not None:
            mms[mm.mm] = mm
            borrowed = {} if task.mm else {"style": "dotted", "label": " active_mm"}
            hot = key in highlight and mm_id(mm.mm) in highlight
            picture.edge(
                key,
                mm_id(mm.mm),
                key=f"edge_{key}_mm",
                hot=hot,
                **{"style": "dashed", "arrowhead": "vee", "label": " mm", **borrowed},
            )
    for mm in mms.values():
        _mm(picture, mm, highlight)
    with_mm = [mm_id(mm) for mm in mms]
    picture.bottom(with_mm)
    return picture.dot()


def _task(picture: Picture, snap: Snapshot, task: TaskState, highlight: frozenset[str]) -> None:
    key = task_id(task.pid)
    state = STATES.get(task.state, task.state)
    if task.state == "Z":
        state += f", {_exit(task.exit_code)}"
    if task.pid == snap.current:
        state = "running"
    said = [state]
    if task.tgid != task.pid:
        said.append(f"thread of {task.tgid}")
    if task.state not in "ZX":
        said.append(f"{task.min_flt} minor faults")
    rows = [head(f"pid {task.pid} {task.comm}")]
    rows += [row(cell(soft(words), border=0, padding=2)) for words in said]
    dead = task.state in "ZX"
    box = cell(
        table(rows), tone="lent" if dead else "struct", dashed=dead, hot=key in highlight, padding=2
    )
    picture.node(key, table([row(box)]), tip=f"task {task.pid} {task.comm}, {state}")


def _exit(code: int) -> str:
    # An exit code as wait(2) encodes it.
    signal = code & 0x7F
    return f"killed by signal {signal}" if signal else f"exit code {code >> 8 & 0xFF}"


def _mm(picture: Picture, mm: MmState, highlight: frozenset[str]) -> None:
    key = mm_id(mm.mm)
    rows = [head("mm_struct", note=f"mm {mm.mm}")]
    rows += [
        _field("mm_users", str(mm.mm_users)),
        _field("mm_count", str(mm.mm_count)),
        _field("map_count", str(mm.map_count)),
        _field("total_vm", f"{mm.total_vm} pages"),
    ]
    label = table([row(cell(table(rows), tone="struct", hot=key in highlight, padding=2))])
    picture.node(key, label, tip=f"address space {mm.mm}")


def _field(name: str, value: str) -> Markup:
    words = text(f"{name:<10} {value}", size=SMALL)
    return row(cell(words, tone="struct", sides="T", padding=2, align="LEFT"))


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
        running = ", running" if task.pid == snap.current else ""
        said.append(f"{'  ' * depth}pid {task.pid} {clean(task.comm)}: {state}{running}, {space}")
        open_ += [(child, depth + 1) for child in reversed(children.get(task.pid, []))]
    return "\n".join(said) or "No process."
