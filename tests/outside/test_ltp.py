"""What the Linux Test Project says of mappings, by case.

testcases/kernel/syscalls: mmap, munmap, mprotect, mremap, brk, sbrk, msync; kernel/mem.
"""

from __future__ import annotations

import pytest

from tests.rulers import Op, at, check, mmap, mremap, munmap, spawn
from vmlab import LinuxError, Machine, Process, Segfault
from vmlab.model.abi.fcntl import Open
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_GROWSDOWN,
    MAP_NORESERVE,
    MAP_PRIVATE,
    MAP_SHARED,
    MAP_SHARED_VALIDATE,
    MREMAP_FIXED,
    MREMAP_MAYMOVE,
    PROT_EXEC,
    PROT_READ,
    PROT_WRITE,
    Madv,
    Ms,
)
from vmlab.model.mmu.page import PAGE_SIZE

NONE, R, W, X = 0, PROT_READ, PROT_WRITE, PROT_EXEC
RW = R | W
ANON = MAP_PRIVATE | MAP_ANONYMOUS
TO = MREMAP_MAYMOVE | MREMAP_FIXED


@pytest.fixture
def process() -> Process:
    """A process with /f, of 1000 bytes and one page, open as 3 (rw), 4 (r), 5 (w)."""
    machine = Machine()
    machine.fs.write("/f", b"f" * (PAGE_SIZE + 1000))
    process = machine.spawn()
    for flags in (Open.O_RDWR, Open.O_RDONLY, Open.O_WRONLY):
        process.open("/f", flags)
    for signum in (7, 11):
        process.sigaction(signum)
    return process


def perms(process: Process, addr: int) -> str:
    """The second column of /proc/PID/maps."""
    lines = process.maps().splitlines()
    return next(line.split()[1] for line in lines if line.startswith(f"{addr:08x}-"))


def failure(process: Process, call: str, *arguments: int) -> str:
    with pytest.raises(LinuxError) as caught:
        getattr(process, call)(*arguments)
    return caught.value.name


# mmap


def test_mmap02_a_read_only_descriptor_can_be_read(process: Process) -> None:
    start = process.mmap(0, PAGE_SIZE, R, MAP_SHARED, 4)
    assert process.load(start, 5) == b"fffff"


def test_mmap03_an_executable_mapping_can_be_read(process: Process) -> None:
    start = process.mmap(0, PAGE_SIZE, X, MAP_SHARED, 4)
    assert process.load(start, 5) == b"fffff"


def test_mmap05_no_access_is_a_segfault(process: Process) -> None:
    start = process.mmap(0, PAGE_SIZE, NONE, MAP_SHARED, 3)
    with pytest.raises(Segfault, match="SEGV_ACCERR"):
        process.load(start)


@pytest.mark.parametrize("prot", [NONE, R, W, R | W, R | X, W | X, R | W | X])
@pytest.mark.parametrize(("kind", "letter"), [(MAP_PRIVATE, "p"), (MAP_SHARED, "s")])
def test_mmap04_the_perms_column(process: Process, prot: int, kind: int, letter: str) -> None:
    start = process.mmap(0, PAGE_SIZE, prot, kind | MAP_ANONYMOUS)
    expected = "".join(
        name if prot & bit else "-" for name, bit in zip("rwx", (R, W, X), strict=True)
    )
    assert perms(process, start) == expected + letter


@pytest.mark.parametrize(
    ("length", "prot", "flags", "fd", "error"),
    [
        (PAGE_SIZE, R, MAP_SHARED, 5, "EACCES"),
        (PAGE_SIZE, W, MAP_PRIVATE, 5, "EACCES"),
        (PAGE_SIZE, RW, MAP_SHARED, 4, "EACCES"),
        (0, R, MAP_SHARED, 3, "EINVAL"),
        (PAGE_SIZE, R, 0, 3, "EINVAL"),
        (PAGE_SIZE, R, MAP_FIXED, 3, "EINVAL"),
        (PAGE_SIZE, W, MAP_SHARED, 4, "EACCES"),
        (PAGE_SIZE, W, MAP_SHARED, 5, "EACCES"),
    ],
)
def test_mmap06(process: Process, length: int, prot: int, flags: int, fd: int, error: str) -> None:
    assert failure(process, "mmap", 0, length, prot, flags, fd, 0) == error


def test_mmap08_a_closed_descriptor(process: Process) -> None:
    process.close(3)
    assert failure(process, "mmap", 0, PAGE_SIZE, W, MAP_SHARED, 3, 0) == "EBADF"


def test_mmap15_an_address_above_user_space(process: Process) -> None:
    arguments = (1 << 63, PAGE_SIZE, R, MAP_PRIVATE | MAP_FIXED, 3, 0)
    assert failure(process, "mmap", *arguments) == "ENOMEM"


def test_mmap17_noreplace_does_not_take_what_is_mapped(process: Process) -> None:
    start = process.mmap(0, PAGE_SIZE, W, ANON)
    flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE
    assert failure(process, "mmap", start, PAGE_SIZE, W, flags, 3, 0) == "EEXIST"


