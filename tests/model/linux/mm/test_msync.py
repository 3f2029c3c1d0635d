"""msync, mincore and mseal."""

from __future__ import annotations

import pytest

from tests.refused import refused
from tests.rulers import (
    Op,
    at,
    check,
    madvise,
    mmap,
    move,
    mprotect,
    mremap,
    mseal,
    munmap,
    spawn,
)
from vmlab import LinuxError, Machine, MiB
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_NORESERVE,
    MAP_PRIVATE,
    PROT_READ,
    Madv,
    Ms,
)
from vmlab.model.mmu.page import PAGE_SIZE

SYNC, ASYNC, INVALIDATE = Ms.MS_SYNC, Ms.MS_ASYNC, Ms.MS_INVALIDATE


@pytest.mark.parametrize(
    ("before", "start", "pages", "flags", "error"),
    [
        ("SA", 0, 2, SYNC, None),
        ("SA", 0, 2, ASYNC | INVALIDATE, None),
        ("SA", 0, 0, 0, None),
        ("S", 0, 1, SYNC | ASYNC, "EINVAL"),
        ("S", 0, 1, 8, "EINVAL"),
        ("S.S", 0, 3, SYNC, "ENOMEM"),
        ("S.S", 0, 3, ASYNC, "ENOMEM"),
        (".S", 0, 1, SYNC, "ENOMEM"),
        ("L", 0, 1, INVALIDATE, "EBUSY"),
        ("L", 0, 1, SYNC, None),
    ],
)
def test_msync(before: str, start: int, pages: int, flags: int, error: str | None) -> None:
    process = spawn(before)
    if error is None:
        process.msync(at(start), pages * PAGE_SIZE, flags)
        return
    with pytest.raises(LinuxError, match=error):
        process.msync(at(start), pages * PAGE_SIZE, flags)


def test_msync_wants_an_aligned_start() -> None:
    process = spawn("S")
    with pytest.raises(LinuxError, match="EINVAL"):
        process.msync(at(0) + 1, PAGE_SIZE, SYNC)


def test_mincore_tells_what_is_in_memory() -> None:
    process = spawn("AAS", written="A")
    assert process.mincore(at(0), 3 * PAGE_SIZE) == b"\1\0\0"
    process.load(at(1))  # the zero page
    process.load(at(2))
    assert process.mincore(at(0), 2 * PAGE_SIZE + 1) == b"\1\1\1"
    assert process.mincore(at(0), 0) == b""


def test_mincore_stores_its_answer() -> None:
    process = spawn("AA", written="A")
    process.mincore(at(0), 2 * PAGE_SIZE, at(0) + 8)
    assert process.load(at(0) + 8, 2) == b"\1\0"


def test_mincore_knows_pages_of_a_file_that_nobody_mapped() -> None:
    process = spawn("S")
    process.store(process.mm.start_stack - 16, b"x")
    process.pwrite(3, process.mm.start_stack - 16, 1, 0)
    assert process.mincore(at(0), PAGE_SIZE) == b"\1"


def test_mincore_returns_an_answer_up_to_a_size() -> None:
    """One that is stored in memory is limited by that; Linux's own refusals come first."""
    process = Machine(ram=4 * MiB).spawn()
    addr = process.mmap(0, 1 << 45, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
    assert process.mincore(addr, 1 << 32) == bytes(1 << 20)
    with refused(LinuxError, "vector_too_long", "EFAULT"):
        process.mincore(addr, (1 << 32) + 1)
    with refused(LinuxError, "vector_too_long", "EFAULT"):
        process.mincore(addr, 1 << 45)
    with refused(LinuxError, "range_leaves_user_space", "ENOMEM"):
        process.mincore(addr, 1 << 48)
    with refused(LinuxError, "nothing_mapped_at", "ENOMEM"):
        process.mincore(0, 1 << 45)


@pytest.mark.parametrize(
    ("start", "length", "vec", "error"),
    [
        (at(0) + 1, PAGE_SIZE, None, "EINVAL"),
        (at(0), 3 * PAGE_SIZE, None, "ENOMEM"),
        (0x7FFFFFFFF000, PAGE_SIZE, None, "ENOMEM"),
        (at(0), PAGE_SIZE, at(9), "EFAULT"),
        (at(0), PAGE_SIZE, 1 << 63, "EFAULT"),
    ],
)
def test_mincore_refuses(start: int, length: int, vec: int | None, error: str) -> None:
    process = spawn("AA")
    with pytest.raises(LinuxError, match=error):
        process.mincore(start, length, vec)


@pytest.mark.parametrize(
    "op",
    [
        munmap(1, 1),
        mprotect(1, 1, 0),
        mremap(1, 1, 2),
        move(1, 1, 9),
        mmap(1, "n"),
        madvise(1, 1, Madv.MADV_DONTNEED),
    ],
    ids=lambda op: op.text,
)
def test_a_sealed_mapping_cannot_be_changed(op: Op) -> None:
    check("aaa", [mseal(0, 3), op], "aaa", error="EPERM")


def test_sealing_splits_and_stays() -> None:
    process = check("AAA", mseal(1, 1), "AEA")
    assert " sl" in process.smaps()
    check("AAA", [mseal(1, 1), mseal(0, 3)], "AAA")
    check("AAA", [mseal(0, 3), mseal(1, 1)], "AAA")


@pytest.mark.parametrize(
    ("start", "length", "flags", "error"),
    [
        (at(0), PAGE_SIZE, 1, "EINVAL"),
        (at(0) + 1, PAGE_SIZE, 0, "EINVAL"),
        (at(0), (1 << 64) - PAGE_SIZE, 0, "EINVAL"),
        ((1 << 64) - PAGE_SIZE, PAGE_SIZE, 0, "EINVAL"),  # it ends where addresses wrap
        ((1 << 64) - 2 * PAGE_SIZE, PAGE_SIZE, 0, "ENOMEM"),
        (at(0), 3 * PAGE_SIZE, 0, "ENOMEM"),
        (at(9), PAGE_SIZE, 0, "ENOMEM"),
    ],
)
def test_mseal_refuses(start: int, length: int, flags: int, error: str) -> None:
    process = spawn("A.A")
    with pytest.raises(LinuxError, match=error):
        process.mseal(start, length, flags)
    assert " sl" not in process.smaps()


@pytest.mark.parametrize(("start", "pages"), [(0, 2), (2, (1 << 52) - (at(2) >> 12))])
def test_what_lies_behind_a_range_that_fails_does_not_count(start: int, pages: int) -> None:
    """Neither a locked mapping that begins where the range ends, nor one in a range that wraps."""
    process = spawn("..L")
    with pytest.raises(LinuxError, match="ENOMEM"):
        process.msync(at(start), pages * PAGE_SIZE, INVALIDATE)
    with pytest.raises(LinuxError, match="EBUSY"):
        process.msync(at(start), 3 * PAGE_SIZE, INVALIDATE)
