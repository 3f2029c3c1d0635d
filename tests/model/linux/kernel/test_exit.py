"""exit, mmput, wait: an address space goes with its last user, a task when it was waited for."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import PLACE, Ear, anon, start
from tests.refused import refused
from vmlab import Clone, LinuxError, Machine, MiB, ProcessError, Segfault
from vmlab.model.linux.mm.validate import validate_idle, validate_machine
from vmlab.model.trace.events.process import MmDrop, MmUsers, SchedProcessExit, SchedProcessFree

SIGCHLD = 17
THREAD = Clone.CLONE_VM | Clone.CLONE_FILES | Clone.CLONE_SIGHAND | Clone.CLONE_THREAD


def test_exit_gives_everything_back() -> None:
    """Frames, page tables, anon_vmas: only files and the zero page stay."""
    p = start()
    anon(p)
    p.store(PLACE, b"x")
    p.exit()
    assert not p.machine.processes
    validate_idle(p.machine.system)


def test_zombie() -> None:
    """A dead child keeps its pid and exit code, nothing else, until its parent waits."""
    p = start()
    child = p.fork()
    child.exit(7)
    assert (child.state, child.exit_code) == ("Z", 7 << 8)
    assert child.task.mm is None
    assert child.task.files is None
    assert child.maps() == ""
    assert child.pid in p.machine.processes
    assert p.wait() == (child.pid, 7 << 8)
    assert child.state == "X"
    assert child.pid not in p.machine.processes


def test_a_dead_process_does_nothing() -> None:
    """Neither a zombie nor one that is gone can run."""
    p = start()
    child = p.fork()
    child.exit()
    for action in (child.fork, child.exit, child.wait, lambda: child.load(0), lambda: child.mm):
        with pytest.raises(ProcessError, match="dead"):
            action()
    p.wait()
    with pytest.raises(ProcessError, match="dead"):
        child.exit()


def test_exit_code_has_eight_bits() -> None:
    """exit(0x1ff) is exit(0xff)."""
    p = start()
    p.fork().exit(0x1FF)
    assert p.wait()[1] == 0xFF00


def test_wait() -> None:
    """ECHILD without children; zombies in the order of their birth; EAGAIN while all run."""
    p = start()
    with refused(LinuxError, "no_children", "ECHILD"):
        p.wait()
    first, second, third = p.fork(), p.fork(), p.fork()
    with refused(LinuxError, "no_child_ended", "EAGAIN"):
        p.wait()
    third.exit(3)
    second.exit(2)
    assert p.wait() == (second.pid, 2 << 8)
    assert p.wait() == (third.pid, 3 << 8)
    with refused(LinuxError, "no_child_ended", "EAGAIN"):
        p.wait()
    first.exit()
    p.wait()
    with refused(LinuxError, "no_children", "ECHILD"):
        p.wait()


def test_exit_by_signal() -> None:
    """A bad access ends the process; wait tells the signal's number."""
    p = start()
    p.sigaction(11, False)
    child = p.fork()
    with pytest.raises(Segfault):
        child.load(0)
    assert child.state == "Z"
    assert p.wait() == (child.pid, 11)


def test_a_handler_saves_the_process() -> None:
    """With a handler the process goes on after a bad access."""
    p = start()
    with pytest.raises(Segfault):
        p.load(0)
    assert p.state == "R"


def test_orphans_go_to_init() -> None:
    """init waits for zombies at once: those it inherits, and those that die later."""
    p = start()
    parent = p.fork()
    alive, dead = parent.fork(), parent.fork()
    dead.exit()
    assert dead.state == "Z"
    parent.exit()
    assert dead.state == "X"
    assert alive.task.parent is p.machine.system.init
    assert alive.state == "R"
    alive.exit()
    assert alive.state == "X"
    with pytest.raises(ProcessError):
        alive.wait()


