"""Machine.from_maps: the VMAs of a /proc/PID/maps text, and what can be done with them."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.refused import refused
from vmlab import LinuxError, Machine, Map, Process, Prot, Recorder, Segfault, Snapshot
from vmlab.errors import StateError
from vmlab.model.abi.strace import parse_line
from vmlab.model.linux.mm.validate import validate_machine, validate_mm

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
    assert len(list(m.fs)) == 5


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
        ("1000-3000 r--p 7ffffffffffff000 08:01 5 /a", 1, "maps_past_longest_file"),
        ("1000-2000 rw-s fffffffffffff000 00:01 5 /memfd:a (deleted)", 1, "maps_past_longest_file"),
    ],
)
def test_a_bad_line_is_named(text: str, line: int, code: str) -> None:
    m = Machine()
    before = m.snapshot()
    with refused(StateError, code, at=line):
        m.from_maps(text)
    assert not m.processes
    assert m.snapshot() == before


def test_the_end_of_the_longest_file_can_be_mapped() -> None:
    m = Machine()
    p = m.from_maps("1000-2000 r--p 7fffffffffffe000 08:01 5 /a")
    assert p.load(0x1000) == b"\0"
    m.restore(m.snapshot())


@pytest.mark.parametrize("name", ["[vdso]", "[vvar]", "[vvar_vclock]"])
def test_what_the_kernel_owns_has_no_inode(name: str) -> None:
    m = Machine()
    p = m.from_maps(f"1000-2000 r-xp 00000000 00:00 77 {name}")
    assert f" 00:00 0 {name}" in re.sub(" +", " ", p.maps())
    m.restore(m.snapshot())
    p.exit()
    validate_machine(m.system)


def test_a_stack_far_down_leaves_room_above() -> None:
    m = Machine()
    p = m.from_maps("10000-12000 rw-p 00000000 00:00 0 [stack]")
    assert p.mm.mmap_base == 0
    assert Snapshot.from_json(m.snapshot().to_json()) == m.snapshot()
    addr = p.mmap(0, 4096, Prot.PROT_READ, Map.MAP_PRIVATE | Map.MAP_ANONYMOUS)
    assert addr > 0x12000


def test_many_files_take_no_time_for_each_pair_of_them() -> None:
    """Each line with a file of its own, after as many without: seconds before, now none."""
    pages = range(0x10000, 0x10000 + 8000, 2)
    text = "".join(f"{page:x}000-{page + 1:x}000 r--p 0 00:00 0\n" for page in pages)
    text += "".join(
        f"{page:x}000-{page + 1:x}000 r--p 0 08:01 5 /{page}\n"
        for page in map((8000).__add__, pages)
    )
    start = process_time()
    assert Machine().from_maps(text).mm.map_count == 8000
    assert process_time() - start < 5


_OFFSETS = (0, 0, 0x1000, 1 << 40, 0x7FFFFFFFFFFFE000, 0x7FFFFFFFFFFFF000, 0xFFFFFFFFFFFFF000)
_NAMES = (
    *("", "[heap]", "[stack]", "[vdso]", "[vvar]", "[anon:x]", "/a", "/b (deleted)", "/a/b"),
    *("/dev/zero", "/dev/zero (deleted)", "/dev/null", "/memfd:x (deleted)", "socket:[3]", "//"),
)
_lines = st.lists(
    st.tuples(
        st.sampled_from(
            (0, 1, 0x10, 0x400, 0x10000, 0x7FFFF7FFF, 0x7FFFFFFFD)
        ),  # pages free before
        st.sampled_from((1, 2, 1000, 1 << 20)),  # pages
        st.sampled_from(("r--p", "rw-p", "r-xp", "---p", "rw-s", "r--s")),
        st.sampled_from(_OFFSETS),
        st.sampled_from((0, 5, 1 << 63)),
        st.sampled_from(_NAMES),
    ),
    max_size=5,
)


@given(_lines)
@settings(max_examples=150, deadline=None)
def test_any_lines_make_a_machine_that_goes_on_or_change_nothing(
    lines: list[tuple[int, int, str, int, int, str]],
) -> None:
    text, end = "", 0
    for free, pages, perms, offset, inode, name in lines:
        start = end + free * 4096
        end = start + pages * 4096
        text += f"{start:x}-{end:x} {perms} {offset:x} 00:01 {inode} {name}\n"
    m = Machine(ram=1 << 20)
    before = m.snapshot()
    try:
        m.from_maps(text)
    except StateError:
        assert m.snapshot() == before
    validate_machine(m.system)
    assert Snapshot.from_json(m.snapshot().to_json()) == m.snapshot()


# Which file a line maps


@pytest.mark.parametrize(
    "name",
    [
        *("anon_inode:[io_uring]", "socket:[5]", "[anon_shmem:x]", "(unreachable)/x"),
        *(
            "/memfd:x (deleted)",
            "(unreachable)/x (deleted)",
            "/dev/zero (deleted)",
            "/d/[vsyscall]",
        ),
        *("/d/[vdso]", "/d/[stack]", "/with\\012newline"),
    ],
)
def test_the_name_of_a_file_comes_back(name: str) -> None:
    m = Machine()
    text = f"1000-2000 rw-s 00000000 00:0f 77 {name}\n"
    p = m.from_maps(text)
    assert p.maps().splitlines()[0].split(None, 5)[5] == name
    p.store(0x1000, b"x")
    assert Snapshot.from_json(m.snapshot().to_json()) == m.snapshot()
    validate_machine(m.system)


def two(first: str, second: str) -> Process:
    """A process with two shared mappings, of these devices, inodes and names."""
    return Machine().from_maps(f"1000-2000 rw-s 0 {first}\n3000-4000 rw-s 0 {second}\n")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("00:01 9 /memfd:jit (deleted)", "00:01 9 [anon_shmem:jit]"),
        ("00:01 9 [anon_shmem:a]", "00:01 9 [anon_shmem:b]"),
        ("08:01 9 /a", "08:01 9 /a (deleted)"),
        ("08:01 9 /a", "08:01 9 /folder/b"),
        ("08:01 9 /a", "08:01 9 /a"),
    ],
)
def test_a_file_is_an_inode_of_a_device(first: str, second: str) -> None:
    p = two(first, second)
    p.store(0x1000, b"seen")
    assert p.load(0x3000, 4) == b"seen"
    assert [line.split(None, 5)[5] for line in p.maps().splitlines()[:2]] == [
        each.split(None, 2)[2] for each in (first, second)
    ]
    validate_machine(p.machine.system)
    p.machine.restore(p.machine.snapshot())


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("08:01 9 /a", "08:02 9 /b"),
        ("08:01 9 /a", "08:02 9 /a"),  # one is mounted over the other
        ("08:01 9 /a", "08:01 8 /a"),
        ("00:01 8 /memfd:jit (deleted)", "00:01 9 /memfd:jit (deleted)"),
        ("08:01 9 /a", "08:01 8 /a (deleted)"),
    ],
)
def test_another_inode_or_device_is_another_file(first: str, second: str) -> None:
    p = two(first, second)
    p.store(0x1000, b"seen")
    assert p.load(0x3000, 4) == bytes(4)
    assert [line.split(None, 5)[5] for line in p.maps().splitlines()[:2]] == [
        each.split(None, 2)[2] for each in (first, second)
    ]
    validate_machine(p.machine.system)
    p.machine.restore(p.machine.snapshot())


def test_one_inode_with_the_names_of_two_files_is_refused() -> None:
    m = Machine()
    m.fs.write("/a", b"a")
    m.fs.write("/b", b"b")
    with refused(StateError, "maps_file_is_two", at=2):
        m.from_maps("1000-2000 r--p 0 08:01 5 /a\n2000-3000 r--p 0 08:01 5 /b")
    with refused(StateError, "not_regular_file", at=2):
        m.from_maps("1000-2000 r--p 0 00:06 5 /dev/zero\n2000-3000 r--p 0 00:06 5 /z")


def test_a_path_need_not_be_utf_8() -> None:
    """Bytes come in and out as Python reads names of files."""
    row = b"1000-2000 r--p 00000000 08:01 5".ljust(73) + b"/caf\xe9/\xff\xfe\n"
    m = Machine()
    with Recorder(m) as recorder:
        p = m.from_maps(row.decode(errors="surrogateescape"))
        p.load(0x1000)
        assert p.open("/caf\udce9/\udcff\udcfe") == 3
    assert p.maps().encode(errors="surrogateescape").split()[5] == b"/caf\xe9/\xff\xfe"
    assert Snapshot.from_json(m.snapshot().to_json()) == m.snapshot()
    again = Recorder.from_json(recorder.to_json())
    assert again.machine.snapshot() == m.snapshot()
    told = recorder.transcript() + "".join(step.sentence for step in recorder.steps)
    told.encode()  # it can be printed
    assert r'open("/caf\351/\377\376", O_RDONLY) = 3' in told
    line = parse_line(r'1000 open("/caf\351/\377\376", O_RDONLY) = 3')
    assert line is not None
    assert line.args == ("/caf\udce9/\udcff\udcfe", 0, 0o777)


# smaps


SMAPS = """\
400000-401000 r-xp 00000000 08:01 12 /bin/app
Size:                  4 kB
Rss:                   4 kB
Locked:                0 kB
VmFlags: rd ex mr mw me sd
10000000-10004000 rw-p 00000000 00:00 0
VmFlags: rd wr mr mw me lo dc nr nh sl
20000000-20001000 rw-p 00000000 00:00 0
VmFlags: rd wr mr mw me gd ac wf
30000000-30001000 r--s 00000000 08:01 13 /shared
VmFlags: rd sh mr mw me ms
40000000-40001000 r--s 00000000 08:01 14 /read-only
VmFlags: rd mr me ms
50000000-50001000 rw-s 00000000 00:05 9 anon_inode:[x]
VmFlags: rd wr sh mr mw me ms io pf de dd
7ffff0000000-7ffff0021000 rw-p 00000000 00:00 0 [stack]
VmFlags: rd wr mr mw me gd ac
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]
VmFlags: ex
"""


def vm_flags(smaps: str) -> list[str]:
    """The flags of each VMA, one text each, without what only the kernel's own memory has."""
    words = [line.split()[1:] for line in smaps.splitlines() if line.startswith("VmFlags")]
    return [" ".join(each for each in row if each not in ("sd", "io", "pf", "de")) for row in words]


