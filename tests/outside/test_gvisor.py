"""What gVisor's system-call tests say of mappings, by case.

test/syscalls/linux: mmap.cc, mremap.cc, munmap.cc, brk.cc, mincore.cc, msync.cc.
"""

from __future__ import annotations

import pytest

from tests.model.linux.lab import start_with_descriptors
from tests.rulers import Op, at, check, mremap, munmap, spawn
from vmlab import KiB, LinuxError, Process, Rlimit, Segfault
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_PRIVATE,
    MAP_SHARED,
    MREMAP_FIXED,
    MREMAP_MAYMOVE,
    PROT_EXEC,
    PROT_READ,
    PROT_WRITE,
    Ms,
)
from vmlab.model.mmu.page import PAGE_SIZE

NONE, R, W, X = 0, PROT_READ, PROT_WRITE, PROT_EXEC
RW = R | W
ANON = MAP_PRIVATE | MAP_ANONYMOUS
MOVE = MREMAP_MAYMOVE
TO = MREMAP_MAYMOVE | MREMAP_FIXED
LAST_PAGE = (1 << 63) - PAGE_SIZE  # of a file


@pytest.fixture
def process() -> Process:
    process = start_with_descriptors(pages=2)
    process.sigaction(11)
    return process


def failure(process: Process, call: str, *arguments: int) -> str:
    with pytest.raises(LinuxError) as caught:
        getattr(process, call)(*arguments)
    return caught.value.name


# mmap.cc: case -> arguments of mmap, errno
MMAP_FAILS = {
    "MapPipe": ((0, PAGE_SIZE, R, MAP_PRIVATE, 10, 0), "ENODEV"),
    "MapDirectory": ((0, PAGE_SIZE, R, MAP_PRIVATE, 8, 0), "ENODEV"),
    "MapCharDevice": ((0, PAGE_SIZE, R, MAP_PRIVATE, 7, 0), "ENODEV"),
    "NotPrivateOrShared": ((0, PAGE_SIZE, NONE, MAP_ANONYMOUS, -1, 0), "EINVAL"),
    "PrivateAndShared": ((0, PAGE_SIZE, NONE, ANON | MAP_SHARED, -1, 0), "EINVAL"),
    "FixedAlignment": ((1, PAGE_SIZE, NONE, ANON | MAP_FIXED, -1, 0), "EINVAL"),
    "InvalidLength": ((0, 0, NONE, ANON, -1, 0), "EINVAL"),
    "BadFd": ((0, PAGE_SIZE, R, MAP_PRIVATE, 999, 0), "EBADF"),
    "MapFirstNegativePage": ((0, PAGE_SIZE, R, MAP_PRIVATE, 3, 1 << 63), "EOVERFLOW"),
    "MapLastNegativePage": ((0, PAGE_SIZE, R, MAP_PRIVATE, 3, 2 * (1 << 63) - 4096), "EOVERFLOW"),
    "MapLastPositivePage, two pages": (
        (0, 2 * PAGE_SIZE, R, MAP_PRIVATE, 3, LAST_PAGE),
        "EOVERFLOW",
    ),
    "WriteSharedOnReadOnlyFd": ((0, PAGE_SIZE, RW, MAP_SHARED, 4, 0), "EACCES"),
    "WriteOnlyFd": ((0, PAGE_SIZE, R, MAP_PRIVATE, 5, 0), "EACCES"),
    "MmapFileWithOpath": ((0, PAGE_SIZE, R, MAP_PRIVATE, 6, 0), "EBADF"),
    "MapFixedNoReplaceExisting": (
        (0x400000, PAGE_SIZE, NONE, ANON | MAP_FIXED_NOREPLACE, -1, 0),
        "EEXIST",
    ),
    "MapFixedNoReplacePartialOverlap": (
        (0x3FF000, 2 * PAGE_SIZE, NONE, ANON | MAP_FIXED_NOREPLACE, -1, 0),
        "EEXIST",
    ),
    "MapFixedNoReplaceWithMapFixed": (
        (0x400000, PAGE_SIZE, NONE, ANON | MAP_FIXED | MAP_FIXED_NOREPLACE, -1, 0),
        "EEXIST",
    ),
    "MapFixedNoReplaceAlignment": (
        (at(0) + 1, PAGE_SIZE, NONE, ANON | MAP_FIXED_NOREPLACE, -1, 0),
        "EINVAL",
    ),
}


@pytest.mark.parametrize("case", MMAP_FAILS)
def test_mmap_fails(process: Process, case: str) -> None:
    arguments, error = MMAP_FAILS[case]
    assert failure(process, "mmap", *arguments) == error


