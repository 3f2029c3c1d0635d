"""What /proc/PID says: the layout of the texts, and the counters of smaps, status, pagemap."""

from __future__ import annotations

import re

import pytest

from tests.model.linux.lab import ANON, PAGE, PLACE, RO, RW, SHARED, anon, mapped, start
from tests.refused import refused
from vmlab import KiB, LinuxError, Madv, Map, Process, Recorder

PRIVATE, FILE_SHARED = Map.MAP_PRIVATE, Map.MAP_SHARED


def entry(p: Process, addr: int) -> dict[str, str]:
    """Return the fields of one smaps entry that are not 0, and VmFlags."""
    for block in re.split(r"(?m)^(?=[0-9a-f]+-)", p.smaps()):
        if block.startswith(f"{addr:08x}-"):
            pairs = (line.split(":", 1) for line in block.splitlines()[1:])
            fields = {name: value.split("kB")[0].strip() for name, value in pairs}
            return {name: value for name, value in fields.items() if value not in ("0", "")}
    raise AssertionError(f"no entry at {addr:#x}")


def counters(p: Process, addr: int) -> dict[str, int]:
    boring = ("Size", "KernelPageSize", "MMUPageSize", "VmFlags", "Referenced")
    return {name: int(value) for name, value in entry(p, addr).items() if name not in boring}


def status(p: Process) -> dict[str, int]:
    return {
        line.split(":")[0]: int(line.split()[1]) for line in p.status().splitlines() if "kB" in line
    }


def test_a_line_of_maps() -> None:
    p = start()
    mapped(p, FILE_SHARED, pages=3, prot=RO, offset=2)
    line = next(line for line in p.maps().splitlines() if line.startswith("40000000"))
    ino = p.machine.system.namei["/f"].i_ino
    assert line == f"40000000-40003000 r--s 00002000 fe:00 {ino}".ljust(73) + "/f"


def test_the_names_of_maps() -> None:
    p = start()
    p.brk(p.brk(0) + PAGE)
    anon(p, flags=SHARED)
    names = [line[73:] for line in p.maps().splitlines()]
    assert names == [
        *["/bin/a.out"] * 4,
        "",
        "[heap]",
        "/dev/zero (deleted)",
        "[vvar]",
        "[vvar_vclock]",
        "[vdso]",
        "[stack]",
        "[vsyscall]",
    ]


def test_the_layout_of_an_smaps_entry() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    p.mprotect(addr, PAGE, RW)
    block = next(b for b in re.split(r"(?m)^(?=[0-9a-f]+-)", p.smaps()) if b.startswith("40000"))
    assert block == (
        "40000000-40004000 rw-p 00000000 00:00 0 \n"
        "Size:                 16 kB\nKernelPageSize:        4 kB\nMMUPageSize:           4 kB\n"
        "Rss:                   4 kB\nPss:                   4 kB\nPss_Dirty:             4 kB\n"
        "Shared_Clean:          0 kB\nShared_Dirty:          0 kB\n"
        "Private_Clean:         0 kB\nPrivate_Dirty:         4 kB\n"
        "Referenced:            4 kB\nAnonymous:             4 kB\n"
        "KSM:                   0 kB\nLazyFree:              0 kB\n"
        "AnonHugePages:         0 kB\nShmemPmdMapped:        0 kB\nFilePmdMapped:         0 kB\n"
        "Shared_Hugetlb:        0 kB\nPrivate_Hugetlb:       0 kB\n"
        "Swap:                  0 kB\nSwapPss:               0 kB\nLocked:                0 kB\n"
        "THPeligible:           0\nVmFlags: rd wr mr mw me ac \n"
    )


def test_the_zero_page_is_not_resident() -> None:
    p = start()
    addr = anon(p)
    p.load(addr)
    assert counters(p, addr) == {}


