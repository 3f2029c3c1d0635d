"""fork, vfork, clone: what a child shares, what it has a copy of, and what failure leaves."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import ANON, PAGE, PLACE, RW, SHARED, Ear, anon, look, start
from tests.refused import refused
from vmlab import Clone, LinuxError, Machine, Madv, Map, MiB, Open, Process, ProcessError
from vmlab.model.abi import errno
from vmlab.model.abi.signal import SS_DISABLE
from vmlab.model.linux.kernel.exit import do_exit
from vmlab.model.linux.mm.pgtable import PRESENT, get_pte
from vmlab.model.linux.mm.validate import validate_idle, validate_machine
from vmlab.model.mmu.pte import RW as WRITABLE
from vmlab.model.mmu.tlb import ASID_SHIFT
from vmlab.model.trace.events.page import PteWrprotect
from vmlab.model.trace.events.process import SchedProcessFork
from vmlab.model.trace.events.vma import AnonVmaAttach

SIGCHLD = 17
THREAD = Clone.CLONE_VM | Clone.CLONE_FILES | Clone.CLONE_SIGHAND | Clone.CLONE_THREAD


def test_fork_copies_the_address_space() -> None:
    """The same listing, another mm, one user each."""
    p = start()
    anon(p)
    child = p.fork()
    assert child.maps() == p.maps()
    assert child.mm is not p.mm
    assert (p.mm.mm_users, child.mm.mm_users, child.mm.mm_count) == (1, 1, 1)
    layout = ("start_code", "end_code", "start_data", "end_data", "start_brk", "brk", "arg_start")
    assert all(getattr(child.mm, name) == getattr(p.mm, name) for name in layout)
    validate_machine(p.machine.system)


def test_fork_write_protects_private_pages() -> None:
    """Both map one frame, neither may write; the first write copies."""
    p = start()
    anon(p)
    p.store(PLACE, b"A")
    child = p.fork()
    assert p.pagemap(PLACE)[0].pfn == child.pagemap(PLACE)[0].pfn
    assert not get_pte(p.mm, PLACE) & WRITABLE
    assert not get_pte(child.mm, PLACE) & WRITABLE
    child.store(PLACE, b"B")
    assert (p.load(PLACE), child.load(PLACE)) == (b"A", b"B")
    assert p.pagemap(PLACE)[0].pfn != child.pagemap(PLACE)[0].pfn


def test_fork_shares_shared_memory() -> None:
    """What one writes the other reads."""
    p = start()
    anon(p, flags=SHARED)
    child = p.fork()
    child.store(PLACE, b"C")
    assert p.load(PLACE) == b"C"


def test_fork_copies_page_tables_only_where_needed() -> None:
    """A child can find the pages of a file again; it does not get entries for them."""
    p = start()
    p.mmap(PLACE, PAGE, 1, Map.MAP_SHARED | Map.MAP_FIXED, 3, 0)
    p.load(PLACE)
    anon(p.fork(), 1)  # another process is of no concern
    child = p.fork()
    assert look(p, PLACE)[0] == "F"
    assert not get_pte(child.mm, PLACE) & PRESENT


def test_fork_forgets_locks() -> None:
    """mlock is not inherited."""
    p = start()
    anon(p)
    p.mlock(PLACE, PAGE)
    child = p.fork()
    assert (p.mm.locked_vm, child.mm.locked_vm) == (1, 0)


def test_dontfork() -> None:
    """MADV_DONTFORK leaves a hole; MADV_DOFORK takes it back."""
    p = start()
    anon(p)
    p.store(PLACE, b"A")
    p.madvise(PLACE, PAGE, Madv.MADV_DONTFORK)
    child = p.fork()
    with pytest.raises(Exception, match="SEGV_MAPERR"):
        child.load(PLACE)
    assert child.load(PLACE + PAGE) == b"\0"
    p.madvise(PLACE, PAGE, Madv.MADV_DOFORK)
    assert p.fork().load(PLACE) == b"A"


def test_wipeonfork() -> None:
    """MADV_WIPEONFORK gives the child zeros, and its child too."""
    p = start()
    anon(p)
    p.store(PLACE, b"A")
    p.madvise(PLACE, PAGE, Madv.MADV_WIPEONFORK)
    child = p.fork()
    assert child.load(PLACE) == b"\0"
    child.store(PLACE, b"B")
    assert child.fork().load(PLACE) == b"\0"
    assert p.load(PLACE) == b"A"


@pytest.mark.parametrize("flags", [Clone.CLONE_VM, Clone.CLONE_VM | SIGCHLD, THREAD])
def test_clone_vm_shares_the_address_space(flags: int) -> None:
    """One mm, two users, still one reference: all users count as one."""
    p = start()
    anon(p)
    child = p.clone(flags)
    assert child.mm is p.mm
    assert (p.mm.mm_users, p.mm.mm_count) == (2, 1)
    child.store(PLACE, b"T")
    assert p.load(PLACE) == b"T"
    child.munmap(PLACE, PAGE)
    with pytest.raises(Exception, match="SEGV_MAPERR"):
        p.load(PLACE)


def test_thread() -> None:
    """A thread has its own pid, the process's tgid, and the process's parent."""
    p = start().fork()
    thread = p.clone(THREAD)
    assert (thread.task.tgid, thread.task.parent) == (p.pid, p.task.parent)
    assert thread.pid != p.pid


@pytest.mark.parametrize("flags", [0x20211, 0x10000211, 0x8040011, 0x20010900, 0x101000, 0x401011])
def test_flags_that_exclude_each_other(flags: int) -> None:
    p = start()
    with refused(LinuxError, "flag_excludes", "EINVAL"):
        p.clone(flags)
    assert p.clone(0x20211 << 32).mm is not p.mm  # clone(2) does not look at the upper half


@pytest.mark.parametrize(
    "flags", [Clone.CLONE_THREAD, Clone.CLONE_SIGHAND, Clone.CLONE_THREAD | Clone.CLONE_VM]
)
def test_flags_that_need_each_other(flags: int) -> None:
    """CLONE_THREAD needs CLONE_SIGHAND, which needs CLONE_VM."""
    p = start()
    with refused(LinuxError, "flag_needs", "EINVAL"):
        p.clone(flags)
    with pytest.raises(LinuxError, match=r"CLONE_[A-Z]+ needs CLONE_[A-Z]+"):
        p.clone(flags)
    assert list(p.machine.processes) == [p.pid]


def test_clone_parent() -> None:
    """CLONE_PARENT makes a sibling: the caller's parent waits for it."""
    p = start()
    child = p.fork()
    sibling = child.clone(Clone.CLONE_PARENT | SIGCHLD)
    sibling.exit(3)
    with refused(LinuxError, "no_children", "ECHILD"):
        child.wait()
    assert p.wait() == (sibling.pid, 3 << 8)


