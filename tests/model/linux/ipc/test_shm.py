"""Shared memory of System V."""

from __future__ import annotations

import struct

import pytest

from tests.model.linux.lab import PAGE, PLACE, anon, start
from tests.refused import refused
from vmlab import (
    IPC_PRIVATE,
    Ipc,
    LinuxError,
    Machine,
    MiB,
    Process,
    Recorder,
    Segfault,
    Shmat,
    Shmctl,
    Snapshot,
)
from vmlab.model.linux.mm.validate import validate_machine

AT = PLACE + 0x100000
CREAT = Ipc.IPC_CREAT | 0o600


@pytest.fixture
def p() -> Process:
    """Return a process with four pages at PLACE and a segment 0 of three pages."""
    p = start()
    anon(p)
    assert p.shmget(IPC_PRIVATE, 3 * PAGE, 0o600) == 0
    return p


def nattch(p: Process, shmid: int = 0) -> int:
    p.shmctl(shmid, Shmctl.IPC_STAT, PLACE)
    validate_machine(p.machine.system)
    (count,) = struct.unpack("<Q", p.load(PLACE + 88, 8))
    return int(count)


def segments(p: Process) -> list[str]:
    return [line for line in p.maps().splitlines() if "SYSV" in line]


def test_a_key_finds_a_segment(p: Process) -> None:
    assert p.shmget(7, 5, CREAT) == 1
    assert p.shmget(7, 0) == p.shmget(7, 5, CREAT) == p.fork().shmget(7, 1) == 1
    for key, size, flags, error in (
        (8, 5, 0, "ENOENT"),
        (7, 5, CREAT | Ipc.IPC_EXCL, "EEXIST"),
        (7, 6, CREAT, "EINVAL"),
        (8, 0, CREAT, "EINVAL"),
        (8, -1, CREAT, "EINVAL"),
        (8, 1 << 63, CREAT, "EINVAL"),
        (8, 1 << 60, CREAT, "ENOMEM"),
        (8, 5, CREAT | Ipc.SHM_HUGETLB, "ENOMEM"),
        (8, 5, CREAT | Ipc.SHM_HUGETLB | 5 << 26, "EINVAL"),
    ):
        with pytest.raises(LinuxError, match=error):
            p.shmget(key, size, flags)
    assert p.shmget(8, 1 << 60, CREAT | Ipc.SHM_NORESERVE) == 2


def test_numbers_go_round(p: Process) -> None:
    """A place is not used again before 64 were; then its number is another one."""
    for shmid in (*range(1, 64), (1 << 15) + 1, (1 << 15) + 2):
        assert p.shmget(0, 1) == shmid
        p.shmctl(shmid, Shmctl.IPC_RMID)


def test_what_is_attached_is_shared(p: Process) -> None:
    assert p.shmat(0, AT) == AT
    other = p.shmat(0)
    child = p.fork()
    child.store(AT + PAGE, b"x")
    assert p.load(other + PAGE) == b"x"
    ino = "00:01 0 "
    assert all(ino in line and line.endswith("/SYSV00000000 (deleted)") for line in segments(p))
    assert nattch(p) == 4


def test_a_fault_maps_no_pages_around_it(p: Process) -> None:
    """Unlike one in a file, though all of them are in memory."""
    p.store(p.shmat(0), bytes(3 * PAGE))
    other = p.shmat(0)
    p.load(other + PAGE)
    assert [entry.present for entry in p.pagemap(other, 3)] == [False, True, False]


def test_the_number_stands_in_maps(p: Process) -> None:
    shmid = p.shmget(0x12345678, 1, CREAT)
    p.shmat(shmid, AT)
    line = f"{AT:x}-{AT + PAGE:x} rw-s 00000000 00:01 1 "
    assert segments(p) == [f"{line:<73}/SYSV12345678 (deleted)"]
    view = Snapshot.from_json(p.machine.snapshot().to_json())
    machine = Machine()
    machine.restore(view)
    assert machine[p.pid].maps() == p.maps()


@pytest.mark.parametrize(
    ("shmid", "addr", "flags", "error"),
    [
        (1, AT, 0, "EINVAL"),
        (-1, AT, 0, "EINVAL"),
        (0, AT + 1, 0, "EINVAL"),
        (0, PLACE, 0, "EINVAL"),
        (0, PLACE - 2 * PAGE, 0, "EINVAL"),
        (0, 0, Shmat.SHM_REMAP, "EINVAL"),
        (0, 5, Shmat.SHM_REMAP | Shmat.SHM_RND, "EINVAL"),
        (0, 1 << 47, 0, "ENOMEM"),
        (0, -PAGE, 0, "EINVAL"),
    ],
)
def test_what_is_not_attached(p: Process, shmid: int, addr: int, flags: int, error: str) -> None:
    before = p.maps()
    with pytest.raises(LinuxError, match=error):
        p.shmat(shmid, addr, flags)
    assert p.maps() == before
    assert nattch(p) == 0


def test_how_it_is_attached(p: Process) -> None:
    assert p.shmat(0, AT + 5, Shmat.SHM_RND | Shmat.SHM_RDONLY) == AT
    with pytest.raises(LinuxError, match="EACCES"):
        p.mprotect(AT, PAGE, 3)
    with pytest.raises(Segfault):
        p.store(AT, b"x")
    assert p.shmat(0, AT + PAGE, Shmat.SHM_REMAP | Shmat.SHM_EXEC) == AT + PAGE
    assert [line.split()[1] for line in segments(p)] == ["r--s", "rwxs"]
    assert nattch(p) == 2


