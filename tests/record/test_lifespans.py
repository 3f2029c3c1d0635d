"""Memory over time is what the states say, and tells of every fault what became of it."""

import dataclasses
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.record import runs
from vmlab import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_PRIVATE,
    MAP_SHARED,
    O_RDWR,
    PAGE_SIZE,
    PROT_READ,
    PROT_WRITE,
    Killed,
    LinuxError,
    Machine,
    Process,
    Recorder,
    Segfault,
    StateError,
)
from vmlab.record.lifespans import FAULT_KINDS, Fork, Lifespans, lifespans
from vmlab.state import views
from vmlab.state.snapshot import Snapshot

READ_WRITE = PROT_READ | PROT_WRITE
ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS
AT = 0x10000000


def regions(snap: Snapshot) -> dict[int, tuple[tuple[int, int, str], ...]]:
    """The regions of a state, as `Lifespans.at` gives them."""
    return {
        mm.mm: tuple((vma.vm_start, vma.vm_end, views.perms(vma)) for vma in mm.mmap)
        for mm in sorted(snap.mms, key=lambda mm: mm.mm)
        if mm.mmap
    }


def ends(recorder: Recorder) -> list[int]:
    """The last steps of the calls."""
    return [recorder.steps.end_of(call) - 1 for call in range(len(recorder.calls))]


def check(recorder: Recorder) -> Lifespans:
    """Compare with the real state at the end of every call."""
    story = lifespans(recorder.steps)
    for step in {-1, *ends(recorder)}:
        assert story.at(step) == regions(recorder.snapshot(step)), step
    return story


@given(runs.acts)
def test_the_regions_are_those_of_the_states(acts: list[runs.Act]) -> None:
    machine = runs.machine()
    with Recorder(machine) as recorder:
        runs.run(machine, acts)
    story = check(recorder)
    assert all(span.first < span.last <= story.nr_steps for span in story.spans)
    assert {fault.kind for fault in story.faults} <= set(FAULT_KINDS)
    begun = [step.number for step in recorder.steps if step.event.name == "page_fault_user"]
    assert sorted(fault.first for fault in story.faults) == begun


@settings(max_examples=20)
@given(runs.acts, st.integers(0, 20))
def test_they_are_after_a_machine_was_set_back(acts: list[runs.Act], back: int) -> None:
    machine = runs.machine()
    recorder = Recorder(machine)
    before = machine.snapshot()
    runs.run(machine, acts[:back])
    machine.restore(before)
    runs.run(machine, acts[back:])
    check(recorder)


def test_a_state_that_was_refused_changes_nothing() -> None:
    machine, process = _lab()
    recorder = Recorder(machine)
    process.mmap(AT, PAGE_SIZE, PROT_READ, ANONYMOUS | MAP_FIXED, -1, 0)
    wrong = dataclasses.replace(recorder.start, zero_pfn=7)
    with pytest.raises(StateError):
        machine.restore(wrong)
    check(recorder)


def test_they_are_after_a_pause() -> None:
    machine, process = _lab()
    with Recorder(machine) as recorder:
        process.mmap(AT, PAGE_SIZE, PROT_READ, ANONYMOUS | MAP_FIXED, -1, 0)
    process.munmap(AT, PAGE_SIZE)
    process.mmap(2 * AT, PAGE_SIZE, READ_WRITE, ANONYMOUS | MAP_FIXED, -1, 0)
    recorder.listen()
    process.munmap(2 * AT, PAGE_SIZE)
    check(recorder)


def test_a_region_goes_on_when_it_grows_and_gets_other_rights() -> None:
    machine, process = _lab()
    with Recorder(machine) as recorder:
        process.mmap(AT, PAGE_SIZE, READ_WRITE, ANONYMOUS | MAP_FIXED, -1, 0)
        process.mmap(AT + PAGE_SIZE, PAGE_SIZE, READ_WRITE, ANONYMOUS | MAP_FIXED, -1, 0)
        process.mprotect(AT, 2 * PAGE_SIZE, PROT_READ)
        process.munmap(AT, 2 * PAGE_SIZE)
    spans = [span for span in check(recorder).spans if span.start == AT]
    assert [(span.end, span.perms) for span in spans] == [
        (AT + PAGE_SIZE, "rw-p"),
        (AT + 2 * PAGE_SIZE, "rw-p"),
        (AT + 2 * PAGE_SIZE, "r--p"),
    ]
    assert len({span.region for span in spans}) == 1
    names = [recorder.steps[span.first].event.name for span in spans]
    assert names == ["vma_link", "vma_adjust", "vma_flags"]
    assert recorder.steps[spans[-1].last].event.name == "vma_unlink"
    assert [one.last for one in spans[:-1]] == [other.first for other in spans[1:]]


def test_a_space_without_regions_has_a_heap_and_children() -> None:
    machine = Machine()
    with Recorder(machine) as recorder:
        process = machine.from_maps("")
        other = machine.from_maps("1000-2000 rw-p 0 00:00 0")
        child = process.fork()
        process.brk(0x100000)
        child.mmap(AT, 0x1000, READ_WRITE, ANONYMOUS)
    found = lifespans(recorder.steps)
    owners = {space.mm: [pid for pid, _ in space.owners] for space in found.spaces}
    assert owners == {each.mm.number: [each.pid] for each in (process, other, child)}
    assert not found.forks