def test_descriptors_are_copied_but_offsets_shared() -> None:
    """Both tables lead to the same open file."""
    p = start()
    anon(p)
    child = p.fork()
    assert p.read(3, PLACE, 10) == 10
    assert child.read(3, PLACE, 5) == 5
    assert p.task.files.fd[3].f_pos == 15  # type: ignore[union-attr]
    child.close(3)
    assert p.read(3, PLACE, 1) == 1


def test_clone_files_shares_the_table() -> None:
    """A descriptor that one opens or closes is open or closed for the other."""
    p = start()
    child = p.clone(Clone.CLONE_FILES | SIGCHLD)
    fd = child.open("/f")
    assert p.task.files.fd[fd] is child.task.files.fd[fd]  # type: ignore[union-attr]
    p.close(fd)
    with refused(LinuxError, "fd_not_open", "EBADF"):
        child.close(fd)


def test_vfork_borrows_and_suspends() -> None:
    """The parent cannot run until its child calls exit; it finds what the child wrote."""
    p = start()
    anon(p)
    child = p.vfork()
    assert child.mm is p.mm
    assert (p.state, p.mm.mm_users) == ("D", 2)
    for action in (lambda: p.load(PLACE), p.fork, p.exit, lambda: p.brk(0)):
        with pytest.raises(ProcessError, match="vfork"):
            action()
    child.store(PLACE, b"V")
    child.exit()
    assert (p.state, p.mm.mm_users) == ("R", 1)
    assert p.load(PLACE) == b"V"


def test_vfork_ends_with_execve() -> None:
    """execve gives the child its own address space and wakes the parent."""
    p = start()
    child = p.vfork()
    child.execve("/bin/a.out")
    assert (p.state, child.state) == ("R", "R")
    assert child.mm is not p.mm
    assert p.mm.mm_users == child.mm.mm_users == 1


def test_vfork_goes_on_after_a_failed_execve() -> None:
    """An execve that fails early changes nothing: the parent waits on."""
    p = start()
    child = p.vfork()
    with refused(LinuxError, "no_such_path", "ENOENT"):
        child.execve("/nowhere")
    assert p.state == "D"
    assert child.mm is p.mm


def test_the_event_says_what_is_shared() -> None:
    """One reason for each kind of child."""
    p = start()
    ear = Ear(p)
    p.fork()
    p.clone(Clone.CLONE_VM)
    p.vfork()
    said = [event.reason.code for event in ear.events if isinstance(event, SchedProcessFork)]
    assert said == ["fork_copies_mm", "clone_shares_mm", "vfork_borrows_mm"]


def test_address_spaces_and_tables_of_descriptors_are_numbered_in_turn() -> None:
    """A number tells them apart, and the same run gives the same ones."""
    p = start()
    family = [p, *(p.fork() for _ in range(3))]
    assert [each.mm.number for each in family] == [1, 2, 3, 4]
    tables = [each.task.files.number for each in family]  # type: ignore[union-attr]
    assert tables == [*range(tables[0], tables[0] + 4)]