def test_private_pages_and_fork() -> None:
    p = start()
    addr = anon(p)
    for page in range(2):
        p.store(addr + page * PAGE, b"x")
    assert counters(p, addr) == {
        "Rss": 8, "Pss": 8, "Pss_Dirty": 8, "Private_Dirty": 8, "Anonymous": 8
    }  # fmt: skip
    child = p.fork()
    shared = {"Rss": 8, "Pss": 4, "Pss_Dirty": 4, "Shared_Dirty": 8, "Anonymous": 8}
    assert counters(p, addr) == counters(child, addr) == shared
    child.store(addr, b"y")
    split = {
        "Rss": 8, "Pss": 6, "Pss_Dirty": 6, "Shared_Dirty": 4, "Private_Dirty": 4, "Anonymous": 8
    }  # fmt: skip
    assert counters(p, addr) == counters(child, addr) == split


def test_pss_divides_page_by_page() -> None:
    p = start()
    addr = anon(p, pages=3)
    for page in range(3):
        p.store(addr + page * PAGE, b"x")
    p.fork()
    p.fork()
    assert counters(p, addr)["Pss"] == 3  # three thirds, each rounded down


def test_two_mappings_of_one_process_count_as_shared() -> None:
    p = start()
    fd = p.memfd_create("m")
    p.ftruncate(fd, PAGE)
    one, two = (p.mmap(0, PAGE, RW, FILE_SHARED, fd) for _ in range(2))
    p.store(one, b"x")
    assert counters(p, one) == {"Rss": 4, "Pss": 4, "Pss_Dirty": 4, "Private_Dirty": 4}
    p.load(two)
    for addr in (one, two):
        assert counters(p, addr) == {"Rss": 4, "Pss": 2, "Pss_Dirty": 2, "Shared_Dirty": 4}


def test_a_written_tmpfs_page_is_dirty_for_every_mapper_and_a_hole_is_clean() -> None:
    p = start()
    fd = p.memfd_create("m")
    p.ftruncate(fd, 2 * PAGE)
    addr = p.mmap(0, 2 * PAGE, RO, FILE_SHARED, fd)
    p.load(addr)
    assert counters(p, addr) == {"Rss": 4, "Pss": 4, "Private_Clean": 4}
    p.pwrite(fd, addr, 1, PAGE)
    p.load(addr + PAGE)
    assert counters(p, addr)["Private_Dirty"] == 4


def test_locked_memory() -> None:
    p = start()
    addr = anon(p)
    p.mlock(addr, 2 * PAGE)
    assert counters(p, addr)["Locked"] == 8
    assert entry(p, addr)["VmFlags"] == "rd wr mr mw me lo ac"
    assert status(p)["VmLck"] == 8


@pytest.mark.parametrize(
    ("prot", "flags", "advice", "letters"),
    [
        (RW, ANON, None, "rd wr mr mw me ac"),
        (RO, ANON, None, "rd mr mw me"),
        (0, ANON, None, "mr mw me"),
        (7, ANON, None, "rd wr ex mr mw me ac"),
        (RW, SHARED, None, "rd wr sh mr mw me ms"),
        (RW, ANON | Map.MAP_NORESERVE, None, "rd wr mr mw me nr"),
        (RW, ANON | Map.MAP_GROWSDOWN, None, "rd wr mr mw me gd ac"),
        (RW, ANON | Map.MAP_STACK, None, "rd wr mr mw me ac nh"),
        (RW, ANON | Map.MAP_LOCKED, None, "rd wr mr mw me lo ac"),
        (RW, PRIVATE, None, "rd wr mr mw me ac"),
        (RW, FILE_SHARED, None, "rd wr sh mr mw me ms"),
        (RW, ANON, Madv.MADV_DONTFORK, "rd wr mr mw me dc ac"),
        (RW, ANON, Madv.MADV_WIPEONFORK, "rd wr mr mw me ac wf"),
        (RW, ANON, Madv.MADV_GUARD_INSTALL, "rd wr mr mw me gu ac"),
        (RW, ANON, Madv.MADV_DONTDUMP, "rd wr mr mw me ac dd"),
        (RW, ANON, Madv.MADV_RANDOM, "rd wr mr mw me rr ac"),
        (RW, ANON, Madv.MADV_SEQUENTIAL, "rd wr mr mw me sr ac"),
    ],
)
def test_vmflags(prot: int, flags: int, advice: int | None, letters: str) -> None:
    p = start()
    p.mmap(PLACE, 4 * PAGE, prot, flags | Map.MAP_FIXED, 3)
    if advice is not None:
        p.madvise(PLACE, 4 * PAGE, advice)
    assert entry(p, PLACE)["VmFlags"] == letters


