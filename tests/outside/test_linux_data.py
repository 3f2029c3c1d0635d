"""What Linux's own tests say of data that moves, is shared, guarded or sealed.

tools/testing/selftests/mm: mremap_test.c, mremap_dontunmap.c, madv_populate.c, cow.c,
guard-regions.c, mseal_test.c, mlock2-tests.c. Each test is the assertion of the case it names.
"""

from __future__ import annotations

import random

import pytest

from tests.model.linux.lab import ANON, PAGE, PLACE, RO, RW, SHARED, anon, look, start
from vmlab import GiB, KiB, LinuxError, Madv, Map, MiB, Mremap, Process, Prot, Segfault

TO_MAY = Mremap.MREMAP_FIXED | Mremap.MREMAP_MAYMOVE
DONTUNMAP = Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_DONTUNMAP
PTE, PMD, PUD = 4 * KiB, 2 * MiB, GiB


def fill(p: Process, addr: int, pages: int, byte: bytes) -> None:
    for page in range(pages):
        p.store(addr + page * PAGE, byte)


def first_bytes(p: Process, addr: int, pages: int) -> bytes:
    return b"".join(p.load(addr + page * PAGE) for page in range(pages))


# mremap_test.c


def aligned(place: int, alignment: int) -> int:
    """Return an address at `alignment`, but at no larger one."""
    return -(-place // (4 * GiB)) * 4 * GiB + alignment


@pytest.mark.parametrize(
    ("source", "destination", "size"),
    [
        (PTE, PTE, 8 * KiB),
        (MiB, PTE, 2 * MiB),
        (MiB, MiB, 2 * MiB),
        (PMD, PTE, 4 * MiB),
        (PMD, MiB, 4 * MiB),
        (PMD, PMD, 4 * MiB),
        (PUD, PTE, 2 * GiB),
        (PUD, MiB, 2 * GiB),
        (PUD, PMD, 2 * GiB),
        (PUD, PUD, 2 * GiB),
    ],
    ids=lambda value: f"{value >> 10}K",
)
def test_moves_preserve_data(source: int, destination: int, size: int) -> None:
    p = start(ram=64 * MiB)
    rng = random.Random(size + source)
    old, new = aligned(PLACE, source), aligned(64 * GiB, destination)
    p.mmap(old, size, RW, ANON | Map.MAP_FIXED_NOREPLACE | Map.MAP_NORESERVE)
    places = sorted({0, size - 1, *(rng.randrange(size) for _ in range(40))})
    for place in places:
        p.store(old + place, bytes((place * 7 % 251,)))
    assert p.mremap(old, size, size, TO_MAY, new) == new
    for place in places:
        assert p.load(new + place)[0] == place * 7 % 251
    with pytest.raises(Segfault):
        p.load(old)


# mremap_dontunmap.c


def test_dontunmap_simple() -> None:
    p = start()
    old = anon(p, pages=5)
    fill(p, old, 5, b"a")
    new = p.mremap(old, 5 * PAGE, 5 * PAGE, DONTUNMAP)
    assert first_bytes(p, new, 5) == b"aaaaa"
    assert first_bytes(p, old, 5) == bytes(5)


def test_dontunmap_simple_shmem() -> None:
    p = start()
    fd = p.memfd_create("memfd")
    p.ftruncate(fd, 5 * PAGE)
    old = p.mmap(0, 5 * PAGE, RW, Map.MAP_SHARED, fd)
    fill(p, old, 5, b"a")
    new = p.mremap(old, 5 * PAGE, 5 * PAGE, DONTUNMAP)
    assert first_bytes(p, new, 5) == first_bytes(p, old, 5) == b"aaaaa"


def test_dontunmap_simple_fixed() -> None:
    p = start()
    old = anon(p, pages=5)
    fill(p, old, 5, b"a")
    target = p.mmap(0, 5 * PAGE, RW, ANON)
    fill(p, target, 5, b"X")
    assert p.mremap(old, 5 * PAGE, 5 * PAGE, DONTUNMAP | TO_MAY, target) == target
    assert first_bytes(p, target, 5) == b"aaaaa"
    assert first_bytes(p, old, 5) == bytes(5)


def test_dontunmap_partial_mapping() -> None:
    p = start()
    old = anon(p, pages=10)
    fill(p, old, 10, b"a")
    new = p.mremap(old, 5 * PAGE, 5 * PAGE, DONTUNMAP)
    assert first_bytes(p, old, 10) == bytes(5) + b"aaaaa"
    assert first_bytes(p, new, 5) == b"aaaaa"


def test_dontunmap_partial_mapping_overwrite() -> None:
    p = start()
    old = anon(p, pages=5)
    fill(p, old, 5, b"a")
    target = p.mmap(0, 10 * PAGE, RW, ANON)
    fill(p, target, 10, b"X")
    p.mremap(old, 5 * PAGE, 5 * PAGE, DONTUNMAP | TO_MAY, target)
    assert first_bytes(p, target, 10) == b"aaaaaXXXXX"
    assert first_bytes(p, old, 5) == bytes(5)


# madv_populate.c


@pytest.mark.parametrize(
    ("prot", "read", "write"), [(RO, None, "EINVAL"), (Prot.PROT_WRITE, "EINVAL", None)]
)
def test_populate_prot_read_and_prot_write(prot: int, read: str | None, write: str | None) -> None:
    p = start()
    addr = anon(p, pages=512, prot=prot)
    for advice, error in ((Madv.MADV_POPULATE_READ, read), (Madv.MADV_POPULATE_WRITE, write)):
        if error is None:
            p.madvise(addr, 512 * PAGE, advice)
        else:
            with pytest.raises(LinuxError, match=error):
                p.madvise(addr, 512 * PAGE, advice)


@pytest.mark.parametrize("hole", [256, 511, 0], ids=["middle", "end", "beginning"])
@pytest.mark.parametrize("advice", [Madv.MADV_POPULATE_READ, Madv.MADV_POPULATE_WRITE])
def test_populate_holes(hole: int, advice: int) -> None:
    p = start()
    addr = anon(p, pages=512)
    p.munmap(addr + hole * PAGE, PAGE)
    with pytest.raises(LinuxError, match="ENOMEM"):
        p.madvise(addr, 512 * PAGE, advice)


@pytest.mark.parametrize("advice", [Madv.MADV_POPULATE_READ, Madv.MADV_POPULATE_WRITE])
def test_populate_read_and_write(advice: int) -> None:
    p = start()
    addr = anon(p, pages=512)
    assert not any(entry.present for entry in p.pagemap(addr, 512))
    p.madvise(addr, 512 * PAGE, advice)
    assert all(entry.present for entry in p.pagemap(addr, 512))


# cow.c


@pytest.mark.parametrize("writer", ["parent", "child"])
@pytest.mark.parametrize("with_mprotect", [False, True])
def test_cow_basic(writer: str, with_mprotect: bool) -> None:
    p = start()
    addr = anon(p, pages=1)
    p.store(addr, b"old")
    child = p.fork()
    writes, reads = (p, child) if writer == "parent" else (child, p)
    if with_mprotect:
        writes.mprotect(addr, PAGE, RO)
        writes.mprotect(addr, PAGE, RW)
    writes.store(addr, b"new")
    assert (reads.load(addr, 3), writes.load(addr, 3)) == (b"old", b"new")


@pytest.mark.parametrize("kind", ["zeropage", "memfd", "tmpfile"])
def test_cow_private_mappings_do_not_change_what_is_behind(kind: str) -> None:
    p = start()
    if kind == "zeropage":
        addr = anon(p, pages=1)
        other = p.mmap(0, PAGE, RO, ANON)
    else:
        fd = p.memfd_create("m") if kind == "memfd" else 3
        p.ftruncate(fd, PAGE)
        addr = p.mmap(0, PAGE, RW, Map.MAP_PRIVATE, fd)
        other = p.mmap(0, PAGE, RO, Map.MAP_SHARED, fd)
    before = p.load(other, 16)
    assert p.load(addr, 16) == before
    p.store(addr, b"\xff" * 16)
    assert p.load(other, 16) == before


# guard-regions.c


def guarded(p: Process, addr: int, pages: int) -> str:
    """One character a page: G raises SIGSEGV, anything else can be written."""
    answer = ""
    for page in range(pages):
        try:
            p.load(addr + page * PAGE)
        except Segfault as fault:
            answer += "G" if fault.code_name == "SEGV_MAPERR" else "?"
        else:
            answer += "."
    return answer


@pytest.mark.parametrize("flags", [ANON, SHARED], ids=["anon", "shmem"])
def test_guard_basic(flags: int) -> None:
    p = start()
    addr = anon(p, pages=10, flags=flags)
    p.madvise(addr, PAGE, Madv.MADV_GUARD_INSTALL)
    assert guarded(p, addr, 10) == "G........."
    fill(p, addr + PAGE, 9, b"x")
    p.madvise(addr, 10 * PAGE, Madv.MADV_GUARD_INSTALL)
    assert guarded(p, addr, 10) == "G" * 10
    p.madvise(addr, 10 * PAGE, Madv.MADV_GUARD_REMOVE)
    assert guarded(p, addr, 10) == "." * 10


def test_guard_multi_vma() -> None:
    p = start()
    addr = p.mmap(0, 20 * PAGE, Prot.PROT_NONE, ANON)
    for place in (2, 5, 6, 12):
        prot = RW if place != 6 else RW | Prot.PROT_EXEC
        p.mmap(addr + place * PAGE, PAGE, prot, ANON | Map.MAP_FIXED)
    p.munmap(addr + 15 * PAGE, PAGE)
    with pytest.raises(LinuxError, match="ENOMEM"):
        p.madvise(addr, 20 * PAGE, Madv.MADV_GUARD_INSTALL)
    assert all(guarded(p, addr + place * PAGE, 1) == "G" for place in (2, 5, 6, 12))


def test_guard_munmap_and_remap() -> None:
    p = start()
    addr = anon(p, pages=10)
    p.madvise(addr, 10 * PAGE, Madv.MADV_GUARD_INSTALL)
    p.munmap(addr, 10 * PAGE)
    anon(p, pages=10)
    assert guarded(p, addr, 10) == "." * 10


def test_guard_mprotect_and_split_merge() -> None:
    p = start()
    addr = anon(p, pages=10)
    for page in range(0, 10, 2):
        p.madvise(addr + page * PAGE, PAGE, Madv.MADV_GUARD_INSTALL)
    for page in range(0, 10, 3):
        p.mprotect(addr + page * PAGE, PAGE, RO)
    assert guarded(p, addr, 10) == "G." * 5
    p.mprotect(addr, 10 * PAGE, RW)
    assert guarded(p, addr, 10) == "G." * 5
    assert f"{addr:x}-{addr + 10 * PAGE:x} rw-p" in p.maps()


@pytest.mark.parametrize("advice", [Madv.MADV_DONTNEED, Madv.MADV_FREE])
def test_guard_survives_dontneed_and_lazyfree(advice: int) -> None:
    p = start()
    addr = anon(p, pages=10)
    fill(p, addr, 10, b"y")
    p.madvise(addr, 5 * PAGE, Madv.MADV_GUARD_INSTALL)
    p.madvise(addr, 10 * PAGE, advice)
    assert guarded(p, addr, 10) == "GGGGG....."


def test_guard_mlock() -> None:
    p = start()
    addr = anon(p, pages=10)
    p.mlock(addr, 10 * PAGE)
    with pytest.raises(LinuxError, match="EINVAL"):
        p.madvise(addr, 10 * PAGE, Madv.MADV_GUARD_INSTALL)
    p.munlock(addr, 10 * PAGE)
    p.madvise(addr, 5 * PAGE, Madv.MADV_GUARD_INSTALL)
    assert guarded(p, addr, 10) == "GGGGG....."


def test_guard_mremap_move() -> None:
    p = start()
    addr = anon(p, pages=5)
    p.madvise(addr, PAGE, Madv.MADV_GUARD_INSTALL)
    p.madvise(addr + 4 * PAGE, PAGE, Madv.MADV_GUARD_INSTALL)
    new = p.mremap(addr, 5 * PAGE, 5 * PAGE, TO_MAY, PLACE + 64 * MiB)
    assert guarded(p, new, 5) == "G...G"


def test_guard_mremap_expand() -> None:
    p = start()
    addr = anon(p, pages=5)
    p.madvise(addr, PAGE, Madv.MADV_GUARD_INSTALL)
    p.madvise(addr + 4 * PAGE, PAGE, Madv.MADV_GUARD_INSTALL)
    new = p.mremap(addr, 5 * PAGE, 10 * PAGE, 1)
    assert guarded(p, new, 10) == "G...G....."


def test_guard_mremap_shrink() -> None:
    p = start()
    addr = anon(p, pages=5)
    p.madvise(addr, PAGE, Madv.MADV_GUARD_INSTALL)
    p.madvise(addr + 4 * PAGE, PAGE, Madv.MADV_GUARD_INSTALL)
    p.mremap(addr, 5 * PAGE, 3 * PAGE)
    assert guarded(p, addr, 3) == "G.."
    p.mremap(addr, 3 * PAGE, 5 * PAGE)
    assert guarded(p, addr, 5) == "G...."


def test_guard_fork() -> None:
    p = start()
    addr = anon(p, pages=10)
    p.madvise(addr, 5 * PAGE, Madv.MADV_GUARD_INSTALL)
    child = p.fork()
    assert guarded(child, addr, 10) == "GGGGG....."
    child.madvise(addr, 10 * PAGE, Madv.MADV_GUARD_REMOVE)
    assert guarded(child, addr, 10) == "." * 10
    assert guarded(p, addr, 10) == "GGGGG....."


def test_guard_fork_wipeonfork() -> None:
    p = start()
    addr = anon(p, pages=10)
    p.madvise(addr, 10 * PAGE, Madv.MADV_WIPEONFORK)
    p.madvise(addr, 5 * PAGE, Madv.MADV_GUARD_INSTALL)
    assert guarded(p.fork(), addr, 10) == "." * 10


def test_guard_populate() -> None:
    p = start()
    addr = anon(p, pages=10)
    p.madvise(addr, 5 * PAGE, Madv.MADV_GUARD_INSTALL)
    for advice in (Madv.MADV_POPULATE_READ, Madv.MADV_POPULATE_WRITE):
        with pytest.raises(LinuxError, match="EFAULT"):
            p.madvise(addr, 10 * PAGE, advice)


def test_guard_hole_punch() -> None:
    p = start()
    fd = p.memfd_create("m")
    p.ftruncate(fd, 10 * PAGE)
    addr = p.mmap(0, 10 * PAGE, RW, Map.MAP_SHARED, fd)
    fill(p, addr, 10, b"x")
    p.madvise(addr + 3 * PAGE, 4 * PAGE, Madv.MADV_GUARD_INSTALL)
    p.madvise(addr + 3 * PAGE, 4 * PAGE, Madv.MADV_REMOVE)
    assert guarded(p, addr, 10) == "...GGGG..."
    p.madvise(addr + 3 * PAGE, 4 * PAGE, Madv.MADV_GUARD_REMOVE)
    assert first_bytes(p, addr, 10) == b"xxx" + bytes(4) + b"xxx"


def test_guard_anon_zeropage_and_pagemap() -> None:
    p = start()
    addr = anon(p, pages=10)
    first_bytes(p, addr, 10)
    p.madvise(addr, 10 * PAGE, Madv.MADV_GUARD_INSTALL)
    assert [look(p, addr + page * PAGE) for page in range(10)] == ["G"] * 10
    p.madvise(addr, 10 * PAGE, Madv.MADV_GUARD_REMOVE)
    assert first_bytes(p, addr, 10) == bytes(10)


# mseal_test.c


@pytest.mark.parametrize(
    "call",
    [
        lambda p, a: p.munmap(a, PAGE),
        lambda p, a: p.munmap(a, 4 * PAGE),
        lambda p, a: p.mprotect(a, 4 * PAGE, RW),
        lambda p, a: p.mprotect(a + PAGE, PAGE, RW),
        lambda p, a: p.mremap(a, 4 * PAGE, 2 * PAGE),
        lambda p, a: p.mremap(a, 4 * PAGE, 8 * PAGE, 1),
        lambda p, a: p.mremap(a, 4 * PAGE, 4 * PAGE, TO_MAY, PLACE + MiB),
        lambda p, a: p.mmap(a, 4 * PAGE, RW, ANON | Map.MAP_FIXED),
        lambda p, a: p.madvise(a, 4 * PAGE, Madv.MADV_DONTNEED),
    ],
    ids=[
        "munmap part",
        "munmap",
        "mprotect",
        "mprotect part",
        "shrink",
        "expand",
        "move",
        "MAP_FIXED",
        "discard",
    ],
)
def test_mseal(call: object) -> None:
    p = start()
    addr = anon(p, prot=RO)
    p.mseal(addr, 4 * PAGE)
    before = p.maps()
    with pytest.raises(LinuxError, match="EPERM"):
        call(p, addr)  # type: ignore[operator]
    assert p.maps() == before


def test_mseal_discard_of_writable_memory_is_allowed() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    p.mseal(addr, 4 * PAGE)
    p.madvise(addr, 4 * PAGE, Madv.MADV_DONTNEED)
    assert p.load(addr) == b"\0"


def test_mseal_needs_mapped_memory() -> None:
    p = start()
    addr = anon(p)
    p.munmap(addr + PAGE, PAGE)
    with pytest.raises(LinuxError, match="ENOMEM"):
        p.mseal(addr, 4 * PAGE)
    p.munmap(addr, PAGE)  # the part before the hole was not sealed


# mlock2-tests.c


def test_mlock_vma_management() -> None:
    """Locked as a whole: one VMA; the middle unlocked: three; all unlocked: one again."""
    p = start()
    addr = anon(p, pages=3)

    def vmas() -> int:
        return sum(1 for vma in p.mm if addr <= vma.vm_start < addr + 3 * PAGE)

    p.mlock(addr, 3 * PAGE)
    assert vmas() == 1
    p.munlock(addr + PAGE, PAGE)
    assert vmas() == 3
    p.munlock(addr, 3 * PAGE)
    assert vmas() == 1


def test_mlock_lock() -> None:
    p = start()
    addr = anon(p, pages=2)
    p.mlock(addr, 2 * PAGE)
    assert [look(p, addr), look(p, addr + PAGE)] == ["Ax", "Ax"]
    assert "Locked:                8 kB" in p.smaps()
    p.munlock(addr, 2 * PAGE)
    assert "Locked:                8 kB" not in p.smaps()
