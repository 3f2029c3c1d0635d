"""More small scenes, for the headlines that those of `scenes` do not have: code -> scene."""

from __future__ import annotations

import signal
import struct
from contextlib import suppress

from tests.model.linux.elf_files import ET_EXEC, R, Segment, build, layout
from tests.record.scenes import (
    ANON,
    FIXED,
    HANDLER,
    PAGE,
    RW,
    A,
    F,
    Scene,
    both,
    call,
    mapped_file,
    nothing,
    opened,
    semaphores,
    signals,
    sops,
    stack,
    ticking,
    touched,
)
from vmlab import (
    ADDR_COMPAT_LAYOUT,
    PIDFD_SELF_THREAD,
    Clone,
    Fcntl,
    Ioctl,
    LinuxError,
    Madv,
    Map,
    Mcl,
    Mremap,
    Ms,
    Open,
    Pr,
    Process,
    ProcessError,
    Prot,
    Rlimit,
    Segfault,
    Semctl,
    Shmctl,
)
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.abi.personality import PER_QUERY
from vmlab.model.linux.arch.x86.include.ptrace import values_of
from vmlab.model.linux.mm.vma_munmap import do_munmap
from vmlab.model.mmu import cpu
from vmlab.model.trace.event import Event
from vmlab.model.trace.events.page import PteSet
from vmlab.model.trace.hook import Abandon
from vmlab.record.logged import Logged
from vmlab.record.recording import Recording
from vmlab.record.site import Line, Site

THREAD = Clone.CLONE_VM | Clone.CLONE_SIGHAND | Clone.CLONE_THREAD
READ = Prot.PROT_READ
SCENES: dict[str, tuple[Scene, Scene]] = {}


def scene(code: str, before: Scene, what: Scene) -> None:
    """What happens, after `before`, has a headline with this code."""
    SCENES[code] = before, what


def handled_struct(handler: int) -> Scene:
    """Machine code is about to make rt_sigaction with a struct at A."""

    def before(p: Process) -> None:
        p.store(A, struct.pack("<4Q", handler, 0, 0, 0))
        call(13, 11, A, 0, 8)(p)

    return before


def blocked(p: Process) -> None:
    """SIGTERM waits."""
    signals(15)(p)
    p.rt_sigprocmask(0, A)


def waiting(p: Process) -> None:
    """SIGTERM waits, and was sent."""
    blocked(p)
    p.kill(1000, 15)


def a_program(p: Process) -> None:
    """It runs a program with the regions that one has."""
    p.machine.spawn()  # which installs it
    p.execve("/bin/a.out")


def second(p: Process) -> None:
    """Its second page was written too."""
    p.store(A + PAGE, b"again")


def three_threads(p: Process) -> None:
    p.clone(THREAD)
    p.clone(THREAD)


def without_answer(p: Process) -> None:
    """It ends in the middle, before it changes anything."""
    sink = p.machine.system.trace.sink
    assert sink is not None
    take = sink.leave

    def leave(function: str, error: str) -> None:
        take(function, error)
        if function == "vms_gather_munmap_vmas":
            raise Abandon

    sink.leave = leave  # type: ignore[method-assign]
    with suppress(Abandon):
        p.munmap(A, 4 * PAGE)


def cut_off(p: Process) -> None:
    """The reader interrupts the call when it has brought in the first page."""
    sink = p.machine.system.trace.sink
    assert sink is not None
    take = sink.emit

    def emit(event: Event) -> None:
        take(event)
        if isinstance(event, PteSet):
            signal.raise_signal(signal.SIGINT)

    sink.emit = emit  # type: ignore[method-assign]
    with suppress(KeyboardInterrupt):
        p.mmap(F, 4 * PAGE, RW, ANON | Map.MAP_FIXED | Map.MAP_POPULATE)
    sink.leave = take  # type: ignore[method-assign]


def two_files(p: Process) -> None:
    """There are /f and /g."""
    p.machine.fs.write("/f", b"x")
    p.machine.fs.write("/g", b"y")


def fork_of_locked(p: Process) -> None:
    """A child has a frame that its parent unlocked a moment ago."""
    p.mmap(F, PAGE, RW, FIXED | Map.MAP_LOCKED)
    p.store(F, b"x")
    p.fork()
    p.munmap(F, PAGE)


def bad_program(p: Process) -> None:
    bad = [*layout(0x400000)[:2], Segment(R, 0x2000, 0x500000, 0x800, 0x100)]
    p.machine.fs.write("/bad", build(ET_EXEC, bad, entry=0x400000))


def over_a_hole(p: Process) -> None:
    p.munmap(A + PAGE, PAGE)


def both_processes_run(p: Process) -> None:
    p.fork().getpid()


def dies(p: Process) -> None:
    with suppress(Segfault):
        p.load(0x5000)


