"""What is said of calls by which processes begin, change and end."""

from __future__ import annotations

from vmlab.words.language import N_, Nn_

HEADLINES: dict[str, str | tuple[str, str]] = {
    # fork, vfork, clone
    "fork_shares": Nn_(
        "{call}: {child} shares {n} frame with {pid}; both lose the right to write it.",
        "{call}: {child} shares {n} frames with {pid}; both lose the right to write them.",
    ),
    "fork_shares_more": Nn_(
        "{call}: {child} shares {n} frame with {pid}; both lose the right to write {locked} of "
        "them.",
        "{call}: {child} shares {n} frames with {pid}; both lose the right to write {locked} of "
        "them.",
    ),
    "fork_shares_on": Nn_(
        "{call}: {child} shares {n} frame with {pid}, which nobody could write before either.",
        "{call}: {child} shares {n} frames with {pid}, which nobody could write before either.",
    ),
    "fork_shares_nothing": N_(
        "{call}: {child} gets regions like those of {pid}; they share no frame yet."
    ),
    "clone_shares_mm": N_("{call}: {child} and {pid} use the same address space."),
    "vfork_borrows_mm": N_("{call}: {child} borrows the address space of {pid}, which waits."),
    "tid_stored": N_("Its number is stored at {addr:#x}."),
    "tid_is_zero": N_("Its number at {addr:#x} is 0 now."),
    "vfork_parent_runs": N_("Process {pid} may run again."),
    # execve, exit, wait
    "execve": N_("execve: {pid} runs {path} now, in a new address space."),
    "process_ends": N_("Process {pid} ends with status {status}."),
    "threads_end": Nn_("{n} thread ends.", "All {n} threads end."),
    "space_stays": Nn_(
        "The address space stays: {n} other task uses it.",
        "The address space stays: {n} other tasks use it.",
    ),
    "wait_ended": N_("wait: {pid} learns that {child} ended with status {status}."),
    "wait_stopped": N_("wait: {pid} learns that signal {signal} stopped {child}."),
    "wait_continued": N_("wait: {pid} learns that {child} goes on."),
    "wait_for_nobody": N_("wait: no child of {pid} has ended."),
    "wait_killed": N_("wait: {pid} learns that signal {signal} killed {child}."),
    "getpid": N_("getpid: the process number is {pid}."),
    "group": N_("{call}: {pid} is in process group {pgrp} of session {session} now."),
    "tid_cleared": N_("set_tid_address: the number at {addr:#x} becomes 0 at the end of {pid}."),
    "tid_stays": N_("set_tid_address: no number becomes 0 at the end of {pid}."),
    # Limits and signals
    "personality": N_("personality: {personality:#x} counts for {pid} now."),
    "personality_asked": N_("personality: the answer is {personality:#x}."),
    "rlimit": N_("{call}: {resource} of {pid} is {limit:#x} now."),
    "rlimit_none": N_("{call}: {resource} of {pid} is without limit now."),
    "rlimit_max": N_("It can be raised up to {limit:#x} again, and no higher."),
    "rlimit_asked": N_("{call} tells of {resource} of {pid}, and nothing changes."),
    "prctl_name": N_("prctl: the name of {pid} is {name} now."),
    "prctl_thp_allowed": N_("prctl: {pid} may have huge pages."),
    "prctl_thp_forbidden": N_("prctl: {pid} may have no huge pages."),
    "prctl_thp_advised": N_("prctl: {pid} may have huge pages only where MADV_HUGEPAGE asks."),
    "prctl_asked": N_("prctl: {option} answers {result}, and nothing changes."),
    "membarrier": N_("membarrier: {name} has nothing to do on one CPU."),
    "membarrier_registered": N_("membarrier: {pid} is registered with {name}."),
    "membarrier_asked": N_("membarrier: {name} answers {result:#x}, and nothing changes."),
    "segment_base": N_("arch_prctl: {register} of {pid} begins at {base:#x} now."),
    "segment_asked": N_("arch_prctl: the answer stands at {addr:#x}."),
    "handler_code": N_("sigaction: the handler of {pid} for signal {signal} is at {addr:#x}."),
    "handler_ignore": N_("sigaction: {pid} ignores signal {signal}."),
    "handler_asked": N_("sigaction tells what is done, and nothing changes."),
    "signals_blocked": N_("{call}: the blocked signals of {pid} are {blocked:#x} now."),
    "signals_unblocked": N_("{call}: no signal of {pid} is blocked now."),
    "signals_blocked_as_before": N_("{call}: the same signals are blocked as before."),
    "signal_stack": N_("sigaltstack: handlers of {pid} have {size} bytes at {addr:#x} as a stack."),
    "signal_stack_none": N_("sigaltstack: handlers of {pid} have no stack of their own."),
    "signal_stack_asked": N_("sigaltstack tells which stack there is, and nothing changes."),
    "signal_not_sent": N_("{call}: there is somebody of that number."),
    "signals_sent": Nn_(
        "{call}: {signal} is sent to {n} task.", "{call}: {signal} is sent to {n} tasks."
    ),
    "signal_queued": N_("{call}: {signal} is sent to {pid}."),
    "signal_continues": N_("{call}: {pid}, which was stopped, goes on."),
    "signal_ignored": N_("{call}: {pid} ignores {signal}."),
    "signal_pending_already": N_("{call}: {signal} was sent to {pid} before."),
    "signals_pending_asked": N_("rt_sigpending: the signals that wait stand at {addr:#x}."),
    "signal_return": N_("rt_sigreturn: {pid} goes on at {addr:#x}."),
    "signal_return_failed": N_("rt_sigreturn: there is no frame of a handler."),
    "handler_in": N_("sigaction: {pid} has a handler for signal {signal} and survives it."),
    "handler_out": N_("sigaction: {pid} has no handler for signal {signal} any more."),
    "trap": N_("An instruction of {pid} raises exception {vector} of the CPU."),
    "signal_interrupts": N_("A signal interrupts {pid}."),
    "handler_runs": N_("The handler of {pid} for {signal} runs now, at {addr:#x}."),
    # What the owner of the machine does
    "schedule": N_("Process {pid} runs now."),
    "schedule_borrows": N_("Kernel thread {pid} runs now, and borrows the page tables of mm {mm}."),
    "new_process": N_("There is a new process {pid}, without an address space yet."),
    "kthread": N_("There is a new kernel thread {pid}."),
    "process_of_maps": Nn_(
        "There is a new process {pid} with {n} region.",
        "There is a new process {pid} with {n} regions.",
    ),
    "sysctl": N_("{name} is {new} now, instead of {old}."),
    "restored": Nn_(
        "The machine is in another state now, with {n} process.",
        "The machine is in another state now, with {n} processes.",
    ),
}
