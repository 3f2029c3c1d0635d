"""Futexes: what the kernel answers was asked of Linux 6.18."""

from __future__ import annotations

import pytest

from tests.threads import ANON, WORD, Thread, machine, private, threads
from vmlab import Clone, LinuxError, Machine, Process, Recorder, errno
from vmlab.model.abi.futex import Futex

WAIT, WAKE, REQUEUE = Futex.FUTEX_WAIT, Futex.FUTEX_WAKE, Futex.FUTEX_REQUEUE
WAIT_BITSET, WAKE_BITSET = Futex.FUTEX_WAIT_BITSET, Futex.FUTEX_WAKE_BITSET
CMP_REQUEUE, WAKE_OP = Futex.FUTEX_CMP_REQUEUE, Futex.FUTEX_WAKE_OP
REALTIME = 256
A, B = WORD, WORD + 64
TIME = WORD + 128  # where a time stands


def refused(p: Process, *args: int) -> str:
    with pytest.raises(LinuxError) as caught:
        p.futex(*args)
    return caught.value.name


def test_who_waits_sleeps_until_it_is_woken() -> None:
    main, one, two = threads(2)
    assert one.futex(A, private(WAIT), 0) is None
    assert two.futex(A, private(WAIT), 0) is None
    assert not one.is_ready()
    assert main.process.futex(A, private(WAKE), 1) == 1
    assert one.is_ready()
    assert not two.is_ready()
    assert one.again() == 0
    assert main.process.futex(A, private(WAKE), 9) == 1
    assert main.process.futex(A, private(WAKE), 9) == 0
    assert two.again() == 0


def test_a_wake_is_not_lost_while_the_waiter_has_not_run() -> None:
    main, one = threads(1)
    one.futex(A, private(WAIT), 0)
    main.process.futex(A, private(WAKE), 1)
    main.process.store(A, b"\1")  # what it waited for is another now
    assert one.again() == 0


def test_the_value_is_compared_first() -> None:
    (main,) = threads(0)
    p = main.process
    p.store(A, b"\5")
    assert refused(p, A, WAIT, 4) == "EAGAIN"
    p.store(TIME, bytes(16))
    assert refused(p, A, WAIT, 5, TIME) == "ETIMEDOUT"


def test_addresses() -> None:
    (main,) = threads(0)
    p = main.process
    assert refused(p, A + 1, WAKE, 1) == "EINVAL"
    assert p.futex(8, private(WAKE), 1) == 0  # nobody looks whether something is there
    assert refused(p, 8, WAKE, 1) == "EFAULT"
    assert refused(p, 8, private(WAIT), 1) == "EFAULT"
    assert refused(p, 0xFFFF800000000000, private(WAKE), 1) == "EFAULT"
    readable = p.mmap(0, 4096, 1, ANON)
    assert refused(p, readable, WAKE, 1) == "EFAULT"
    assert p.futex(readable, private(WAKE), 1) == 0


def test_what_a_shared_futex_may_lie_in() -> None:
    """A place that can be written to, or that belongs to a file."""
    (main,) = threads(0)
    p = main.process
    p.machine.fs.write("/f", bytes(4096))
    file = p.mmap(0, 4096, 1, 2, p.open("/f", 0))
    assert p.futex(file, WAKE, 1) == 0
    p.store(A, b"a")
    p.mprotect(WORD, 4096, 1)
    assert refused(p, A, WAKE, 1) == "EFAULT"
    assert refused(p, A, private(WAKE_OP), 1, 1, A) == "EFAULT"
    other = p.mmap(0, 4096, 3, ANON)
    assert refused(p, other, WAKE_OP, 1, 1, file) == "EFAULT"
    assert refused(p, other, WAKE_OP, 1, 1, WORD - 4) == "EFAULT"
    forbidden = p.mmap(0, 4096, 0, ANON)
    assert refused(p, forbidden, WAKE, 1) == "EFAULT"
    last = (1 << 47) - 4096
    assert p.futex(last - 4, private(WAKE), 1) == 0
    assert p.futex(last, private(WAKE), 1) == 0
    assert refused(p, last + 4, private(WAKE), 1) == "EFAULT"


def test_a_page_of_zeros_becomes_the_futexs_own() -> None:
    main, one = threads(1)
    place = main.process.mmap(0, 4096, 3, ANON)
    main.process.load(place)
    assert one.futex(place, WAIT, 0) is None
    main.process.store(place + 8, b"x")
    assert main.process.futex(place, WAKE, 1) == 1