def refused(p: Process) -> None:
    with suppress(ProcessError, LinuxError):
        p.getpid()


# Accesses
scene("tlb_knew_pages", both(touched, second), lambda p: p.load(A + PAGE - 1, 2))
scene(
    "walk_found_entry",
    both(touched, lambda p: p.mprotect(A, PAGE, READ)),
    lambda p: p.load(A),
)
scene(
    "walks_found_entries",
    both(touched, second, lambda p: p.mprotect(A, 2 * PAGE, READ)),
    lambda p: p.load(A + PAGE - 1, 2),
)
scene("access_of_nothing", nothing, lambda p: p.load(A, 0))
scene(
    "copy_of_many",
    both(touched, lambda p: p.fork(), lambda p: p.fork()),
    lambda p: p.store(A, b"x"),
)
scene("copy_alone", fork_of_locked, lambda p: p.machine[1001].store(F, b"y"))
scene(
    "entry_set",
    a_program,
    lambda p: p.load(p.mm.vdso - 6 * PAGE),
)
scene("faults_mended", nothing, lambda p: p.store(A, bytes(4 * PAGE)))
scene(
    "frames_copied",
    both(touched, second, lambda p: p.fork()),
    lambda p: p.store(A + PAGE - 1, b"xy"),
)
scene("processes_die", three_threads, lambda p: p.load(0x5000))

# Regions
scene("mmap_at_lowest_gap", nothing, lambda p: p.mmap(0, PAGE, RW, ANON | Map.MAP_32BIT))
scene("mmap_placed", nothing, lambda p: p.mmap(0, 4 << 20, RW, ANON))
scene(
    "apart_from_below",
    lambda p: p.mlock(A, 4 * PAGE),
    lambda p: p.mmap(A + 4 * PAGE, PAGE, RW, FIXED),
)
scene(
    "apart_from_above", lambda p: p.mlock(A, 4 * PAGE), lambda p: p.mmap(A - PAGE, PAGE, RW, FIXED)
)
scene("apart_by_rights_below", nothing, lambda p: p.mmap(A + 4 * PAGE, PAGE, READ, FIXED))
scene("apart_from_both", over_a_hole, lambda p: p.mmap(A + PAGE, PAGE, READ, FIXED))
scene("munmap_nothing", nothing, lambda p: p.munmap(0x5000, PAGE))
scene("munmap_beginning", touched, lambda p: p.munmap(A, PAGE))
scene("munmap_end", touched, lambda p: p.munmap(A + 3 * PAGE, PAGE))
scene("munmap_regions", over_a_hole, lambda p: p.munmap(A, 4 * PAGE))
scene("mprotect_same", nothing, lambda p: p.mprotect(A, PAGE, RW))
scene("range_empty", nothing, lambda p: p.mprotect(A, 0, READ))
scene("mremap_shrinks", touched, lambda p: p.mremap(A, 4 * PAGE, PAGE))
scene("mremap_same", touched, lambda p: p.mremap(A, 4 * PAGE, 4 * PAGE))
scene(
    "mremap_moves_part",
    touched,
    lambda p: p.mremap(A, PAGE, PAGE, Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED, F),
)
scene(
    "mremap_shorter",
    touched,
    lambda p: p.mremap(A, 4 * PAGE, PAGE, Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED, F),
)
scene(
    "mremap_second",
    touched,
    lambda p: p.mremap(A, 4 * PAGE, 4 * PAGE, Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_DONTUNMAP, 0),
)
scene(
    "remap_file_pages",
    lambda p: p.mmap(F, 3 * PAGE, RW, Map.MAP_SHARED | Map.MAP_ANONYMOUS | Map.MAP_FIXED),
    lambda p: p.remap_file_pages(F, 2 * PAGE, 0, 1),
)
scene("brk_same", nothing, lambda p: p.brk(A + 4 * PAGE))
scene("brk_shrinks", touched, lambda p: p.brk(A))
scene(
    "brk_begins",
    a_program,
    lambda p: (p.munmap(p.mm.start_brk - PAGE, PAGE), p.brk(p.brk(0) + 10 * PAGE)),
)
scene("madvise_brings_in", nothing, lambda p: p.madvise(A, PAGE, Madv.MADV_POPULATE_WRITE))
scene("madvise_nothing", nothing, lambda p: p.madvise(A, PAGE, Madv.MADV_WILLNEED))
scene("process_madvise_nothing", nothing, lambda p: p.process_madvise(PIDFD_SELF_THREAD, A, 0, 4))
scene("mlock_same", lambda p: p.mlock(A, 4 * PAGE), lambda p: p.mlock(A, 4 * PAGE))
scene("mlockall_future", nothing, lambda p: p.mlockall(Mcl.MCL_FUTURE))
scene("locked_when_touched", nothing, lambda p: p.mlockall(Mcl.MCL_CURRENT | Mcl.MCL_ONFAULT))
scene("munlockall_same", nothing, lambda p: p.munlockall())
scene("munlock_same", nothing, lambda p: p.munlock(A, PAGE))
scene("mseal_same", lambda p: p.mseal(A, 4 * PAGE), lambda p: p.mseal(A, 4 * PAGE))

