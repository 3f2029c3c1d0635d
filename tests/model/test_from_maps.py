"""Machine.from_maps: the VMAs of a /proc/PID/maps text, and what can be done with them."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import pytest

from tests.refused import refused
from vmlab import Machine, Map, Prot, Segfault
from vmlab.errors import StateError
from vmlab.model.linux.mm.validate import validate_mm

PIE = """\
55d0c6a00000-55d0c6a02000 r--p 00000000 fe:01 1835041                    /usr/bin/cat
55d0c6a02000-55d0c6a07000 r-xp 00002000 fe:01 1835041                    /usr/bin/cat
55d0c6a07000-55d0c6a0a000 r--p 00007000 fe:01 1835041                    /usr/bin/cat
55d0c6a0a000-55d0c6a0b000 r--p 00009000 fe:01 1835041                    /usr/bin/cat
55d0c6a0b000-55d0c6a0c000 rw-p 0000a000 fe:01 1835041                    /usr/bin/cat
55d0c7e11000-55d0c7e32000 rw-p 00000000 00:00 0                          [heap]
7f1a70e00000-7f1a710e9000 r--p 00000000 fe:01 1835999                    /usr/lib/locale-archive
7f1a71200000-7f1a71228000 r--p 00000000 fe:01 1836000                    /usr/lib/libc.so.6
7f1a71228000-7f1a713bd000 r-xp 00028000 fe:01 1836000                    /usr/lib/libc.so.6
7f1a71416000-7f1a71418000 rw-p 00215000 fe:01 1836000                    /usr/lib/libc.so.6
7f1a71418000-7f1a71425000 rw-p 00000000 00:00 0 
7f1a71500000-7f1a71501000 rw-s 00000000 00:01 2051                       /dev/zero (deleted)
7f1a71501000-7f1a71503000 rw-s 00001000 00:01 2052                       /memfd:shared (deleted)
7f1a71503000-7f1a71504000 r--s 00000000 fe:01 77                         /etc/a name with  blanks
7f1a71504000-7f1a71505000 ---p 00000000 00:00 0 
7fff3ae4b000-7fff3ae6c000 rw-p 00000000 00:00 0                          [stack]
7fff3aeb7000-7fff3aebb000 r--p 00000000 00:00 0                          [vvar]
7fff3aebb000-7fff3aebd000 r-xp 00000000 00:00 0                          [vdso]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
"""  # noqa: W291
X32 = """\
08048000-08049000 r-xp 00000000 08:01 12 /bin/old
08049000-0804a000 rw-p 00000000 08:01 12 /bin/old
09f00000-09f21000 rw-p 00000000 00:00 0 [heap]
b7e00000-b7f00000 r-xp 00000000 08:01 13 /lib/libc.so.6
b7ffe000-b7fff000 r-xp 00000000 00:00 0 [vdso]
bffdf000-c0000000 rw-p 00000000 00:00 0 [stack]
"""


def fields(text: str) -> list[str]:
    """The columns that must come back: device and inode numbers are the machine's own."""
    return [
        re.sub(r"(\S+ \S+ \S+) \S+ \S+ *(.*)", r"\1 \2", line).rstrip()
        for line in text.splitlines()
    ]


def test_the_cost_is_that_of_the_lines() -> None:
    text = "".join(
        f"{0x10000000 + number * 0x2000:x}-{0x10001000 + number * 0x2000:x}"
        f" rw-p 00000000 08:01 {number + 1} /f{number}\n"
        for number in range(8000)
    )
    began = time.process_time()
    Machine().from_maps(text)
    assert time.process_time() - began < 4  # comparing each with each took 11 seconds


def test_paths_of_too_many_directories_are_refused() -> None:
    deep = "/a" * 2000
    text = "".join(
        f"{0x10000000 + number * 0x1000:x}-{0x10001000 + number * 0x1000:x}"
        f" r--p 00000000 08:01 {number + 1} /{number}{deep}\n"
        for number in range(10)
    )
    m = Machine()
    with refused(StateError, "paths_too_deep", at=5):
        m.from_maps(text)
    assert len(list(m.fs)) == 4


def test_the_text_comes_back() -> None:
    p = Machine().from_maps(PIE)
    assert fields(p.maps()) == fields(PIE)
    validate_mm(p.mm)


def test_nothing_is_faulted_in() -> None:
    m = Machine()
    before = len(m.system.mem_map)
    p = m.from_maps(PIE)
    assert "Rss:                   0 kB" in p.smaps()
    assert (p.min_flt, p.mm.pgtables_bytes) == (0, 0)
    assert len(m.system.mem_map) == before + 1  # the top page table


