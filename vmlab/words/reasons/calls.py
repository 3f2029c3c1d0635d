"""Why a call cannot be made, or a line that tells of one cannot be read."""

from vmlab.words.language import N_

REASONS = {
    # Arguments that no program could hand over
    "argument_missing": N_("{call} needs {parameter}"),
    "argument_unknown": N_("{call} has no {parameter}; it has {parameters}"),
    "call_has_no_arguments": N_("{call} has no {parameter}: it takes no arguments"),
    "no_call_named": N_("no call is named {name!r}"),
    "no_call_numbered": N_("no call that is modelled has the number {number}"),
    # A process that cannot run
    "kernel_thread_no_mm": N_("{pid} is a kernel thread: it has no address space"),
    "kernel_thread_no_calls": N_("{pid} is a kernel thread: it makes no system calls"),
    "dead": N_("process {pid} is dead"),
    "dead_no_mm": N_("process {pid} is dead and has no address space"),
    "no_program": N_("process {pid} has no program yet, and no address space: it needs an execve"),
    "dumpable_unknown": N_("{value} is neither 0 nor 1"),
    "which_unknown": N_("{pid} is no number for type {which}"),
    "nothing_to_tell_now": N_("no child has ended, and the descriptor does not wait"),
    "stopped_now": N_("process {pid} is stopped until SIGCONT comes"),
    "waits_for_vfork_child": N_("process {pid} waits until its vfork child calls execve or exit"),
    "no_process": N_("there is no process: make one with machine.spawn()"),
    # Refused by a call itself
    "unknown_option": N_("unknown option {option:#x}"),
    "arguments_not_zero": N_("an argument that has no meaning is not 0"),
    "size_differs": N_("the structure has another size"),
    "not_registered": N_("it needs {name} before"),
    "needs_right": N_("the process lacks the right to do it (CAP_SYS_RESOURCE)"),
    "base_outside_user_space": N_("the base lies outside of user space"),
    "no_such_resource": N_("there is no resource {resource}"),
    "soft_over_hard": N_("the soft limit is above the hard one"),
    "hard_limit_raised": N_("the hard limit is {limit:#x}, and may only be lowered"),
    "over_nr_open": N_("the kernel allows {most} descriptors at most"),
    "signal_without_handler": N_("signal {signal} cannot have a handler"),
    # A recorded call that is done again
    "call_ended_elsewhere": N_("step {step}: {call} ended elsewhere than when it was recorded"),
    "step_not_as_recorded": N_(
        "step {step}: {event} is not what was recorded: was the machine changed by hand, or by "
        "another version of vmlab?"
    ),
    # Lines of strace
    "line_unreadable": N_("this is not a line that strace writes"),
    "line_unfinished": N_("the call is not finished on this line"),
    "line_resumed": N_("the call began on an earlier line"),
    "call_unknown": N_("{name} is not modelled"),
    "argument_count": N_("{name} takes {wanted} arguments, but the line has {given}"),
    "number_unreadable": N_("{text} is not a number"),
    "string_unreadable": N_("{text} is not a string in quotes"),
    "string_cut": N_("only the beginning of the string is given"),
    "list_unreadable": N_("{text} is not a list in brackets"),
    "list_cut": N_("only the beginning of the list is given"),
    "symbol_unknown": N_("{symbol} is not known"),
    "bytes_not_address": N_("the line gives the bytes, not their address"),
    "result_unreadable": N_("{text} is not an answer of this call"),
    "not_modelled": N_("{text} is not modelled"),
}