def test_mmap20_shared_validate_refuses_unknown_flags(process: Process) -> None:
    flags = 1 << 22 | MAP_SHARED_VALIDATE
    assert failure(process, "mmap", 0, PAGE_SIZE, RW, flags, 3, 0) == "EOPNOTSUPP"


@pytest.mark.parametrize(
    ("neighbour", "grows"),
    [("", True), ("n", True), ("G", True), ("A", False), ("x", False)],
)
def test_mmap18_growsdown(neighbour: str, grows: bool) -> None:
    machine = Machine()
    process = machine.spawn()
    process.sigaction(11)
    top = 0x50000000
    process.mmap(top, PAGE_SIZE, RW, ANON | MAP_GROWSDOWN | MAP_FIXED)
    prot = {"n": NONE, "x": R | X}.get(neighbour, RW)
    flags = ANON | MAP_FIXED | (MAP_GROWSDOWN if neighbour == "G" else 0)
    if neighbour:
        process.mmap(top - 256 * PAGE_SIZE, PAGE_SIZE, prot, flags)
    if grows:
        process.store(top - PAGE_SIZE, b"x")
        assert f"{top - PAGE_SIZE:08x}-{top + PAGE_SIZE:08x}" in process.maps()
    else:
        with pytest.raises(Segfault, match="SEGV_MAPERR"):
            process.store(top - PAGE_SIZE, b"x")


# munmap


@pytest.mark.parametrize("part", [slice(0, 4), slice(1, 4), slice(0, 3)])
def test_munmap01_what_was_unmapped_is_gone(part: slice) -> None:
    pages = part.stop - part.start
    after = "".join("." if part.start <= page < part.stop else "A" for page in range(4))
    process = check("AAAA", munmap(part.start, pages), after.rstrip("."), written="A")
    process.sigaction(11)
    for page in range(part.start, part.stop):
        with pytest.raises(Segfault, match="SEGV_MAPERR"):
            process.store(at(page), b"x")


@pytest.mark.parametrize(
    ("start", "length"),
    [(at(0), 0), (0x7FFFFFFFF000, PAGE_SIZE), (at(0) + 1, PAGE_SIZE)],
    ids=["no bytes", "above user space", "unaligned"],
)
def test_munmap03_refused(start: int, length: int) -> None:
    assert failure(spawn("AA"), "munmap", start, length) == "EINVAL"


def test_munmap04_a_hole_at_the_limit() -> None:
    process = spawn("AAA")
    process.machine.system.sysctl_max_map_count = process.mm.map_count
    assert failure(process, "munmap", at(1), PAGE_SIZE) == "ENOMEM"


# mprotect


@pytest.mark.parametrize(
    ("start", "prot", "error"),
    [(0, R, "ENOMEM"), (0x400001, R, "EINVAL"), (None, W, "EACCES")],
    ids=["nothing mapped", "unaligned", "a shared read-only file"],
)
def test_mprotect01(process: Process, start: int | None, prot: int, error: str) -> None:
    file = process.mmap(0, PAGE_SIZE, R, MAP_SHARED, 4)
    assert failure(process, "mprotect", file if start is None else start, 1024, prot) == error


def test_mprotect02_a_write_fails_until_it_is_allowed(process: Process) -> None:
    start = process.mmap(0, PAGE_SIZE, R, MAP_SHARED, 3)
    with pytest.raises(Segfault, match="SEGV_ACCERR"):
        process.store(start, b"x")
    process.mprotect(start, PAGE_SIZE, W)
    process.store(start, b"x")
    assert process.machine.fs.read("/f")[:1] == b"x"


def test_mprotect03_a_write_to_a_read_only_page(process: Process) -> None:
    start = process.mmap(0, PAGE_SIZE, RW, MAP_SHARED, 3)
    process.mprotect(start, PAGE_SIZE, R)
    with pytest.raises(Segfault, match="SEGV_ACCERR"):
        process.store(start, b"x")


def test_mprotect04_no_access_and_execution(process: Process) -> None:
    start = process.mmap(0, PAGE_SIZE, RW, ANON)
    process.store(start, b"\xc3")
    process.mprotect(start, PAGE_SIZE, NONE)
    with pytest.raises(Segfault, match="SEGV_ACCERR"):
        process.load(start)
    process.mprotect(start, PAGE_SIZE, R | X)
    assert process.fetch(start) == 0xC3


def test_mprotect05_pieces_become_one_vma_again() -> None:
    process = spawn("")
    start = process.mmap(0, 5 * PAGE_SIZE, R, MAP_SHARED | MAP_ANONYMOUS)
    process.mprotect(start + PAGE_SIZE, PAGE_SIZE, X)
    process.mprotect(start + 3 * PAGE_SIZE, PAGE_SIZE, W)
    process.mprotect(start + PAGE_SIZE, 4 * PAGE_SIZE, R)
    assert f"{start:08x}-{start + 5 * PAGE_SIZE:08x} r--s" in process.maps()


# mremap