def test_the_process_of_this_very_test_comes_back() -> None:
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip(f"{sys.platform} has no /proc")
    text = maps.read_text()
    p = Machine().from_maps(text)
    assert fields(p.maps()) == fields(text)
    validate_mm(p.mm)


def test_parts_are_recognised() -> None:
    mm = Machine().from_maps(PIE).mm
    assert (mm.start_code, mm.end_code) == (0x55D0C6A02000, 0x55D0C6A07000)
    assert (mm.start_data, mm.end_data) == (0x55D0C6A0B000, 0x55D0C6A0C000)
    assert (mm.start_brk, mm.brk) == (0x55D0C7E11000, 0x55D0C7E32000)
    assert mm.vdso == 0x7FFF3AEBB000
    assert 0x7FFF3AE4B000 <= mm.start_stack < 0x7FFF3AE6C000


def test_files_are_sparse_and_as_long_as_they_are_mapped() -> None:
    m = Machine()
    m.fs.write("/usr/bin/cat", b"\x7fELF")
    p = m.from_maps(PIE)
    assert m.fs.read("/usr/bin/cat")[:4] == b"\x7fELF"
    assert len(m.fs.read("/usr/lib/libc.so.6")) == 0x217000
    assert p.load(0x55D0C6A00000, 4) == b"\x7fELF"
    assert p.load(0x7F1A71200000, 4) == bytes(4)


def test_the_process_lives() -> None:
    m = Machine()
    p = m.from_maps(PIE)
    assert p.mmap(0, 4096, Prot.PROT_READ, Map.MAP_PRIVATE | Map.MAP_ANONYMOUS) == 0x7F1A714FF000
    assert p.brk(p.brk(0) + 0x1000) == 0x55D0C7E33000
    p.store(0x7FFF3AE40000, b"deep")  # the stack grows
    p.store(0x7F1A71501000, b"shared")
    child = p.fork()
    assert child.load(0x7F1A71501000, 6) == b"shared"
    child.sigaction(11)
    for addr in (0x7F1A71503000, 0x7F1A71504000, 0x55D0C6A02000):
        with pytest.raises(Segfault):
            child.store(addr, b"x")
    with pytest.raises(Segfault):
        p.load(0x10000)
    child.exit()
    assert set(m.system.mms) == set()


def test_processes_of_one_machine_share_their_files() -> None:
    m = Machine()
    one, two = m.from_maps(PIE), m.from_maps(PIE)
    one.load(0x7F1A71228000)
    two.load(0x7F1A71228000)
    assert one.pagemap(0x7F1A71228000)[0].pfn == two.pagemap(0x7F1A71228000)[0].pfn


def test_an_empty_text_makes_an_empty_address_space() -> None:
    p = Machine().from_maps("")
    assert p.mm.map_count == 0
    addr = p.mmap(0, 8192, Prot.PROT_READ | Prot.PROT_WRITE, Map.MAP_PRIVATE | Map.MAP_ANONYMOUS)
    p.store(addr, b"x")
    assert addr == 0x7FFFF7FFD000


def test_32_bit_text_needs_no_32_bit_machine() -> None:
    assert fields(Machine().from_maps(X32).maps())[:-1] == fields(X32)


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("hello", 1, "not_maps_line"),
        ("\n1000-2000 rwxq 0 0:0 0", 2, "not_maps_line"),
        ("1000-2800 rw-p 0 00:00 0", 1, "maps_unaligned"),
        ("2000-1000 rw-p 0 00:00 0", 1, "range_empty"),
        ("1000-1000 rw-p 0 00:00 0", 1, "range_empty"),
        ("1000-3000 rw-p 0 00:00 0\n2000-4000 rw-p 0 00:00 0", 2, "maps_overlap"),
        ("7ffffffff000-800000000000 rw-p 0 00:00 0", 1, "maps_above_user_space"),
        ("1000-2000 rw-s 0 00:00 0", 1, "maps_shared_anonymous"),
        ("1000-2000 rw-p 0 08:01 5 /dev", 1, "not_regular_file"),
        ("1000-2000 rw-p 0 08:01 5 /dev/null/x", 1, "path_below_file"),
        ("1000-2000 r--p 0 08:01 5 /a\n2000-3000 r--p 0 08:01 6 /a/b", 2, "path_below_file"),
        ("1000-2000 rw-p 0 08:01 5 /a/../b", 1, "path_has_part"),
    ],
)
def test_a_bad_line_is_named(text: str, line: int, code: str) -> None:
    m = Machine()
    before = (set(m.fs), len(m.system.mem_map))
    with refused(StateError, code, at=line):
        m.from_maps(text)
    assert not m.processes
    assert (set(m.fs), len(m.system.mem_map)) == before