# case -> arguments of mmap, the address that comes of it (None = any)
MMAP_WORKS: dict[str, tuple[tuple[int, ...], int | None]] = {
    "HintAddress": ((at(0), PAGE_SIZE, RW, ANON, -1, 0), at(0)),
    "MapFixed": ((at(0), PAGE_SIZE, RW, ANON | MAP_FIXED, -1, 0), at(0)),
    "MapFixed64": ((0x300000000000, PAGE_SIZE, RW, ANON | MAP_FIXED, -1, 0), 0x300000000000),
    "MapFixedNoReplaceEmpty": (
        (at(0), PAGE_SIZE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0),
        at(0),
    ),
    "NonFixedAlignment": ((at(0) + 1, PAGE_SIZE, RW, ANON, -1, 0), at(0)),
    "MapOffset": ((at(0), PAGE_SIZE, R, MAP_PRIVATE, 3, PAGE_SIZE), at(0)),
    "MapSecondToLastPositivePage": ((0, PAGE_SIZE, R, MAP_PRIVATE, 3, LAST_PAGE - 4096), None),
    "WritePrivateOnReadOnlyFd": ((0, PAGE_SIZE, RW, MAP_PRIVATE, 4, 0), None),
    "MapDevZeroPrivate": ((0, PAGE_SIZE, RW, MAP_PRIVATE, 9, 0), None),
    "MapDevZeroShared": ((0, PAGE_SIZE, RW, MAP_SHARED, 9, 0), None),
    "MapDevZeroSegment, far offset": ((0, PAGE_SIZE, RW, MAP_PRIVATE, 9, 1 << 40), None),
}


@pytest.mark.parametrize("case", MMAP_WORKS)
def test_mmap_works(process: Process, case: str) -> None:
    arguments, expected = MMAP_WORKS[case]
    start = process.mmap(*arguments)
    assert expected in (None, start)
    assert f"{start:08x}-" in process.maps()


def test_mmap_dev_zero_reads_as_zeros_and_forgets(process: Process) -> None:
    for kind in (MAP_PRIVATE, MAP_SHARED):
        start = process.mmap(0, PAGE_SIZE, RW, kind, 9)
        assert process.load(start, 4) == bytes(4)
        process.store(start, b"x")
        other = process.mmap(0, PAGE_SIZE, RW, kind, 9)
        assert process.load(other) == b"\0"


def test_mmap_ProtWriteOnlyReadable(process: Process) -> None:
    start = process.mmap(0, PAGE_SIZE, W, ANON)
    process.store(start, b"x")
    assert process.load(start) == b"x"


@pytest.mark.parametrize(
    ("case", "prot", "access"),
    [
        ("ProtNoneDeath", NONE, "load"),
        ("ReadOnlyDeath", R, "store"),
        ("NoProtExecDeath", RW, "fetch"),
    ],
)
def test_mmap_death(process: Process, case: str, prot: int, access: str) -> None:
    start = process.mmap(0, PAGE_SIZE, prot, ANON)
    with pytest.raises(Segfault, match="SEGV_ACCERR"):
        getattr(process, access)(start, *([b"x"] if access == "store" else []))


def test_mmap_MprotectReadOnlyDeath(process: Process) -> None:
    start = process.mmap(0, PAGE_SIZE, RW, ANON)
    process.store(start, b"x")
    process.mprotect(start, PAGE_SIZE, R)
    with pytest.raises(Segfault, match="SEGV_ACCERR"):
        process.store(start, b"x")


def test_mmap_MprotectHugeLength_wraps(process: Process) -> None:
    start = process.mmap(0, PAGE_SIZE, RW, ANON)
    assert failure(process, "mprotect", start, (1 << 64) - PAGE_SIZE, R) == "ENOMEM"


def test_mmap_ExceedLimitData(process: Process) -> None:
    process.setrlimit(Rlimit.RLIMIT_DATA, process.mm.data_vm * PAGE_SIZE)
    assert failure(process, "mmap", 0, PAGE_SIZE, RW, ANON, -1, 0) == "ENOMEM"
    process.setrlimit(Rlimit.RLIMIT_DATA, (1 << 64) - 1)
    process.mmap(0, PAGE_SIZE, RW, ANON)


def test_mmap_ExceedLimitDataPrlimit_brk(process: Process) -> None:
    end = process.brk(0)
    process.setrlimit(Rlimit.RLIMIT_DATA, 16 * KiB)
    assert process.brk(end + 64 * KiB) == end


def test_mmap_ExceedLimitAS(process: Process) -> None:
    process.setrlimit(Rlimit.RLIMIT_AS, process.mm.total_vm * PAGE_SIZE)
    assert failure(process, "mmap", 0, PAGE_SIZE, NONE, ANON, -1, 0) == "ENOMEM"