def test_the_last_user_takes_the_address_space_along() -> None:
    """mm_users counts tasks; pages stay until it is 0, then mm_count falls and all is freed."""
    p = start()
    anon(p)
    p.store(PLACE, b"x")
    mm, system = p.mm, p.machine.system
    others = [p.clone(Clone.CLONE_VM | SIGCHLD) for _ in range(3)]
    assert (mm.mm_users, mm.mm_count) == (4, 1)
    frames = len(system.mem_map)
    ear = Ear(p)
    for users, process in ((3, p), (2, others[0]), (1, others[1])):
        process.exit()
        assert mm.mm_users == users
        assert len(system.mem_map) == frames
    assert others[2].load(PLACE) == b"x"
    assert not any(isinstance(event, MmDrop) for event in ear.events)
    others[2].exit()
    assert (mm.mm_users, mm.mm_count) == (0, 0)
    assert mm.number not in system.mms
    assert [e.mm_users for e in ear.events if isinstance(e, MmUsers)] == [3, 2, 1, 0]
    validate_idle(system)


def test_the_order_of_events() -> None:
    """First the memory goes, then the task is dead, then it is waited for."""
    p = start()
    child = p.fork()
    ear = Ear(p)
    child.exit()
    p.wait()
    kinds = (MmDrop, SchedProcessExit, SchedProcessFree)
    assert [type(event) for event in ear.events if isinstance(event, kinds)] == list(kinds)


def test_exit_ends_all_threads() -> None:
    """exit_group from any thread: the process is a zombie, nobody waits for the other threads."""
    p = start()
    child = p.fork()
    threads = [child.clone(THREAD) for _ in range(3)]
    mm = child.mm
    threads[1].exit(4)
    assert [thread.state for thread in threads] == ["X"] * 3
    assert child.state == "Z"
    assert mm.mm_users == 0
    assert p.wait() == (child.pid, 4 << 8)
    validate_machine(p.machine.system)


def test_a_signal_ends_all_threads() -> None:
    """A bad access in one thread ends the process."""
    p = start()
    p.sigaction(11, False)
    child = p.fork()
    thread = child.clone(THREAD)
    with pytest.raises(Segfault):
        thread.load(0)
    assert (thread.state, child.state) == ("X", "Z")
    assert p.wait() == (child.pid, 11)


def test_exit_of_one_thread() -> None:
    """The process goes on; even after its first thread, which stays a zombie for so long."""
    p = start()
    child = p.fork()
    first, second = child.clone(THREAD), child.clone(THREAD)
    first.exit_thread()
    assert first.state == "X"
    child.exit_thread(1)
    assert (child.state, second.state) == ("Z", "R")
    with refused(LinuxError, "no_child_ended", "EAGAIN"):
        p.wait()
    second.exit_thread(2)
    assert p.wait()[0] == child.pid


def test_any_thread_waits_for_the_children_of_all() -> None:
    """A child of one thread is a child of the process, also after that thread ended."""
    p = start()
    thread = p.clone(THREAD)
    one, two = thread.fork(), thread.fork()
    one.exit(1)
    assert p.wait() == (one.pid, 1 << 8)
    thread.exit_thread()
    assert two.task.parent is p.task
    two.exit(2)
    assert p.wait() == (two.pid, 2 << 8)


def test_open_files_close_with_the_last_user() -> None:
    """A deleted file goes when nobody has it open any more."""
    p = start()
    p.machine.fs.unlink("/f")
    system = p.machine.system
    ino = p.task.files.fd[3].f_inode.i_ino  # type: ignore[union-attr]
    child, sharer = p.fork(), p.clone(Clone.CLONE_FILES | SIGCHLD)
    p.exit()
    child.exit()
    assert ino in system.inodes
    sharer.exit()
    assert ino not in system.inodes
    validate_idle(system)


def test_many_lives_leave_nothing() -> None:
    """A thousand processes cost no frame and no entry in any list."""
    machine = Machine(ram=4 * MiB)
    p = machine.spawn()
    system = machine.system
    before = len(system.mem_map), len(system.inodes), len(system.anon_vmas)
    for _ in range(1000):
        p.fork().exit()
        p.wait()
    assert (len(system.mem_map), len(system.inodes), len(system.anon_vmas)) == before
    assert list(machine.processes) == [p.pid]
    validate_machine(system)


def test_a_vfork_child_outlives_a_parent_that_is_killed_while_it_waits() -> None:
    machine = Machine()
    process = machine.spawn()
    thread = process.clone(THREAD)
    child = thread.vfork()
    process.exit(1)
    snap = machine.snapshot()
    assert Machine.from_snapshot(snap).snapshot() == snap
    child.exit(0)
    validate_machine(machine.system)
