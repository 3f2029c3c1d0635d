"""What a state must be for a machine to go on from it: each rule by a state that breaks it."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from tests.record.runs import ARENA, PAGE, machine
from tests.refused import refused
from vmlab import Machine, StateError
from vmlab.model.abi.clone import CLONE_FILES, CLONE_SIGHAND, CLONE_THREAD, CLONE_VM
from vmlab.state import files as state_file
from vmlab.state.check import check
from vmlab.state.codec import encode

Place = tuple[str | int, ...]


@functools.cache
def state() -> Any:
    """A machine with a thread, a child that borrows, a kernel thread, a pipe, shared memory.

    tasks: 0 init, 1 the process, 2 its thread, 3 a child, 4 its vfork child, 5 a kernel thread.
    """
    m = machine()
    p = m[1000]
    p.pipe()
    p.mmap(ARENA + 16 * PAGE, PAGE, 3, 0x21)
    p.mmap(ARENA + 20 * PAGE, 2 * PAGE, 3, 2, 3)
    p.store(ARENA, b"own")
    p.store(ARENA + 16 * PAGE, b"shared")
    p.store(ARENA + 20 * PAGE, b"copy of a file's page")
    p.load(ARENA + 21 * PAGE)
    p.load(ARENA + 4 * PAGE)
    p.shmat(p.shmget(1, 2 * PAGE, 0o1600), ARENA + 32 * PAGE)
    p.clone(CLONE_VM | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
    p.fork().store(ARENA, b"mine")
    p.vfork()
    m.kthread()
    m[1001].load(ARENA)
    return encode(m.snapshot())


def changed(data: Any, place: Place, value: Any) -> Any:
    """The data with another value at a place; a function is given the old one."""
    if not place:
        return value(data) if callable(value) else value
    copy = data.copy()
    copy[place[0]] = changed(data[place[0]], place[1:], value)
    return copy


def load(data: Any) -> Machine:
    snap = state_file.read_snapshot(data, "")
    check(snap)
    return Machine.from_snapshot(snap)


def vma(start: int, name: str) -> Place:
    """The place of a field of the first process's VMA."""
    rows = state()["mms"][0]["mmap"]
    number = next(i for i, row in enumerate(rows) if row["vm_start"] == f"{start:#x}")
    return "mms", 0, "mmap", number, name


def page(kind: str, flag: str, name: str) -> Place:
    """The place of a field of the first frame of a kind with, or without, anon_exclusive."""
    rows = state()["pages"]
    number = next(
        i
        for i, row in enumerate(rows)
        if row["kind"] == kind and ("anon_exclusive" in row["flags"]) == bool(flag)
    )
    return "pages", number, name


def inode(name: str, field: str) -> Place:
    rows = state()["inodes"]
    return "inodes", next(i for i, row in enumerate(rows) if row["name"] == name), field


def renamed(paths: list[list[Any]], old: str, new: str) -> list[list[Any]]:
    return sorted([new if path == old else path, ino] for path, ino in paths)


def test_the_state_itself_is_right() -> None:
    tasks = state()["tasks"]
    assert [task["tgid"] for task in tasks] == [1, 1000, 1000, 1002, 1003, 1004]
    load(state())


def waiter(kind: str = "private", number: int = 1, offset: int = ARENA, bits: int = 1) -> Any:
    """A futex where a task sleeps."""
    return [kind, number, offset, bits, False]


def semaphore(**others: Any) -> Any:
    values = {"semval": 0, "sempid": 0, "sem_otime": 0, "pending_alter": [], "pending_const": []}
    return {**values, **others}


def semaphores(**others: Any) -> Any:
    """A set of one semaphore."""
    perm = {"semid": 0, "key": 0, "mode": 0o600, "uid": 0, "gid": 0, "sem_ctime": 0}
    waiting: Any = {"pending_alter": [], "pending_const": []}
    return {**perm, "sems": [semaphore()], **waiting, **others}


def queue(**others: Any) -> Any:
    """An empty queue of messages."""
    perm = {"msqid": 0, "key": 0, "mode": 0o600, "uid": 0, "gid": 0, "q_qbytes": 16384}
    times = dict.fromkeys(("q_stime", "q_rtime", "q_ctime", "q_lspid", "q_lrpid"), 0)
    waiting: Any = {"q_messages": [], "q_receivers": [], "q_senders": []}
    return {**perm, **times, **waiting, **others}


