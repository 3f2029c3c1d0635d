"""Why something happened in `vmlab.model.linux.kernel`: how tasks begin and end."""

from vmlab.words.language import N_

REASONS = {
    "no_such_usage": N_("there is no {who} whose use is counted"),
    "priority_of_what": N_("{which} is neither a process, a group nor a user"),
    "cpus_too_many": N_("{size} bytes are too few for all CPUs, or no whole words"),
    "group_negative": N_("a negative number of a group"),
    "not_first_thread": N_("{pid} is not the first thread of its process"),
    "not_child": N_("{pid} is neither the caller nor its child"),
    "session_differs": N_("{pid} is in another session, or has begun this one"),
    "no_such_group": N_("the session has no group {pid}"),
    "leads_group": N_("there is a group {pid}"),
    # fork and clone
    "flag_needs": N_("{flag} needs {other}"),
    "flag_excludes": N_("{flag} and {other} exclude each other"),
    "fork_copies_mm": N_("it has a copy of the address space"),
    "clone_shares_mm": N_("both use the same address space"),
    "vfork_borrows_mm": N_(
        "it borrows the address space until it calls execve or exit, and the parent waits"
    ),
    "kernel_thread": N_("a kernel thread"),
    "fork_copies_files": N_("a table of its own that refers to the same open files"),
    "clone_files": N_("CLONE_FILES: both use one table"),
    "fork_wrprotect": N_("fork write-protected pages"),
    # Who uses an address space
    "clone_vm": N_("CLONE_VM: the child uses it too"),
    "task_left_mm": N_("a task stopped using it"),
    "kthread_borrows_mm": N_("a kernel thread runs on its page tables"),
    "kthread_returns_mm": N_("the kernel thread gives it back"),
    # Signals
    "signal_came": N_("a signal came"),
    "no_signal_came": N_("no signal has come yet; Linux would sleep here"),
    "sigset_size_wrong": N_("a set of signals has 8 bytes, not {nr_bytes}"),
    "sigprocmask_how_unknown": N_("{how} is neither SIG_BLOCK nor SIG_UNBLOCK nor SIG_SETMASK"),
    "signal_queued": N_("it is to take it"),
    "signal_pending_already": N_("it was sent before and not taken yet"),
    "signal_taken": N_("{signal} was sent"),
    "signal_unknown": N_("there is no signal {signal}"),
    "too_many_signals_wait": N_("as many signals wait as RLIMIT_SIGPENDING lets"),
    "siginfo_of_kernel": N_("si_code {code} is not for those who send a signal to others"),
    "siginfo_tells_more": N_("nothing is told behind the first 48 bytes with si_code {code}"),
    # Timers
    "no_timer": N_("the process has no timer {timer_id}"),
    "clock_without_timers": N_("there are no timers by clock {clock}"),
    "timer_of_no_thread": N_("{tid} is no thread of the process"),
    "timer_without_setting": N_("nothing says when the timer is over"),
    "sigev_notify_unknown": N_("a timer does not tell in the way {notify} that it is over"),
    "pid_not_positive": N_("{pid} is not the number of a task"),
    "stack_in_use": N_("a handler runs on the stack"),
    "stack_flags_unknown": N_("unknown flags {flags:#x}"),
    "stack_too_small": N_("{nr_bytes} bytes are too few: {least} at least"),
    # exit and wait
    "no_children": N_("the process has no children"),
    "no_child_ended": N_("no child has ended yet; Linux would sleep here"),
}
