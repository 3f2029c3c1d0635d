"""Files in memory, and what their seals forbid."""

from __future__ import annotations

import pytest

from tests.refused import refused
from vmlab import LinuxError, Machine, Map, Process, Prot, Snapshot
from vmlab.model.abi.fcntl import Fcntl, Mfd, Open, Seal
from vmlab.model.abi.mman import Madv
from vmlab.model.mmu.page import PAGE_SIZE

A, F = 0x10000000, 0x20000000
RW = Prot.PROT_READ | Prot.PROT_WRITE
FD = 3  # the file
SHARED = Map.MAP_SHARED | Map.MAP_FIXED
WRITE_SEALS = [Seal.F_SEAL_WRITE, Seal.F_SEAL_FUTURE_WRITE]


@pytest.fixture
def p() -> Process:
    """Return a process with memory at A and a file of two pages that may be sealed."""
    process = Machine().spawn()
    anonymous = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS | Map.MAP_FIXED
    process.mmap(A, 2 * PAGE_SIZE, RW, anonymous)
    process.store(A, b"x" * 2 * PAGE_SIZE)
    assert process.memfd_create("m", Mfd.MFD_ALLOW_SEALING) == FD
    process.ftruncate(FD, 2 * PAGE_SIZE)
    return process


def seals(p: Process, fd: int = FD) -> int:
    return p.fcntl(fd, Fcntl.F_GET_SEALS)


@pytest.mark.parametrize(
    ("flags", "given"),
    [
        (0, Seal.F_SEAL_SEAL),
        (Mfd.MFD_EXEC, Seal.F_SEAL_SEAL),
        (Mfd.MFD_ALLOW_SEALING | Mfd.MFD_EXEC, 0),
        (Mfd.MFD_NOEXEC_SEAL, Seal.F_SEAL_EXEC),
        (Mfd.MFD_NOEXEC_SEAL | Mfd.MFD_ALLOW_SEALING | Mfd.MFD_CLOEXEC, Seal.F_SEAL_EXEC),
    ],
)
def test_the_seals_of_a_new_file(p: Process, flags: int, given: int) -> None:
    assert seals(p, p.memfd_create("n", flags)) == given


@pytest.mark.parametrize("flags", [0x18, 0x20, 1 << 26, 1 << 30, 1 << 31, 0x54000003])
def test_flags_that_are_refused(p: Process, flags: int) -> None:
    with pytest.raises(LinuxError, match="EINVAL"):
        p.memfd_create("n", flags)


def test_a_name_has_at_most_249_bytes(p: Process) -> None:
    p.memfd_create("n" * 249)
    for name in ("n" * 250, "가" * 84):
        with refused(LinuxError, "memfd_name_too_long", "EINVAL"):
            p.memfd_create(name)


def test_seals_are_added_up_and_f_seal_seal_ends_it(p: Process) -> None:
    for given in (Seal.F_SEAL_GROW, Seal.F_SEAL_SHRINK, Seal.F_SEAL_SEAL):
        p.fcntl(FD, Fcntl.F_ADD_SEALS, given)
    assert seals(p) == Seal.F_SEAL_GROW | Seal.F_SEAL_SHRINK | Seal.F_SEAL_SEAL
    with refused(LinuxError, "seals_are_final", "EPERM"):
        p.fcntl(FD, Fcntl.F_ADD_SEALS, 0)


def test_who_may_not_execute_may_not_change_either(p: Process) -> None:
    p.fcntl(FD, Fcntl.F_ADD_SEALS, Seal.F_SEAL_EXEC)
    assert seals(p) == sum(Seal) - Seal.F_SEAL_SEAL
    fd = p.memfd_create("n", Mfd.MFD_NOEXEC_SEAL)  # nobody could execute it anyway
    p.fcntl(fd, Fcntl.F_ADD_SEALS, Seal.F_SEAL_EXEC)
    assert seals(p, fd) == Seal.F_SEAL_EXEC


def test_only_files_in_memory_that_may_be_written_are_sealed(p: Process) -> None:
    p.machine.fs.write("/dev/shm/a.dat", b"")
    p.machine.fs.write("/a.dat", b"")
    for path, flags, code, name in (
        ("/dev/shm/a.dat", Open.O_RDWR, "seals_are_final", "EPERM"),
        ("/a.dat", Open.O_RDWR, "file_cannot_be_sealed", "EINVAL"),
        ("/a.dat", Open.O_RDONLY, "file_not_open_for_writing", "EPERM"),
        ("/dev/null", Open.O_RDWR, "file_cannot_be_sealed", "EINVAL"),
    ):
        with refused(LinuxError, code, name):
            p.fcntl(p.open(path, flags), Fcntl.F_ADD_SEALS, Seal.F_SEAL_GROW)
    with refused(LinuxError, "unknown_flags", "EINVAL"):
        p.fcntl(FD, Fcntl.F_ADD_SEALS, 0x40)