def test_the_flags_of_smaps_come_back() -> None:
    m = Machine()
    p = m.from_maps(SMAPS)
    assert vm_flags(p.smaps()) == vm_flags(SMAPS)
    assert p.mm.locked_vm == 4
    validate_machine(m.system)
    assert Snapshot.from_json(m.snapshot().to_json()) == m.snapshot()


def test_the_flags_of_smaps_count() -> None:
    p = Machine().from_maps(SMAPS)
    p.sigaction(11)
    with pytest.raises(LinuxError, match="EPERM"):
        p.munmap(0x10000000, 4096)
    p.store(0x1FFFF000, b"down")  # it grows
    p.mprotect(0x30000000, 4096, Prot.PROT_READ | Prot.PROT_WRITE)
    with pytest.raises(LinuxError, match="EACCES"):
        p.mprotect(0x40000000, 4096, Prot.PROT_READ | Prot.PROT_WRITE)
    child = p.fork()
    assert "10000000-" not in child.maps()


def test_the_smaps_of_the_machine_comes_back_whole() -> None:
    p = Machine().spawn()
    p.mlock(p.mmap(0, 8192, 3, Map.MAP_PRIVATE | Map.MAP_ANONYMOUS), 4096)
    again = Machine().from_maps(p.smaps())
    assert fields(again.maps()) == fields(p.maps())
    assert vm_flags(again.smaps()) == vm_flags(p.smaps())


def test_the_smaps_of_this_very_test_comes_back() -> None:
    smaps = Path("/proc/self/smaps")
    if not smaps.exists():
        pytest.skip(f"{sys.platform} has no /proc")
    text = smaps.read_text()
    m = Machine()
    p = m.from_maps(text)
    lines = [line for line in text.splitlines(keepends=True) if re.match("[0-9a-f]+-", line)]
    assert fields(p.maps()) == fields("".join(lines))
    validate_machine(m.system)
