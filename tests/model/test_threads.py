"""Two threads on one machine: the calls of one wait for those of the other."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from vmlab import Machine, Process, Recorder
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.mmu.page import PAGE_SIZE

PAGES = 4
ROUNDS = 40


@pytest.fixture(autouse=True)
def hurry() -> Iterator[None]:
    """Let Python switch between threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def together(*what: Callable[[], None]) -> list[str]:
    """Do things in a thread each; return what failed."""
    failed: list[str] = []

    def guarded(each: Callable[[], None]) -> None:
        try:
            each()
        except BaseException as failure:
            failed.append(repr(failure))

    threads = [threading.Thread(target=guarded, args=(each,)) for each in what]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return failed


def work(p: Process, letter: bytes) -> Callable[[], None]:
    def run() -> None:
        for _ in range(ROUNDS):
            addr = p.mmap(0, PAGES * PAGE_SIZE, 3, 0x22)
            p.store(addr, letter * 9000)
            for page in range(2):
                p.store(addr + page * PAGE_SIZE, letter)
                assert p.load(addr + page * PAGE_SIZE) == letter
            assert p.load(addr, 9000) == letter * 9000
            p.munmap(addr, PAGES * PAGE_SIZE)

    return run


def test_two_threads_in_one_process() -> None:
    p = Machine(ram=16 << 20).spawn()
    before = p.mm.total_vm
    assert together(work(p, b"a"), work(p, b"b"), work(p, b"c")) == []
    assert p.mm.total_vm == before
    validate_machine(p.machine.system)


def test_a_thread_for_each_process() -> None:
    m = Machine(ram=16 << 20)
    assert together(*(work(m.spawn(), letter) for letter in (b"a", b"b"))) == []
    validate_machine(m.system)


def test_one_looks_while_the_other_works() -> None:
    m = Machine(ram=16 << 20)
    p = m.spawn()

    def look() -> None:
        for _ in range(ROUNDS):
            Machine.from_snapshot(m.snapshot())
            p.smaps()
            p.pagemap(0x400000, 4)

    assert together(work(p, b"a"), look) == []


def test_what_two_threads_do_is_recorded_call_by_call() -> None:
    m = Machine(ram=16 << 20)
    p = m.spawn()
    with Recorder(m) as recorder:

        def fork() -> None:
            for _ in range(5):
                p.fork().exit()

        def write() -> None:
            for number in range(5):
                m.fs.write(f"/{number}", b"x" * 5000)

        assert together(fork, write) == []
    assert Recorder.from_json(recorder.to_json()).machine.snapshot() == m.snapshot()


def test_one_restores_while_the_other_works() -> None:
    m = Machine(ram=16 << 20)
    p = m.spawn()
    addr = p.mmap(0, PAGE_SIZE, 3, 0x22)
    snap = m.snapshot()

    def restore() -> None:
        for _ in range(ROUNDS):
            m.restore(snap)

    def store() -> None:
        for _ in range(ROUNDS * 5):
            p.store(addr, b"xy")

    assert together(restore, store) == []
    validate_machine(m.system)