def test_a_futex_of_a_file_is_where_it_is_in_the_file() -> None:
    m = machine()
    p = m.processes[1000]
    m.fs.write("/f", bytes(3 * 4096))
    fd = p.open("/f", 2)
    whole, part = p.mmap(0, 3 * 4096, 3, 1, fd), p.mmap(0, 4096, 3, 1, fd, 4096)
    thread = Thread(p.clone(0x50F00))
    thread.futex(part + 8, WAIT, 0)
    assert p.futex(whole + 4096 + 4, WAKE, 1) == p.futex(whole + 8, WAKE, 1) == 0
    assert p.futex(whole + 4096 + 8, WAKE, 1) == 1


def test_operations_that_there_are_not() -> None:
    (main,) = threads(0)
    p = main.process
    p.store(TIME, bytes(16))
    for op in (Futex.FUTEX_FD, 99, WAIT | REALTIME, WAKE | REALTIME):
        assert refused(p, A, op, 0, TIME) == "ENOSYS"
    assert refused(p, A, WAIT_BITSET | REALTIME, 0, TIME, 0, -1) == "ETIMEDOUT"


def test_times_that_there_are_not() -> None:
    (main,) = threads(0)
    p = main.process
    p.store(TIME, b"\xff" * 8 + bytes(8))
    assert refused(p, A, WAIT, 0, TIME) == "EINVAL"
    p.store(TIME, bytes(8) + (10**9).to_bytes(8, "little"))
    assert refused(p, A, WAIT, 0, TIME) == "EINVAL"
    assert refused(p, A, WAIT, 0, 8) == "EFAULT"


def test_a_waker_needs_a_bit_of_the_waiter() -> None:
    main, one = threads(1)
    one.futex(A, private(WAIT_BITSET), 0, 0, 0, 0b0110)
    assert main.process.futex(A, private(WAKE_BITSET), 9, 0, 0, 0b1001) == 0
    assert main.process.futex(A, private(WAKE_BITSET), 9, 0, 0, 0b1010) == 1
    assert refused(main.process, A, WAIT_BITSET, 0) == "EINVAL"
    assert refused(main.process, A, WAKE_BITSET, 1) == "EINVAL"


@pytest.mark.parametrize(("asked", "woken"), [(-1, 1), (0, 1), (1, 1), (2, 2), (3, 3), (4, 3)])
def test_one_is_woken_even_if_none_is_asked_for(asked: int, woken: int) -> None:
    main, *waiters = threads(3)
    for each in waiters:
        each.futex(A, private(WAIT), 0)
    assert main.process.futex(A, private(WAKE), asked) == woken
    assert [each.is_ready() for each in waiters] == [at < woken for at in range(3)]


def test_private_and_shared_waiters_do_not_meet() -> None:
    main, one = threads(1)
    one.futex(A, private(WAIT), 0)
    assert main.process.futex(A, WAKE, 1) == 0
    assert main.process.futex(A, private(WAKE), 1) == 1


def test_processes_meet_at_the_page_of_a_file() -> None:
    m = machine()
    p = m.processes[1000]
    shared = p.mmap(0, 8192, 3, 0x21)
    child = p.fork()
    other = child.mremap(shared, 8192, 8192, 3, 0x40000000)
    sleeper = Thread(child)
    sleeper.futex(other + 4096, WAIT, 0)
    assert p.futex(shared, WAKE, 1) == 0
    assert p.futex(shared + 4096, private(WAKE), 1) == 0
    assert p.futex(shared + 4096, WAKE, 1) == 1


def test_waiters_move_to_another_futex() -> None:
    main, *waiters = threads(4)
    for each in waiters:
        each.futex(A, private(WAIT), 0)
    assert main.process.futex(A, private(REQUEUE), 1, 2, B) == 3
    assert [each.is_ready() for each in waiters] == [True, False, False, False]
    assert main.process.futex(A, private(WAKE), 9) == 1
    assert [each.is_ready() for each in waiters] == [True, False, False, True]
    assert main.process.futex(B, private(WAKE), 9) == 2
    assert [each.again() for each in waiters] == [0, 0, 0, 0]


def test_moving_may_depend_on_the_value() -> None:
    (main,) = threads(0)
    p = main.process
    assert refused(p, A, CMP_REQUEUE, 1, 1, B, 5) == "EAGAIN"
    assert p.futex(A, CMP_REQUEUE, 1, 1, B, 0) == 0
    assert p.futex(A, CMP_REQUEUE, 0, 0, B, 0) == 0
    assert refused(p, A + 1, REQUEUE, 1, 1, B) == refused(p, A, REQUEUE, 1, 1, B + 1) == "EINVAL"
    assert refused(p, A, REQUEUE, -1, 0, B) == "EINVAL"
    assert refused(p, A, REQUEUE, 1, -1, B) == "EINVAL"


