"""Semaphores of System V: who waits, who goes on, and what is undone. Asked of Linux 6.18."""

from __future__ import annotations

import struct

import pytest

from tests.refused import refused
from tests.threads import WORD, Thread, threads
from vmlab import IPC_PRIVATE, LinuxError, Process, Recorder, Semctl, Semop, Snapshot, errno

UNDO, NOWAIT = int(Semop.SEM_UNDO), int(Semop.IPC_NOWAIT)
SECOND = 10**9


def started(count: int, nsems: int = 2) -> list[Thread]:
    """Threads of a process that has a set 0."""
    found = threads(count)
    assert found[0].process.semget(IPC_PRIVATE, nsems, 0o600) == 0
    return found


def operate(who: Thread, *operations: tuple[int, ...]) -> int | None:
    """Do (semaphore, what is added, flags); None = it sleeps."""
    data = b"".join(struct.pack("<Hhh", *(*each, 0)[:3]) for each in operations)
    who.process.store(WORD + 1024, data)
    return who.call("semop", 0, WORD + 1024, len(operations))


def values(p: Process) -> tuple[int, ...]:
    sems = p.machine.system.sem_ids.ipcs[0].sems
    return tuple(sem.semval for sem in sems)


def count(p: Process, cmd: int, num: int = 0) -> int:
    return p.semctl(0, num, cmd)


def test_who_waits_longest_goes_on_first() -> None:
    main, one, two = started(2)
    assert operate(one, (0, -2)) is None
    assert operate(two, (0, -1)) is None
    assert count(main.process, Semctl.GETNCNT) == 2
    assert operate(main, (0, 1)) == 0
    assert (one.is_ready(), two.is_ready()) == (False, True), "it can be done, the other cannot"
    assert values(main.process) == (0, 0)
    assert two.again() == 0
    operate(main, (0, 3))
    assert one.again() == 0
    assert values(main.process) == (1, 0)


def test_all_operations_or_none() -> None:
    main, one = started(1)
    operate(main, (0, 1))
    assert operate(one, (0, -1), (1, -1)) is None
    assert values(main.process) == (1, 0)
    assert [count(main.process, Semctl.GETNCNT, num) for num in (0, 1)] == [0, 1]
    operate(main, (1, 1))
    assert one.again() == 0
    assert values(main.process) == (0, 0)


def test_one_that_waits_for_several_comes_after_those_before_it() -> None:
    """All that change something stand in one queue then, and in their own again afterwards."""
    main, one, two, three = started(3)
    operate(one, (0, -1))
    operate(two, (0, -1), (1, -1))
    operate(three, (0, -1))
    sma = main.process.machine.system.sem_ids.ipcs[0]
    assert [q.pid for q in sma.pending_alter] == [each.process.pid for each in (one, two, three)]
    operate(main, (1, 1))
    operate(main, (0, 2))
    assert [each.is_ready() for each in (one, two, three)] == [True, True, False]
    assert sma.pending_alter == []
    assert [q.pid for q in sma.sems[0].pending_alter] == [three.process.pid]


def test_waiting_for_zero() -> None:
    main, one, two = started(2)
    operate(main, (0, 2))
    assert operate(one, (0, 0)) is None
    assert operate(two, (0, 0), (1, 1)) is None
    assert count(main.process, Semctl.GETZCNT) == 2
    operate(main, (0, -1))
    assert not one.is_ready()
    operate(main, (0, -1))
    assert (one.again(), two.again()) == (0, 0)
    assert values(main.process) == (0, 1)


def test_what_is_done_for_one_lets_the_next_go_on() -> None:
    main, one, two = started(2)
    operate(two, (1, -1))
    operate(one, (0, -1), (1, 1))
    operate(main, (0, 1))
    assert (one.again(), two.again()) == (0, 0)
    assert values(main.process) == (0, 0)


def test_a_value_that_is_set_wakes_too() -> None:
    main, one, two = started(2)
    operate(one, (0, -1))
    operate(two, (1, 0), (0, -4))
    p = main.process
    p.semctl(0, 0, Semctl.SETVAL, 1)
    assert one.again() == 0
    p.store(WORD, struct.pack("<2H", 4, 0))
    p.semctl(0, 0, Semctl.SETALL, WORD)
    assert two.again() == 0
    assert values(p) == (0, 0)


def test_a_set_that_is_removed() -> None:
    main, one, two = started(2)
    operate(one, (0, -1))
    operate(two, (0, 0), (1, -1))
    main.process.semctl(0, 0, Semctl.IPC_RMID)
    assert one.again() == two.again() == -errno.EIDRM
    with refused(LinuxError, "no_semaphores", "EINVAL"):
        main.process.semctl(0, 0, Semctl.GETVAL)


def test_a_signal_cuts_off() -> None:
    """The call is not made again, whatever the handler."""
    main, one = started(1)
    main.process.store(WORD, struct.pack("<4Q", 0x401000, 0x14000000, 0x401000, 0))
    main.call("rt_sigaction", 10, WORD, 0, 8)
    operate(one, (0, -1))
    main.process.tkill(one.process.pid, 10)
    one.again()
    frame = one.process.task.rsp
    ax = int.from_bytes(one.process.load(frame + 8 + 40 + 13 * 8, 8), "little")
    assert ax - (1 << 64) == -errno.EINTR
    assert count(main.process, Semctl.GETNCNT) == 0