def test_mremap01_a_file_mapping_grows_with_its_file(process: Process) -> None:
    start = process.mmap(0, PAGE_SIZE, RW, MAP_SHARED, 3)
    new = process.mremap(start, PAGE_SIZE, 2 * PAGE_SIZE, MREMAP_MAYMOVE)
    assert process.load(new + PAGE_SIZE) == b"f"
    process.store(new + PAGE_SIZE, b"x")
    assert process.machine.fs.read("/f")[PAGE_SIZE : PAGE_SIZE + 2] == b"xf"


@pytest.mark.parametrize(
    ("case", "op", "error"),
    [
        ("mremap03", mremap(9, 1, 2, MREMAP_MAYMOVE), "EFAULT"),
        ("mremap04", mremap(0, 1, 2), "ENOMEM"),
        ("mremap05: FIXED without MAYMOVE", mremap(0, 1, 1, MREMAP_FIXED, 9), "EINVAL"),
        ("mremap05: overlap", mremap(0, 2, 2, TO, 1), "EINVAL"),
    ],
)
def test_mremap_refused(case: str, op: Op, error: str) -> None:
    check("AAA", op, "AAA", error=error)


def test_mremap02_an_unaligned_address() -> None:
    arguments = (at(0) + 1, PAGE_SIZE, 2 * PAGE_SIZE, MREMAP_MAYMOVE)
    assert failure(spawn("AA"), "mremap", *arguments) == "EINVAL"


def test_mremap05_an_unaligned_target() -> None:
    arguments = (at(0), PAGE_SIZE, PAGE_SIZE, TO, at(4) + 1)
    assert failure(spawn("AA"), "mremap", *arguments) == "EINVAL"


@pytest.mark.parametrize("target", ["", "bb"], ids=["free", "taken"])
def test_mremap05_the_target_is_replaced(target: str) -> None:
    process = check(f"AA.{target}", mremap(0, 2, 2, TO, 3), "...AA", written="A")
    assert process.load(at(3)) == b"A"


# brk


def test_brk01_and_sbrk01_grow_and_shrink(process: Process) -> None:
    start = process.brk(0)
    for size in (1, PAGE_SIZE, 8 * PAGE_SIZE, 3, 0):
        assert process.brk(start + size) == start + size
        if size:
            process.store(start + size - 1, b"x")


def test_brk02_a_heap_in_pieces_goes_at_once(process: Process) -> None:
    start = process.brk(0)
    process.brk(start + 3 * PAGE_SIZE)
    process.mprotect(start + PAGE_SIZE, PAGE_SIZE, R)
    assert process.brk(start) == start
    assert "[heap]" not in process.maps()


def test_sbrk02_what_does_not_fit_changes_nothing(process: Process) -> None:
    start = process.brk(0)
    assert process.brk(start + (1 << 46)) == start


# msync


@pytest.mark.parametrize("flags", [Ms.MS_SYNC, Ms.MS_ASYNC, Ms.MS_INVALIDATE])
def test_msync01_and_02_accepted(process: Process, flags: int) -> None:
    start = process.mmap(0, PAGE_SIZE, RW, MAP_SHARED, 3)
    process.store(start, b"x")
    process.msync(start, PAGE_SIZE, flags)
    process.madvise(start, PAGE_SIZE, Madv.MADV_DONTNEED)
    assert process.load(start) == b"x"


@pytest.mark.parametrize(
    ("offset", "flags", "error"),
    [
        (0, Ms.MS_INVALIDATE, "EBUSY"),
        (0, Ms.MS_ASYNC | Ms.MS_SYNC, "EINVAL"),
        (1, Ms.MS_SYNC, "EINVAL"),
        (0, 1 << 4, "EINVAL"),
        (8 * PAGE_SIZE, Ms.MS_SYNC, "ENOMEM"),
    ],
    ids=["locked", "both", "unaligned", "unknown flag", "nothing mapped"],
)
def test_msync03(offset: int, flags: int, error: str) -> None:
    process = spawn("S")
    process.mlock(at(0), PAGE_SIZE)
    assert failure(process, "msync", at(0) + offset, PAGE_SIZE, flags) == error


# kernel/mem


def test_vma01_a_child_does_not_merge_with_what_it_inherited() -> None:
    check("AAA", mmap(3, "AAA"), "AAABBB", written="A", child=True)


def test_max_map_count(process: Process) -> None:
    system = process.machine.system
    system.sysctl_max_map_count = 64
    page = 0
    while process.mm.map_count < 65:
        process.mmap(at(2 * page), PAGE_SIZE, NONE, ANON | MAP_FIXED)
        page += 1
    assert (
        failure(process, "mmap", at(2 * page), PAGE_SIZE, NONE, ANON | MAP_FIXED, -1, 0) == "ENOMEM"
    )
    assert len([line for line in process.maps().splitlines() if "[vsyscall]" not in line]) == 65


def test_overcommit_memory_mode_0(process: Process) -> None:
    total = process.machine.system.totalram_pages * PAGE_SIZE
    assert failure(process, "mmap", 0, 2 * total, RW, ANON, -1, 0) == "ENOMEM"
    process.mmap(0, total // 4, RW, ANON)
    process.mmap(0, 2 * total, RW, ANON | MAP_NORESERVE)