@pytest.mark.parametrize(
    ("before", "op", "after"),
    [
        (0, 0x00005000, 5),  # set
        (5, 0x10003000, 8),  # add
        (8, 0x90003000, 16),  # add 1 << 3
        (0b110, 0x20001000, 0b111),  # or
        (0b111, 0x30001000, 0b110),  # and not
        (16, 0x44FFF000, -17),  # exclusive or, with -1
        (0, 0x007FF000, 2047),  # the largest argument
        (0, 0x00800000, -2048),  # the least
        (0, 0x8001F000, -1 << 31),  # 1 << 31
        (0, 0x80020000, 1),  # 1 << (32 & 31)
        (-1, 0x10001000, 0),  # it wraps
    ],
)
def test_wake_op_changes_the_second_futex(before: int, op: int, after: int) -> None:
    (main,) = threads(0)
    p = main.process
    p.store(B, before.to_bytes(4, "little", signed=True))
    p.futex(A, WAKE_OP, 1, 1, B, op)
    assert int.from_bytes(p.load(B, 4), "little", signed=True) == after


def test_wake_op_wakes_at_the_second_futex_if_its_old_value_is_so() -> None:
    main, one, two = threads(2)
    p = main.process
    one.futex(A, private(WAIT), 0)
    two.futex(B, private(WAIT), 0)
    assert p.futex(A, private(WAKE_OP), 1, 1, B, 0x00001001) == 1  # if it was 1
    assert one.is_ready()
    assert not two.is_ready()
    assert p.futex(A, private(WAKE_OP), 1, 1, B, 0x00002001) == 1
    assert two.is_ready()
    assert refused(p, A, WAKE_OP, 1, 1, B, 0x50003000) == "ENOSYS"
    assert refused(p, A, WAKE_OP, 1, 1, B, 0x06003000) == "ENOSYS"
    assert p.load(B, 4) == b"\3\0\0\0"  # it was changed all the same


@pytest.mark.parametrize(
    ("comparison", "old", "holds"),
    [
        *((0, 2, False), (0, 3, True)),  # equal
        *((1, 2, True), (1, 3, False)),  # not equal
        *((2, 2, True), (2, 3, False), (2, -1, True)),  # less
        *((3, 2, False), (3, 3, True), (3, -1, False)),  # not less
        *((4, 3, True), (4, 4, False)),  # not greater
        *((5, 3, False), (5, 4, True)),  # greater
    ],
)
def test_how_wake_op_compares_the_old_value_with_3(comparison: int, old: int, holds: bool) -> None:
    main, one = threads(1)
    main.process.store(B, old.to_bytes(4, "little", signed=True))
    one.futex(B, private(WAIT), old)
    answer = main.process.futex(A, private(WAKE_OP), 1, 1, B, comparison << 24 | 3)
    assert (answer, one.is_ready()) == (int(holds), holds)


def test_wake_op_wakes_no_more_than_it_is_asked_for() -> None:
    main, *waiters = threads(6)
    for number, each in enumerate(waiters):
        each.futex((A, B)[number % 2], private(WAIT), 0)
    assert main.process.futex(A, private(WAKE_OP), 2, 1, B, 0) == 3
    ready = [each.is_ready() for each in waiters]
    assert ready == [True, True, True, False, False, False]


def test_a_time_ends_the_sleep() -> None:
    main, one = threads(1)
    main.process.store(TIME, (2).to_bytes(8, "little") + bytes(8))
    one.futex(A, private(WAIT), 0, TIME)
    assert one.process.task.timer == 2 * 10**9
    assert not one.is_ready()
    one.process._time_comes()
    assert one.process.task.system.clock == 2 * 10**9
    assert one.again() == -errno.ETIMEDOUT
    assert main.process.futex(A, private(WAKE), 1) == 0
    assert one.process.task.timer is None


def test_a_time_is_told_from_now_or_by_the_clock() -> None:
    main, one, two = threads(2)
    system = main.process.machine.system
    system.clock = 10**9
    main.process.store(TIME, (3).to_bytes(8, "little") + bytes(8))
    one.futex(A, private(WAIT), 0, TIME)
    two.futex(A, private(WAIT_BITSET), 0, TIME, 0, 1)
    assert (one.process.task.timer, two.process.task.timer) == (4 * 10**9, 3 * 10**9)
    main.process.store(TIME, (1).to_bytes(8, "little") + (1).to_bytes(8, "little"))
    assert main.futex(A, private(WAIT_BITSET), 0, TIME, 0, 1) is None
    system.clock += 1
    assert main.again() == -errno.ETIMEDOUT
    assert refused(main.process, A, WAIT_BITSET, 0, TIME, 0, 1) == "ETIMEDOUT"