def test_status_adds_up() -> None:
    p = start()
    before = status(p)
    anon(p, pages=10)
    p.mmap(0, 5 * PAGE, RO, ANON)
    p.mmap(0, 3 * PAGE, RW, SHARED)
    p.store(PLACE, b"x")
    after = status(p)
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert grown == {
        "VmPeak": 18 * 4, "VmSize": 18 * 4, "VmHWM": 4, "VmRSS": 4, "RssAnon": 4,
        "VmData": 10 * 4, "VmPTE": 8,
    }  # fmt: skip
    assert before["VmStk"] == 132
    assert before["VmExe"] == 4
    assert before["VmLib"] == 8  # the vdso
    sizes = re.findall(r"(?m)^Size: +(\d+) kB", p.smaps())
    assert sum(map(int, sizes)) == after["VmSize"] + 4 * p.smaps().count("[vsyscall]")


def test_peaks_stay_when_memory_goes() -> None:
    p = start()
    size, rss = status(p)["VmSize"], status(p)["VmRSS"]
    addr = anon(p, pages=64)
    p.madvise(addr, 64 * PAGE, Madv.MADV_POPULATE_WRITE)
    p.munmap(addr, 64 * PAGE)
    assert (status(p)["VmPeak"], status(p)["VmSize"]) == (size + 256, size)
    assert status(p)["VmRSS"] == rss
    # What the CPU has not told the sum yet is not in the peak.
    assert status(p)["VmHWM"] == 256


def test_moving_counts_once_in_the_peak() -> None:
    p = start()
    addr = anon(p, pages=8)
    before = status(p)["VmPeak"]
    p.mremap(addr, 8 * PAGE, 8 * PAGE, 3, PLACE + 64 * PAGE)
    assert status(p)["VmPeak"] == before


def test_a_child_begins_with_peaks_of_its_own() -> None:
    p = start()
    addr = anon(p, pages=64)
    p.munmap(addr, 64 * PAGE)
    child = p.fork()
    assert status(p)["VmPeak"] == status(p)["VmSize"] + 256
    assert status(child)["VmPeak"] == status(child)["VmSize"]
    p.execve("/bin/a.out")
    assert status(p)["VmPeak"] == status(p)["VmSize"]


