"""What is said of calls by which threads wait for each other, and sleep."""

from __future__ import annotations

from vmlab.words.language import N_, Nn_

HEADLINES: dict[str, str | tuple[str, str]] = {
    "futex_woken": Nn_(
        "futex: {n} thread that waited at {addr:#x} is woken.",
        "futex: {n} threads that waited at {addr:#x} are woken.",
    ),
    "futex_nobody": N_("futex: nobody is woken at {addr:#x}."),
    "futex_moved": Nn_(
        "futex: {n} thread that waited at {addr:#x} is woken, {moved} wait elsewhere now.",
        "futex: {n} threads that waited at {addr:#x} are woken, {moved} wait elsewhere now.",
    ),
    "robust_list": N_("set_robust_list: the list of the thread's locks is at {addr:#x}."),
    "robust_list_asked": N_("get_robust_list: the answer stands at {addr:#x}."),
    "rseq": N_("rseq: {pid} is told at {addr:#x} on which CPU it runs."),
    "rseq_nowhere": N_("rseq: {pid} is no more told on which CPU it runs."),
    "yields": N_("sched_yield: {pid} runs on, for nobody waits for long."),
    "slept": N_("{call}: the time is over."),
    "time_comes": N_("All sleep, so the clock goes on to when {pid} is to go on."),
    "ticks": N_("{pid} has run on, so the clock goes on by {used} ns."),
    "timer_made": N_("timer_create makes timer {timer}, which does not run yet."),
    "timer_runs": N_("Timer {timer} runs until its clock shows {expires} ns."),
    "timer_over": N_("Timer {timer} is set to {expires} ns, and is over already."),
    "timer_stopped": N_("Timer {timer} does not run."),
    "timer_deleted": N_("Timer {timer} is deleted."),
}