def test_who_is_woken_in_time_has_no_timer_any_more() -> None:
    main, one = threads(1)
    main.process.store(TIME, (2).to_bytes(8, "little") + bytes(8))
    one.futex(A, private(WAIT), 0, TIME)
    main.process.futex(A, private(WAKE), 1)
    assert one.again() == 0
    assert one.process.task.timer is None


def test_nobody_waits_who_called_from_python() -> None:
    main, one = threads(1)
    assert refused(one.process, A, private(WAIT), 0) == "EAGAIN"
    assert main.process.futex(A, private(WAKE), 1) == 0


def test_a_thread_that_ends_waits_no_more() -> None:
    main, one = threads(1)
    one.futex(A, private(WAIT), 0)
    main.process.exit()
    assert main.process.task.system.futex_queue == []


def test_sleepers_are_in_snapshots_and_replay() -> None:
    m = machine()
    recorder = Recorder(m)
    main, one, two = threads(2, m)
    main.process.store(TIME, (2).to_bytes(8, "little") + bytes(8))
    one.futex(A, private(WAIT), 0, TIME)
    two.futex(A, private(WAIT), 0)
    main.process.futex(A, private(WAKE), 1)
    snap = m.snapshot()
    again = Machine.from_snapshot(type(snap).from_json(snap.to_json()))
    assert again.snapshot() == snap
    assert Thread(again[one.process.pid]).again() == 0
    assert again[main.process.pid].futex(A, private(WAKE), 9) == 1
    assert Recorder.from_json(recorder.to_json()).machine.snapshot() == snap


# The end of a thread


def test_who_joins_a_thread_is_woken_at_its_end() -> None:
    main, one = threads(1)
    tid = one.process.pid
    main.process.store(A, tid.to_bytes(4, "little"))
    one.process.set_tid_address(A)
    main.futex(A, WAIT, tid)
    one.process.exit_thread()
    assert main.again() == 0
    assert main.process.load(A, 4) == bytes(4)


def test_only_the_first_who_joins_is_woken() -> None:
    main, one, other = threads(2)
    tid = one.process.pid
    main.process.store(A, tid.to_bytes(4, "little"))
    one.process.set_tid_address(A)
    assert (main.futex(A, WAIT, tid), other.futex(A, WAIT, tid)) == (None, None)
    one.process.exit_thread()
    assert (main.is_ready(), other.is_ready()) == (True, False)


def locks(thread: Thread, *values: int, pending: int | None = None) -> None:
    """Give a thread a list of locks, each with a value; it stands at WORD + 256."""
    p = thread.process
    head = WORD + 256
    places = [head + 64 * (1 + at) for at in range(len(values))]
    following = [*places, head]
    first = following[0].to_bytes(8, "little") + (16).to_bytes(8, "little")
    p.store(head, first + (places[pending] if pending is not None else 0).to_bytes(8, "little"))
    for place, after, value in zip(places, following[1:], values, strict=True):
        p.store(place, after.to_bytes(8, "little") + bytes(8) + value.to_bytes(4, "little"))
    p.set_robust_list(head, 24)


def lock(number: int) -> int:
    return WORD + 256 + 64 * (1 + number) + 16


def held(p: Process, number: int) -> int:
    return int.from_bytes(p.load(lock(number), 4), "little")


def test_locks_of_a_thread_that_ends_are_marked_and_passed_on() -> None:
    main, one = threads(1)
    tid = one.process.pid
    locks(one, tid, 7, tid | 0x80000000)
    main.futex(lock(2), WAIT, tid | 0x80000000)
    one.process.exit_thread()
    assert [held(main.process, at) for at in range(3)] == [0x40000000, 7, 0xC0000000]
    assert main.again() == 0


def test_a_lock_with_priority_inheritance_wakes_nobody() -> None:
    main, one = threads(1)
    tid, p = one.process.pid, one.process
    locks(one, tid | 0x80000000)
    p.store(WORD + 256, (WORD + 321).to_bytes(8, "little"))  # the lowest bit marks it
    main.futex(lock(0), WAIT, tid | 0x80000000)
    p.exit_thread()
    assert held(main.process, 0) == 0xC0000000
    assert not main.is_ready()