# mremap.cc: case -> before, call, after, errno
MREMAP: dict[str, tuple[str, Op, str, str]] = {
    "Noop": ("AA", mremap(0, 2, 2), "AA", ""),
    "InPlace_ShrinkingWholeVMA": ("AA", mremap(0, 2, 1), "A", ""),
    "InPlace_ShrinkingPartialVMA": ("AAA", mremap(0, 2, 1), "A.A", ""),
    "InPlace_ShrinkingAcrossVMAs": ("Aa", mremap(0, 2, 1), "A", ""),
    "InPlace_ExpansionSuccess": ("A..", mremap(0, 1, 2), "AA", ""),
    "InPlace_ExpansionFailure": ("Aa", mremap(0, 1, 2), "Aa", "ENOMEM"),
    "Fixed_SourceAndDestinationCannotOverlap": ("AA", mremap(0, 2, 2, TO, 1), "AA", "EINVAL"),
    "Fixed_SameSize": ("AA", mremap(0, 2, 2, TO, 4), "....AA", ""),
    "Fixed_SameSize_Unmapping": ("AA..bbb", mremap(0, 2, 2, TO, 4), "....AAb", ""),
    "Fixed_ShrinkingWholeVMA": ("AA..bbb", mremap(0, 2, 1, TO, 4), "....Abb", ""),
    "Fixed_ShrinkingPartialVMA": ("AAA.bbb", mremap(0, 2, 1, TO, 4), "..A.Abb", ""),
    "Fixed_Expansion": ("A...bbb", mremap(0, 1, 2, TO, 4), "....AAb", ""),
    "Fixed_ShrinkingAcrossVMAs": ("Aa..", mremap(0, 2, 1, TO, 4), "....A", ""),
    "InPlace_Copy": ("S", mremap(0, 0, 1), "S", "ENOMEM"),
    "MustMove_Copy": ("SS", mremap(0, 0, 2, TO, 4), "SS..SS", ""),
}


@pytest.mark.parametrize("case", MREMAP)
def test_mremap(case: str) -> None:
    before, op, after, error = MREMAP[case]
    check(before, op, after, error=error)


def test_mremap_MayMove_Expansion() -> None:
    process = spawn("Aa", written="A")
    new = process.mremap(at(0), PAGE_SIZE, 2 * PAGE_SIZE, MOVE)
    assert new != at(0)
    assert process.load(new) == b"A"
    assert process.load(new + PAGE_SIZE) == b"\0"


def test_mremap_MayMove_Copy() -> None:
    process = spawn("SS")
    process.store(at(0), b"x")
    new = process.mremap(at(0), 0, 2 * PAGE_SIZE, MOVE)
    assert process.load(new) == process.load(at(0)) == b"x"


# munmap.cc, brk.cc


def test_munmap_ZeroLength() -> None:
    check("A", munmap(0, 0), "A", error="EINVAL")


def test_munmap_LastPageRoundUp() -> None:
    assert failure(spawn("A"), "munmap", at(0), (1 << 64) - 1) == "EINVAL"


def test_brk_BrkSyscallReturnsOldBrkOnFailure(process: Process) -> None:
    end = process.brk(0)
    assert process.brk((1 << 64) - 1) == end
    assert process.brk(end + 1) == end + 1


# mincore.cc, msync.cc


@pytest.mark.parametrize(
    ("case", "start", "length", "error"),
    [
        ("UnalignedAddressFails", at(0) + 1, PAGE_SIZE, "EINVAL"),
        ("UnmappedFails", at(8), PAGE_SIZE, "ENOMEM"),
        ("a hole", at(0), 3 * PAGE_SIZE, "ENOMEM"),
    ],
)
def test_mincore_fails(case: str, start: int, length: int, error: str) -> None:
    assert failure(spawn("A.A"), "mincore", start, length) == error


def test_mincore_ZeroLengthSucceedsAndAnyVecIsAllowed() -> None:
    assert spawn("A").mincore(at(0), 0, 0) == b""


def test_mincore_UnalignedLengthSucceedsAndIsRoundedUp() -> None:
    assert spawn("AA", written="A").mincore(at(0), 1) == b"\1"
    assert spawn("AA", written="A").mincore(at(0), PAGE_SIZE + 1) == b"\1\0"


@pytest.mark.parametrize("flags", [Ms.MS_SYNC, Ms.MS_ASYNC, Ms.MS_SYNC | Ms.MS_INVALIDATE])
@pytest.mark.parametrize(
    ("case", "before", "length", "error"),
    [
        ("SyncEmptyMappingSucceeds", "S", 0, ""),
        ("SyncMappedSucceeds", "S", PAGE_SIZE, ""),
        ("UnalignedLengthSucceeds", "S", PAGE_SIZE - 1, ""),
        ("SyncUnmappedFails", "", PAGE_SIZE, "ENOMEM"),
        ("a hole", "S.S", 3 * PAGE_SIZE, "ENOMEM"),
    ],
)
def test_msync(case: str, before: str, length: int, error: str, flags: int) -> None:
    process = spawn(before)
    if error:
        assert failure(process, "msync", at(0), length, flags) == error
    else:
        process.msync(at(0), length, flags)


def test_msync_UnalignedAddressFails() -> None:
    assert failure(spawn("S"), "msync", at(0) + 1, PAGE_SIZE, Ms.MS_SYNC) == "EINVAL"