# Processes
scene("prctl_thp_allowed", nothing, lambda p: p.prctl(Pr.PR_SET_THP_DISABLE, 0))
scene("prctl_thp_advised", nothing, lambda p: p.prctl(Pr.PR_SET_THP_DISABLE, 1, 2))
scene("fork_shares_nothing", nothing, lambda p: p.fork())
scene("fork_shares_on", both(touched, lambda p: p.fork()), lambda p: p.fork())
scene("fork_shares_more", both(touched, lambda p: p.fork(), second), lambda p: p.fork())
scene("threads_end", three_threads, lambda p: p.exit(2))
scene("wait_killed", both(lambda p: p.fork(), lambda p: dies(p.machine[1001])), lambda p: p.wait())
scene(
    "rlimit_none",
    nothing,
    lambda p: p.setrlimit(Rlimit.RLIMIT_STACK, ULONG_MAX),
)
scene("personality", nothing, lambda p: p.personality(ADDR_COMPAT_LAYOUT))
scene("personality_asked", nothing, lambda p: p.personality(PER_QUERY))
scene("handler_code", handled_struct(HANDLER), lambda p: p._syscall_instruction())
scene("handler_ignore", handled_struct(1), lambda p: p._syscall_instruction())
scene("handler_asked", call(13, 11, 0, A, 8), lambda p: p._syscall_instruction())
scene("signals_blocked_as_before", nothing, lambda p: p.rt_sigprocmask(0))
scene("signals_unblocked", blocked, lambda p: p.rt_sigprocmask(1, A))
scene("signal_stack_none", stack(0, 2, 0), lambda p: p.sigaltstack(A))
scene("signal_stack_asked", nothing, lambda p: p.sigaltstack())
scene("signal_not_sent", nothing, lambda p: p.kill(1000, 0))
scene("signals_sent", lambda p: (p.fork(), p.fork()), lambda p: p.kill(-1, 15))
scene("signal_pending_already", waiting, lambda p: p.kill(1000, 15))
scene("handler_out", lambda p: p.sigaction(11), lambda p: p.sigaction(11, False))
scene("call_killed", bad_program, lambda p: p.execve("/bad"))
scene("new_process", nothing, lambda p: p.machine.spawn())
scene("schedule", both_processes_run, lambda p: p.schedule())

# Files
scene("open", opened, lambda p: p.open("/a.dat"))
scene("open_empties", opened, lambda p: p.open("/a.dat", Open.O_RDWR | Open.O_TRUNC))
scene("close", both(opened, lambda p: p.dup2(3, 7)), lambda p: p.close(3))
scene("descriptor_closed", opened, lambda p: p.dup2(3, 0))
scene("dup2_same", opened, lambda p: p.dup2(3, 3))
scene("fcntl_asks", opened, lambda p: p.fcntl(3, Fcntl.F_GETFL))
scene(
    "execve_keeps",
    both(opened, lambda p: p.fcntl(3, Fcntl.F_SETFD, 1)),
    lambda p: p.fcntl(3, Fcntl.F_SETFD, 0),
)
scene("lseek_same", opened, lambda p: p.lseek(3, 0, 1))
scene("read_nothing", both(opened, touched), lambda p: (p.read(3, A, 11), p.read(3, A, 1)))
scene(
    "write_shown",
    both(touched, lambda p: p.machine.fs.furnish()),
    lambda p: (p.open("/dev/tty", 1), p.write(3, A, 5)),
)
scene("write_kept_nowhere", touched, lambda p: (p.open("/dev/null", 1), p.write(3, A, 5)))
scene("truncate_same", opened, lambda p: p.ftruncate(3, 11))
scene("fs_mount_tmpfs", nothing, lambda p: p.machine.fs.mount_tmpfs("/tmp"))
scene("fs_furnish", nothing, lambda p: p.machine.fs.furnish())
scene("synced_nothing", nothing, lambda p: p.sync())
scene("msync", mapped_file(Map.MAP_PRIVATE), lambda p: p.msync(F, PAGE, Ms.MS_SYNC))
scene("fs_mkdir", nothing, lambda p: p.machine.fs.mkdir("/d"))
scene("fs_write", opened, lambda p: p.machine.fs.write("/a.dat", b"x"))
scene("fs_link", opened, lambda p: p.machine.fs.link("/a.dat", "/b.dat"))
scene(
    "fs_unlink",
    lambda p: p.machine.fs.write("/b", b"x"),
    lambda p: p.machine.fs.unlink("/b"),
)

