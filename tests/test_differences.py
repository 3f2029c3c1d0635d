"""Every entry of docs/differences.md, tested under its name."""

from __future__ import annotations

import re
import signal
import struct
from pathlib import Path

import pytest

from tests.programs.machine_code import load
from tests.refused import refused
from tests.rulers import at, check, madvise, mmap, move, mprotect, spawn, write
from vmlab import (
    AT_FDCWD,
    PIDFD_SELF_THREAD,
    PIDFD_THREAD,
    X86_32,
    BusError,
    Fadvise,
    LinuxError,
    Machine,
    MiB,
    Pr,
    Process,
    Rlimit,
    Segfault,
)
from vmlab.errors import ArgumentError
from vmlab.model.abi.calls import CALLS
from vmlab.model.abi.clone import Clone
from vmlab.model.abi.fcntl import (
    FALLOC_FL_COLLAPSE_RANGE,
    FALLOC_FL_INSERT_RANGE,
    Fcntl,
    Mfd,
    Open,
)
from vmlab.model.abi.futex import Futex
from vmlab.model.abi.ioctl import Ioctl
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_DROPPABLE,
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_HUGETLB,
    MAP_NORESERVE,
    MAP_POPULATE,
    MAP_PRIVATE,
    MAP_SHARED,
    MS_SYNC,
    PROT_READ,
    PROT_WRITE,
    Madv,
)
from vmlab.model.abi.personality import (
    ADDR_COMPAT_LAYOUT,
    ADDR_NO_RANDOMIZE,
    MMAP_PAGE_ZERO,
    READ_IMPLIES_EXEC,
)
from vmlab.model.abi.shm import Shmctl
from vmlab.model.abi.signal import Sa, Sigaction
from vmlab.model.abi.socket import Msg
from vmlab.model.linux.arch.x86.include import sigframe
from vmlab.model.linux.arch.x86.kernel.fpu.signal import XSAVE_SIZE
from vmlab.model.linux.arch.x86.mm import fault
from vmlab.model.linux.drivers.tty.n_tty import tty_inode
from vmlab.model.linux.fs.binfmt_elf import AT_RANDOM
from vmlab.model.linux.kernel import exit as exit_
from vmlab.model.linux.kernel import fork
from vmlab.model.linux.kernel.time.hrtimer import hrtimer_next_event
from vmlab.model.linux.mm import memory
from vmlab.model.linux.mm import mmap as mm_mmap
from vmlab.model.linux.mm import vma_merge as merge
from vmlab.model.linux.mm import vma_munmap as munmap
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.event import Event
from vmlab.model.trace.events.page import PteSet
from vmlab.model.trace.hook import Sink

PAGE = Path(__file__).parent.parent / "docs" / "differences.md"
RW = PROT_READ | PROT_WRITE
ANON = MAP_PRIVATE | MAP_ANONYMOUS


