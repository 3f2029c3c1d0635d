"""Processes: parents, threads, zombies, shared address spaces."""

from dataclasses import replace

from tests.diagrams.machines import Machine
from tests.diagrams.pictures import drawn, element_ids, words
from vmlab.diagrams.process_tree import process_tree_dot, process_tree_text
from vmlab.record.marks import mark_all
from vmlab.state.snapshot import Snapshot


def family() -> Snapshot:
    machine = Machine()
    space = machine.space()
    machine.task(1, space.number)
    machine.task(2, space.number, ppid=1)
    machine.task(3, 0, ppid=1, state="Z")
    machine.tasks[1] = replace(machine.tasks[1], tgid=1)
    machine.tasks[2] = replace(machine.tasks[2], exit_code=3 << 8)
    return machine.snapshot()


def test_children_hang_below_their_parent():
    dot = process_tree_dot(family())
    assert "task_1 -> task_2 [id=edge_task_2_parent" in dot
    assert "task_1 -> task_3 [id=edge_task_3_parent" in dot


def test_tasks_that_share_an_address_space_point_to_one():
    dot = process_tree_dot(family())
    assert "task_1 -> mm_1" in dot
    assert "task_2 -> mm_1" in dot
    assert "task_3 -> mm" not in dot
    found = [word.replace("\xa0", " ") for word in words(drawn(dot))]
    assert " mm_users   2 " in found
    assert "thread of 1" in found
    assert "zombie, exit code 3" in found


def test_a_borrowed_address_space_is_told_from_an_own_one():
    snap = family()
    idle = replace(snap.tasks[2], state="R", active_mm=1)
    dot = process_tree_dot(replace(snap, tasks=(*snap.tasks[:2], idle)))
    assert 'label=" active_mm"' in dot
    assert "style=dotted" in dot


def test_a_death_by_signal_says_so():
    snap = family()
    killed = replace(snap.tasks[2], exit_code=11)
    dot = process_tree_dot(replace(snap, tasks=(*snap.tasks[:2], killed)))
    assert "zombie, killed by signal 11" in dot


def test_a_task_that_waits_does_not_run():
    snap = family()
    waiting = replace(snap.tasks[0], state="D")
    snap = replace(snap, tasks=(waiting, *snap.tasks[1:]))
    assert "waits for its vfork child" in process_tree_dot(snap)
    assert "running" not in process_tree_dot(snap)
    assert "running" not in process_tree_text(snap)


def generations(count: int) -> Snapshot:
    machine = Machine()
    for pid in range(1, count + 1):
        machine.task(pid, machine.space().number, ppid=pid - 1)
    return machine.snapshot()


def tasks(dot: str) -> set[str]:
    return {key for key in element_ids(drawn(dot)) if key.startswith("task_")}


def test_generations_in_the_middle_of_many_are_folded_but_not_who_runs():
    snap = generations(10)
    dot = process_tree_dot(snap)
    assert tasks(dot) == {"task_1", "task_2", "task_3", "task_10"}
    assert "6 more tasks" in dot
    assert "task_3 -> more_generations" in dot
    assert "more_generations -> task_10" in dot
    running = process_tree_dot(replace(snap, current=7))
    assert tasks(running) == {"task_1", "task_2", "task_3", "task_7", "task_10"}
    assert "more_generations -> task_7" in running
    assert "task_7 -> more_generations" in running
    assert len(tasks(process_tree_dot(snap, unfold=frozenset({"more_generations"})))) == 10


def test_siblings_in_the_middle_of_many_are_folded_but_not_the_marked_one():
    machine = Machine()
    for pid in range(1, 21):
        machine.task(pid, machine.space().number, ppid=min(pid - 1, 1))
    dot = process_tree_dot(machine.snapshot(), highlight=mark_all("task_12"))
    assert "task_1 -> more_tasks_1 " in dot
    assert {"task_1", "task_2", "task_12", "task_20"} <= tasks(dot)
    assert len(tasks(dot)) < 10


def test_the_text_indents_children():
    assert process_tree_text(family()).splitlines() == [
        "pid 1 a.out: runnable, running, mm 1 (mm_users 2, mm_count 1)",
        "  pid 2 a.out: runnable, mm 1 (mm_users 2, mm_count 1)",
        "  pid 3 a.out: zombie, no mm",
    ]
