"""A restored machine is the same machine."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from tests.record.runs import ARENA, Act, acts, machine, run
from vmlab import LinuxError, Machine, ProcessError, StateError
from vmlab.state.capture import capture
from vmlab.state.restore import restore

quick = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@quick
@given(acts, acts)
def test_a_restored_machine_goes_on_identically(before: list[Act], after: list[Act]) -> None:
    one = machine()
    run(one, before)
    snap = one.snapshot()
    assert capture(restore(snap)) == snap
    other = Machine.from_snapshot(snap)
    assert run(one, after) == run(other, after)
    assert one.snapshot() == other.snapshot()


def test_processes_go_on_by_pid() -> None:
    m = machine()
    parent = m[1000]
    before = m.snapshot()
    child = parent.fork()
    child.store(ARENA, b"child")
    after = m.snapshot()
    m.restore(before)
    assert list(m.processes) == [1000]
    assert parent.load(ARENA, 5) == bytes(5)
    assert child.state == "X"
    with pytest.raises(ProcessError):
        child.load(ARENA)
    m.restore(after)
    assert m[1001] is child
    assert child.load(ARENA, 5) == b"child"
    assert parent.load(ARENA, 5) == bytes(5)


def test_files_go_back_too() -> None:
    m = machine()
    files = m.fs
    before = m.snapshot()
    files.write("/new", b"x")
    m.restore(before)
    assert "/new" not in files
    with pytest.raises(LinuxError):
        files.read("/new")


def test_what_contradicts_itself_is_refused_and_changes_nothing() -> None:
    m = machine()
    snap = m.snapshot()
    mm = snap.mms[0]
    bad = replace(snap, mms=(replace(mm, mmap=mm.mmap[1:]), *snap.mms[1:]))
    m[1000].store(ARENA, b"!")
    now = m.snapshot()
    with pytest.raises(StateError):
        m.restore(bad)
    assert m.snapshot() == now
    with pytest.raises(StateError):
        Machine.from_snapshot(bad)