def test_parts_count_and_go_together(p: Process) -> None:
    """munmap and mprotect split an attachment; shmdt takes what is left of it."""
    p.shmat(0, AT)
    p.mprotect(AT + PAGE, PAGE, 1)
    assert nattch(p) == 3
    p.mprotect(AT + PAGE, PAGE, 3)
    assert nattch(p) == 3, "one that counts does not vanish in a merge"
    p.munmap(AT, PAGE)
    assert nattch(p) == 2
    p.shmdt(AT)
    assert nattch(p) == 0
    assert segments(p) == []
    with refused(LinuxError, "no_segment_at", "EINVAL"):
        p.shmdt(AT)


def test_another_attachment_stays(p: Process) -> None:
    p.shmat(0, AT)
    p.shmat(0, AT + 3 * PAGE)
    with pytest.raises(LinuxError, match="EINVAL"):
        p.shmdt(AT + PAGE)
    p.shmdt(AT)
    assert nattch(p) == 1
    p.shmdt(AT + 3 * PAGE)


@pytest.mark.parametrize("leave", ["exit", "execve", "shmdt", "munmap"])
def test_the_last_one_destroys_what_was_removed(p: Process, leave: str) -> None:
    p.shmat(0, AT)
    p.store(AT, b"x")
    child = p.fork()
    p.shmdt(AT)
    p.shmctl(0, Shmctl.IPC_RMID)
    p.shmctl(0, Shmctl.IPC_STAT, PLACE)
    assert p.load(PLACE + 21)[0] & 2, "SHM_DEST"
    p.shmat(0, AT)
    p.shmdt(AT)
    match leave:
        case "exit":
            child.exit()
        case "execve":
            child.execve("/bin/a.out")
        case "shmdt":
            child.shmdt(AT)
        case _:
            child.munmap(AT, 3 * PAGE)
    with refused(LinuxError, "no_segment", "EINVAL"):
        p.shmctl(0, Shmctl.IPC_STAT, PLACE)
    assert not any(name.startswith("/SYSV") for name in _inodes(p))
    validate_machine(p.machine.system)


def _inodes(p: Process) -> list[str]:
    return [inode.name for inode in p.machine.system.inodes.values()]


def test_what_was_removed_is_not_found(p: Process) -> None:
    shmid = p.shmget(7, PAGE, CREAT)
    p.shmat(shmid, AT)
    p.shmctl(shmid, Shmctl.IPC_RMID)
    with refused(LinuxError, "no_segment_of_key", "ENOENT"):
        p.shmget(7, PAGE)
    assert p.shmget(7, PAGE, CREAT) == shmid + 1


def test_who_made_it_and_who_used_it_last(p: Process) -> None:
    p.shmat(0, AT)
    child = p.fork()
    child.shmdt(AT)
    p.shmctl(0, Shmctl.IPC_STAT, PLACE)
    assert struct.unpack("<2I", p.load(PLACE + 80, 8)) == (p.pid, child.pid)


def test_a_sealed_one_stays(p: Process) -> None:
    p.shmat(0, AT)
    p.mseal(AT, PAGE)
    p.shmdt(AT)
    assert len(segments(p)) == 1 + (nattch(p) > 1)


def test_a_move_takes_the_attachment_along(p: Process) -> None:
    p.shmat(0, AT)
    p.mremap(AT, 3 * PAGE, 3 * PAGE, 3, AT + 0x10000)
    assert nattch(p) == 1
    p.shmdt(AT + 0x10000)
    assert nattch(p) == 0


def test_an_old_state_has_no_segments(p: Process) -> None:
    machine = Machine(ram=4 * MiB)
    with Recorder(machine) as recorder:
        q = machine.spawn()
        q.shmat(q.shmget(0, PAGE), AT)
        q.shmctl(0, Shmctl.IPC_RMID)
        q.exit()
    again = Recorder.from_json(recorder.to_json())
    assert again.machine.snapshot() == machine.snapshot()
    recorder.undo(2)
    validate_machine(machine.system)
    assert recorder.machine.snapshot().system.shm


def test_a_segment_that_takes_its_own_place_lives_on_until_then(p: Process) -> None:
    """The segment is to be destroyed, and what SHM_REMAP replaces is its last mapping."""
    p.shmat(0, AT)
    p.store(AT, b"kept")
    p.shmctl(0, Shmctl.IPC_RMID)
    assert p.shmat(0, AT, Shmat.SHM_REMAP) == AT
    assert p.load(AT, 4) == b"kept"
    assert nattch(p) == 1
    p.shmdt(AT)
    with refused(LinuxError, "no_segment"):
        p.shmctl(0, Shmctl.IPC_STAT, PLACE)
    validate_machine(p.machine.system)


def test_remap_file_pages_destroys_what_only_its_mapping_kept(p: Process) -> None:
    p.shmat(0, AT)
    p.shmctl(0, Shmctl.IPC_RMID)
    with refused(LinuxError, "no_segment", "EINVAL"):
        p.remap_file_pages(AT, 3 * PAGE, 0, 0)
    assert not segments(p)
    validate_machine(p.machine.system)
    assert p.machine.snapshot().system.shm == ()
