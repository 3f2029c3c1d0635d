"""Restartable sequences: the kernel tells a task in its memory on which CPU it runs."""

from __future__ import annotations

import pytest

from tests.threads import ANON, WORD, Thread, threads
from vmlab import LinuxError, Process

LENGTH, SIGNATURE = 32, 0x53053053
UNREGISTER = 1
UNINITIALIZED = b"\xff" * 4


def refused(p: Process, *args: int) -> str:
    with pytest.raises(LinuxError) as caught:
        p.rseq(*args)
    return caught.value.name


def test_it_is_told_on_the_way_to_user_mode() -> None:
    (main,) = threads(0)
    p = main.process
    p.store(WORD, b"\1" * LENGTH)
    assert main.call("rseq", WORD, LENGTH, 0, SIGNATURE) == 0
    told = b"\0" * 16 + b"\1" * 4 + b"\0" * 8 + b"\1" * 4  # flags, and what lies behind, stay
    assert p.load(WORD, LENGTH) == told


def test_it_is_told_again_after_another_task_has_run() -> None:
    (main,) = threads(0)
    p = main.process
    main.call("rseq", WORD, LENGTH, 0, SIGNATURE)
    p.store(WORD, b"\1" * LENGTH)
    main.call("sched_yield")
    assert p.load(WORD, 8) == b"\1" * 8  # it ran on
    p.fork().schedule()
    main.call("sched_yield")
    assert p.load(WORD, 8) == bytes(8)


def test_that_may_be_a_page_fault() -> None:
    (main,) = threads(0)
    p = main.process
    main.call("rseq", WORD, LENGTH, 0, SIGNATURE)
    child = Thread(p.fork())
    child.process.schedule()
    before = p.min_flt
    p._interrupt()
    assert p.min_flt == before + 1  # its page was shared with the child
    assert child.process.min_flt == 0
    child.call("sched_yield")
    assert child.process.min_flt == 1  # it is told where its parent is, and p ran meanwhile


def test_a_thread_is_not_told_where_the_first_one_is() -> None:
    main, other = threads(1)
    main.call("rseq", WORD, LENGTH, 0, SIGNATURE)
    assert (main.process.task.rseq, other.process.task.rseq) == (WORD, 0)
    assert Thread(main.process.clone(0x50F00)).process.task.rseq == 0


def test_another_program_is_told_nowhere() -> None:
    (main,) = threads(0)
    main.call("rseq", WORD, LENGTH, 0, SIGNATURE)
    main.process.execve("/bin/a.out")
    assert main.process.task.rseq == 0


def test_a_place_that_is_gone_kills() -> None:
    (main,) = threads(0)
    p = main.process
    main.call("rseq", WORD, LENGTH, 0, SIGNATURE)
    p.munmap(WORD, 4096)
    p.fork().schedule()
    main.call("sched_yield")
    assert p.exit_code == 11


def test_it_can_be_taken_back() -> None:
    (main,) = threads(0)
    p = main.process
    main.call("rseq", WORD, LENGTH, 0, SIGNATURE)
    assert main.call("rseq", WORD, LENGTH, UNREGISTER, SIGNATURE) == 0
    assert p.load(WORD, 8) == bytes(4) + UNINITIALIZED
    assert refused(p, WORD, LENGTH, UNREGISTER, SIGNATURE) == "EINVAL"


def test_what_is_registered_is_not_registered_again() -> None:
    (main,) = threads(0)
    p = main.process
    p.rseq(WORD, LENGTH, 0, SIGNATURE)
    assert refused(p, WORD, LENGTH, 0, SIGNATURE) == "EBUSY"
    assert refused(p, WORD, LENGTH, 0, 1) == "EPERM"
    assert refused(p, WORD, LENGTH + 1, 0, SIGNATURE) == "EINVAL"
    assert refused(p, WORD + 64, LENGTH, 0, SIGNATURE) == "EINVAL"
    assert refused(p, WORD, LENGTH, 2, SIGNATURE) == "EINVAL"
    assert refused(p, WORD, LENGTH, UNREGISTER | 2, SIGNATURE) == "EINVAL"
    assert refused(p, WORD, LENGTH + 1, UNREGISTER, SIGNATURE) == "EINVAL"
    assert refused(p, WORD, LENGTH, UNREGISTER, 1) == "EPERM"


def test_places_and_lengths() -> None:
    (main,) = threads(0)
    p = main.process
    assert refused(p, WORD + 4, LENGTH, 0, 0) == "EINVAL"
    assert refused(p, WORD + 16, 40, 0, 0) == "EINVAL"
    assert refused(p, WORD, 28, 0, 0) == "EINVAL"
    assert refused(p, 0xFFFF800000000000, LENGTH, 0, 0) == "EFAULT"
    assert refused(p, 0, LENGTH, 0, 0) == "EFAULT"
    assert refused(p, 0, LENGTH, UNREGISTER, 0) == "EINVAL"
    stack = p.task.regs.sp & -LENGTH
    assert refused(p, stack, 0xFFFFFFE0, 0, 0) == "EFAULT"  # it ends outside of user space
    p.rseq(WORD, 4096, 0, 0)


def test_a_read_only_page_is_refused_if_a_sequence_runs() -> None:
    (main,) = threads(0)
    p = main.process
    page = p.mmap(0, 4096, 3, ANON)
    p.store(page + 8, b"\1")
    p.mprotect(page, 4096, 1)
    assert refused(p, page, LENGTH, 0, 0) == "EFAULT"
