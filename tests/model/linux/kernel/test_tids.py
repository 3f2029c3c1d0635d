"""Where the number of a task is stored when it begins, and becomes 0 when it lets its memory go."""

from __future__ import annotations

import pytest

from tests.refused import refused
from vmlab import (
    CLONE_CHILD_CLEARTID,
    CLONE_CHILD_SETTID,
    CLONE_PARENT_SETTID,
    CLONE_SETTLS,
    CLONE_SIGHAND,
    CLONE_THREAD,
    CLONE_VM,
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_PRIVATE,
    PAGE_SIZE,
    PROT_READ,
    PROT_WRITE,
    LinuxError,
    Machine,
    Process,
    Segfault,
)
from vmlab.model.linux.kernel.exit import do_exit

A = 0x10000000
NOWHERE = 0x20000000
THREAD = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD
EVERYWHERE = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID


@pytest.fixture
def p() -> Process:
    process = Machine().spawn()
    flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
    process.mmap(A, 3 * PAGE_SIZE, PROT_READ | PROT_WRITE, flags)
    process.store(A, b"\xaa" * (2 * PAGE_SIZE))
    return process


def number(process: Process, addr: int) -> int:
    return int.from_bytes(process.load(addr, 4), "little")


UNTOUCHED = 0xAAAAAAAA


def test_parent_and_child_each_have_it_in_their_own_copy(p: Process) -> None:
    child = p.clone(EVERYWHERE, 0, A, A + PAGE_SIZE)
    assert [number(p, A), number(p, A + PAGE_SIZE)] == [child.pid, UNTOUCHED]
    assert [number(child, A), number(child, A + PAGE_SIZE)] == [UNTOUCHED, child.pid]


def test_the_child_takes_its_own_fault(p: Process) -> None:
    """Its first page is copied, or its parent has copied it before: it faults in any case."""
    before = p.min_flt
    child = p.clone(CLONE_CHILD_SETTID, 0, 0, A)
    assert (p.min_flt - before, child.min_flt) == (0, 1)
    assert p.machine.system.current is p.task


def test_only_what_the_flags_say_is_stored(p: Process) -> None:
    p.clone(CLONE_VM, 0, A, A + 8, 0x1234)
    assert [number(p, A), number(p, A + 8)] == [UNTOUCHED] * 2
    assert p.clone(CLONE_VM, 0, A, A + 8, 0x1234).task.fsbase == 0


@pytest.mark.parametrize("addr", [0, NOWHERE, 1 << 47, (1 << 64) - 1, A + 3 * PAGE_SIZE - 2])
def test_a_place_that_cannot_be_written_is_passed_over(p: Process, addr: int) -> None:
    child = p.clone(CLONE_VM | EVERYWHERE, 0, addr, addr)
    assert p.load(A + 3 * PAGE_SIZE - 2, 2) == bytes(2)
    child.exit()


def test_the_number_becomes_0_for_those_who_stay(p: Process) -> None:
    child = p.clone(CLONE_VM | EVERYWHERE, 0, A, A + 8)
    assert [number(p, A), number(p, A + 8)] == [child.pid] * 2
    child.exit()
    assert [number(p, A), number(p, A + 8)] == [child.pid, 0]


def test_nothing_is_stored_if_nobody_else_could_see_it(p: Process) -> None:
    child = p.fork()
    child.set_tid_address(A)
    faults = child.min_flt
    child.exit()
    assert child.min_flt == faults
    assert number(p, A) == UNTOUCHED


def test_execve_lets_the_memory_go_too(p: Process) -> None:
    child = p.clone(CLONE_VM | CLONE_CHILD_CLEARTID, 0, 0, A)
    child.execve("/bin/a.out")
    assert number(p, A) == 0
    assert child.task.clear_child_tid == 0
    child.exit()


def test_a_task_that_does_not_run_when_it_dies(p: Process) -> None:
    """The machine runs another program, which goes on afterwards."""
    child = p.clone(CLONE_VM | CLONE_CHILD_CLEARTID, 0, 0, A)
    other = p.machine.spawn()
    other.schedule()
    do_exit(child.task, 9)
    assert p.machine.system.current is other.task
    assert number(p, A) == 0


def test_all_threads_that_one_ends(p: Process) -> None:
    """Another process shares the memory, so that there is somebody to see it."""
    witness = p.clone(CLONE_VM)
    p.clone(THREAD | CLONE_CHILD_CLEARTID, 0, 0, A)
    p.clone(THREAD | CLONE_CHILD_CLEARTID, 0, 0, A + 8)
    p.set_tid_address(A + 16)
    p.exit()
    assert [number(witness, A + 8 * place) for place in range(4)] == [0, 0, 0, UNTOUCHED]


def test_a_task_that_a_signal_kills(p: Process) -> None:
    child = p.clone(CLONE_VM | CLONE_CHILD_CLEARTID, 0, 0, A)
    with pytest.raises(Segfault):
        child.load(NOWHERE)
    assert number(p, A) == 0


def test_set_tid_address(p: Process) -> None:
    thread = p.clone(THREAD)
    assert thread.set_tid_address(A) == thread.pid != p.pid
    assert p.clone(CLONE_VM).task.clear_child_tid == 0  # it is not inherited
    p.machine.restore(p.machine.snapshot())
    assert thread.task.clear_child_tid == A
    thread.exit_thread()
    assert number(p, A) == 0


def test_stack_and_tls(p: Process) -> None:
    p.task.rsp = 0x5000
    child = p.clone(CLONE_VM | CLONE_SETTLS, A + PAGE_SIZE, tls=A)
    assert (child.task.rsp, child.task.fsbase, p.task.fsbase) == (A + PAGE_SIZE, A, 0)
    assert p.clone(CLONE_VM).task.rsp == 0x5000


@pytest.mark.parametrize("flags", [0, CLONE_VM])
def test_tls_outside_of_user_space_leaves_no_child(p: Process, flags: int) -> None:
    pid = p.machine.system.next_pid
    with refused(LinuxError, "base_outside_user_space", "EPERM"):
        p.clone(flags | CLONE_SETTLS | EVERYWHERE, 0, A, A, 1 << 47)
    assert number(p, A) == UNTOUCHED
    assert p.mm.mm_users == 1
    assert p.fork().pid == pid
