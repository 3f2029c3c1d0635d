"""Why threads sleep or do not: futexes, times, restartable sequences, clone3."""

from __future__ import annotations

from vmlab.words.language import N_

REASONS = {
    "futex_not_aligned": N_("a futex is aligned to 4 bytes, {addr:#x} is not"),
    "futex_without_bits": N_("a waiter or a waker without bits would never meet another"),
    "futex_has_other_value": N_("the futex holds {value}, not {expected}"),
    "futex_not_woken": N_("nobody has woken it yet; Linux would sleep here"),
    "futex_op_unknown": N_("there is no operation {op:#x}"),
    "futex_comparison_unknown": N_("there is no comparison {cmp}"),
    "futex_count_negative": N_("{count} is less than none"),
    "time_is_over": N_("the time came that it was to sleep until"),
    "time_not_over": N_("the time has not come yet; Linux would sleep here"),
    "time_not_valid": N_("a time has no negative seconds, and less than 10^9 nanoseconds"),
    "itimer_unknown": N_("there is no timer {which}"),
    "itimer_not_valid": N_("a time has no negative seconds, and less than 10^6 microseconds"),
    "no_file_ready": N_("no file is ready; Linux would sleep here"),
    "too_many_polled": N_("{nr} are more than RLIMIT_NOFILE"),
    "nfds_negative": N_("{nr} is less than none"),
    "no_signal_in_time": N_("no signal of the set came in time"),
    "clock_unknown": N_("there is no clock {clock}"),
    "clock_without_sleep": N_("nobody can sleep by clock {clock}"),
    "robust_head_size": N_("the head of a list of locks has 24 bytes, not {nr_bytes}"),
    "rseq_flags_unknown": N_("rseq has no flags {flags:#x}"),
    "rseq_elsewhere": N_("the place that was told before is {addr:#x}"),
    "rseq_length": N_("struct rseq has not {nr_bytes} bytes here"),
    "rseq_signature": N_("another signature was told before"),
    "rseq_registered_already": N_("it is told there already"),
    "rseq_not_aligned": N_("struct rseq is aligned to 32 bytes, {addr:#x} is not"),
    "clone3_size": N_("struct clone_args cannot be {nr_bytes} bytes of what there is"),
    "clone3_flags": N_("clone3 has no flags {flags:#x}"),
    "clone3_cgroup": N_("{cgroup} is no descriptor of a cgroup"),
    "clone3_stack": N_("{nr_bytes} bytes at {addr:#x} are no stack"),
    "clone3_set_tid": N_("{count} numbers are too many, or none stand there"),
    "thread_without_signal": N_("nobody hears signal {signal} at the end of a thread"),
}
