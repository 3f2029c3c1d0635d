"""What gVisor's system call tests say of truncation, copies, advice, fork and counters.

test/syscalls/linux: mmap.cc, mremap.cc, madvise.cc, fork.cc, vfork.cc, proc_pid_smaps.cc,
mlock.cc. Each test is the assertion of the case it names.
"""

from __future__ import annotations

import re

import pytest

from tests.model.linux.lab import ANON, PAGE, PLACE, RO, RW, SHARED, anon, look, start
from vmlab import BusError, LinuxError, Madv, Map, Ms, Open, Process, ProcessError, Segfault

PRIVATE, FILE_SHARED = Map.MAP_PRIVATE, Map.MAP_SHARED


def small(p: Process, data: bytes = b"a" * PAGE) -> int:
    """Return a descriptor of a file of its own with these contents."""
    p.machine.fs.write("/small", data)
    return p.open("/small", Open.O_RDWR)


# mmap.cc, MMapFileTest


def test_read_shared_truncate_up() -> None:
    p = start()
    fd = small(p)
    addr = p.mmap(0, 2 * PAGE, RW, FILE_SHARED, fd)
    assert p.load(addr, PAGE) == b"a" * PAGE
    p.ftruncate(fd, 2 * PAGE)
    assert p.load(addr, 2 * PAGE) == b"a" * PAGE + bytes(PAGE)


def test_read_shared_truncate_down_then_up() -> None:
    p = start()
    fd = small(p, b"a" * 2 * PAGE)
    addr = p.mmap(0, 2 * PAGE, RW, FILE_SHARED, fd)
    p.load(addr + PAGE)
    p.ftruncate(fd, 0)
    p.ftruncate(fd, 2 * PAGE)
    assert p.load(addr, 2 * PAGE) == bytes(2 * PAGE)


@pytest.mark.parametrize("write", [False, True], ids=["ReadShared", "WriteShared"])
def test_truncate_sigbus(write: bool) -> None:
    p = start()
    fd = small(p, b"a" * 2 * PAGE)
    addr = p.mmap(0, 2 * PAGE, RW, FILE_SHARED, fd)
    p.store(addr + PAGE, b"b")
    p.ftruncate(fd, 1)
    with pytest.raises(BusError) as caught:
        p.store(addr + PAGE, b"c") if write else p.load(addr + PAGE)
    assert caught.value.si_addr == addr + PAGE
    p.load(addr)