def test_statm_in_pages() -> None:
    p = start()
    mapped(p, FILE_SHARED)
    p.load(PLACE)
    now = {name: kb // 4 for name, kb in status(p).items()}
    data = now["VmData"] + now["VmStk"]
    assert p.statm() == (
        f"{now['VmSize']} {now['VmRSS']} {now['RssFile']} {now['VmExe']} 0 {data} 0\n"
    )
    child = p.fork()
    child.exit()
    assert child.statm() == "0 0 0 0 0 0 0\n"


def test_smaps_rollup_adds_up_before_it_rounds() -> None:
    p = start()
    addr = anon(p, pages=3)
    for page in range(3):
        p.store(addr + page * PAGE, b"x")
        p.mprotect(addr + page * PAGE, PAGE, RO * (page % 2))
    p.fork()
    p.fork()
    pss = sum(map(int, re.findall(r"(?m)^Pss: +(\d+) kB", p.smaps())))
    rollup = p.smaps_rollup().splitlines()
    assert rollup[0] == "00400000-7ffffffff000 ---p 00000000 00:00 0".ljust(73) + "[rollup]"
    assert rollup[2] == f"Pss:            {pss + 1:8} kB"  # three thirds, and the rest of others


def test_the_head_of_status() -> None:
    p = start()
    child = p.fork()
    assert child.status().splitlines()[:5] == [
        "Name:\ta.out",
        "State:\tR (running)",
        f"Tgid:\t{child.pid}",
        f"Pid:\t{child.pid}",
        f"PPid:\t{p.pid}",
    ]
    child.exit()
    assert "State:\tZ (zombie)" in child.status()
    assert (child.maps(), child.smaps()) == ("", "")
    assert "Vm" not in child.status()


def test_pagemap() -> None:
    p = start()
    addr = anon(p)
    p.load(addr)
    p.store(addr + PAGE, b"x")
    p.madvise(addr + 2 * PAGE, PAGE, Madv.MADV_GUARD_INSTALL)
    zero, private, guard, absent = p.pagemap(addr, 4)
    assert (zero.present, zero.zero, zero.file, zero.exclusive) == (True, True, False, False)
    assert (private.present, private.file, private.exclusive) == (True, False, True)
    assert private.raw == 1 << 63 | 1 << 56 | private.pfn
    assert guard.raw == 0x4400_0000_0000_009F  # as if swapped out, to a place that is none
    assert absent.raw == 0
    p.fork()
    assert p.pagemap(addr + PAGE)[0].raw == 1 << 63 | private.pfn
    mapped(p, FILE_SHARED)
    p.load(PLACE)
    file = p.pagemap(PLACE)[0]
    assert file.raw == 1 << 63 | 1 << 61 | 1 << 56 | file.pfn


def test_pagemap_of_an_odd_address_and_of_nothing() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    assert p.pagemap(addr + 123) == p.pagemap(addr)
    assert [e.raw for e in p.pagemap(0, 3)] == [0, 0, 0]


def test_looking_leaves_no_trace() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    before = list(p.task.vmacache.vmas)
    with Recorder(p.machine) as recorder:
        for look in (p.maps, p.smaps, p.status):
            look()
        p.pagemap(0x400000, 3)
    assert p.task.vmacache.vmas == before
    assert len(recorder) == 0


def test_a_big_mapping_costs_no_time() -> None:
    p = start()
    p.mmap(0, 1 << 40, RW, ANON | Map.MAP_NORESERVE)
    assert status(p)["VmSize"] > 1 << 30
    assert len(p.smaps()) < 30 * KiB


def referenced(p: Process, addr: int) -> int:
    return int(entry(p, addr).get("Referenced", "0"))


def test_accesses_are_forgotten_by_kind() -> None:
    p = start()
    p.store(anon(p, pages=1), b"x")
    private = PLACE
    shared = p.mmap(0, PAGE, RW, SHARED)
    p.store(shared, b"x")
    found = []
    for kind in (2, 3):
        p.clear_refs(kind)
        found.append((referenced(p, private), referenced(p, shared)))
    assert found == [(0, 4), (0, 0)]


def test_the_tlb_hides_an_access_after_clear_refs() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    p.clear_refs(1)
    p.load(addr)
    assert referenced(p, addr) == 0
    p.fork().load(addr)  # the other address space has the CPU
    p.mprotect(addr, PAGE, RO)  # the TLB is flushed
    p.load(addr)
    assert referenced(p, addr) == 4


def test_the_peak_begins_anew() -> None:
    p = start()
    addr = anon(p, pages=64)
    p.madvise(addr, 64 * PAGE, Madv.MADV_POPULATE_WRITE)
    p.madvise(addr, 64 * PAGE, Madv.MADV_DONTNEED)
    assert status(p)["VmHWM"] > status(p)["VmRSS"]
    p.clear_refs(5)
    assert status(p)["VmHWM"] == status(p)["VmRSS"]


@pytest.mark.parametrize("kind", [0, 6, -1])
def test_no_other_kind_of_clear_refs(kind: int) -> None:
    with refused(LinuxError, "clear_refs_unknown"):
        start().clear_refs(kind)
