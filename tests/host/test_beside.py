"""Real processes that follow a recording."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.host.test_compare import needs_ptrace
from vmlab import HostError, Machine, Process, Recorder
from vmlab.host.beside import Beside, row_of
from vmlab.host.short_maps import short

PAGE = 4096
ANON = 0x22


@pytest.fixture
def process() -> Process:
    return Machine().spawn()


@pytest.fixture
def recorder(process: Process) -> Iterator[Recorder]:
    with Recorder(process.machine) as recorder:
        yield recorder


def test_a_call_of_the_model_is_a_row(process: Process, recorder: Recorder) -> None:
    addr = process.mmap(0, PAGE, 3, ANON)
    process.store(addr, b"x")
    process.machine.fs.write("/a", b"")
    rows = [row_of(recorder.steps, number) for number in range(3)]
    assert rows[2] is None
    assert rows[0] is not None
    assert rows[0].here.answer == f"{addr:#x}"
    assert rows[0].here.maps == {1000: short(process.maps())}
    assert rows[1] is not None
    assert (rows[1].here.faults, rows[1].here.maps) == (1, {})


def test_a_recording_that_begins_elsewhere_is_not_followed(process: Process) -> None:
    process.store(0x404000, b"x")
    with Recorder(process.machine) as recorder, pytest.raises(HostError, match="has done nothing"):
        Beside.of(recorder.steps)


def test_nor_one_with_two_processes(process: Process) -> None:
    process.machine.spawn()
    with Recorder(process.machine) as recorder, pytest.raises(HostError, match="one process"):
        Beside.of(recorder.steps)


@needs_ptrace
def test_it_makes_the_calls_as_they_come() -> None:
    machine = Machine()
    machine.fs.write("/a.dat", b"abc")
    process = machine.spawn()
    with Recorder(machine) as recorder:
        try:
            beside = Beside.of(recorder.steps)
        except HostError:
            pytest.skip("the kernel places a process anew each time, or in another way")
        addr = process.mmap(0, PAGE, 3, ANON)
        beside.follow(recorder.steps)
        before = beside.maps(0, 1000)
        assert beside.maps(1, 1000) == short(process.maps()) != before
        assert beside.said(recorder.steps, 0).endswith(f": mmap = {addr:#x}; 0 faults")
        process.open("/a.dat")
        process.kill(1000, 0)
        with pytest.raises(HostError, match="kill"):
            beside.follow(recorder.steps)
        undone = recorder.undo()
        beside.follow(undone.steps)
        assert beside.said(undone.steps, 1).endswith(": open = 3; 0 faults")
        assert beside.can_follow(undone.steps)
        assert not beside.can_follow(undone.undo(2).steps)
        beside.close()