@pytest.mark.parametrize(("time", "over"), [(0, True), (1, False), (2 * SECOND, False)])
def test_a_time_that_is_over(time: int, over: bool) -> None:
    main, one = started(1)
    p = main.process
    p.store(WORD, struct.pack("<2q", *divmod(time, SECOND)))
    p.store(WORD + 64, struct.pack("<Hhh", 0, -1, 0))
    answer = one.call("semtimedop", 0, WORD + 64, 1, WORD)
    assert answer == (-errno.EAGAIN if over else None)
    if not over:
        one.process._time_comes()
        assert p.machine.system.clock == time
        assert one.again() == -errno.EAGAIN
    assert count(p, Semctl.GETNCNT) == 0


def test_what_was_done_is_undone_at_the_end() -> None:
    main, other = started(1)
    p = main.process
    child = Thread(p.fork())
    operate(child, (0, 3, UNDO))
    operate(child, (1, 2))
    operate(child, (0, -1, UNDO))
    assert operate(other, (0, -2), (1, 0)) is None
    child.process.exit(0)
    assert values(p) == (0, 2)
    assert count(p, Semctl.GETPID) == child.process.pid
    operate(main, (1, -2))
    assert not other.is_ready()


def test_an_undone_value_stays_in_range() -> None:
    main, child = started(1)
    p = main.process
    child = Thread(p.fork())
    operate(child, (0, 5, UNDO))
    operate(main, (0, -3))
    p.semctl(0, 1, Semctl.SETVAL, 32767)
    operate(child, (1, -1, UNDO))
    operate(main, (1, 1))
    child.process.exit(0)
    assert values(p) == (0, 32767)


def test_a_value_that_is_set_is_not_undone() -> None:
    main, *_ = started(0)
    child = Thread(main.process.fork())
    operate(child, (0, 5, UNDO), (1, 5, UNDO))
    main.process.semctl(0, 0, Semctl.SETVAL, 9)
    child.process.exit(0)
    assert values(main.process) == (9, 0)


def test_threads_undo_together_and_children_for_themselves() -> None:
    """The threads of `started` share the list, as CLONE_SYSVSEM has it; it outlives execve."""
    main, one = started(1)
    p = main.process
    operate(one, (0, 5, UNDO))
    assert one.process.task.sysvsem is p.task.sysvsem
    assert p.fork().task.sysvsem is None
    one.process.exit_thread(0)
    assert values(p) == (5, 0)
    other = p.fork()
    p.machine.spawn()
    p.execve("/bin/a.out")
    p.exit(0)
    assert values(other) == (0, 0)


def test_ranges() -> None:
    main, *_ = started(0)
    assert operate(main, (0, 32767), (0, 1)) == -errno.ERANGE
    assert values(main.process) == (0, 0)
    assert operate(main, (0, 32767, UNDO)) == 0
    assert operate(main, (0, -32767), (0, 2, UNDO)) == -errno.ERANGE, "it would undo too much"
    assert operate(main, (0, -32767), (0, 1, UNDO)) == 0, "32,768 can be taken back"


def test_a_task_that_is_killed_waits_no_more() -> None:
    main, *_ = started(0)
    child = Thread(main.process.fork())
    operate(child, (0, -1))
    main.process.kill(child.process.pid, 9)
    assert count(main.process, Semctl.GETNCNT) == 0


def test_times_are_told_in_seconds() -> None:
    main, *_ = started(0)
    p = main.process
    p.machine.system.clock = 7 * SECOND + 5
    operate(main, (1, 0))
    p.machine.system.clock = 9 * SECOND
    p.semctl(0, 0, Semctl.SETVAL, 1)
    p.semctl(0, 0, Semctl.IPC_STAT, WORD)
    assert struct.unpack("<q8xq", p.load(WORD + 48, 24)) == (7, 9)


def test_a_state_keeps_who_waits_and_what_is_undone() -> None:
    main, one, two = started(2)
    m = main.process.machine
    operate(main, (1, 3, UNDO))
    operate(one, (0, -1, UNDO))
    operate(two, (0, -1), (1, 0))
    snap = Snapshot.from_json(m.snapshot().to_json())
    operate(main, (0, 1))
    assert values(main.process) == (0, 3)
    m.restore(snap)
    assert m.snapshot() == snap
    main.process.semctl(0, 0, Semctl.SETVAL, 1)
    assert one.again() == 0
    main.process.exit(0)
    assert values(m[one.process.pid] if one.process.pid in m.processes else main.process) == (1, 0)


def test_a_recording_goes_back() -> None:
    main, one = started(1)
    recorder = Recorder(main.process.machine)
    operate(one, (0, -1))
    main.process.store(WORD, struct.pack("<Hhh", 0, 1, 0))
    before = main.process.machine.snapshot()
    main.process.semop(0, WORD, 1)
    recorder.undo()
    assert main.process.machine.snapshot() == before
