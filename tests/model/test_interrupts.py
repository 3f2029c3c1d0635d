"""An interrupt comes when a call is over, or where Linux lets a task go that it kills."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from functools import partial

import pytest

from tests.interrupting import ANON, FIXED, PAGES, RW, A, Interrupter, places, process
from vmlab import (
    GiB,
    LinuxError,
    Machine,
    Madv,
    Map,
    Mcl,
    MiB,
    Process,
    Prot,
    Recorder,
    Snapshot,
)
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.event import Event
from vmlab.model.trace.hook import Sink, Turn

WHOLE: dict[str, Callable[[Process], object]] = {
    "fork": lambda p: p.fork(),
    "vfork": lambda p: p.vfork(),
    "execve": lambda p: p.execve("/bin/a.out", ["a", "b"]),
    "exit": lambda p: p.exit(),
    "mmap": lambda p: p.mmap(A + 2 * PAGE_SIZE, PAGE_SIZE, RW, FIXED),
    "munmap": lambda p: p.munmap(A + PAGE_SIZE, 5 * PAGE_SIZE),
    "mprotect": lambda p: p.mprotect(A + PAGE_SIZE, 3 * PAGE_SIZE, Prot.PROT_READ),
    "mremap": lambda p: p.mremap(A, 4 * PAGE_SIZE, 6 * PAGE_SIZE, 3, 0x20000000),
    "madvise": lambda p: p.madvise(A, 8 * PAGE_SIZE, Madv.MADV_DONTNEED),
    "brk": lambda p: p.brk(p.mm.brk + 9000),
    "store": lambda p: p.store(A, b"x"),
    "load": lambda p: p.load(A + 3),
    "first store": lambda p: p.store(A + 10 * PAGE_SIZE, b"x"),
    "ftruncate": lambda p: p.ftruncate(3, 100),
    "schedule": lambda p: p.fork().schedule(),
    "fs.write": lambda p: p.machine.fs.write("/d", b"x" * 9000),
    "from_maps": lambda p: p.machine.from_maps("1000-3000 rw-p 0 08:01 5 /a\n"),
    "restore": lambda p: p.machine.restore(Machine().snapshot()),
}
CUT: dict[str, Callable[[Process], object]] = {
    "populate": lambda p: p.mmap(0, PAGES * PAGE_SIZE, RW, ANON | Map.MAP_POPULATE),
    "madvise": lambda p: p.madvise(A, PAGES * PAGE_SIZE, Madv.MADV_POPULATE_WRITE),
    "mlockall": lambda p: p.mlockall(Mcl.MCL_CURRENT),
    "mlock": lambda p: p.mlock(A, PAGES * PAGE_SIZE),
    "fallocate": lambda p: p.fallocate(3, 0, 0, PAGES * PAGE_SIZE),
    "store": lambda p: p.store(A, b"y" * PAGES * PAGE_SIZE),
    "load": lambda p: p.load(A, PAGES * PAGE_SIZE),
    "pwrite": lambda p: p.pwrite(3, A, PAGES * PAGE_SIZE, 0),
    "pread": lambda p: p.pread(3, A, 8000, 0),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_call_is_done_wholly_or_not_at_all(name: str) -> None:
    act = WHOLE[name]
    states = [process().machine.snapshot()]
    p = process()
    act(p)
    states.append(p.machine.snapshot())
    if name == "schedule":
        p = process()
        p.fork()
        states.append(p.machine.snapshot())
    for at in places(partial(act, process()), 8):
        p = process()
        Interrupter(at).run(partial(act, p))
        assert p.machine.snapshot() in states
        validate_machine(p.machine.system)


@pytest.mark.parametrize("name", ["fork", "vfork"])
def test_a_child_that_was_made_is_a_process_of_the_machine(name: str) -> None:
    for at in places(partial(WHOLE[name], process()), 8):
        m = process().machine
        Interrupter(at).run(partial(WHOLE[name], m[1000]))
        assert {1, *m.processes} == {task.pid for task in m.snapshot().tasks}


@pytest.mark.parametrize("name", CUT)
def test_a_long_call_ends_where_a_killed_task_would(name: str) -> None:
    act, cut = CUT[name], 0
    for at in places(partial(act, process()), 8):
        p = process()
        with Recorder(p.machine) as recorder:
            Interrupter(at).run(partial(act, p))
        validate_machine(p.machine.system)
        state = p.machine.snapshot()
        assert Snapshot.from_json(state.to_json()) == state
        cut += any(call.cut for call in recorder.calls)
        again = Recorder.from_json(recorder.to_json())
        assert again.machine.snapshot() == state
        assert again.calls == recorder.calls
        for step in range(-1, len(recorder)):
            recorder.snapshot(step)
    assert cut


class Killed(Turn):
    """The caller is killed when a call asks for the `at`th time whether it was."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    def _cut_here(self, asked: int) -> bool:
        return asked == self.at


