"""What the Linux Test Project says of mapped files, advice, residency and forked data.

testcases/kernel/syscalls and mem. Each test is the assertion of the case it names.
"""

from __future__ import annotations

import pytest

from tests.model.linux.lab import ANON, PAGE, RO, RW, SHARED, anon, look, start
from vmlab import BusError, LinuxError, Madv, Map, MiB, Open, Process

FILE_SHARED = Map.MAP_SHARED


def test_mmap01_the_tail_of_the_last_page() -> None:
    """It reads as zeros, can be written, and what is written there never reaches the file."""
    p = start()
    p.machine.fs.write("/short", b"This is a test\n")
    fd = p.open("/short", Open.O_RDWR)
    addr = p.mmap(0, PAGE, RW, FILE_SHARED, fd)
    assert p.load(addr + 15, PAGE - 15) == bytes(PAGE - 15)
    p.store(addr + 15, b"XYZ")
    p.msync(addr, PAGE, 4)
    assert p.machine.fs.read("/short") == b"This is a test\n"


@pytest.mark.parametrize("length", [2 * PAGE, 20 * PAGE, 0], ids=["shrink", "grow", "zero"])
def test_mmap09_ftruncate_of_a_mapped_file(length: int) -> None:
    p = start()
    p.ftruncate(3, 10 * PAGE)
    addr = p.mmap(0, 10 * PAGE, RW, FILE_SHARED, 3)
    p.store(addr, b"x")
    p.ftruncate(3, length)
    assert len(p.machine.fs.read("/f")) == length


def test_mmap12_map_populate() -> None:
    p = start()
    addr = p.mmap(0, 4 * PAGE, RW, Map.MAP_PRIVATE | Map.MAP_POPULATE, 3)
    assert all(entry.present for entry in p.pagemap(addr, 4))


def test_mmap13_beyond_the_page_of_the_end() -> None:
    p = start()
    addr = p.mmap(0, 23 * PAGE, RW, FILE_SHARED, 3)
    with pytest.raises(BusError):
        p.store(addr + 22 * PAGE, b"x")


def test_mmap14_map_locked_raises_vmlck() -> None:
    p = start()
    p.mmap(0, MiB, RW, ANON | Map.MAP_LOCKED)
    assert f"VmLck:\t{1024:8} kB" in p.status()


def test_mmap19_swapped_addresses() -> None:
    p = start()
    p.machine.fs.write("/1", b"testfile1")
    p.machine.fs.write("/2", b"testfile2")
    one, two = p.open("/1", Open.O_RDWR), p.open("/2", Open.O_RDWR)
    a = p.mmap(0, PAGE, RW, FILE_SHARED, one)
    b = p.mmap(0, PAGE, RW, FILE_SHARED, two)
    assert (p.load(a, 9), p.load(b, 9)) == (b"testfile1", b"testfile2")
    p.mmap(a, PAGE, RW, FILE_SHARED | Map.MAP_FIXED, two)
    p.mmap(b, PAGE, RW, FILE_SHARED | Map.MAP_FIXED, one)
    assert (p.load(a, 9), p.load(b, 9)) == (b"testfile2", b"testfile1")


@pytest.mark.parametrize(
    ("advice", "flags"),
    [
        (Madv.MADV_NORMAL, FILE_SHARED),
        (Madv.MADV_RANDOM, FILE_SHARED),
        (Madv.MADV_SEQUENTIAL, FILE_SHARED),
        (Madv.MADV_WILLNEED, FILE_SHARED),
        (Madv.MADV_DONTNEED, FILE_SHARED),
        (Madv.MADV_REMOVE, SHARED),
        (Madv.MADV_DONTFORK, FILE_SHARED),
        (Madv.MADV_DOFORK, FILE_SHARED),
        (Madv.MADV_DONTDUMP, FILE_SHARED),
        (Madv.MADV_DODUMP, FILE_SHARED),
        (Madv.MADV_FREE, ANON),
        (Madv.MADV_WIPEONFORK, ANON),
        (Madv.MADV_KEEPONFORK, ANON),
        (Madv.MADV_COLD, FILE_SHARED),
        (Madv.MADV_PAGEOUT, FILE_SHARED),
        (Madv.MADV_POPULATE_READ, ANON),
        (Madv.MADV_POPULATE_WRITE, ANON),
    ],
)
def test_madvise01_all_advice_is_taken(advice: int, flags: int) -> None:
    p = start()
    addr = p.mmap(0, 10 * PAGE, RW, flags, 3)
    p.madvise(addr, 10 * PAGE, advice)


@pytest.mark.parametrize(
    ("where", "advice", "flags", "error"),
    [
        (123, Madv.MADV_NORMAL, FILE_SHARED, "EINVAL"),
        (0, 1212, FILE_SHARED, "EINVAL"),
        (0, Madv.MADV_REMOVE, ANON | Map.MAP_LOCKED, "EINVAL"),
        (0, Madv.MADV_DONTNEED, ANON | Map.MAP_LOCKED, "EINVAL"),
        (0, Madv.MADV_FREE, FILE_SHARED, "EINVAL"),
        (0, Madv.MADV_FREE, SHARED, "EINVAL"),
        (0, Madv.MADV_WIPEONFORK, FILE_SHARED, "EINVAL"),
        (0, Madv.MADV_WIPEONFORK, SHARED, "EINVAL"),
        (0, Madv.MADV_WIPEONFORK, Map.MAP_PRIVATE, "EINVAL"),
    ],
)
def test_madvise02_refusals(where: int, advice: int, flags: int, error: str) -> None:
    p = start()
    addr = p.mmap(0, 10 * PAGE, RW, flags, 3)
    with pytest.raises(LinuxError, match=error):
        p.madvise(addr + where, 10 * PAGE, advice)