def entries() -> list[str]:
    return re.findall(r"^### (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_entry_has_its_test_and_every_test_its_entry() -> None:
    tests = [name for name in globals() if name.startswith("test_") and "every_entry" not in name]
    named = [f"test_{re.sub(r'[^a-z0-9]+', '_', entry.lower())}" for entry in entries()]
    assert tests == named


def failure(process: Process, call: str, *arguments: int | str) -> str:
    with pytest.raises(LinuxError) as caught:
        getattr(process, call)(*arguments)
    return caught.value.name


def smaps(process: Process, addr: int) -> str:
    """The entry of one VMA."""
    return process.smaps().split(f"{addr:08x}-")[1].split("VmFlags")[0]


def flags(process: Process, addr: int) -> list[str]:
    return process.smaps().split(f"{addr:08x}-")[1].split("VmFlags:")[1].splitlines()[0].split()


def test_list_and_tree() -> None:
    mm = spawn("A.b").mm
    assert mm.mmap is not None
    assert list(mm) == list(mm.mm_rb)


def test_raw_gaps() -> None:
    mm = spawn("A...G").mm
    stack = find_vma(mm, at(4))
    assert stack is not None
    assert stack.vm_prev is not None
    gaps = [stack.vm_start - stack.vm_prev.vm_end]
    gaps += [child.rb_subtree_gap for child in (stack.rb_left, stack.rb_right) if child is not None]
    assert stack.rb_subtree_gap == max(gaps)


def test_cache_of_find_vma() -> None:
    process = spawn("A")
    assert find_vma(process.mm, at(0)) in process.task.vmacache.vmas
    assert len(process.task.vmacache.vmas) == 4


def test_names() -> None:
    for module, names in (
        (fork, "do_fork copy_mm dup_mm dup_mmap mmput"),
        (exit_, "exit_mm"),
        (fault, "do_page_fault"),
        (memory, "handle_mm_fault handle_pte_fault do_wp_page"),
        (mm_mmap, "do_mmap do_brk exit_mmap"),
        (munmap, "do_munmap"),
        (merge, "vma_merge_new_range split_vma"),
    ):
        assert all(callable(getattr(module, name)) for name in names.split())


def test_gap_search() -> None:
    process = spawn("")
    first = process.mmap(0, PAGE_SIZE, RW, ANON)
    process.munmap(first, PAGE_SIZE)
    process.mmap(first - 8 * PAGE_SIZE, PAGE_SIZE, RW, ANON | MAP_FIXED)
    assert process.mmap(0, PAGE_SIZE, RW, ANON) == first


def test_guard_below_stacks() -> None:
    process = spawn("")
    stack = find_vma(process.mm, process.mm.start_stack)
    assert stack is not None
    hint = stack.vm_start - 256 * PAGE_SIZE
    assert process.mmap(hint, PAGE_SIZE, RW, ANON) != hint
    assert process.mmap(hint - PAGE_SIZE, PAGE_SIZE, RW, ANON) == hint - PAGE_SIZE


def test_far_stack_growth() -> None:
    process = spawn("")
    process.store(process.mm.start_stack - 4 * MiB, b"x")


def test_fixed_without_replacing() -> None:
    check("A", mmap(0, "A", MAP_FIXED_NOREPLACE), "A", error="EEXIST")


def test_faulted_and_unfaulted_merge() -> None:
    check("AAaa", mprotect(2, 2, RW), "AAAA", written="A")
    check("aaAA", mprotect(0, 2, RW), "AAAA", written="A")


def test_moves_of_several_vmas() -> None:
    check("A.b", move(0, 3, 8), "........A.b")


def test_alignment_for_huge_pages() -> None:
    process = spawn("")
    assert process.mmap(0, 2 * MiB, RW, ANON) % (2 * MiB) == 0
    assert process.mmap(0, 3 * MiB, RW, ANON) % (2 * MiB) != 0


def test_map_stack_forbids_huge_pages() -> None:
    assert "nh" in flags(spawn("K"), at(0))


def test_copy_on_write_by_exclusiveness() -> None:
    process = spawn("A", written="A")
    frame = process.pagemap(at(0))[0].pfn
    process.fork().exit()
    process.store(at(0), b"x")
    assert process.pagemap(at(0))[0].pfn == frame
    process.fork()
    process.store(at(0), b"x")
    assert process.pagemap(at(0))[0].pfn != frame


def test_rights_come_back_at_once() -> None:
    process = spawn("A", written="A")
    faults = process.min_flt
    process.mprotect(at(0), PAGE_SIZE, PROT_READ)
    process.mprotect(at(0), PAGE_SIZE, RW)
    process.store(at(0), b"x")
    assert process.min_flt == faults


def test_newer_calls() -> None:
    process = spawn("Aa")
    process.mseal(at(0), PAGE_SIZE)
    process.madvise(at(1), PAGE_SIZE, Madv.MADV_GUARD_INSTALL)
    process.mmap(0, PAGE_SIZE, RW, MAP_DROPPABLE | MAP_ANONYMOUS)
    process.pidfd_open(process.pid, PIDFD_THREAD)
    assert process.process_madvise(PIDFD_SELF_THREAD, at(0), 0, Madv.MADV_COLD) == 0


def test_tables_freed_by_madv_dontneed() -> None:
    process = spawn("")
    start = process.mmap(0, 2 * MiB, RW, ANON)
    process.store(start, b"x")
    tables = process.mm.pgtables_bytes
    process.madvise(start, 2 * MiB, Madv.MADV_DONTNEED)
    assert process.mm.pgtables_bytes < tables


def test_vvar_vclock() -> None:
    assert "[vvar_vclock]" in spawn("").maps()


def test_place_of_the_vdso() -> None:
    for seed in range(5):
        mm = Machine(aslr_seed=seed).spawn().mm
        (last,) = (vma for vma in mm if vma.vm_name == "[vdso]")
        assert last.vm_end == mm.mmap_base < mm.start_stack


def test_stack_without_a_limit() -> None:
    process = Machine().spawn(rlimits={Rlimit.RLIMIT_STACK: (1 << 64) - 1})
    assert process.mm.mmap_base == 0x155555556000
    first = process.mmap(0, PAGE_SIZE, RW, ANON)
    assert process.mmap(0, PAGE_SIZE, PROT_READ, ANON) == first - PAGE_SIZE


def test_huge_pages() -> None:
    process = spawn("")
    start = process.mmap(0, 2 * MiB, RW, ANON)
    process.madvise(start, 2 * MiB, Madv.MADV_HUGEPAGE)
    process.store(start, b"x")
    assert "hg" in flags(process, start)
    assert "AnonHugePages:         0 kB" in smaps(process, start)
    assert "Rss:                   4 kB" in smaps(process, start)
    assert failure(process, "madvise", start, 2 * MiB, Madv.MADV_COLLAPSE) == "EINVAL"
    assert failure(process, "mmap", 0, 2 * MiB, RW, ANON | MAP_HUGETLB, -1, 0) == "ENOMEM"
    assert failure(process, "memfd_create", "m", Mfd.MFD_HUGETLB) == "ENOSYS"


def test_map_hugetlb_with_map_noreserve() -> None:
    arguments = (0, 2 * MiB, RW, ANON | MAP_HUGETLB | MAP_NORESERVE, -1, 0)
    assert failure(spawn(""), "mmap", *arguments) == "ENOMEM"


def test_contents_of_vdso_and_vvar() -> None:
    process = spawn("")
    process.sigaction(7)
    assert process.load(process.mm.vdso, 2 * PAGE_SIZE).count(b"\x0f\x05\xc3") == 4  # syscall; ret
    vvar = process.mm.vdso - 6 * PAGE_SIZE
    assert process.load(vvar) == b"\0"
    for page in range(1, 6):
        with pytest.raises(BusError):
            process.load(vvar + page * PAGE_SIZE)


def test_references_that_are_not_mappings() -> None:
    process = spawn("A", written="A")
    process.mlock(at(0), PAGE_SIZE)
    frame = process.pagemap(at(0))[0].pfn
    child = process.fork()
    process.munmap(at(0), PAGE_SIZE)
    assert frame in {page.pfn for page in process.machine.system.batches.mlock}
    assert process.machine.system.mem_map[frame].refcount == 1
    child.exit()
    assert frame not in process.machine.system.mem_map


def test_memory_in_use() -> None:
    process = spawn("AAA", written="A")
    before = int(process.status().split("RssAnon:")[1].split()[0])
    process.store(at(1), b"x")
    assert int(process.status().split("RssAnon:")[1].split()[0]) == before + 4
    process.munmap(at(0), 2 * PAGE_SIZE)
    now = int(process.status().split("VmRSS:")[1].split()[0])
    assert f"VmHWM:\t{now:8} kB" in process.status()  # the CPU had told of no page yet


def test_accessed_pages() -> None:
    process = spawn("AA.FF", written="A")
    assert "Referenced:            4 kB" in smaps(process, at(0))
    process.load(at(3))
    process.madvise(at(3), 2 * PAGE_SIZE, Madv.MADV_COLD)
    assert "Referenced:            0 kB" in smaps(process, at(3))
    process.pread(3, at(0), 1, 0)
    process.pwrite(3, at(0), 1, 0)
    assert "Referenced:            0 kB" in smaps(process, at(3))


def test_soft_dirty_bits() -> None:
    process = spawn("A", written="A")
    process.clear_refs(4)
    process.store(at(0), b"x")
    assert not process.pagemap(at(0))[0].raw & 1 << 55


def test_faults_of_debuggers() -> None:
    process = spawn("A")
    before = process.min_flt
    process.proc_mem_write(at(0), b"x")
    assert process.min_flt == before


def test_reclaim_only_on_advice() -> None:
    process = check("A", [write(0), madvise(0, 1, Madv.MADV_COLD)], "A")
    process.madvise(at(0), PAGE_SIZE, Madv.MADV_FREE)
    assert process.load(at(0)) == b"!"
    process.madvise(at(0), PAGE_SIZE, Madv.MADV_PAGEOUT)
    assert process.load(at(0)) == b"\0"


def test_swap() -> None:
    machine = Machine(swap=16 * PAGE_SIZE)
    process = machine.spawn()
    place = process.mmap(0, 3 * PAGE_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS)
    for page in range(3):
        process.store(place + page * PAGE_SIZE, b"x")
    process.madvise(place, 2 * PAGE_SIZE, Madv.MADV_PAGEOUT)
    process.munmap(place, PAGE_SIZE)
    process.madvise(place + 2 * PAGE_SIZE, PAGE_SIZE, Madv.MADV_PAGEOUT)
    entries = process.pagemap(place + PAGE_SIZE, 2)
    assert [entry.swap for entry in entries] == [2, 1]
    assert "swapon" not in CALLS
    with refused(ArgumentError, "swap_needs_long_entries"):
        Machine(swap=16 * PAGE_SIZE, geometry=X86_32)


def test_when_dirty_pages_are_written() -> None:
    p = disk_file(2)
    place = p.mmap(0, 2 * PAGE_SIZE, RW, MAP_SHARED, 3)
    p.store(place, b"s")
    for _ in range(40):
        p.getpid()
    assert "Private_Dirty:         4 kB" in smaps(p, place)
    p.msync(place, PAGE_SIZE, MS_SYNC)
    assert "Private_Dirty:         0 kB" in smaps(p, place)


def test_folios_of_one_page() -> None:
    p = disk_file(16)
    place = p.mmap(0, 16 * PAGE_SIZE, RW, MAP_SHARED, 3)
    p.load(place)
    p.store(place, b"s")
    entry = smaps(p, place)
    assert "Private_Clean:        60 kB" in entry
    assert "Private_Dirty:         4 kB" in entry


def test_blocks_of_the_disk() -> None:
    p = disk_file(2)
    p.fallocate(3, 0, 0, 1 << 42)
    for mode in (FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_INSERT_RANGE):
        assert failure(p, "fallocate", 3, mode, 0, PAGE_SIZE) == "EOPNOTSUPP"
    p.fcntl(3, Fcntl.F_SETFL, Open.O_DIRECT)
    place = p.mmap(0, PAGE_SIZE, RW, ANON)
    assert p.pread(3, place, 5, 1) == 5


def disk_file(pages: int) -> Process:
    """A process with a file of so many clean pages of the disk on descriptor 3."""
    m = Machine()
    m.fs.install("/f", b"f" * pages * PAGE_SIZE)
    p = m.spawn()
    assert p.open("/f", Open.O_RDWR) == 3
    return p


def test_commands_of_fcntl() -> None:
    process = spawn("")
    fd = process.memfd_create("m")
    for cmd in range(1050):
        if cmd in list(Fcntl):
            about_locks = "LK" in Fcntl(cmd).name
            assert cmd == Fcntl.F_ADD_SEALS or about_locks or process.fcntl(fd, cmd) >= 0
        else:
            assert failure(process, "fcntl", fd, cmd) == "EINVAL"


def test_commands_of_shmctl() -> None:
    process = spawn("AA")
    process.shmget(0, PAGE_SIZE, 0o600)
    for cmd in range(20):
        if cmd not in list(Shmctl):
            assert failure(process, "shmctl", 0, cmd) == "EINVAL"
    process.shmctl(0, Shmctl.IPC_STAT, at(0))
    told = process.load(at(0), 112)
    assert not any(told[4:20] + told[56:80])


def test_what_fstat_tells() -> None:
    process = spawn("AA")
    process.fstat(process.open("/made", Open.O_CREAT | Open.O_RDWR), at(0))
    stat = process.load(at(0), 144)
    assert stat[24:28] == (0o100755).to_bytes(4, "little")
    assert not any(stat[28:36] + stat[72:])
    numbers = []
    for _ in range(2):
        fd = process.pidfd_open(process.pid)
        process.fstat(fd, at(0))
        numbers.append(process.load(at(0) + 8, 8))
        process.close(fd)
    assert numbers[0] != numbers[1]


def test_what_statx_tells() -> None:
    process = spawn("A")
    process.statx(-100, "/", 0, 0x1FFF, at(0))
    told = process.load(at(0), 256)
    assert told[64:128] == bytes(64)  # times
    assert told[144:152] == bytes(8)  # the number of the mount


def test_order_of_directories() -> None:
    process = spawn("A")
    for name in ("/one", "/two"):
        process.machine.fs.write(name, b"")
    process.getdents64(process.open("/"), at(0), 4096)
    names = process.load(at(0), 256)
    assert names.index(b"two\0") < names.index(b"one\0"), "on the disk, too"


def test_pages_that_sendfile_moves() -> None:
    process = spawn("AA")
    process.store(at(0), b"oldnew")
    process.pwrite(3, at(0), 3, 0)
    reader, writer = process.pipe()
    assert process.sendfile(writer, 3, None, 3) == 3
    process.pwrite(3, at(0) + 3, 3, 0)
    process.read(reader, at(1), 3)
    assert process.load(at(1), 3) == b"old"


def test_no_page_merging() -> None:
    process = check("AA", [write(0, 2), madvise(0, 2, Madv.MADV_MERGEABLE)], "AA")
    assert "mg" in flags(process, at(0))
    assert "KSM:                   0 kB" in smaps(process, at(0))


def test_poisoning_memory() -> None:
    for advice in (Madv.MADV_HWPOISON, Madv.MADV_SOFT_OFFLINE):
        assert failure(spawn("A"), "madvise", at(0), PAGE_SIZE, advice) == "EINVAL"


def test_overcommit() -> None:
    process = Machine(totalram=64 * MiB).spawn()
    for _ in range(4):
        process.mmap(0, 60 * MiB, RW, ANON)
    assert failure(process, "mmap", 0, 65 * MiB, RW, ANON, -1, 0) == "ENOMEM"
    machine = Machine(overcommit_memory=2, overcommit_ratio=50)
    process = machine.spawn()
    process.mmap(0, 120 * MiB, RW, ANON)
    told = machine.system.vm_committed_as.count
    process.mmap(0, MiB // 2, RW, ANON)
    assert machine.system.vm_committed_as.count == told
    assert failure(process, "mmap", 0, 8 * MiB, RW, ANON, -1, 0) == "ENOMEM"


def test_rlimit_memlock() -> None:
    process = spawn("AA")
    process.setrlimit(Rlimit.RLIMIT_MEMLOCK, 0)
    process.mlock(at(0), 2 * PAGE_SIZE)


def test_rights_of_root() -> None:
    process = spawn("A")
    assert failure(process, "setrlimit", Rlimit.RLIMIT_NOFILE, 5, 4097) == "EPERM"
    assert failure(process, "prctl", Pr.PR_SET_MM, 1) == "EPERM"
    addresses = struct.pack("<11Q", *[at(0)] * 11)
    process.store(at(0), addresses + bytes(16))
    assert failure(process, "prctl", Pr.PR_SET_MM, 14, at(0), 104) == "EPERM"


def test_limits_that_bind() -> None:
    process = spawn("A")
    for resource in Rlimit:
        process.setrlimit(resource, 0)
        assert process.fork().getrlimit(resource)[0] == 0
        process.setrlimit(resource, process.getrlimit(resource)[1])


def test_options_of_prctl() -> None:
    process = spawn("A")
    known = []
    for option in (*range(80), *Pr):
        try:
            process.prctl(option, at(0))
        except LinuxError as error:
            if error.check.code == "unknown_option":
                continue
        known.append(option)
    assert sorted({*known}) == sorted({*Pr} - {Pr.PR_SET_VMA})
    assert failure(process, "arch_prctl", 0x1011, 0) == "EINVAL"


def test_frames_in_order() -> None:
    processes = [spawn("A", written="A") for _ in range(2)]
    assert [process.pid for process in processes] == [1000, 1000]
    frames = {process.pagemap(at(0))[0].pfn for process in processes}
    assert len(frames) == 1


def test_random_numbers() -> None:
    one, other = (Machine(aslr_seed=7).spawn() for _ in range(2))
    assert one.maps() == other.maps() != spawn("").maps()
    random = dict(one.mm.saved_auxv)[AT_RANDOM]
    assert one.load(random, 16) == other.load(random, 16)


def test_bits_of_personality() -> None:
    process = Machine().spawn()
    before = process.maps()
    kept = ~(ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | READ_IMPLIES_EXEC | MMAP_PAGE_ZERO)
    process.personality(kept & 0xFFFFFFFE)
    process.execve("/bin/a.out")
    assert process.personality(0xFFFFFFFF) == kept & 0xFFFFFFFE
    assert process.maps() == before


def test_processes_from_a_text() -> None:
    text = (
        "400000-401000 r-xp 0 08:01 5 /app\nVmFlags: rd ex mr mw me lo\n"
        "401000-403000 rw-p 0 00:00 0\nVmFlags: rd wr mr mw me ac lo\n"
    )
    process = Machine(aslr_seed=7).from_maps(text)
    assert "VmLck:\t      12 kB" in process.status()
    assert "VmRSS:\t       0 kB" in process.status()
    assert process.brk(0) == 0x403000


def test_flags_of_clone() -> None:
    process = spawn("")
    lowest = process.memfd_create("m")
    child = process.clone(Clone.CLONE_NEWPID | Clone.CLONE_NEWNS | Clone.CLONE_PIDFD)
    assert child.getpid() == process.pid + 1
    assert process.memfd_create("m") == lowest + 1
    assert failure(process, "clone", Clone.CLONE_NEWNS | Clone.CLONE_FS) == "EINVAL"


def test_no_waiting() -> None:
    process = spawn("")
    process.fork()
    assert failure(process, "wait") == "EAGAIN"
    reader, _ = process.pipe()
    assert failure(process, "read", reader, process.mm.start_stack, 1) == "EAGAIN"


def test_time_goes_on_by_ticks() -> None:
    process = spawn("AA")
    process.clock_gettime(1, at(0))
    assert process.load(at(0), 16) == bytes(16)
    process.getrusage(0, at(0))
    assert process.load(at(0), 32) == bytes(32)
    other = ~process.pid << 3 | 2  # CPUCLOCK_SCHED
    assert failure(process, "clock_gettime", other, at(0)) == "EINVAL"
    assert failure(process, "clock_nanosleep", other, 0, at(0)) == "EINVAL"


def test_the_terminal() -> None:
    process = spawn("AA")
    tty_inode(process.machine.system)
    tty = process.open("/dev/pts/0", Open.O_RDWR)
    process.ioctl(tty, Ioctl.TIOCGWINSZ, at(0))
    assert process.load(at(0), 8) == bytes(8)
    assert failure(process, "ioctl", tty, 0x5402, at(0)) == "ENOTTY"  # TCSETS


def test_proc() -> None:
    process = spawn("AA")
    assert failure(process, "open", "/proc/self/maps", 0) == "ENOENT"
    process.machine.fs.furnish()
    assert failure(process, "open", "/proc/self/task", 0) == "ENOENT"
    fd = process.open("/proc/sys/vm/max_map_count", Open.O_RDWR)
    assert failure(process, "write", fd, at(0), 1) == "EINVAL"
    maps = process.open("/proc/self/maps")
    size = len(process.maps())
    assert process.read(maps, at(0), size) == size


def test_links_of_proc() -> None:
    process = spawn("AA")
    process.machine.fs.furnish()
    process.open("/proc/self/cwd", Open.O_NOFOLLOW)
    process.lstat("/proc/self/cwd", at(0))
    assert process.load(at(0) + 24, 4)[1] >> 4 == 4, "a directory"
    assert process.readlink("/proc/self/cwd", at(0), 64) == 1


def test_times_of_files() -> None:
    process = spawn("AA")
    process.machine.fs.write("/dev/shm/f", b"")
    last = (1 << 34) - 1
    for second, kept in ((-5, -5), (-last - 1, -last), (last + 1, last)):
        process.store(at(0), struct.pack("<4q", second, 1, second, 1))
        process.utimensat(AT_FDCWD, "/dev/shm/f", at(0))
        process.stat("/dev/shm/f", at(0))
        assert struct.unpack("<q", process.load(at(0) + 72, 8))[0] == kept


def test_advice_about_files() -> None:
    process = spawn("AA")
    process.machine.fs.write("/f", b"x")
    process.machine.fs.sync()
    process.posix_fadvise(process.open("/f"), 0, 0, Fadvise.POSIX_FADV_DONTNEED)
    assert process.machine.system.namei["/f"].i_mapping.i_pages


def test_names_of_devices() -> None:
    process = spawn("AA")
    process.mknod("/full", 0o20666, 0x107)
    assert failure(process, "open", "/full", 0) == "ENXIO"
    assert failure(process, "unlink", "/dev/null") == "EPERM"
    assert failure(process, "rename", "/dev/null", "/dev/none") == "EPERM"


def test_process_groups() -> None:
    process = spawn("AA")
    child = process.fork()
    process.machine.spawn()  # which installs it
    child.execve("/bin/a.out")
    process.setpgid(child.pid, 0)
    assert child.getpgrp() == child.pid


def test_sockets() -> None:
    process = spawn("AA")
    assert failure(process, "socket", 16, 3) == "EAFNOSUPPORT"  # AF_NETLINK
    assert failure(process, "socket", 2, 3) == "ESOCKTNOSUPPORT"  # SOCK_RAW
    process.store(at(0), struct.pack("<HH4s8x", 2, 0x5000, b"\x08\x08\x08\x08"))
    assert failure(process, "connect", process.socket(2, 1), at(0), 16) == "ENETUNREACH"
    ports = []
    for fd in (process.socket(2, 1), process.socket(2, 1)):
        process.store(at(0), struct.pack("<H14x", 2))
        process.bind(fd, at(0), 16)
        process.store(at(0) + 64, struct.pack("<i", 16))
        process.getsockname(fd, at(0), at(0) + 64)
        ports.append(int.from_bytes(process.load(at(0) + 2, 2), "big"))
    assert ports == [32768, 32769]
    one, _ = process.socketpair(1, 1)
    assert failure(process, "sendto", one, at(0), 1, Msg.MSG_OOB) == "EOPNOTSUPP"
    process.store(at(0), struct.pack("<ii", 13, 4))
    assert (
        failure(process, "getsockopt", one, 1, 13, at(0), at(0) + 4) == "ENOPROTOOPT"
    )  # SO_LINGER
    process.store(at(0), struct.pack("<Qi4xQQQQi4x", 0, 0, 0, 0, at(0) + 64, 16, 0))
    process.store(at(0) + 64, struct.pack("<Qii", 16, 1, 2))  # SCM_CREDENTIALS
    assert failure(process, "sendmsg", one, at(0)) == "EINVAL"


def test_queues_of_messages() -> None:
    process = spawn("AA")
    assert failure(process, "stat", "/dev/mqueue", at(0)) == "ENOENT"
    queue = process.mq_open("jobs", Open.O_RDWR | Open.O_CREAT, 0o600)
    process.stat("/dev/mqueue/jobs", at(0))
    process.store(at(0), struct.pack("<Qii", 0, 10, 2))  # SIGEV_THREAD
    assert failure(process, "mq_notify", queue, at(0)) == "EINVAL"


def test_watched_files() -> None:
    process = spawn("AA")
    inodes = {process.task.files.fd[process.eventfd()].f_inode for _ in range(2)}
    assert len(inodes) == 2
    count, epfds = process.eventfd(), [process.epoll_create1() for _ in range(2)]
    process.store(at(0), struct.pack("<IQ", 1 << 28 | 1, 0))  # EPOLLEXCLUSIVE
    for epfd in epfds:
        process.epoll_ctl(epfd, 1, count, at(0))
    process.store(at(0), struct.pack("<Q", 1))
    process.write(count, at(0), 8)
    assert [process.epoll_wait(epfd, at(0), 1, 0) for epfd in epfds] == [1, 1]


def test_calls_that_there_are_not() -> None:
    with pytest.raises(LinuxError, match="ENOSYS"):
        spawn("AA").syscall_by_number(425)  # io_uring_setup
    for number in (275, 276, 278):  # those told there
        with pytest.raises(LinuxError, match="ENOSYS"):
            spawn("AA").syscall_by_number(number)
    for operation in Futex:
        if "PI" in operation.name:
            assert failure(spawn("AA"), "futex", at(0), operation, 0) == "ENOSYS"
    process = spawn("AA")
    process.shmget(0, 1)
    assert failure(process, "shmctl", 0, 3) == "EINVAL"  # IPC_INFO


def test_signal_handlers_do_not_run() -> None:
    process = spawn("")
    process.sigaction(11)
    with pytest.raises(Segfault):
        process.load(0)
    assert process.state == "R"


def test_stopped_processes() -> None:
    process = spawn("")
    child = process.fork()
    child.setpgid(0, 0)
    process.kill(child.pid, signal.SIGTSTP)
    assert child.state == "T"
    process.exit()
    assert child.state == "T"  # and nobody is left who could let it go on


def test_signals_that_were_sent() -> None:
    process = spawn("A")
    process.store(at(0), (1 << 39).to_bytes(8, "little"))
    process.rt_sigprocmask(0, at(0))
    process.store(at(0) + 512, struct.pack("<4i8x4q", 0, 0, -1, 5, 7, 8, 9, 10))
    process.rt_sigqueueinfo(process.pid, 40, at(0) + 512)
    process.rt_sigtimedwait(at(0), at(0) + 512)
    assert process.load(at(0) + 512, 16) == struct.pack("<4i", 40, 0, -1, 0)


def test_timers_by_the_time_that_was_used() -> None:
    process = spawn("A")
    process.store(at(0), struct.pack("<4q", 0, 0, 5, 0))
    process.setitimer(1, at(0))
    process.timer_create(2, None, at(0) + 512)
    process.timer_settime(0, 0, at(0))
    assert hrtimer_next_event(process.task) is None
    process.timer_gettime(0, at(0) + 512)
    assert process.load(at(0) + 512, 32) == process.load(at(0), 32)
    assert failure(process, "timer_create", ~1 << 3 | 2, None, at(0)) == "EINVAL"


def test_calls_of_32_bit_programs() -> None:
    pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")
    process = load(Machine(ram=16 * MiB), "b814000000 cd80")  # getpid
    process.run()
    assert process.exit_code == signal.SIGSEGV


def test_registers_in_the_frame_of_a_handler() -> None:
    process = Machine().spawn()
    process._rt_sigaction(signal.SIGFPE, Sigaction(0x401000, Sa.SA_RESTORER))
    process._trap(0, 0)
    frame = process.task.rsp
    fpstate = int.from_bytes(process.load(frame + sigframe.FPSTATE, 8), "little")
    assert process.load(fpstate + 472, 8) == bytes((0xE7, *bytes(7)))
    assert process.load(fpstate + 576, XSAVE_SIZE - 576) == bytes(XSAVE_SIZE - 576)


def test_interrupted_calls() -> None:
    class Reader(Sink):
        def emit(self, event: Event) -> None:
            if isinstance(event, PteSet):
                signal.raise_signal(signal.SIGINT)

    process = spawn("")
    process.machine.system.trace.sink = Reader()
    with pytest.raises(KeyboardInterrupt):
        process.mmap(0x10000000, 0x4000, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE)
    process.machine.system.trace.sink = None
    assert [entry.present for entry in process.pagemap(0x10000000, 4)] == [True] + [False] * 3
    assert process.getpid() == process.pid


def test_the_cpu_of_programs() -> None:
    pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")
    clock = "0f31 89c3 0f31 29d8 c1e803 89c7 b8e7000000 0f05"  # exit((second - first) / 8)
    haddps, pshufb, vaddps = "f20f7cc1 f4", "660f3800c1", "c5f058c2"  # hlt: SIGSEGV
    for code, status in ((haddps, 11), (pshufb, 4), (vaddps, 4), (clock, 1000 // 8 << 8)):
        p = load(Machine(ram=16 * MiB), code)
        p.run()
        assert p.exit_code == status
    insertq, xop = "f20f79c1", "8fc8"  # the other one runs as pop
    movaps, aligned_only = "0f28042508006000", "9c 810c2400000400 9d 8b042501006000"  # AC is set
    for code in (insertq, xop, movaps, aligned_only):
        p = load(Machine(ram=16 * MiB), code + "bf07000000 b8e7000000 0f05")  # exit_group(7)
        p.run()
        assert p.exit_code == 7 << 8


def test_one_cpu() -> None:
    process = spawn("A", written="A")
    top = process.machine.system.ram.table(process.mm.pgd)
    assert not any(top[256:])