@pytest.mark.parametrize("pending", [0, 1])
def test_a_lock_that_was_being_taken_is_marked_once(pending: int) -> None:
    """It stands on the list, or does not yet."""
    main, one = threads(1)
    tid = one.process.pid
    locks(one, tid, tid, pending=pending)
    one.process.store(WORD + 320, (WORD + 256).to_bytes(8, "little"))  # the list ends before
    one.process.exit_thread()
    marked = [held(main.process, at) == 0x40000000 for at in range(2)]
    assert marked == [True, pending == 1]


def test_a_lock_that_another_has_by_now_is_left_alone() -> None:
    main, one = threads(1)
    locks(one, 7 | 0x80000000, pending=0)
    main.futex(lock(0), WAIT, 7 | 0x80000000)
    one.process.exit_thread()
    assert held(main.process, 0) == 7 | 0x80000000
    assert not main.is_ready()


@pytest.mark.parametrize("broken", ["place", "next"])
def test_the_list_ends_where_it_is_broken(broken: str) -> None:
    main, one = threads(1)
    p, tid = one.process, one.process.pid
    locks(one, tid, tid, tid)
    if broken == "place":  # which is not aligned
        p.store(WORD + 320, (WORD + 386).to_bytes(8, "little"))
        p.store(WORD + 386, (WORD + 448).to_bytes(8, "little"))
    else:
        p.store(WORD + 384, (8).to_bytes(8, "little"))
    p.exit_thread()
    marked = [held(main.process, at) == 0x40000000 for at in range(3)]
    assert marked == [True, broken == "next", False]


def test_a_list_is_followed_for_2048_locks() -> None:
    main, one = threads(1)
    p, tid = one.process, one.process.pid
    head = p.mmap(0, 17 << 12, 3, ANON)
    places = [head + 32 * (1 + number) for number in range(2049)]
    for place, after in zip([head, *places], [*places, head], strict=True):
        p.store(place, after.to_bytes(8, "little") + (16).to_bytes(8, "little"))
        p.store(place + 16, (tid if place != head else 0).to_bytes(4, "little"))
    p.set_robust_list(head, 24)
    p.exit_thread()
    last = [int.from_bytes(main.process.load(place + 16, 4), "little") for place in places[-2:]]
    assert last == [0x40000000, tid]


def test_one_is_woken_for_a_lock_and_only_if_it_says_that_somebody_waits() -> None:
    main, one, two, three = threads(3)
    tid = one.process.pid
    locks(one, tid, tid | 0x80000000)
    main.futex(lock(0), WAIT, tid)
    two.futex(lock(1), WAIT, tid | 0x80000000)
    three.futex(lock(1), WAIT, tid | 0x80000000)
    one.process.exit_thread()
    assert [each.is_ready() for each in (main, two, three)] == [False, True, False]


def test_a_lock_that_was_being_given_back_wakes_its_next_owner() -> None:
    main, one = threads(1)
    locks(one, 0, pending=0)
    main.futex(lock(0), WAIT, 0)
    one.process.exit_thread()
    assert main.again() == 0


def test_a_list_that_goes_nowhere_or_round_in_circles_ends() -> None:
    main, one, two = threads(2)
    one.process.set_robust_list(8, 24)
    one.process.exit_thread()
    locks(two, two.process.pid)
    main.process.store(WORD + 320, (WORD + 320).to_bytes(8, "little"))
    two.process.exit_thread()
    assert held(main.process, 0) == 0x40000000


def test_where_the_list_is_can_be_asked() -> None:
    main, one = threads(1)
    p = main.process
    one.process.set_robust_list(WORD, 24)
    p.get_robust_list(one.process.pid, A, A + 8)
    assert p.load(A, 16) == WORD.to_bytes(8, "little") + (24).to_bytes(8, "little")
    p.get_robust_list(0, A, A + 8)
    assert p.load(A, 16) == bytes(8) + (24).to_bytes(8, "little")
    child = p.clone(Clone.CLONE_VM)
    child.set_robust_list(WORD, 24)
    child.execve("/bin/a.out")
    p.get_robust_list(child.pid, A, A + 8)
    assert p.load(A, 8) == bytes(8)
    with pytest.raises(LinuxError, match="ESRCH"):
        p.get_robust_list(99, A, A + 8)
    with pytest.raises(LinuxError, match="EFAULT"):
        p.get_robust_list(0, 8, A + 8)
    with pytest.raises(LinuxError, match="EINVAL"):
        p.set_robust_list(WORD, 23)