# Shared memory of System V
scene(
    "shmget",
    lambda p: p.shmget(7, 4096, 0o1600),
    lambda p: p.shmget(7, 1),
)
scene("shmctl_same", lambda p: p.shmget(0, 4096), lambda p: p.shmctl(0, Shmctl.SHM_UNLOCK))
scene(
    "shmdt_sealed",
    lambda p: (p.shmget(0, 4096), p.shmat(0, 0x20000000), p.mseal(0x20000000, 4096)),
    lambda p: p.shmdt(0x20000000),
)

# Semaphores and messages of System V, and timers
scene("semget", lambda p: p.semget(7, 2, 0o1600), lambda p: p.semget(7, 1))
scene("semop", both(semaphores, sops((0, 1, 0), (1, 2, 0))), lambda p: p.semop(0, A, 2))
scene("semop_same", both(semaphores, sops((0, 0, 0))), lambda p: p.semop(0, A, 1))
scene("semctl_set", semaphores, lambda p: p.semctl(0, 0, Semctl.SETALL, A))
scene("semctl_getval", semaphores, lambda p: p.semctl(0, 0, Semctl.GETVAL))
scene("semctl_get", semaphores, lambda p: p.semctl(0, 0, Semctl.GETNCNT))
scene("msgget", lambda p: p.msgget(7, 0o1600), lambda p: p.msgget(7))
scene(
    "timer_over",
    both(ticking, lambda p: p.store(A, bytes(16) + b"\1" + bytes(15))),
    lambda p: (p._time_comes(), p.timer_settime(0, 1, A)),
)

# /proc
scene(
    "mem_not_reached",
    mapped_file(Map.MAP_SHARED),
    lambda p: p.proc_mem_read(A + 0x10000 + 2 * PAGE, 1),
)

# Whatever it is
scene(
    "call_failed",
    both(touched, over_a_hole),
    lambda p: p.mprotect(A, 2 * PAGE, READ),
)
scene("call_cut_off", nothing, cut_off)
scene("call_without_answer", nothing, without_answer)
scene("nothing_happened", lambda p: p.vfork(), lambda p: refused(p))
scene("by_hand", touched, lambda p: do_munmap(p.mm, A, PAGE))
scene("close_range_later", opened, lambda p: p.close_range(3, 9, 4))
scene("close_range_nothing", opened, lambda p: p.close_range(4, 9))
scene("ioctl", both(opened, touched), lambda p: p.ioctl(3, Ioctl.FIONREAD, A))
scene("rename_same", two_files, lambda p: p.rename("/f", "/f"))
scene("rename_takes", two_files, lambda p: p.rename("/f", "/g"))
scene("call_stores_nowhere", nothing, lambda p: p.getcpu())


def forgotten(p: Process) -> None:
    """The page was written, and the TLB does not know it any more."""
    touched(p)
    p.task.system.tlb.entries.clear()


def runs(p: Process) -> None:
    """A program reads the page."""
    p._execute((A, cpu.READ), (), (*values_of(p.task.regs), 0, 0), "")


scene("program_runs", forgotten, runs)


def run_between(begin: Line | None, end: Line | None, n: int = 0, whole: bool = True) -> Scene:
    """A program reads the page, and touches n bytes, in a run from one line to another."""
    touched = ((Line("a.c", 3), n),) if n else ()

    def what(p: Process) -> None:
        runs(p)
        sink = p.task.trace.sink
        assert isinstance(sink, Recording)
        sink.tell(sink.nr_calls - 1, Site(begin, end=end, touched=touched, all_touched=whole))

    return what


THREE, FOUR = Line("a.c", 3), Line("a.c", 4)
scene("runs_on_in_line", nothing, run_between(THREE, THREE))
scene("runs_to_line", nothing, run_between(THREE, FOUR))
scene("runs_to_source", nothing, run_between(None, THREE))
scene("leaves_sources", nothing, run_between(THREE, None))
scene("pages_looked_up", forgotten, run_between(THREE, Line("b.c", 4)))
scene("bytes_touched", nothing, run_between(THREE, FOUR, 9))
scene("bytes_touched_at_least", nothing, run_between(THREE, FOUR, 9, whole=False))


def of_log(answer: str = "", differs: bool = False, own: int = 0) -> Scene:
    """A process unmaps a page, as line 7 of a log says."""

    def what(p: Process) -> None:
        p.munmap(A, PAGE)
        sink = p.task.trace.sink
        assert isinstance(sink, Recording)
        sink.tell_logged(sink.nr_calls - 1, Logged(7, answer, differs, own))

    return what


scene("log_says_so", nothing, of_log("0"))
scene("log_differs", nothing, of_log("-1 EINVAL", differs=True))
scene("log_places_it", nothing, of_log("0", own=A))
scene("log_needs_it", nothing, of_log())
