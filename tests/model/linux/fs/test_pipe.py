"""Pipes without room for their descriptors."""

import pytest

from vmlab import LinuxError, Machine, Recorder, Rlimit, Snapshot


@pytest.mark.parametrize("room", [0, 1])
def test_a_pipe_without_room_leaves_nothing_open(room: int) -> None:
    machine = Machine()
    process = machine.spawn()
    process.setrlimit(Rlimit.RLIMIT_NOFILE, 3 + room)
    before = machine.snapshot()
    with Recorder(machine) as recorder, pytest.raises(LinuxError, match="EMFILE"):
        process.pipe()
    after = machine.snapshot()
    assert (after.files, after.inodes, after.fds) == (before.files, before.inodes, before.fds)
    assert Snapshot.from_json(after.to_json()) == after
    assert Recorder.from_json(recorder.to_json()).machine.snapshot() == after