def test_a_fork_makes_a_space_that_its_child_owns() -> None:
    machine, process = _lab()
    with Recorder(machine) as recorder:
        child = process.fork()
        thread = child.clone(0x10F00)
        machine.kthread().schedule()
        other = process.vfork()
        other.execve("/bin/a.out", ["a.out"], {})
    story = check(recorder)
    (fork,) = story.forks
    assert fork == Fork(fork.step, process.pid, child.pid, 1, child.task.mm.number)
    assert recorder.steps[fork.step].event.name == "sched_process_fork"
    owners = {space.mm: [pid for pid, _ in space.owners] for space in story.spaces}
    assert owners[child.task.mm.number] == [child.pid, thread.pid]
    assert owners[1] == [process.pid, other.pid]
    assert owners[other.task.mm.number] == [other.pid]


def test_regions_have_names_that_their_copies_and_halves_inherit() -> None:
    machine, process = _lab()
    with Recorder(machine) as recorder:
        heap = process.brk(0)
        process.brk(heap + 4 * PAGE_SIZE)
        child = process.fork()
        child.mprotect(heap + PAGE_SIZE, PAGE_SIZE, PROT_READ)
        mm = child.task.mm.number
        child.exit(0)
    names = lifespans(recorder.steps).names
    assert names[1, heap] == names[mm, heap] == names[mm, heap + PAGE_SIZE] == "heap"


def _lab() -> tuple[Machine, Process]:
    machine = Machine()
    machine.fs.write("/f", b"text" * PAGE_SIZE)
    return machine, machine.spawn()


def _again(process: Process, other_ends: bool) -> None:
    process.store(AT, b"!")
    child = process.fork()
    if other_ends:
        child.exit(0)
    process.store(AT, b"!")


FAULTS = {
    "new_frame": lambda process: process.store(AT, b"!"),
    "zero_page": lambda process: process.load(AT),
    "object": lambda process: process.load(
        process.mmap(0, PAGE_SIZE, PROT_READ, MAP_SHARED, process.open("/f", O_RDWR), 0)
    ),
    "copy": lambda process: _again(process, False),
    "reuse": lambda process: _again(process, True),
    "stack": lambda process: process.store(process.mm.start_stack - 40 * PAGE_SIZE, b"!"),
    "signal": lambda process: process.load(0xDEAD000),
    "refused": lambda process: process.read(process.open("/f", O_RDWR), 0xDEAD000, 8),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_has_the_kind_of_its_end(kind: str) -> None:
    machine, process = _lab()
    process.mmap(AT, 4 * PAGE_SIZE, READ_WRITE, ANONYMOUS | MAP_FIXED, -1, 0)
    recorder = Recorder(machine)
    with suppress(Segfault, LinuxError):
        FAULTS[kind](process)
    fault = lifespans(recorder.steps).faults[-1]
    assert (fault.kind, fault.pid, fault.mm) == (kind, process.pid, 1)
    assert fault.signal == ("SIGSEGV" if kind == "signal" else "")
    begun, ended = (recorder.steps[step].event.name for step in (fault.first, fault.last))
    last = {"signal": "signal_generate", "refused": "page_fault_user"}
    assert (begun, ended) == ("page_fault_user", last.get(kind, "fault_done"))


def test_a_fault_without_a_frame_ends_in_a_kill() -> None:
    machine = Machine(ram=64 * PAGE_SIZE)
    process = machine.spawn()
    process.mmap(AT, 60 * PAGE_SIZE, READ_WRITE, ANONYMOUS | MAP_FIXED, -1, 0)
    recorder = Recorder(machine)
    with pytest.raises(Killed):
        process.store(AT, bytes(60 * PAGE_SIZE))
    fault = lifespans(recorder.steps).faults[-1]
    assert (fault.kind, fault.signal) == ("signal", "SIGKILL")


def test_calls_are_told_with_their_steps() -> None:
    machine, process = _lab()
    recorder = Recorder(machine)
    process.mmap(AT, PAGE_SIZE, PROT_READ, ANONYMOUS | MAP_FIXED, -1, 0)
    process.load(AT)
    story = lifespans(recorder.steps)
    assert [(call.pid, call.name) for call in story.calls] == [
        (process.pid, "mmap"),
        (process.pid, "load"),
    ]
    assert [call.end for call in story.calls] == [story.calls[1].first, story.nr_steps]


def test_after_ten_thousand_steps_it_has_the_regions_there_are() -> None:
    machine, process = _lab()
    recorder = Recorder(machine)
    turn = 0
    while len(recorder) < 10_000:
        at = AT + turn % 200 * 2 * PAGE_SIZE
        process.mmap(at, PAGE_SIZE, READ_WRITE, ANONYMOUS | MAP_FIXED, -1, 0)
        process.store(at, b"!")
        turn += 1
    story = lifespans(recorder.steps)
    assert story.at(len(recorder) - 1) == regions(machine.snapshot())
