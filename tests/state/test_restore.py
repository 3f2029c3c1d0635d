"""A restored machine is the same machine."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from tests.record.runs import ARENA, PAGE, Act, acts, machine, run
from vmlab import BusError, LinuxError, Machine, Map, ProcessError, Snapshot, StateError
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


def deferred(reuse: bool) -> tuple[Machine, int]:
    """A machine whose TLB knows frames of a process that are freed, and used again if `reuse`."""
    m = Machine(ram=4 << 20)
    m.fs.write("/f", bytes(2 * PAGE))
    first, second = m.spawn(), m.spawn()
    first.mmap(ARENA, 2 * PAGE, 3, Map.MAP_SHARED | Map.MAP_FIXED, first.open("/f", 2), 0)
    first.store(ARENA, b"x")
    first.store(ARENA + PAGE, b"y")
    second.mmap(ARENA, 2 * PAGE, 3, Map.MAP_PRIVATE | Map.MAP_ANONYMOUS | Map.MAP_FIXED)
    second.brk(0)  # so that it runs
    m.fs.truncate("/f", 0)
    if reuse:
        second.load(ARENA)
        second.fork()  # takes frames for tables
    return m, first.pid


@pytest.mark.parametrize("reuse", [False, True])
def test_translations_that_are_flushed_before_their_use_may_be_stale(reuse: bool) -> None:
    m, pid = deferred(reuse)
    snap = m.snapshot()
    free = {*snap.system.free_frames}
    assert reuse or any(entry.pfn in free for entry in snap.tlb.entries)
    m.restore(snap)
    assert m.snapshot() == snap
    again = Machine.from_snapshot(Snapshot.from_json(snap.to_json()))
    assert again.snapshot() == snap
    for each in (m, again):
        with pytest.raises(BusError):
            each[pid].load(ARENA)
    assert m.snapshot() == again.snapshot()


def test_a_translation_that_the_cpu_may_use_is_not_stale() -> None:
    m, _ = deferred(False)
    snap = m.snapshot()
    free = snap.system.free_frames[0]
    used = next(entry for entry in snap.tlb.entries if entry.asid == snap.tlb.asid)
    for wrong, field in (
        (replace(used, pfn=free), "pfn"),
        (replace(used, asid=6), "asid"),
        (replace(used, asid=1000), "asid"),
    ):
        entries = tuple(wrong if entry is used else entry for entry in snap.tlb.entries)
        bad = replace(snap, tlb=replace(snap.tlb, entries=entries))
        with pytest.raises(StateError, match=rf"tlb\.entries\[\d+\]\.{field}"):
            m.restore(bad)
    assert m.snapshot() == snap