@pytest.mark.parametrize("write", [False, True], ids=["ReadShared", "WriteShared"])
def test_truncate_partial_page(write: bool) -> None:
    """The rest of the page reads as zeros, can be written, and is not the file's."""
    p = start()
    fd = small(p, b"a" * PAGE)
    addr = p.mmap(0, PAGE, RW, FILE_SHARED, fd)
    p.load(addr)
    p.ftruncate(fd, PAGE // 2)
    assert p.load(addr, PAGE) == b"a" * (PAGE // 2) + bytes(PAGE // 2)
    if write:
        p.store(addr + PAGE // 2, b"b")
        assert len(p.machine.fs.read("/small")) == PAGE // 2
        p.ftruncate(fd, PAGE)
        assert p.load(addr, PAGE)[: PAGE // 2] == b"a" * (PAGE // 2)


def test_write_shared_truncate_up() -> None:
    p = start()
    fd = small(p)
    addr = p.mmap(0, 2 * PAGE, RW, FILE_SHARED, fd)
    p.ftruncate(fd, 2 * PAGE)
    p.store(addr + PAGE, b"bbb")
    assert p.machine.fs.read("/small")[PAGE : PAGE + 4] == b"bbb\0"


def test_write_shared_truncate_down_then_up() -> None:
    p = start()
    fd = small(p, b"a" * 2 * PAGE)
    addr = p.mmap(0, 2 * PAGE, RW, FILE_SHARED, fd)
    p.store(addr + PAGE, b"bbb")
    p.ftruncate(fd, 0)
    p.ftruncate(fd, 2 * PAGE)
    p.store(addr + PAGE + 1, b"c")
    assert p.machine.fs.read("/small")[PAGE : PAGE + 3] == b"\0c\0"


def test_sigbus_death() -> None:
    p = start()
    p.sigaction(7, False)
    fd = small(p)
    addr = p.mmap(0, 2 * PAGE, RW, FILE_SHARED, fd)
    with pytest.raises(BusError):
        p.load(addr + PAGE)
    assert p.exit_code == 7


@pytest.mark.parametrize("size", [PAGE + 1, 2 * PAGE], ids=["ContainingEOF", "BeforeEOF"])
def test_no_sigbus_on_page(size: int) -> None:
    p = start()
    fd = small(p, b"a" * size)
    addr = p.mmap(0, 2 * PAGE, RW, PRIVATE, fd)
    for place in (0, PAGE - 1, PAGE, 2 * PAGE - 1):
        p.load(addr + place)
        p.store(addr + place, b"x")


def test_truncate_after_cow_break() -> None:
    p = start()
    fd = small(p, b"a" * 2 * PAGE)
    addr = p.mmap(0, 2 * PAGE, RW, PRIVATE, fd)
    p.store(addr + PAGE, b"b")
    p.ftruncate(fd, PAGE)
    with pytest.raises(BusError):
        p.load(addr + PAGE)


# mmap.cc, MMapTest


@pytest.mark.parametrize("flags", [ANON, SHARED], ids=["private", "shared"])
def test_setting_prot_none_doesnt_free_memory(flags: int) -> None:
    p = start()
    addr = anon(p, flags=flags)
    p.store(addr, b"kept")
    p.mprotect(addr, 4 * PAGE, 0)
    p.mprotect(addr, 4 * PAGE, RO)
    assert p.load(addr, 4) == b"kept"


def test_noreserve() -> None:
    p = start()
    addr = p.mmap(0, 10 * PAGE, RW, ANON | Map.MAP_NORESERVE)
    assert p.load(addr + 5 * PAGE) == b"\0"
    p.store(addr + 5 * PAGE, b"x")


def test_map_32bit() -> None:
    p = start()
    addr = p.mmap(0, PAGE, RW, ANON | Map.MAP_32BIT)
    assert addr + PAGE <= 1 << 31
    p.store(addr, b"x")


# mremap.cc


def test_expansion_preserves_cow_pages_and_exposes_new_file_pages() -> None:
    p = start()
    fd = small(p, b"a" * PAGE + b"b" * PAGE)
    addr = p.mmap(0, PAGE, RW, PRIVATE, fd)
    p.store(addr, b"own")
    new = p.mremap(addr, PAGE, 2 * PAGE, 1)
    assert p.load(new, 4) == b"owna"
    assert p.load(new + PAGE, PAGE) == b"b" * PAGE


def test_expansion_of_shared_anon_beyond_its_object() -> None:
    p = start()
    addr = p.mremap(anon(p, pages=1, flags=SHARED), PAGE, 2 * PAGE, 1)
    p.store(addr, b"x")
    with pytest.raises(BusError):
        p.store(addr + PAGE, b"x")


# madvise.cc


def test_dontneed_zeros_a_private_anon_page() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x" * PAGE)
    p.madvise(addr, PAGE, Madv.MADV_DONTNEED)
    assert p.load(addr, PAGE) == bytes(PAGE)


def test_dontneed_zeros_a_cow_page_in_the_caller_only() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    child = p.fork()
    child.madvise(addr, PAGE, Madv.MADV_DONTNEED)
    assert (child.load(addr), p.load(addr)) == (b"\0", b"x")


@pytest.mark.parametrize("kind", ["anon", "file"])
def test_dontneed_does_not_modify_shared_pages(kind: str) -> None:
    p = start()
    addr = (
        anon(p, flags=SHARED)
        if kind == "anon"
        else p.mmap(0, PAGE, RW, FILE_SHARED, small(p, b"a" * PAGE))
    )
    p.store(addr, b"x")
    p.madvise(addr, PAGE, Madv.MADV_DONTNEED)
    assert p.load(addr) == b"x"


def test_dontneed_cleans_a_private_file_page() -> None:
    p = start()
    addr = p.mmap(0, PAGE, RW, PRIVATE, small(p, b"a" * PAGE))
    p.store(addr, b"x")
    p.madvise(addr, PAGE, Madv.MADV_DONTNEED)
    assert p.load(addr) == b"a"


def test_dontneed_ignores_permissions() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    p.mprotect(addr, PAGE, 0)
    p.madvise(addr, PAGE, Madv.MADV_DONTNEED)
    p.mprotect(addr, PAGE, RO)
    assert p.load(addr) == b"\0"


@pytest.mark.parametrize(
    ("shift", "length", "error"),
    [
        (1, PAGE, "EINVAL"),
        (0, 0, None),
        (0, 1, None),
        (0, -1 & (1 << 64) - 1, "EINVAL"),
        (0, 2 * PAGE, "ENOMEM"),
    ],
)
def test_madvise_address_and_length(shift: int, length: int, error: str | None) -> None:
    p = start()
    addr = anon(p, pages=1)
    if error is None:
        p.madvise(addr + shift, length, Madv.MADV_DONTNEED)
    else:
        with pytest.raises(LinuxError, match=error):
            p.madvise(addr + shift, length, Madv.MADV_DONTNEED)


@pytest.mark.parametrize("flags", [SHARED, ANON], ids=["shared", "private"])
def test_dontfork(flags: int) -> None:
    """The middle page is not there in the child; its neighbours are; DOFORK takes it back."""
    p = start()
    addr = anon(p, pages=3, flags=flags)
    for page in range(3):
        p.store(addr + page * PAGE, b"x")
    p.madvise(addr + PAGE, PAGE, Madv.MADV_DONTFORK)
    child = p.fork()
    assert (child.load(addr), child.load(addr + 2 * PAGE)) == (b"x", b"x")
    with pytest.raises(Segfault):
        child.load(addr + PAGE)
    p.madvise(addr + PAGE, PAGE, Madv.MADV_DOFORK)
    assert p.fork().load(addr + PAGE) == b"x"


# fork.cc and vfork.cc


def test_fork_private_memory() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"1")
    child = p.fork()
    child.store(addr, b"2")
    p.store(addr, b"3")
    assert (p.load(addr), child.load(addr)) == (b"3", b"2")


def test_fork_shared_mapping() -> None:
    p = start()
    addr = anon(p, flags=SHARED)
    child = p.fork()
    child.store(addr, b"2")
    assert p.load(addr) == b"2"


def test_fork_cow_segment() -> None:
    """The program's own data."""
    p = start()
    data = p.mm.start_data
    before = p.load(data)
    child = p.fork()
    child.store(data, bytes((before[0] ^ 0xFF,)))
    assert p.load(data) == before
    assert p.machine.spawn().load(data) == before


@pytest.mark.parametrize("how", ["exit", "execve"])
def test_vfork_parent_stops(how: str) -> None:
    p = start()
    addr = anon(p)
    child = p.vfork()
    with pytest.raises(ProcessError, match="vfork"):
        p.load(addr)
    child.store(addr, b"borrowed")
    if how == "exit":
        child.exit()
    else:
        child.execve("/bin/a.out")
    assert p.load(addr, 8) == b"borrowed"


# proc_pid_smaps.cc


def smaps(p: Process, addr: int) -> dict[str, int]:
    block = next(
        b for b in re.split(r"(?m)^(?=[0-9a-f]+-)", p.smaps()) if b.startswith(f"{addr:08x}-")
    )
    return {name: int(value) for name, value in re.findall(r"(\w+): +(\d+) kB", block)}


def test_smaps_shared_anon() -> None:
    p = start()
    addr = anon(p, pages=16, flags=SHARED)
    for page in range(5):
        p.store(addr + page * PAGE, b"x")
    entry = smaps(p, addr)
    assert (entry["Size"], entry["Rss"]) == (64, 20)
    assert entry["Private_Dirty"] + entry["Shared_Dirty"] == 20
    assert entry["Anonymous"] == 0


def test_smaps_private_anon() -> None:
    p = start()
    addr = anon(p, pages=16)
    for page in range(5):
        p.store(addr + page * PAGE, b"x")
    entry = smaps(p, addr)
    assert (entry["Size"], entry["Rss"], entry["Pss"]) == (64, 20, 20)
    assert (entry["Private_Dirty"], entry["Anonymous"]) == (20, 20)
    assert entry["Shared_Clean"] == entry["Shared_Dirty"] == entry["Private_Clean"] == 0


def test_smaps_shared_read_only_file() -> None:
    p = start()
    addr = p.mmap(0, 16 * PAGE, RO, FILE_SHARED, 3)
    p.load(addr)
    entry = smaps(p, addr)
    assert (entry["Size"], entry["Rss"]) == (64, 64)
    parts = ("Shared_Clean", "Shared_Dirty", "Private_Clean", "Private_Dirty")
    assert sum(entry[part] for part in parts) == 64
    assert entry["Anonymous"] == 0


# mlock.cc


def test_mlock_basic() -> None:
    p = start()
    addr = anon(p)
    assert look(p, addr) == "-"
    p.mlock(addr, PAGE)
    assert look(p, addr) == "Ax"
    with pytest.raises(LinuxError, match="EINVAL"):
        p.madvise(addr, PAGE, Madv.MADV_DONTNEED)
    p.munlock(addr, PAGE)
    p.madvise(addr, PAGE, Madv.MADV_DONTNEED)


def test_mlock_msync_invalidate() -> None:
    p = start()
    addr = p.mmap(PLACE, PAGE, RW, FILE_SHARED, 3)
    p.msync(addr, PAGE, Ms.MS_ASYNC | Ms.MS_INVALIDATE)
    p.mlock(addr, PAGE)
    with pytest.raises(LinuxError, match="EBUSY"):
        p.msync(addr, PAGE, Ms.MS_ASYNC | Ms.MS_INVALIDATE)


def test_mlock_fork() -> None:
    p = start()
    addr = anon(p)
    p.mlock(addr, PAGE)
    child = p.fork()
    child.madvise(addr, PAGE, Madv.MADV_DONTNEED)
    with pytest.raises(LinuxError, match="EINVAL"):
        p.madvise(addr, PAGE, Madv.MADV_DONTNEED)


def test_mlock_partial_and_out_of_range() -> None:
    p = start()
    addr = anon(p, pages=2)
    p.munmap(addr + PAGE, PAGE)
    with pytest.raises(LinuxError, match="ENOMEM"):
        p.mlock(addr, 2 * PAGE)
    with pytest.raises(LinuxError, match="EINVAL"):
        p.mlock(addr, (1 << 64) - 2 * PAGE)
