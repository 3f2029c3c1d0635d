"""The processes: who made whom, and who shares which mm_struct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vmlab.diagrams.dot import Markup, Picture, cell, clean, lines, row, soft
from vmlab.diagrams.folds import More, fold, places
from vmlab.diagrams.loose import loose, loose_words
from vmlab.diagrams.marking import LEGEND as MARKS_LEGEND
from vmlab.diagrams.marking import told_of
from vmlab.diagrams.room import squeezed, wrapped
from vmlab.diagrams.rows import fields, foot, head
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import views
from vmlab.state.ids import mm_id, task_id
from vmlab.state.snapshot import MmState, Snapshot, TaskState
from vmlab.words.language import N_, say, say_n

LIMIT = 6  # tasks of one generation that are shown
GENERATIONS = 4  # that are shown
NARROW_LIMIT, NARROW_GENERATIONS = 2, 2

LEGEND = N_("solid: to a child    dashed: to its address space    dotted: to a borrowed one")
NARROW_LEGEND = N_("arrow: to a child    mm: its address space, with mm_users and mm_count")
STATES = {
    "R": N_("runnable"),
    "T": N_("stopped"),
    "D": N_("waits for its vfork child"),
    "Z": N_("zombie"),
    "X": N_("dead"),
}


def process_tree_dot(
    snap: Snapshot,
    *,
    highlight: Marks = NO_MARKS,
    unfold: frozenset[str] = frozenset(),
    narrow: bool = False,
) -> str:
    """Draw the tasks with their parents, and the address spaces they use.

    Args:
        snap: the machine.
        highlight: ids of the objects this step is about.
        unfold: ids of folds that the reader opened.
        narrow: whether something stands beside it.
    """
    ranks = "0.2" if narrow else "0.4"
    picture = Picture(
        "process_tree", across=not narrow, ordering="out", nodesep="0.12", ranksep=ranks
    )
    if not snap.tasks:
        loose(picture, highlight, "task", "mm", snap=snap if narrow else None)
        return picture.nothing(say("no process"))
    legend = (say(NARROW_LEGEND if narrow else LEGEND), say(MARKS_LEGEND))
    picture.legend(*wrapped(*legend) if narrow else legend)
    keep = {
        task.pid
        for task in snap.tasks
        if task_id(task.pid) in highlight or mm_id(task.mm) in highlight or task.pid == snap.current
    }
    folds = _folds(snap, keep, unfold, narrow=narrow)
    for more in dict.fromkeys(folds.values()):
        picture.fold(more.key, say_n(more.count, "{n} more task", "{n} more tasks"))
    tasks = [task for task in snap.tasks if task.pid not in folds]
    _families(picture, snap, folds, highlight)
    # Arrows leave a task in the order in which they are drawn: children first.
    mms: dict[int, MmState] = {}
    for task in tasks:
        mm = views.find_mm(snap, task.mm or task.active_mm)
        rows = [_space(mm, mm.mm in mms, highlight)] if narrow and mm is not None else []
        _task(picture, snap, task, highlight, rows)
        if mm is not None:
            mms[mm.mm] = mm
            if not narrow:
                _use(picture, task, mm, highlight)
    if not narrow:
        for mm in mms.values():
            _mm(picture, mm, highlight)
        picture.bottom([mm_id(mm) for mm in mms])
    loose(picture, highlight, "task", "mm", snap=snap if narrow else None)
    return picture.dot()


def _folds(
    snap: Snapshot, keep: set[int], unfold: frozenset[str], *, narrow: bool
) -> dict[int, More[TaskState]]:
    # What each task that is not shown is folded into, by pid: whole generations in the middle of
    # many, and tasks in the middle of a large generation.
    generations: list[list[TaskState]] = []
    depths: dict[int, int] = {}
    for task in snap.tasks:  # a parent comes before its children
        depth = depths[task.pid] = depths.get(task.ppid, -1) + 1
        if depth == len(generations):
            generations.append([])
        generations[depth].append(task)
    folds: dict[int, More[TaskState]] = {}
    limit = NARROW_GENERATIONS if narrow else GENERATIONS
    shown = fold(generations, "generations", limit=limit, unfold=unfold)
    for thing in shown:
        if isinstance(thing, More):
            every = [task for one in thing.items for task in one]
            hidden = [task for task in every if narrow or task.pid not in keep]
            folds |= dict.fromkeys((task.pid for task in hidden), More(thing.key, hidden))
            continue
        must = places(task.pid in keep for task in thing)
        what = f"tasks_{depths[thing[0].pid]}"
        limit = NARROW_LIMIT if narrow else LIMIT
        shorten = squeezed if narrow else fold
        for each in shorten(thing, what, limit=limit, keep=must, unfold=unfold):
            if isinstance(each, More):
                folds |= dict.fromkeys((task.pid for task in each.items), each)
    return folds


def _families(
    picture: Picture,
    snap: Snapshot,
    folds: Mapping[int, More[TaskState]],
    highlight: Marks,
) -> None:
    # The arrows to children; one to a fold stands for all that lead there.
    pids = {task.pid for task in snap.tasks}
    drawn: set[tuple[str, str]] = set()
    for task in snap.tasks:
        if task.ppid not in pids:
            continue
        tail, head = (
            folds[pid].key if pid in folds else task_id(pid) for pid in (task.ppid, task.pid)
        )
        if tail != head and (tail, head) not in drawn:
            drawn.add((tail, head))
            key = task_id(task.pid)
            picture.edge(tail, head, key=f"edge_{key}_parent", mark=highlight.get(key))


def _use(picture: Picture, task: TaskState, mm: MmState, highlight: Marks) -> None:
    # The arrow from a task to the address space it uses; a kernel thread only borrows one.
    key = task_id(task.pid)
    picture.edge(
        key,
        mm_id(mm.mm),
        key=f"edge_{key}_mm",
        mark=highlight.get(key) if mm_id(mm.mm) in highlight else None,
        style="dashed" if task.mm else "dotted",
        label=" mm" if task.mm else " active_mm",
        arrowhead="vee",
        weight="0",
    )


def _task(
    picture: Picture, snap: Snapshot, task: TaskState, highlight: Marks, rows: Sequence[Markup]
) -> None:
    key = task_id(task.pid)
    state = say("running") if _runs(snap, task) else _state(task)
    if task.state == "Z":
        state = _zombie(task.exit_code)
    said = [state]
    if task.tgid != task.pid:
        said.append(say("thread of {tgid}", tgid=task.tgid))
    if task.state not in "ZX":
        said.append(say_n(task.min_flt, "{n} minor fault", "{n} minor faults"))
    dead = task.state in "ZX"
    picture.struct(
        key,
        [
            head(say("pid {pids} {name}", pids=task.pid, name=task.comm)),
            row(cell(lines(*map(soft, said)), border=0, padding=2)),
            *rows,
        ],
        tip=say("task {pid} {name}, {state}", pid=task.pid, name=task.comm, state=state),
        tone="lent" if dead else "struct",
        mark=highlight.get(key),
        dashed=dead,
    )


def _runs(snap: Snapshot, task: TaskState) -> bool:
    return task.pid == snap.current and task.state == "R"


def _state(task: TaskState) -> str:
    return say(STATES.get(task.state, task.state))


def _zombie(exit_code: int) -> str:
    # An exit code as wait(2) encodes it.
    if signal := exit_code & 0x7F:
        return say("zombie, killed by signal {signal}", signal=signal)
    return say("zombie, exit code {code}", code=exit_code >> 8 & 0xFF)


def _space(mm: MmState, is_drawn: bool, highlight: Marks) -> Markup:
    # The address space of a task as a row of it; the first that uses it has the object.
    key = mm_id(mm.mm)
    words = f"mm {mm.mm}: {mm.mm_users} {mm.mm_count}"
    tip = say("address space {mm}", mm=mm.mm)
    mark = None if is_drawn else highlight.get(key)
    return row(cell(soft(words), key="" if is_drawn else key, tip=tip, mark=mark, padding=2))


def _mm(picture: Picture, mm: MmState, highlight: Marks) -> None:
    key = mm_id(mm.mm)
    picture.struct(
        key,
        [
            head("mm_struct", note=f"mm {mm.mm}"),
            fields(("mm_users", str(mm.mm_users)), ("mm_count", str(mm.mm_count)), width=10),
            foot(),
        ],
        tip=say("address space {mm}", mm=mm.mm),
        mark=highlight.get(key),
    )


def process_tree_text(snap: Snapshot, *, highlight: Marks = NO_MARKS) -> str:
    """Say the picture in words: each task under its parent."""
    children: dict[int, list[TaskState]] = {}
    known = {task.pid for task in snap.tasks}
    for task in snap.tasks:
        children.setdefault(task.ppid if task.ppid in known else 0, []).append(task)
    said = []
    open_ = [(task, 0) for task in reversed(children.get(0, []))]
    while open_:
        task, depth = open_.pop()
        line = told_of(_task_text(snap, task), task_id(task.pid), highlight)
        said.append("  " * depth + line)
        open_ += [(child, depth + 1) for child in reversed(children.get(task.pid, []))]
    listed = {task_id(task.pid) for task in snap.tasks}
    said += loose_words(highlight, listed, "task", "mm")
    return "\n".join(said) or say("No process.")


def _task_text(snap: Snapshot, task: TaskState) -> str:
    name = clean(task.comm)
    state = say("runnable, running") if _runs(snap, task) else _state(task)
    mm = views.find_mm(snap, task.mm)
    if mm is None:
        return say("pid {pid} {name}: {state}, no mm", pid=task.pid, name=name, state=state)
    return say(
        "pid {pid} {name}: {state}, mm {mm} (mm_users {users}, mm_count {count})",
        pid=task.pid,
        name=name,
        state=state,
        mm=mm.mm,
        users=mm.mm_users,
        count=mm.mm_count,
    )