@pytest.mark.parametrize("advice", [Madv.MADV_NORMAL, Madv.MADV_WILLNEED])
def test_madvise02_unmapped_memory(advice: int) -> None:
    p = start()
    addr = anon(p)
    p.munmap(addr, 4 * PAGE)
    with pytest.raises(LinuxError, match="ENOMEM"):
        p.madvise(addr, 4 * PAGE, advice)


def test_madvise03_dontneed_of_private_memory_zero_fills() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x" * 100)
    p.madvise(addr, 4 * PAGE, Madv.MADV_DONTNEED)
    assert p.load(addr, 100) == bytes(100)


def test_madvise10_wipeonfork() -> None:
    """Zeros in the child and its child; KEEPONFORK takes it back; the parent keeps its data."""
    p = start()
    addr = anon(p)
    p.store(addr, b"data")
    p.madvise(addr, 4 * PAGE, Madv.MADV_WIPEONFORK)
    child = p.fork()
    assert child.load(addr, 4) == bytes(4)
    child.store(addr, b"mine")
    assert child.fork().load(addr, 4) == bytes(4)
    p.madvise(addr, 4 * PAGE, Madv.MADV_KEEPONFORK)
    assert p.fork().load(addr, 4) == b"data"


@pytest.mark.parametrize(
    ("shift", "pages", "vec", "error"),
    [
        (123, 2, None, "EINVAL"),
        (0, 2, 1 << 50, "EFAULT"),
        (0, 2, 0x1000, "EFAULT"),
        (0, 20, None, "ENOMEM"),
        (0, 1 << 40, None, "ENOMEM"),
    ],
)
def test_mincore01_refusals(shift: int, pages: int, vec: int | None, error: str) -> None:
    p = start()
    with pytest.raises(LinuxError, match=error):
        p.mincore(anon(p) + shift, pages * PAGE, vec)


def test_mincore02_locked_file_pages_are_resident() -> None:
    p = start()
    addr = p.mmap(0, 4 * PAGE, RO, Map.MAP_PRIVATE, 3)
    p.mlock(addr, 4 * PAGE)
    assert p.mincore(addr, 4 * PAGE) == b"\1" * 4


def test_mincore03_untouched_and_locked_anonymous_pages() -> None:
    p = start()
    addr = anon(p, pages=8)
    assert p.mincore(addr, 8 * PAGE) == bytes(8)
    p.mlock(addr, 8 * PAGE)
    assert p.mincore(addr, 8 * PAGE) == b"\1" * 8


def test_mincore04_pages_a_child_brought_in() -> None:
    p = start()
    addr = anon(p, pages=8, flags=SHARED)
    child = p.fork()
    child.mlock(addr, 8 * PAGE)
    for page in range(8):
        child.store(addr + page * PAGE, b"x")
    assert p.mincore(addr, 8 * PAGE) == b"\1" * 8


def test_stack_space() -> None:
    """Children use a hundred pages of stack each, and every byte is their own."""
    p = start()
    children = [p.fork() for _ in range(3)]
    for number, child in enumerate(children):
        for page in range(100):
            child.store(0x7FFFFFFFD000 - page * PAGE, bytes((number + page,)))
    for number, child in enumerate(children):
        assert all(
            child.load(0x7FFFFFFFD000 - page * PAGE)[0] == number + page for page in range(100)
        )


def test_data_space() -> None:
    p = start()
    base = p.brk(0)
    children = [p.fork() for _ in range(3)]
    for number, child in enumerate(children):
        child.brk(base + 50 * PAGE)
        for page in range(50):
            child.store(base + page * PAGE, bytes((number + page,)))
    for number, child in enumerate(children):
        assert all(child.load(base + page * PAGE)[0] == number + page for page in range(50))
    assert p.brk(0) == base


def read_byte(p: Process) -> bytes:
    buffer = anon(p)
    assert p.read(3, buffer, 1) == 1
    return p.load(buffer)


def test_fork07_children_read_what_the_parent_opened() -> None:
    """Each gets the next byte: they share one position."""
    p = start()
    p.machine.fs.write("/f", b"abcdef")
    children = [p.fork() for _ in range(6)]
    assert b"".join(read_byte(child) for child in children) == b"abcdef"


def test_fork08_closing_is_a_process_own_affair() -> None:
    p = start()
    p.machine.fs.write("/f", b"abcdef")
    child = p.fork()
    child.close(3)
    with pytest.raises(LinuxError, match="EBADF"):
        child.read(3, 0x404000, 1)
    assert read_byte(p) == b"a"
    assert read_byte(p.fork()) == b"b"


def test_fork09_a_child_with_many_open_files() -> None:
    p = start()
    for fd in range(4, 1024):
        assert p.open("/f") == fd
    with pytest.raises(LinuxError, match="EMFILE"):
        p.open("/f")
    child = p.fork()
    child.close(1023)
    assert child.open("/f") == 1023
    with pytest.raises(LinuxError, match="EMFILE"):
        child.open("/f")


def test_fork10_the_position_is_shared_both_ways() -> None:
    p = start()
    p.machine.fs.write("/f", b"abcdef")
    child = p.fork()
    assert read_byte(child) == b"a"
    assert read_byte(p) == b"b"
    assert read_byte(child) == b"c"


def test_a_page_locked_on_demand_is_seen_in_smaps() -> None:
    p = start()
    addr = anon(p)
    p.mlock(addr, PAGE)
    assert look(p, addr) == "Ax"
    assert "Locked:                4 kB" in p.smaps()