def test_how_many_entries_become_write_protected_is_told() -> None:
    p = start()
    anon(p, 8)
    p.store(PLACE, b"x" * 3 * PAGE)
    p.load(PLACE + 5 * PAGE)  # is so already
    ear = Ear(p)
    p.fork()
    told = {event.addr: event.nr_pages for event in ear.events if isinstance(event, PteWrprotect)}
    assert told[PLACE] == 3


def test_only_the_translations_of_an_address_space_go_with_it() -> None:
    p = start()
    child = p.fork()
    for each in (child, p):
        each.load(0x400000)
    system = p.machine.system
    numbers = [number for number, _ in system.asids]
    asid = numbers.index(p.mm.number)
    entries = {key for key in system.tlb.entries if key >> ASID_SHIFT == asid}
    assert entries
    do_exit(child.task, 0)
    assert {*system.tlb.entries} == entries
    assert [number for number, _ in system.asids if number] == [p.mm.number]


def fill(p: Process, pages: int) -> None:
    """Write to pages that lie in as many page tables as they can."""
    for number in range(pages):
        addr = PLACE + number * 2 * MiB
        p.mmap(addr, PAGE, RW, ANON | Map.MAP_FIXED)
        p.store(addr, b"x")


def test_a_failed_fork_undoes_itself() -> None:
    """Whichever frame is the one too many: no child, no frame lost, no data changed."""
    failures = 0
    for frames in range(40, 110):
        machine = Machine(ram=frames * PAGE)
        try:
            p = machine.spawn()
            fill(p, 12)
        except Exception:
            continue  # not even enough for the parent
        system = machine.system
        used, pid = len(system.mem_map), system.next_pid
        try:
            child = p.fork()
        except LinuxError as failure:
            failures += 1
            assert failure.errno == errno.ENOMEM  # noqa: PT017
            assert list(machine.processes) == [p.pid]
            assert (len(system.mem_map), list(system.mms)) == (used, [p.mm.number])
            assert system.next_pid == pid
            assert p.task.children == []
            assert p.load(PLACE + 22 * MiB) == b"x"
        else:
            child.exit()
            p.wait()
        validate_machine(system)
        p.exit()
        validate_idle(system)
    assert failures > 10


def test_open_files_outlive_a_failed_fork() -> None:
    """The holds on files are given back too."""
    p = start()
    file = p.task.files.fd[3]  # type: ignore[union-attr]
    held = file.f_count
    p.mmap(PLACE, 1 << 34, RW, ANON | Map.MAP_NORESERVE)
    p.machine.system.totalram_pages = 1
    with pytest.raises(LinuxError, match="ENOMEM"):
        p.fork()
    assert file.f_count == held
    validate_machine(p.machine.system)


def test_limits_and_handlers_are_inherited() -> None:
    """A child has the parent's limits and handlers, but its own copy."""
    p = start()
    p.setrlimit(3, 1 << 20)
    child = p.fork()
    assert child.task.rlim == p.task.rlim
    assert {*child.task.sighand.action} == {*p.task.sighand.action} == {7, 11}
    child.sigaction(11, False)
    assert 11 in p.task.sighand.action


@pytest.mark.parametrize(
    ("flags", "has_it"),
    [(0, True), (Clone.CLONE_VM, False), (Clone.CLONE_VM | Clone.CLONE_VFORK, True)],
)
def test_an_alternate_stack_goes_with_memory_of_its_own(flags: int, has_it: bool) -> None:
    p = start()
    p.task.sas_ss_sp, p.task.sas_ss_size, p.task.sas_ss_flags = PLACE, 8192, 0
    child = p.clone(flags | SIGCHLD)
    assert (child.task.sas_ss_size, child.task.sas_ss_flags) == (
        (8192, 0) if has_it else (0, SS_DISABLE)
    )


def test_cloexec_survives_fork() -> None:
    """Only execve closes O_CLOEXEC descriptors."""
    p = start()
    fd = p.open("/f", Open.O_CLOEXEC)
    child = p.fork()
    child.close(fd)
    p.execve("/bin/a.out")
    with refused(LinuxError, "fd_not_open", "EBADF"):
        p.close(fd)


def test_a_child_is_as_predictable_as_its_parent() -> None:
    p = start()
    family = p.fork(), p.fork(), p
    assert len({each.mmap(0, PAGE, RW, ANON | Map.MAP_32BIT) for each in family}) == 1


def test_ties_to_private_pages_are_told() -> None:
    p = start()
    p.store(anon(p), b"x")
    ear = Ear(p)
    child = p.fork()
    tied = {vma.vm_start for vma in child.mm if vma.anon_vma is not None}
    told = [e for e in ear.events if isinstance(e, AnonVmaAttach) and e.mm == child.mm.number]
    assert {event.vma for event in told} == tied