@pytest.mark.parametrize(
    ("name", "answer", "left"),
    [
        ("mmap", None, 2),
        ("mlock", "EINTR", 2),
        ("madvise", "EINTR", 2),
        ("fallocate", "EINTR", 0),  # which takes away what it added
    ],
)
def test_a_task_that_is_killed_brings_no_more_pages_in(
    name: str, answer: str | None, left: int
) -> None:
    """It is asked before each page; two VMAs follow each other."""
    m = Machine(ram=MiB)
    p = m.spawn()
    p.mmap(A, 4 * PAGE_SIZE, Prot.PROT_READ, ANON | Map.MAP_FIXED)
    p.mmap(A + 4 * PAGE_SIZE, 4 * PAGE_SIZE, RW, ANON | Map.MAP_FIXED)
    memory = p.memfd_create("m")
    calls: dict[str, Callable[[], object]] = {
        "mmap": lambda: p.mmap(A, 8 * PAGE_SIZE, RW, FIXED | Map.MAP_POPULATE),
        "mlock": lambda: p.mlock(A, 8 * PAGE_SIZE),
        "madvise": lambda: p.madvise(A, 8 * PAGE_SIZE, Madv.MADV_POPULATE_READ),
        "fallocate": lambda: p.fallocate(memory, 0, 0, 8 * PAGE_SIZE),
    }
    m.system.trace.turn = Killed(3)
    if answer is None:
        calls[name]()
    else:
        with pytest.raises(LinuxError, match=answer):
            calls[name]()
    pages = sum(entry.present for entry in p.pagemap(A, 8))
    cached = len(p.task.files.fd[memory].f_inode.i_mapping.i_pages)
    assert pages + cached == left
    validate_machine(m.system)


def test_a_long_call_does_not_wait_until_its_end() -> None:
    p = Machine(ram=4 * GiB).spawn()
    timer = threading.Timer(0.1, signal.raise_signal, (signal.SIGINT,))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        p.mmap(0, GiB, RW, ANON | Map.MAP_POPULATE)
    assert p.mm.total_vm > GiB // PAGE_SIZE
    assert len(p.machine.system.mem_map) < GiB // PAGE_SIZE


def test_the_handler_of_the_reader_is_called_when_the_call_is_over() -> None:
    p, heard = process(), []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(p.mm.total_vm))
    try:
        total = p.mm.total_vm
        Interrupter(200).run(lambda: p.mmap(0, PAGES * PAGE_SIZE, RW, ANON | Map.MAP_POPULATE))
        assert heard == [total + PAGES]
        assert p.machine.system.mem_map
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_interrupt_between_two_calls_comes_at_once() -> None:
    p = process()
    p.getpid()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    p.getpid()


class Broken(Sink):
    """A listener that fails at every event."""

    def __init__(self) -> None:
        self.events = 0

    def emit(self, event: Event) -> None:
        self.events += 1
        raise ZeroDivisionError(event.name)

    def leave(self, function: str, error: str) -> None:
        raise KeyError(function)


@pytest.mark.parametrize("name", [*WHOLE, *CUT])
def test_a_listener_that_fails_leaves_the_call_whole(name: str) -> None:
    act = {**WHOLE, **CUT}[name]
    p, plain = process(), process()
    sink = p.machine.system.trace.sink = Broken()
    with pytest.raises((ZeroDivisionError, KeyError)):
        act(p)
    if name != "schedule":  # there, the first of two calls
        act(plain)
        assert p.machine.snapshot() == plain.machine.snapshot()
    assert sink.events
    validate_machine(p.machine.system)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_python_does_not_wait_for_a_thread_that_it_has_not() -> None:
    p = process()
    inside, over = threading.Event(), threading.Event()

    def hold() -> None:
        with p.machine.system.trace.turn:
            inside.set()
            over.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(60)
    child = os.fork()
    if not child:
        signal.alarm(20)
        p.mmap(0, PAGE_SIZE, RW, ANON)
        os._exit(0)
    over.set()
    thread.join()
    assert os.waitpid(child, 0)[1] == 0
