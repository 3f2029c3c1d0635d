"""Do the tasks of a snapshot make sense, and what they use?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields

from vmlab.model.abi.clone import CSIGNAL
from vmlab.model.abi.kinds import UINT
from vmlab.model.abi.personality import PER_QUERY
from vmlab.model.abi.resource import Rlimit
from vmlab.model.abi.rseq import ORIG_RSEQ_SIZE
from vmlab.model.abi.signal import NSIG, sigmask
from vmlab.model.linux.arch.x86.include.ptrace import FXSAVE_SIZE, REGISTERS
from vmlab.model.linux.include.fs import S_IFDIR
from vmlab.model.linux.include.futex import INODE, MMSHARED, PRIVATE
from vmlab.model.linux.include.sched import (
    PF_KTHREAD,
    PF_RANDOMIZE,
    TASK_COMM_LEN,
    VMACACHE_SIZE,
)
from vmlab.model.linux.include.signal import (
    SIG_KERNEL_ONLY_MASK,
    SIGNAL_CLD_CONTINUED,
    SIGNAL_STOP_CONTINUED,
    SIGNAL_STOP_STOPPED,
)
from vmlab.model.linux.include.usage import Usage
from vmlab.model.linux.lib.iov_iter import MAX_RW_COUNT
from vmlab.model.mmu.traps import X86_TRAP_LAST
from vmlab.state.check_field import ENOUGH, need
from vmlab.state.snapshot import Snapshot, TaskState

_SIGNAL_FLAGS = SIGNAL_STOP_STOPPED | SIGNAL_STOP_CONTINUED | SIGNAL_CLD_CONTINUED
_LONGEST = (1 << 63) - 1  # nanoseconds
_FUTEX_SIZE = 4  # bytes, and what it is aligned to
_FPU = re.compile(f"(?:[0-9a-f]{{{2 * FXSAVE_SIZE}}})?")


def check_tasks(snap: Snapshot) -> None:
    """Check the tasks, and what counts them.

    Raises:
        StateError: names the field.
    """
    pids = {task.pid for task in snap.tasks}
    alive = {
        task.pid for task in snap.tasks if task.state != "Z"
    }  # others give their children away
    running = {task.pid for task in snap.tasks if task.state != "Z" and task.pid != 1}
    mms = {mm.mm: mm for mm in snap.mms}
    starts = {mm.mm: {vma.vm_start for vma in mm.mmap} for mm in snap.mms}
    tables = {table.files for table in snap.fds}
    folders = {inode.ino for inode in snap.inodes if inode.kind == S_IFDIR}
    places = {task.fs: (task.pwd, task.umask) for task in snap.tasks}
    waited = Counter(task.vfork_parent for task in snap.tasks)
    groups: dict[int, TaskState] = {}
    sharers: dict[int, TaskState] = {}
    limits = sorted(int(resource) for resource in Rlimit)
    need(1 in pids, "tasks", "init_missing")
    need(
        not snap.current or snap.current in running,
        "current",
        "no_such_process",
        pid=snap.current,
    )
    for place, task in enumerate(snap.tasks):
        field = f"tasks[{place}]"
        need(
            task.ppid in alive if task.pid != 1 else not task.ppid,
            f"{field}.ppid",
            "not_a_process",
        )
        need(
            task.state in ("R", "T", "D", "Z"),
            f"{field}.state",
            "task_state_unknown",
            state=task.state,
        )
        need(not task.mm or task.mm in mms, f"{field}.mm", "no_such_mm", mm=task.mm)
        need(
            task.active_mm == task.mm if task.mm else not task.active_mm or task.active_mm in mms,
            f"{field}.active_mm",
            "other_than_mm",
        )
        need(not task.files or task.files in tables, f"{field}.files", "no_such_table")
        place_of = (task.pwd, task.umask)
        need(bool(task.fs) == bool(task.files), f"{field}.fs", "fs_goes_with_files")
        need(place_of == places[task.fs], f"{field}.fs", "fs_of_others_differs")
        need(task.pwd in folders if task.fs else not any(place_of), f"{field}.pwd", "no_folder")
        need(0 <= task.umask <= 0o777, f"{field}.umask", "flags_unknown")
        need(
            not task.vfork_parent or task.vfork_parent in pids,
            f"{field}.vfork_parent",
            "not_a_process",
        )
        need(task.state != "D" or waited[task.pid] == 1, f"{field}.state", "waits_for_nobody")
        _task(task, field, snap.system.next_pid)
        _registers(task, field)
        leader = groups.setdefault(task.tgid, task)
        need(_is_thread_of(task, leader), f"{field}.tgid", "not_a_thread", pid=leader.pid)
        need(
            [resource for resource, _, _ in task.rlimits] == limits,
            f"{field}.rlimits",
            "must_be_resources",
            resources=str(limits),
        )
        need(
            all(soft <= hard for _, soft, hard in task.rlimits),
            f"{field}.rlimits",
            "soft_over_hard",
        )
        need(
            len(task.usage) == len(fields(Usage)) and all(0 <= n < ENOUGH for n in task.usage),
            f"{field}.usage",
            "not_reached",
        )
        need(task.usage == leader.usage, f"{field}.usage", "usage_of_threads_differs")
        need(task.rlimits == leader.rlimits, f"{field}.rlimits", "limits_of_threads_differ")
        _signals(task, field)
        _sleep(task, field, snap.system.next_ino)
        need(task.signal == leader.signal, f"{field}.signal", "signals_of_sharers_differ")
        timers, of_leader = (
            (each.posix_timers, each.next_posix_timer_id) for each in (task, leader)
        )
        need(timers == of_leader, f"{field}.posix_timers", "signals_of_sharers_differ")
        sharer = sharers.setdefault(task.sighand, task)
        need(_acts_as(task, sharer), f"{field}.sighand", "signals_of_sharers_differ")
        need(
            task.shared_pending == leader.shared_pending,
            f"{field}.shared_pending",
            "signals_of_sharers_differ",
        )
        need(
            len(task.vmacache) == VMACACHE_SIZE
            and {*task.vmacache} - {None} <= starts.get(task.mm, set()),
            f"{field}.vmacache",
            "no_such_vma",
        )
    _ancestors(snap.tasks)
    used = {task.files for task in snap.tasks}
    for place, table in enumerate(snap.fds):
        need(table.files in used, f"fds[{place}].files", "table_unused")
    users = Counter(task.mm for task in snap.tasks)
    borrowers = Counter(task.active_mm for task in snap.tasks if not task.mm)
    for place, mm in enumerate(snap.mms):
        need(
            mm.mm_users == users[mm.mm], f"mms[{place}].mm_users", "nr_tasks_use_it", n=users[mm.mm]
        )
        references = bool(users[mm.mm]) + borrowers[mm.mm]
        need(mm.mm_count == references, f"mms[{place}].mm_count", "must_be", n=references)


def _ancestors(tasks: Sequence[TaskState]) -> None:
    # Init is above all tasks.
    parents = {task.pid: task.ppid for task in tasks}
    below_init = {1}
    for place, task in enumerate(tasks):
        line = []
        pid = task.pid
        while pid not in below_init:
            line.append(pid)
            below_init.add(pid)  # for now: who comes back here is in a ring
            pid = parents[pid]
        need(pid not in line, f"tasks[{place}].ppid", "own_ancestor")


def _task(task: TaskState, field: str, next_pid: int) -> None:
    # What a task has depends on what it is: running, ended, a kernel thread, init.
    if task.pid == 1 or task.state == "Z":
        need(not task.mm, f"{field}.mm", "has_none", state=task.state)
        need(not task.files, f"{field}.files", "has_none", state=task.state)
        need(not task.active_mm, f"{field}.active_mm", "has_none", state=task.state)
        need(not task.vfork_parent, f"{field}.vfork_parent", "has_none", state=task.state)
        need(not task.clear_child_tid, f"{field}.clear_child_tid", "has_none", state=task.state)
        need(task.pid != 1 or task.state == "R", f"{field}.state", "init_runs")
    elif task.mm:
        need(task.files, f"{field}.files", "process_without_files")
    elif task.files:
        need(not task.active_mm, f"{field}.active_mm", "other_than_mm")
    need(
        len(task.comm.encode(errors="surrogateescape")) < TASK_COMM_LEN,
        f"{field}.comm",
        "comm_too_long",
    )
    # Neither a zombie nor a process without a program is a kernel thread; the latter has files.
    # Init is one in all but its children.
    is_kthread = not (task.mm or task.files or task.state == "Z" or task.pid == 1)
    known = PF_KTHREAD if is_kthread else PF_RANDOMIZE
    need(
        not task.flags & ~known and (not is_kthread or task.flags),
        f"{field}.flags",
        "flags_of_other_task",
    )
    for name in ("pgrp", "session"):
        need(0 <= getattr(task, name) < next_pid, f"{field}.{name}", "not_reached")
    need(task.personality <= PER_QUERY, f"{field}.personality", "flags_unknown")
    need(0 <= task.written <= MAX_RW_COUNT, f"{field}.written", "not_reached")
    need(task.exit_code < 1 << 16, f"{field}.exit_code", "no_wait_status")
    need(task.exit_signal <= CSIGNAL, f"{field}.exit_signal", "no_such_signal")
    need(task.min_flt < ENOUGH, f"{field}.min_flt", "not_reached")
    need(task.maj_flt < ENOUGH, f"{field}.maj_flt", "not_reached")


def _registers(task: TaskState, field: str) -> None:
    need(
        len(task.regs) == len(REGISTERS),
        f"{field}.regs",
        "nr_items_wrong",
        n=len(REGISTERS),
        given=len(task.regs),
    )
    need(_FPU.fullmatch(task.fpu) is not None, f"{field}.fpu", "not_hexadecimal")


def _signals(task: TaskState, field: str) -> None:
    handled = (*task.handlers, *(row[0] for row in task.actions))
    for name, signals, excluded in (
        ("handlers", task.handlers, SIG_KERNEL_ONLY_MASK),
        ("actions", [row[0] for row in task.actions], SIG_KERNEL_ONLY_MASK),
        ("pending", [row[0] for row in task.pending], 0),
        ("shared_pending", [row[0] for row in task.shared_pending], 0),
    ):
        known = all(1 <= each <= NSIG and not sigmask(each) & excluded for each in signals)
        need(known, f"{field}.{name}", "no_such_signal")
    need(len({*handled}) == len(handled), f"{field}.actions", "signal_twice")
    for name in ("blocked", "saved_sigmask"):
        waiting = getattr(task, name) or 0
        need(not waiting & SIG_KERNEL_ONLY_MASK, f"{field}.{name}", "no_such_signal")
    need(task.sas_ss_flags <= UINT[-1], f"{field}.sas_ss_flags", "flags_unknown")
    need(task.trap_nr <= X86_TRAP_LAST, f"{field}.trap_nr", "no_such_exception")

    flags, code, expires, *others = task.signal
    need(not flags & ~_SIGNAL_FLAGS, f"{field}.signal", "flags_unknown")
    need(task.state != "T" or flags & SIGNAL_STOP_STOPPED, f"{field}.state", "not_stopped")
    for name, signal in (("signal", code), ("pdeath_signal", task.pdeath_signal)):
        need(0 <= signal <= NSIG, f"{field}.{name}", "no_such_signal")
    need(max(expires or 0, *others) <= _LONGEST, f"{field}.signal", "not_reached")


def _sleep(task: TaskState, field: str, next_ino: int) -> None:
    # Until a time, or at a futex; and where it is told on which CPU it runs.
    ended = task.state == "Z"
    need((task.timer or 0) <= _LONGEST, f"{field}.timer", "not_reached")
    need(task.timer is None or not ended, f"{field}.timer", "has_none", state=task.state)
    need(len(task.futex) <= (not ended), f"{field}.futex", "more_than", most=int(not ended))
    for kind, number, offset, bitset, _ in task.futex:
        need(kind in (PRIVATE, MMSHARED, INODE), f"{field}.futex", "kind_unknown", kind=kind)
        known = 0 < number < next_ino if kind == INODE else number == task.mm
        need(known, f"{field}.futex", "no_such_object", number=number)
        need(not offset % _FUTEX_SIZE, f"{field}.futex", "not_aligned", size=_FUTEX_SIZE)
        need(0 < bitset <= UINT[-1], f"{field}.futex", "flags_unknown")
    told = task.rseq_len >= ORIG_RSEQ_SIZE if task.rseq else not task.rseq_len | task.rseq_sig
    need(told and task.rseq_len <= UINT[-1], f"{field}.rseq_len", "not_reached")
    need(task.rseq_sig <= UINT[-1], f"{field}.rseq_sig", "not_reached")
    need(not task.rseq % ORIG_RSEQ_SIZE, f"{field}.rseq", "not_aligned", size=ORIG_RSEQ_SIZE)


def _acts_as(task: TaskState, other: TaskState) -> bool:
    return (task.handlers, task.actions) == (other.handlers, other.actions)


def _is_thread_of(task: TaskState, other: TaskState) -> bool:
    # A process has the number of its first thread, which may be gone. Nobody waits for a thread
    # that ends. All have one parent, and all that run share the address space.
    if task.pid == task.tgid:
        return True
    if task.tgid >= task.pid or task.tgid <= 1 or task.state == "Z" or not task.mm:
        return False
    same_parent = other.ppid == task.ppid != task.pid
    return same_parent and (other is task or other.state == "Z" or other.mm == task.mm)
