"""Pipes: their descriptors, and the ring of pages."""

from contextlib import suppress

import pytest

from tests.refused import refused
from vmlab import LinuxError, Machine, MiB, Open, Process, Recorder, Rlimit, Snapshot
from vmlab.errors import Sleeps
from vmlab.model.abi.signal import SIGPIPE

PLACE, SIZE = 0x10000000, 1 << 18


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


# The ring: what Linux 6.18 answered for the same writes and reads


@pytest.fixture
def p() -> Process:
    """A process with a pipe that never sleeps, 3 and 4, and memory to write from and read to."""
    process = Machine(ram=8 * MiB).spawn()
    process.mmap(PLACE, SIZE, 3, 0x32)
    assert process.pipe2(Open.O_NONBLOCK) == (3, 4)
    return process


def writes(p: Process, count: int) -> list[int]:
    """Write so many bytes until the pipe is full; return what it took each time."""
    taken = []
    with suppress(LinuxError):
        while True:
            taken.append(p.write(4, PLACE, count))
    with refused(LinuxError, "pipe_full_now", "EAGAIN"):
        p.write(4, PLACE, count)
    return taken


@pytest.mark.parametrize(
    ("count", "taken"),
    [
        (1, [1]),  # behind 16 writes of 4095
        (3000, [3000] * 16),
        (4097, [4097] * 10 + [4096]),
        (5000, [5000] * 10 + [4096]),
        (65536, [65536]),
        (100_000, [65536]),
    ],
)
def test_how_much_there_is_room_for(p: Process, count: int, taken: list[int]) -> None:
    if count == 1:
        for _ in range(16):
            p.write(4, PLACE, 4095)
    assert writes(p, count) == taken


def test_a_page_is_free_when_all_of_it_was_read(p: Process) -> None:
    p.write(4, PLACE, 65536)
    assert p.read(3, PLACE, 100) == 100
    assert writes(p, 50) == []
    assert p.read(3, PLACE, 3996) == 3996
    assert p.write(4, PLACE, 50) == 50
    assert p.write(4, PLACE, 5000) == 904


def test_without_a_writer_there_is_an_end(p: Process) -> None:
    p.store(PLACE, b"end")
    p.write(4, PLACE, 3)
    child = p.fork()
    p.close(4)
    assert p.read(3, PLACE, 2) == 2
    assert p.read(3, PLACE, 9) == 1
    with refused(LinuxError, "pipe_empty_now", "EAGAIN"):
        p.read(3, PLACE, 9)
    child.exit()
    assert p.read(3, PLACE, 9) == 0


def test_without_a_reader_nothing_is_written(p: Process) -> None:
    p.close(3)
    p.sigaction(SIGPIPE)
    assert p.write(4, PLACE, 0) == 0
    with refused(LinuxError, "pipe_without_readers", "EPIPE"):
        p.write(4, PLACE, 1)
    assert not p.task.pending


def test_sigpipe_ends_who_writes_to_nobody(p: Process) -> None:
    p.close(3)
    with refused(LinuxError, "pipe_without_readers", "EPIPE"):
        p.write(4, PLACE, 1)
    assert (p.state, p.exit_code) == ("X", SIGPIPE)


def test_what_cannot_be_stored_stays(p: Process) -> None:
    p.write(4, PLACE, 300)
    for addr in (0, PLACE + SIZE - 100):
        with refused(LinuxError, "nothing_stored", "EFAULT"):
            p.read(3, addr, 200)
    assert p.read(3, PLACE, 1000) == 300


def test_what_cannot_be_read_is_left_out_with_its_page(p: Process) -> None:
    with refused(LinuxError, "nothing_read", "EFAULT"):
        p.write(4, PLACE + SIZE - 100, 200)
    assert p.write(4, PLACE + SIZE - 8192, 8192 + 200) == 8192
    assert p.read(3, PLACE, SIZE) == 8192


def test_whoever_would_sleep_is_told_when_there_is_something(p: Process) -> None:
    p.pipe()
    with pytest.raises(Sleeps) as raised:
        p.read(5, PLACE, 1)
    assert not raised.value.ready()
    p.write(6, PLACE, 65536)
    assert raised.value.ready()
    with pytest.raises(Sleeps) as raised:
        p.write(6, PLACE, 1)
    p.read(5, PLACE, 4095)
    assert not raised.value.ready()
    p.read(5, PLACE, 1)
    assert raised.value.ready()


def test_a_pipe_is_kept(p: Process) -> None:
    p.store(PLACE, b"0123456789" * 1000)
    with Recorder(p.machine) as recorder:
        p.write(4, PLACE, 9000)
        p.read(3, PLACE + 20000, 4100)
    snap = p.machine.snapshot()
    assert Snapshot.from_json(snap.to_json()) == snap
    assert Recorder.from_json(recorder.to_json()).machine.snapshot() == snap
    p.machine.restore(snap)
    assert p.read(3, PLACE + 20000, 9000) == 4900
    assert p.load(PLACE + 20000, 4900) == (b"0123456789" * 1000)[4100:9000]


def test_a_write_of_machine_code_goes_on_where_it_slept(p: Process) -> None:
    p.store(PLACE, bytes(range(251)) * 400)
    p.pipe()
    regs = p.task.regs
    regs.ax, regs.di, regs.si, regs.dx = 1, 6, PLACE, 100_000
    with Recorder(p.machine) as recorder:
        found = b""
        while True:
            with suppress(Sleeps):
                p._syscall_instruction()
            if not p.task.written:
                break
            snap = p.machine.snapshot()
            assert Snapshot.from_json(snap.to_json()) == snap
            count = p.read(5, PLACE + (1 << 17), 40_000)
            found += p.load(PLACE + (1 << 17), count)
    assert (p.task.regs.ax, p.task.written) == (100_000, 0)
    while len(found) < 100_000:
        count = p.read(5, PLACE + (1 << 17), 40_000)
        found += p.load(PLACE + (1 << 17), count)
    assert found == (bytes(range(251)) * 400)[:100_000]
    assert Recorder.from_json(recorder.to_json()).calls == recorder.calls