def test_a_file_keeps_the_length_that_is_sealed(p: Process) -> None:
    p.fcntl(FD, Fcntl.F_ADD_SEALS, Seal.F_SEAL_SHRINK)
    with refused(LinuxError, "sealed_against_shrinking", "EPERM"):
        p.ftruncate(FD, PAGE_SIZE)
    p.ftruncate(FD, 3 * PAGE_SIZE)
    p.fcntl(FD, Fcntl.F_ADD_SEALS, Seal.F_SEAL_GROW)
    with refused(LinuxError, "sealed_against_growing", "EPERM"):
        p.ftruncate(FD, 4 * PAGE_SIZE)
    p.ftruncate(FD, 3 * PAGE_SIZE)


def test_a_write_goes_as_far_as_the_sealed_length(p: Process) -> None:
    p.fcntl(FD, Fcntl.F_ADD_SEALS, Seal.F_SEAL_GROW)
    assert p.pwrite(FD, A, 2 * PAGE_SIZE, PAGE_SIZE) == PAGE_SIZE
    with refused(LinuxError, "sealed_against_growing", "EPERM"):
        p.pwrite(FD, A, 1, 2 * PAGE_SIZE)


@pytest.mark.parametrize("seal", WRITE_SEALS)
def test_a_file_sealed_against_writing_is_only_read(p: Process, seal: Seal) -> None:
    p.fcntl(FD, Fcntl.F_ADD_SEALS, seal)
    with refused(LinuxError, "sealed_against_writing", "EPERM"):
        p.write(FD, A, 1)
    assert p.write(FD, A, 0) == 0
    with refused(LinuxError, "sealed_against_writing", "EPERM"):
        p.mmap(F, PAGE_SIZE, RW, SHARED, FD)
    p.mmap(F, PAGE_SIZE, Prot.PROT_READ, SHARED, FD)
    with refused(LinuxError, "rights_never_allowed", "EACCES"):
        p.mprotect(F, PAGE_SIZE, RW)
    p.mmap(F, PAGE_SIZE, RW, Map.MAP_PRIVATE | Map.MAP_FIXED, FD)
    p.store(F, b"own")


def test_a_mapping_that_may_be_written_keeps_the_seal_off(p: Process) -> None:
    p.mmap(F, PAGE_SIZE, Prot.PROT_READ, SHARED, FD)
    child = p.fork()
    p.munmap(F, PAGE_SIZE)
    with refused(LinuxError, "mapped_writable", "EBUSY"):
        p.fcntl(FD, Fcntl.F_ADD_SEALS, Seal.F_SEAL_WRITE)
    child.exit()
    p.fcntl(FD, Fcntl.F_ADD_SEALS, Seal.F_SEAL_WRITE)


def test_the_future_does_not_bind_a_mapping_of_the_past(p: Process) -> None:
    p.mmap(F, PAGE_SIZE, RW, SHARED, FD)
    p.fcntl(FD, Fcntl.F_ADD_SEALS, Seal.F_SEAL_FUTURE_WRITE)
    p.store(F, b"still")
    with refused(LinuxError, "sealed_against_writing", "EPERM"):
        p.madvise(F, PAGE_SIZE, Madv.MADV_REMOVE)


def test_seals_outlive_a_snapshot(p: Process) -> None:
    p.fcntl(FD, Fcntl.F_ADD_SEALS, Seal.F_SEAL_WRITE)
    p.memfd_create("n", Mfd.MFD_NOEXEC_SEAL)
    p.open("/", Open.O_DIRECTORY)
    snap = p.machine.snapshot()
    again = Machine.from_snapshot(Snapshot.from_json(snap.to_json()))
    assert again.snapshot() == snap
    other = again[p.pid]
    assert seals(other) == Seal.F_SEAL_WRITE
    assert other.fcntl(5, Fcntl.F_GETFL) == p.fcntl(5, Fcntl.F_GETFL) != 0


@pytest.mark.parametrize("name", [b"\xff\xfe", b"\xff" * 249])
def test_a_name_is_any_bytes(p: Process, name: bytes) -> None:
    fd = p.memfd_create(name.decode(errors="surrogateescape"))
    p.mmap(F, PAGE_SIZE, RW, SHARED, fd)
    assert b"/memfd:" + name in p.maps().encode(errors="surrogateescape")
    with refused(LinuxError, "memfd_name_too_long", "EINVAL"):
        p.memfd_create("\udcff" * 250)


def test_there_are_no_files_of_huge_pages(p: Process) -> None:
    with refused(LinuxError, "no_hugetlbfs", "ENOSYS"):
        p.memfd_create("huge", Mfd.MFD_HUGETLB)
    with refused(LinuxError, "unknown_flags", "EINVAL"):
        p.memfd_create("huge", 1 << 27)