def sleeps(**others: Any) -> Any:
    """What a task waits to do to a set that is not there."""
    return {"semid": 9, "sops": [[0, 1, 0]], "blocking": 0, "status": None, **others}


def timer(**others: Any) -> Any:
    """A timer that does not run."""
    numbers = ("it_id", "it_clock", "it_sigev_notify", "it_pid", "si_signo", "si_value", "expires")
    counts = ("it_interval", "it_overrun", "it_overrun_last", "it_signal_seq")
    flags = {"it_status": "disarmed", "it_sig_periodic": False, "ignored": False}
    return {**dict.fromkeys((*numbers, *counts), 0), **flags, **others}


HUGE = 1 << 63
TASK_SIZE = (1 << 47) - PAGE
SHARED_ANON, PRIVATE_FILE = ARENA + 16 * PAGE, ARENA + 20 * PAGE
RULES: list[tuple[Place, Any, str]] = [
    # Tasks
    (("current",), 1, "no_such_process"),
    (("tasks", 0, "files"), 1, "fs_goes_with_files"),
    (("tasks", 0, "state"), "D", "waits_for_nobody"),
    (("tasks", 3, "ppid"), 1002, "own_ancestor"),
    (("tasks", 1, "state"), "Z", "has_none"),
    (("tasks", 3, "state"), "D", "waits_for_nobody"),
    (("tasks", 4, "vfork_parent"), 0, "waits_for_nobody"),
    (("tasks", 1, "active_mm"), 0, "other_than_mm"),
    (("tasks", 1, "active_mm"), 2, "other_than_mm"),
    (("tasks", 3, "files"), 0, "fs_goes_with_files"),
    (("tasks", 3, "tgid"), 1000, "not_a_thread"),
    (("tasks", 3, "tgid"), 1004, "not_a_thread"),
    (("tasks", 1, "comm"), "a" * 16, "comm_too_long"),
    (("tasks", 1, "exit_code"), 1 << 16, "no_wait_status"),
    (("tasks", 1, "exit_signal"), 256, "no_such_signal"),
    (("tasks", 1, "handlers"), [9], "no_such_signal"),
    (("tasks", 1, "handlers"), [7, 7], "signal_twice"),
    (("tasks", 1, "actions"), [[65, 1, 0, 0, 0]], "no_such_signal"),
    (("tasks", 1, "actions"), [[19, 1, 0, 0, 0]], "no_such_signal"),
    (("tasks", 1, "pending"), [[0] * 11], "no_such_signal"),
    (("tasks", 1, "shared_pending"), [[65, *[0] * 10]], "no_such_signal"),
    (("tasks", 1, "blocked"), 1 << 8, "no_such_signal"),
    (("tasks", 1, "saved_sigmask"), 1 << 18, "no_such_signal"),
    # Signals, times and futexes
    (("tasks", 1, "state"), "T", "not_stopped"),
    (("tasks", 1, "signal"), [4, 0, None, *[0] * 5], "flags_unknown"),
    (("tasks", 1, "signal"), [1, 65, None, *[0] * 5], "no_such_signal"),
    (("tasks", 1, "signal"), [0, 0, HUGE, *[0] * 5], "not_reached"),
    (("tasks", 1, "signal"), [1, 19, None, *[0] * 5], "signals_of_sharers_differ"),
    (("tasks", 1, "pdeath_signal"), 65, "no_such_signal"),
    (("tasks", 1, "timer"), HUGE, "not_reached"),
    (("tasks", 1, "futex"), [waiter()] * 2, "more_than"),
    (("tasks", 1, "futex"), [waiter()], "not_who_sleeps"),
    (("tasks", 1, "futex"), [waiter(kind="none")], "kind_unknown"),
    (("tasks", 1, "futex"), [waiter(number=99)], "no_such_object"),
    (("tasks", 1, "futex"), [waiter(kind="inode", number=99)], "no_such_object"),
    (("tasks", 1, "futex"), [waiter(offset=6)], "not_aligned"),
    (("tasks", 1, "futex"), [waiter(bits=0)], "flags_unknown"),
    (("system", "futex_queue"), [1000], "not_who_sleeps"),
    (("system", "futex_queue"), [1000, 1000], "number_twice"),
    (("tasks", 1, "rseq"), 16, "not_reached"),
    (("tasks", 1, "rseq_len"), 32, "not_reached"),
    (("tasks", 1, "rseq_sig"), 1, "not_reached"),
    (("tasks", 1, "sas_ss_flags"), 1 << 32, "flags_unknown"),
    (("tasks", 1, "trap_nr"), 32, "no_such_exception"),
    (
        ("tasks", 2),
        lambda task: {**task, "sighand": 1, "handlers": [10]},
        "signals_of_sharers_differ",
    ),
    (("tasks", 1, "min_flt"), HUGE, "not_reached"),
    (("tasks", 1, "maj_flt"), HUGE, "not_reached"),
    # Address spaces
    (("mms", 0, "brk"), 0, "heap_misplaced"),
    (("mms", 0, "mmap_base"), 1, "not_page_of_user_space"),
    (("mms", 0, "mmap_base"), 1 << 50, "not_page_of_user_space"),
    (("mms", 0, "def_flags"), 1, "flags_of_no_mm"),
    (("mms", 0, "tlb_gen"), HUGE, "not_reached"),
    (("mms", 0, "locked_vm"), HUGE, "not_reached"),
    (("mms", 0, "hiwater_vm"), HUGE, "not_reached"),
    (("mms", 0, "hiwater_rss"), HUGE, "not_reached"),
    (("mms", 0, "rss_stat"), [[0, 0]], "field_impossible"),
    (("mms", 0, "rss_stat", 1), lambda counter: [counter[0], 99], "field_impossible"),
    (("mms", 0, "rss_stat", 0), [9, 9], "rss_stat_wrong"),
    (("mms", 0, "data_vm"), 1, "total_wrong"),
    (("mms", 0, "stack_vm"), 1, "total_wrong"),
    (("mms", 0, "exec_vm"), 99, "total_wrong"),
    # VMAs
    (vma(ARENA, "vm_flags"), lambda flags: hex(int(flags, 16) | 1 << 60), "flags_unknown"),
    (vma(ARENA, "vm_flags"), 7, "flags_contradict"),
    (vma(ARENA, "vm_flags"), lambda flags: hex(int(flags, 16) | 8), "flags_contradict"),
    (vma(ARENA, "vm_flags"), lambda flags: hex(int(flags, 16) | 0x400), "flags_contradict"),
    (vma(ARENA, "vm_page_prot"), 0x25, "must_be_addr"),
    (vma(SHARED_ANON, "vm_file"), 0, "shared_without_file"),
    (vma(ARENA, "vm_ops"), "shmem", "ops_of_other_mapping"),
    (vma(PRIVATE_FILE, "vm_ops"), "", "ops_of_other_mapping"),
    (vma(ARENA, "vm_ops"), "special", "name_not_special"),
    (vma(ARENA, "vm_pgoff"), 1 << 52, "beyond_largest_file"),
    (vma(ARENA, "vm_pgoff"), 0, "page_of_other_place"),
    # Frames
    (page("anon", "", "flags"), ["anon_exclusive"], "exclusive_but_shared"),
    (page("anon", "x", "index"), 5, "page_of_other_place"),
    (page("anon", "x", "index"), HUGE, "beyond_largest_file"),
    # Files
    (("files", 0, "f_mode"), 1 << 20, "flags_unknown"),
    (("files", 0, "f_pos"), HUGE, "beyond_largest_file"),
    (inode("/f", "i_size"), HUGE, "beyond_largest_file"),
    (inode("/f", "i_nlink"), 2, "are_there"),
    (inode("/f", "i_nlink"), 0, "are_there"),
    (inode("/f", "i_es"), [[0, 2, 0], [1, 3, 0]], "field_impossible"),
    (inode("/f", "i_es"), [[0, 2, 7]], "field_impossible"),
    (inode("/dev", "i_es"), [[0, 2, 0]], "field_impossible"),
    (inode("/f", "i_flctx"), [["flock", 1, 2, 0, 9, 1000]], "field_impossible"),
    (inode("/f", "i_flctx"), [["lease", 1, 1, 0, 9, 1000]], "field_impossible"),
    (inode("/f", "i_flctx"), [["posix", 1, 1, 9, 0, 1000]], "field_impossible"),
    (inode("/dev", "dev"), "8", "not_device"),
    (inode("/dev", "dev"), "ffffffffffffffff:00", "not_device"),
    (inode("/dev", "i_size"), 1, "kind_without_pages"),
    (("fds", 0, "fd"), lambda fd: [*fd, [1 << 40, fd[0][1], False]], "no_descriptor"),
    (("system", "paths"), lambda paths: renamed(paths, "/f", "/no/f"), "path_in_no_directory"),
    (("system", "paths"), lambda paths: renamed(paths, "/dev/zero", "/dev/zerp"), "path_missing"),
    # anon_vmas
    (("anon_vmas", 0, "parent"), 2, "parent_after_child"),
    (("anon_vmas", 1, "root"), lambda root: 3 - root if root < 3 else 1, "must_be"),
    # The TLB and the limits
    (("tlb", "asid"), lambda asid: (asid + 1) % 6, "not_asid_of_current"),
    (("tlb", "entries", 0, "asid"), 1000, "no_such_asid"),
    (("tlb", "entries", 0, "vpn"), 1 << 36, "no_such_page"),
    (("tlb", "entries", 0, "asid"), 5, "no_such_asid"),
    (("tlb", "hits"), HUGE, "not_reached"),
    (("system", "asids", 5), [77, 0], "no_such_mm"),
    (("system", "asids"), lambda asids: [[mm, 1 << 40] for mm, _ in asids], "not_reached"),
    (("system", "asids"), lambda asids: [asids[1]] * 6, "number_twice"),
    (("system", "mmap_min_addr"), 1, "not_whole_pages"),
    (("system", "stack_guard_gap"), 1, "not_whole_pages"),
    (("system", "fault_around_pages"), 0, "not_power_of_2"),
    (("system", "randomize_va_space"), 3, "flags_unknown"),
    (("mms", 0, "mmap_legacy_base"), 1, "not_page_of_user_space"),
    (("mms", 0, "flags"), 2, "flags_unknown"),
    (("tasks", 0, "flags"), 1, "flags_of_other_task"),
    (("tasks", 1, "flags"), 0x200000, "flags_of_other_task"),
    (("tasks", 1, "personality"), 1 << 32, "flags_unknown"),
    (("system", "fault_around_pages"), 3, "not_power_of_2"),
    (("system", "fault_around_pages"), 1024, "not_power_of_2"),
    (("system", "next_pid"), HUGE, "not_reached"),
    (("system", "shm", 0, "cprid"), 1 << 32, "not_reached"),
    (("system", "shm", 0, "lprid"), 1 << 32, "not_reached"),
    (("system", "shm", 0, "nattch"), 1, "are_there"),
    (("system", "shm", 0, "mode"), 0o4600, "flags_unknown"),
    (("system", "shm", 0, "key"), 1 << 32, "flags_unknown"),
    (("system", "shm", 0, "shmid"), 1 << 31, "flags_unknown"),
    (("system", "shm", 0, "segsz"), PAGE, "not_regular_file_of_segment"),
    # Semaphores, messages and timers
    (("system", "sem_next_idx"), (1 << 15) + 1, "flags_unknown"),
    (("system", "msg_seq"), 1 << 17, "flags_unknown"),
    (("system", "sem_undo"), [[1000, []]], "not_in_order"),
    (("system", "sem"), [semaphores(), semaphores()], "number_twice"),
    (("system", "sem"), [semaphores(key=1 << 32)], "flags_unknown"),
    (("system", "sem"), [semaphores(mode=0o1000)], "flags_unknown"),
    (("system", "sem"), [semaphores(sems=[])], "not_reached"),
    (("system", "sem"), [semaphores(sems=[semaphore(semval=32768)])], "not_reached"),
    (("system", "sem"), [semaphores(sems=[semaphore(sempid=99999)])], "not_reached"),
    (("system", "sem"), [semaphores(pending_alter=[1000])], "not_who_sleeps"),
    (("system", "sem"), [semaphores(sems=[semaphore(pending_const=[1000])])], "not_who_sleeps"),
    (("system", "msg"), [queue(uid=(1 << 32) - 1)], "flags_unknown"),
    (("system", "msg"), [queue(q_messages=[[0, ""]])], "not_hexadecimal"),
    (("system", "msg"), [queue(q_messages=[[1, "0"]])], "not_hexadecimal"),
    (("system", "msg"), [queue(q_senders=[1000])], "not_who_sleeps"),
    (("system", "msg"), [queue(q_lspid=99999)], "not_reached"),
    (("tasks", 1, "sysvsem"), 1000, "not_in_order"),
    (("tasks", 1, "sem_queue"), sleeps(), "no_such_object"),
    (("tasks", 1, "sem_queue"), sleeps(status=0, sops=[]), "not_reached"),
    (("tasks", 1, "sem_queue"), sleeps(status=0, blocking=1), "not_reached"),
    (("tasks", 3, "posix_timers"), [timer(it_clock=99)], "flags_unknown"),
    (("tasks", 3, "posix_timers"), [timer(it_status="runs")], "flags_unknown"),
    (("tasks", 3, "posix_timers"), [timer(si_signo=65)], "no_such_signal"),
    (("tasks", 3, "posix_timers"), [timer(expires=HUGE)], "not_reached"),
    (("tasks", 3, "posix_timers"), [timer(it_status="requeue_pending")], "field_impossible"),
    (("tasks", 3, "posix_timers"), [timer(), timer()], "number_twice"),
    (("tasks", 1, "posix_timers"), [timer()], "signals_of_sharers_differ"),
    (("system", "shm_next_idx"), (1 << 15) + 1, "flags_unknown"),
    (("system", "shm_seq"), 1 << 16, "flags_unknown"),
]


