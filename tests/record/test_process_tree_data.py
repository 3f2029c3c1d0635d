"""What a snapshot says of the process tree: parents, states, who shares which address space."""

from __future__ import annotations

from vmlab import Clone, Machine, MiB, Process, Snapshot
from vmlab.diagrams.process_tree import process_tree_dot

SIGCHLD = 17
THREAD = Clone.CLONE_VM | Clone.CLONE_FILES | Clone.CLONE_SIGHAND | Clone.CLONE_THREAD


def tree(snap: Snapshot) -> dict[str, list[str]]:
    """Return, for each parent, its children: pid, state, mm."""
    found: dict[str, list[str]] = {}
    for task in snap.tasks:
        if task.ppid:
            found.setdefault(str(task.ppid), []).append(f"{task.pid} {task.state} mm {task.mm}")
    return found


def counts(snap: Snapshot) -> dict[int, tuple[int, int]]:
    """Return mm_users and mm_count of each address space."""
    return {mm.mm: (mm.mm_users, mm.mm_count) for mm in snap.mms}


def family() -> tuple[Process, dict[str, Process]]:
    """Make a process with one child of each kind, and a kernel thread that runs."""
    p = Machine(ram=8 * MiB).spawn()
    children = {
        "copy": p.fork(),
        "sharer": p.clone(Clone.CLONE_VM | SIGCHLD),
        "thread": p.clone(THREAD),
        "zombie": p.fork(),
    }
    children["zombie"].exit(1)
    children["borrower"] = children["copy"].vfork()
    p.load(0x400000)
    p.machine.kthread("kswapd0").schedule()
    return p, children


def test_who_shares_what() -> None:
    """States, address spaces and counts of every task."""
    p, children = family()
    snap = p.machine.snapshot()
    pid = {name: child.pid for name, child in children.items()}
    kswapd = p.machine.system.next_pid - 1
    assert tree(snap) == {
        "1": [f"{p.pid} R mm 1", f"{pid['thread']} R mm 1", f"{kswapd} R mm 0"],
        str(p.pid): [
            f"{pid['copy']} D mm 2",
            f"{pid['sharer']} R mm 1",
            f"{pid['zombie']} Z mm 0",
        ],
        str(pid["copy"]): [f"{pid['borrower']} R mm 2"],
    }
    assert counts(snap) == {1: (3, 2), 2: (2, 1)}
    tasks = {task.pid: task for task in snap.tasks}
    assert tasks[pid["thread"]].tgid == p.pid
    assert tasks[pid["thread"]].files == tasks[p.pid].files
    assert tasks[pid["sharer"]].files != tasks[p.pid].files
    assert tasks[pid["borrower"]].vfork_parent == pid["copy"]
    assert tasks[pid["zombie"]].exit_code == 1 << 8
    assert (tasks[kswapd].mm, tasks[kswapd].active_mm) == (0, 1)
    assert snap.current == kswapd


def test_after_the_end() -> None:
    """Each exit shows in the counts."""
    p, children = family()
    children["borrower"].execve("/bin/a.out")
    children["thread"].exit_thread()
    children["sharer"].exit()
    p.wait()
    snap = p.machine.snapshot()
    assert sorted(counts(snap).values()) == [(1, 1), (1, 1), (1, 1)]
    assert all(task.vfork_parent == 0 for task in snap.tasks)


def test_there_and_back() -> None:
    """The tree survives JSON and restore; the restored machine goes on."""
    p, children = family()
    machine = p.machine
    snap = machine.snapshot()
    assert Snapshot.from_json(snap.to_json()) == snap
    children["borrower"].exit()
    p.exit()
    machine.restore(snap)
    assert machine.snapshot() == snap
    assert children["copy"].state == "D"
    children["borrower"].exit()
    assert children["copy"].state == "R"


def test_the_picture_draws_it() -> None:
    """Every task and every address space stands in the picture."""
    p, _ = family()
    snap = p.machine.snapshot()
    dot = process_tree_dot(snap)
    for name in [f"task_{task.pid}" for task in snap.tasks] + [f"mm_{mm.mm}" for mm in snap.mms]:
        assert name in dot
    assert "mm_users" in dot
    assert "mm_count" in dot
