"""What is said of tasks, their address spaces, system calls and accesses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.trace.event import Event
from vmlab.model.trace.events import process as events
from vmlab.words.language import N_, Nn_
from vmlab.words.sentences.form import Sentences, one, several


def _sys_exit(event: events.SysExit) -> str:
    if event.result == "?":
        return "no_return"
    return "refused" if event.reason else "returns"


def _sched_switch(event: events.SchedSwitch) -> str:
    return "mm" if event.mm else "no_mm"


def _ended(event: events.SchedProcessExit | events.SchedProcessWait) -> str:
    return "killed" if event.exit_code & 0x7F else "ended"


def _how_it_ended(event: events.SchedProcessExit | events.SchedProcessWait) -> Mapping[str, Any]:
    code = event.exit_code
    return {**event.values(), "status": code >> 8, "signal": code & 0x7F}


def _rlimit_set(event: events.RlimitSet) -> str:
    return "unlimited" if event.limit == ULONG_MAX else "limited"


def _clear_child_tid(event: events.ClearChildTid) -> str:
    return "somewhere" if event.addr else "nowhere"


def _personality_set(event: events.PersonalitySet) -> str:
    return "older" if event.personality else "usual"


def _thp_disable(event: events.MmThpDisable) -> str:
    return {0: "allowed", 1: "forbidden"}.get(event.disabled, "advised")


def _access_end(event: events.AccessEnd) -> str:
    cut = event.access == "load" and event.result.endswith("...")
    return "load_cut" if cut else event.access


SENTENCES: dict[type[Event], Sentences] = {
    events.SysEnter: one(N_("Process {pid} calls {call}({args}).")),
    events.SysExit: several(
        _sys_exit,
        returns=N_("{call} returns {result} to process {pid}."),
        refused=N_("{call} returns {result} to process {pid}: {reason}."),
        no_return=N_("{call} does not return."),
    ),
    events.AccessBegin: one(N_("Process {pid} touches memory: {access}({args}).")),
    events.AccessEnd: several(
        _access_end,
        load_cut=N_("The load of process {pid} gives {result} (only the beginning is shown)."),
        load=N_("The load of process {pid} gives {result}."),
        store=N_("The store of process {pid} is done."),
        add=N_("The add of process {pid} is done."),
        fetch=N_("The fetch of process {pid} is done."),
    ),
    events.SchedSwitch: several(
        _sched_switch,
        mm=N_("Process {pid} runs now, on the page tables of mm {mm}."),
        no_mm=N_("Process {pid} runs now, on the kernel's own page tables."),
    ),
    events.SchedProcessFork: one(N_("Process {pid} has a child {child}: {reason}.")),
    events.SchedProcessExec: one(
        N_("Process {pid} now runs {path} in a new address space (mm {mm}).")
    ),
    events.SchedProcessExit: several(
        _ended,
        values=_how_it_ended,
        ended=N_("Process {pid} ends with status {status}."),
        killed=N_("Process {pid} is killed by signal {signal}."),
    ),
    events.SchedProcessFree: one(N_("The task_struct of process {pid} is freed.")),
    events.MmUsers: one(N_("mm {mm} now has mm_users {mm_users}: {reason}.")),
    events.MmCount: one(N_("mm {mm} now has mm_count {mm_count}: {reason}.")),
    events.MmDrop: one(
        N_("mm {mm} has no reference left: its top page table and the structure are freed.")
    ),
    events.SchedProcessWait: several(
        _ended,
        values=_how_it_ended,
        ended=N_("Process {pid} learns how its child {child} ended: with status {status}."),
        killed=N_("Process {pid} learns how its child {child} ended: killed by signal {signal}."),
    ),
    events.VforkDone: one(
        N_(
            "Process {child} no longer uses the borrowed address space: process {pid} may run "
            "again."
        )
    ),
    events.RlimitMaxSet: one(
        N_("Process {pid} may raise {resource} up to {limit:#x} from now on, and no higher.")
    ),
    events.RlimitSet: several(
        _rlimit_set,
        limited=N_("{resource} of process {pid} is now {limit:#x}."),
        unlimited=N_("{resource} of process {pid} is now unlimited."),
    ),
    events.TaskRename: one(N_("The name of task {pid} is {newcomm} instead of {oldcomm}.")),
    events.TaskGroup: one(N_("Process {pid} is in group {pgrp} of session {session} now.")),
    events.FsPwd: one(N_("Relative paths of process {pid} begin at {path} now.")),
    events.FsUmask: one(N_("New files of process {pid} do not get the rights 0{umask:03o}.")),
    events.MmThpDisable: several(
        _thp_disable,
        allowed=N_("mm {mm} may have huge pages."),
        forbidden=N_("mm {mm} may have no huge pages."),
        advised=N_("mm {mm} may have huge pages only where MADV_HUGEPAGE asks for them."),
    ),
    events.MembarrierRegister: one(
        N_("mm {mm} is registered for barriers {new:#x} instead of {old:#x}.")
    ),
    events.SegmentBase: one(N_("The segment {register} of task {pid} begins at {base:#x}.")),
    events.ClearChildTid: several(
        _clear_child_tid,
        somewhere=N_("The number at {addr:#x} becomes 0 when task {pid} lets its memory go."),
        nowhere=N_("No number becomes 0 when task {pid} lets its memory go."),
    ),
    events.PersonalitySet: several(
        _personality_set,
        usual=N_("Process {pid} asks for nothing older now."),
        older=N_("The personality of process {pid} is now {personality:#x}."),
    ),
    events.MachineRestore: one(
        Nn_(
            "The machine returns to a saved state with {n} process.",
            "The machine returns to a saved state with {n} processes.",
        ),
        counted="nr_tasks",
    ),
    events.FilesCopy: one(N_("Process {child} has the descriptors of process {pid}: {reason}.")),
    events.SysctlSet: one(N_("{sysctl} is {new} from now on, instead of {old}.")),
}
