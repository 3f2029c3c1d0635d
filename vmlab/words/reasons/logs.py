"""Why a line of a log was not read, or not replayed."""

from __future__ import annotations

from vmlab.words.language import N_

REASONS: dict[str, str] = {
    "answer_injected": N_("strace made the answer up, as it was told to"),
    "answer_untold": N_("the log does not say what it gave"),
    "call_restarted": N_("a signal cut it off; it is made again"),
    "child_refused": N_("it failed, so that there is no process to make"),
    "child_unmade": N_("the log does not say which process it made"),
    "fault_place_unknown": N_("the log does not say where in memory it was"),
    "flags_untold": N_("the log does not say what the child shares"),
    "line_cut": N_("the line ends too early"),
    "line_too_long": N_("the line has more than {most} characters"),
    "lines_unreadable": N_("{text!r} are no lines such as 10-20"),
    "nested_too_deep": N_("there are more than {most} brackets in each other"),
    "no_effect_on_memory": N_("no effect on memory"),
    "no_run_file": N_("this is not a file that `vmlab record` saved"),
    "process_unknown": N_("the log does not say how its process began, or it has ended"),
    "resumed_unbegun": N_("the beginning of the call is not in the log"),
    "too_many_processes": N_("there are too many processes"),
    "too_many_steps": N_("there are too many steps before it"),
    "too_many_values": N_("there are more than {most} values"),
}
