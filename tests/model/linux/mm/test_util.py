"""How much memory the machine promises."""

from __future__ import annotations

import re

import pytest

from tests.model.linux.churn import FILE, Churn
from tests.model.linux.lab import ANON, PAGE, PLACE, RO, RW, SHARED
from tests.refused import refused
from vmlab import GiB, KiB, LinuxError, Machine, Map, MiB, Process, Recorder
from vmlab.model.abi.mman import VM_ACCOUNT
from vmlab.model.linux.include.fs import shmem_mapping
from vmlab.model.linux.include.mm import vma_pages
from vmlab.model.linux.mm.util import (
    stack_rnd_pages,
    vm_committed_as_batch,
    vm_memory_committed,
)
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.mmu.page import page_align
from vmlab.model.mmu.pte import TINY_4K, X86_32, X86_64, Geometry

PAGES = 100


def committed(p: Process) -> int:
    """Committed_AS in pages."""
    validate_machine(p.machine.system)
    found = re.search(r"Committed_AS: +(\d+) kB", p.machine.meminfo())
    assert found is not None
    return int(found[1]) // 4


def strict(mib: int) -> Process:
    """A process on a machine of 256 MiB that may promise so many MiB, and has promised some."""
    p = Machine().spawn()
    p.machine.sysctl("vm.overcommit_kbytes", mib * MiB // KiB)
    p.machine.sysctl("vm.overcommit_memory", 2)
    return p


@pytest.mark.parametrize(
    ("prot", "flags", "pages"),
    [
        (RW, ANON, PAGES),
        (RO, ANON, 0),
        (RW, ANON | Map.MAP_NORESERVE, 0),
        (RW, SHARED, PAGES),
        (RO, SHARED, PAGES),
        (RW, SHARED | Map.MAP_NORESERVE, 0),
    ],
)
def test_what_is_promised_with_a_mapping(prot: int, flags: int, pages: int) -> None:
    p = Machine().spawn()
    before = committed(p)
    p.mmap(PLACE, PAGES * PAGE, prot, flags | Map.MAP_FIXED)
    assert committed(p) == before + pages
    p.munmap(PLACE, PAGES * PAGE)
    assert committed(p) == before


def test_each_process_is_promised_its_own_copy() -> None:
    p = Machine().spawn()
    p.mmap(PLACE, PAGES * PAGE, RW, ANON)
    before = committed(p)
    own = sum((vma.vm_end - vma.vm_start) // PAGE for vma in p.mm if vma.vm_flags & VM_ACCOUNT)
    child = p.fork()
    assert committed(p) == before + own
    child.exit()
    assert committed(p) == before


def test_what_is_promised_follows_the_rights_until_somebody_writes() -> None:
    p = Machine().spawn()
    before = committed(p)
    p.mmap(PLACE, PAGES * PAGE, RO, ANON | Map.MAP_FIXED)
    half = PAGES // 2
    for prot, pages in ((RW, half), (RW | 4, half), (RO, 0), (0, 0), (RW, half)):
        p.mprotect(PLACE, half * PAGE, prot)
        assert committed(p) == before + pages
    p.store(PLACE, b"x")
    for prot in (RO, 0, RW):
        p.mprotect(PLACE, half * PAGE, prot)
        assert committed(p) == before + half
    p.munmap(PLACE, PAGES * PAGE)
    assert committed(p) == before


@pytest.mark.parametrize("flags", [SHARED, ANON | Map.MAP_NORESERVE])
def test_rights_promise_nothing_where_nothing_is_to_be_promised(flags: int) -> None:
    p = Machine().spawn()
    p.mmap(PLACE, PAGES * PAGE, RO, flags | Map.MAP_FIXED)
    before = committed(p)
    for prot in (RW, RO):
        p.mprotect(PLACE, PAGES * PAGE, prot)
        assert committed(p) == before


def test_rights_that_cannot_be_given_promise_nothing() -> None:
    p = Machine().spawn()
    p.mmap(PLACE, PAGES * PAGE, RO, ANON | Map.MAP_FIXED)
    before = committed(p)
    p.machine.system.sysctl_max_map_count = p.mm.map_count
    with refused(LinuxError, "map_count_limit", "ENOMEM"):
        p.mprotect(PLACE + PAGE, PAGE, RW)
    assert committed(p) == before


def test_files_in_memory_are_promised_page_by_page() -> None:
    p = Machine().spawn()
    before = committed(p)
    fd = p.memfd_create("m")
    p.ftruncate(fd, PAGES * PAGE)
    assert committed(p) == before
    p.mmap(PLACE, PAGES * PAGE, RW, Map.MAP_SHARED | Map.MAP_FIXED, fd)
    p.store(PLACE, b"x")
    p.load(PLACE + 5 * PAGE)
    assert committed(p) == before + 2
    p.ftruncate(fd, PAGE)
    assert committed(p) == before + 1


def test_a_range_that_shrinks_while_it_moves_stays_promised() -> None:
    """As Linux 6.18 does: what was given up is promised once more, and never given back."""
    p = Machine().spawn()
    before = committed(p)
    p.mmap(PLACE, 8 * PAGE, RW, ANON | Map.MAP_FIXED)
    p.mremap(PLACE, 8 * PAGE, 4 * PAGE, 3, PLACE + 64 * PAGE)
    p.munmap(PLACE, 128 * PAGE)
    assert committed(p) == before + 4


@pytest.mark.parametrize(("pages", "flags"), [(4, 0), (30, 1), (2, 0), (10, 5)])
def test_what_mremap_promises(pages: int, flags: int) -> None:
    p = Machine().spawn()
    p.mmap(PLACE, 10 * PAGE, RW, ANON | Map.MAP_FIXED)
    p.mmap(PLACE + 12 * PAGE, PAGE, RO, ANON | Map.MAP_FIXED)
    before = committed(p)
    p.mremap(PLACE, 10 * PAGE, pages * PAGE, flags)
    assert committed(p) - before == (pages if flags == 5 else pages - 10)


def test_a_strict_kernel_refuses_every_way_to_more() -> None:
    p = strict(8)
    assert "CommitLimit:        8192 kB" in p.machine.meminfo()
    p.mmap(PLACE, 5 * MiB, RW, ANON | Map.MAP_FIXED)
    for flags in (ANON, SHARED, ANON | Map.MAP_NORESERVE):
        with refused(LinuxError, "more_than_commit_limit"):
            p.mmap(0, 5 * MiB, RW, flags)
    with refused(LinuxError, "more_than_commit_limit"):
        p.fork()
    with refused(LinuxError, "more_than_commit_limit"):
        p.mremap(PLACE, 5 * MiB, 9 * MiB, 1)
    readable = p.mmap(0, 5 * MiB, RO, ANON)
    with refused(LinuxError, "more_than_commit_limit"):
        p.mprotect(readable, 5 * MiB, RW)
    end = p.brk(0)
    assert p.brk(end + 5 * MiB) == end
    validate_machine(p.machine.system)


@pytest.mark.parametrize(
    ("mapped", "reserved"),
    [
        (64 * MiB, 2 * MiB),  # a 32nd part of what the process has mapped
        (1 << 40, 8 * MiB),  # at most a 32nd part of memory
    ],
)
def test_a_strict_kernel_keeps_a_little_for_others(mapped: int, reserved: int) -> None:
    def left() -> tuple[Process, int]:
        p = strict(64)
        p.mmap(0, mapped - p.mm.total_vm * PAGE, RO, ANON)
        return p, 64 * MiB - reserved - committed(p) * PAGE

    p, length = left()
    with pytest.raises(LinuxError, match="ENOMEM"):
        p.mmap(0, length, RW, ANON)
    p, length = left()
    p.mmap(0, length - PAGE, RW, ANON)


def test_a_strict_kernel_lets_a_file_in_memory_be_full() -> None:
    p = strict(1)
    fd = p.memfd_create("m")
    p.fallocate(fd, 0, 0, 1 * KiB * KiB // 2)
    with pytest.raises(LinuxError, match="ENOSPC"):
        p.fallocate(fd, 0, 0, MiB)
    with pytest.raises(LinuxError, match="ENOSPC"):
        p.machine.fs.write("/dev/shm/full", b"x" * MiB)


@pytest.mark.parametrize(
    ("totalram", "policy", "pages"),
    [(4 * GiB, 0, 1 << 18), (4 * GiB, 1, 1 << 18), (4 * GiB, 2, 1 << 12), (MiB, 2, 32)],
)
def test_how_much_a_cpu_promises_before_it_tells(totalram: int, policy: int, pages: int) -> None:
    m = Machine(totalram=totalram, overcommit_memory=policy)
    assert vm_committed_as_batch(m.system) == pages


def test_a_strict_kernel_begins_with_what_is_promised_already() -> None:
    """However little that is: a CPU tells of it late."""
    p = Machine().spawn()
    p.mmap(0, 200 * PAGE, RW, ANON)
    assert committed(p) < vm_committed_as_batch(p.machine.system)
    p.machine.sysctl("vm.overcommit_kbytes", 100 * PAGE // KiB)
    p.machine.sysctl("vm.overcommit_memory", 2)
    with refused(LinuxError, "more_than_commit_limit"):
        p.mmap(0, PAGE, RW, ANON)


def test_all_of_memory_may_be_promised_at_once() -> None:
    p = Machine(totalram=64 * MiB).spawn()
    p.mmap(0, 64 * MiB, RW, ANON)
    with refused(LinuxError, "more_than_memory"):
        p.mmap(0, 64 * MiB + PAGE, RW, ANON)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_promised_is_what_private_mappings_may_need(seed: int) -> None:
    """After any calls but mremap, see above."""
    machine = Machine(ram=4 * MiB, totalram=64 * MiB)
    machine.fs.write(FILE, b"a" * 5000)
    churn = Churn(machine, seed)
    extra = 0
    for _ in range(150):
        churn.step()
        system = machine.system
        needed = sum(
            vma_pages(vma) for mm in system.mms.values() for vma in mm if vma.vm_flags & VM_ACCOUNT
        )
        needed += sum(
            page_align(inode.i_size) // PAGE
            for inode in system.inodes.values()
            if shmem_mapping(inode)
        )
        before, extra = extra, vm_memory_committed(system) - needed
        assert extra == before or churn.did == "mremap"


def test_everything_may_be_promised() -> None:
    p = Machine(overcommit_memory=1).spawn()
    p.mmap(0, 1 << 45, RW, ANON)
    p.fork()


def test_a_limit_in_percent_and_one_in_kib_exclude_each_other() -> None:
    m = Machine(ram=64 * MiB)
    assert "CommitLimit:       32768 kB" in m.meminfo()
    m.sysctl("vm.overcommit_kbytes", 1000)
    assert (m.system.overcommit_ratio, m.system.overcommit_kbytes) == (0, 1000)
    m.sysctl("vm.overcommit_ratio", 10)
    assert (m.system.overcommit_ratio, m.system.overcommit_kbytes) == (10, 0)
    m.sysctl("vm.overcommit_ratio", (1 << 31) - 1)
    m.sysctl("vm.overcommit_kbytes", 0)
    m.sysctl("vm.overcommit_ratio", 0)


def test_a_setting_that_cannot_be() -> None:
    m = Machine()
    for name, value in (
        ("vm.overcommit_memory", 3),
        ("vm.overcommit_memory", -1),
        ("vm.overcommit_ratio", -1),
        ("vm.overcommit_ratio", 1 << 31),
        ("vm.overcommit_kbytes", -1),
    ):
        with pytest.raises(LinuxError, match="EINVAL"):
            m.sysctl(name, value)
    with pytest.raises(ValueError, match=r"vm\.overcommit_memory"):
        m.sysctl("vm.swappiness", 1)


def test_settings_are_recorded_and_kept_in_files() -> None:
    p = Machine().spawn()
    with Recorder(p.machine) as recorder:
        p.machine.sysctl("vm.overcommit_memory", 2)
        p.mmap(0, MiB, RW, ANON)
    again = Recorder.from_json(recorder.to_json())
    assert again.machine.snapshot() == p.machine.snapshot()
    assert again.machine.system.overcommit_memory == 2


def test_a_program_begins_below_a_random_place_if_it_is_asked_to() -> None:
    def tops(machine: Machine) -> set[int]:
        return {machine.spawn().mm.highest_vm_end for _ in range(3)}

    assert tops(Machine()) == {0x7FFFFFFFF000}
    found = tops(Machine(aslr_seed=1))
    assert len(found) == 3
    assert all(0 <= 0x7FFFFFFFF000 - top < (1 << 22) * PAGE + 34 * MiB for top in found)


@pytest.mark.parametrize(
    ("geometry", "pages"), [(X86_64, 1 << 22), (X86_32, 1 << 11), (TINY_4K, 3)]
)
def test_how_far_a_stack_may_be_moved(geometry: Geometry, pages: int) -> None:
    assert stack_rnd_pages(Machine(geometry=geometry).system) == pages