@pytest.mark.parametrize(("place", "value", "code"), RULES)
def test_a_state_that_breaks_a_rule_is_refused(place: Place, value: Any, code: str) -> None:
    with refused(StateError, code):
        load(changed(state(), place, value))


def entry(level: int, set_bits: int, clear_bits: int = 0) -> Any:
    """The state with other bits in the first entry of the first table on the way to ARENA."""
    data = state()
    pfn = data["mms"][0]["pgd"]
    for shift in (39, 30, 21, 12)[: level + 1]:
        at = (ARENA >> shift & 511) * 8
        runs = data["ram"][str(pfn)]
        frame = bytearray(4096)
        for offset, text in runs.items():
            part = bytes.fromhex(text)
            frame[int(offset, 16) : int(offset, 16) + len(part)] = part
        table, pfn = pfn, int.from_bytes(frame[at : at + 8], "little") >> 12 & (1 << 40) - 1
    old = int.from_bytes(frame[at : at + 8], "little")
    frame[at : at + 8] = (old & ~clear_bits | set_bits).to_bytes(8, "little")
    return changed(data, ("ram", str(table)), {"0x0": frame.hex()})


@pytest.mark.parametrize(
    ("level", "set_bits", "clear_bits"),
    [
        (0, 0, 2),  # a table below which nothing may be written
        (1, 0, 4),  # nor used by user mode
        (2, 1 << 63, 0),  # nor executed
        (2, 0, 1),  # a table that is there and is not
        (3, 0, 4),  # a page that user mode may not use
        (3, 0, 1 << 63),  # may execute
        (3, 1 << 7, 0),  # a large one
        (3, 1 << 55, 0),  # with a bit of no meaning
    ],
)
def test_an_entry_that_no_kernel_sets_is_refused(
    level: int, set_bits: int, clear_bits: int
) -> None:
    with pytest.raises(StateError) as told:
        load(entry(level, set_bits, clear_bits))
    assert told.value.code in ("machine_wrong", "at_field")


def test_entries_are_found() -> None:
    load(entry(3, 0))


def test_a_thread_may_be_younger_than_the_children_it_takes_over() -> None:
    m = machine()
    p = m[1000]
    child = p.fork()
    p.clone(CLONE_VM | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
    p.exit_thread(0)
    assert child.task.parent.pid == 1002
    check(m.snapshot())
