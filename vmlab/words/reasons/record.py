"""Why a recording cannot be gone through, saved or loaded."""

from vmlab.words.language import N_

REASONS = {
    "no_such_step": N_("there is no step {step}: the recording has {nr_steps}"),
    "no_call_of_number": N_("there is no call {call}; there are {nr_calls}"),
    "nothing_to_undo": N_("there is nothing to undo"),
    "nothing_to_redo": N_("there is nothing to redo"),
    "step_of_no_call": N_("step {step} belongs to no call: it cannot be done again"),
    # Fields of a file
    "no_such_function": N_("there is no such function"),
    "no_such_event": N_("no event is named {name!r}"),
    "no_such_call_path": N_("there is no path {place}"),
    "no_such_call": N_("there is no call {name!r}"),
    "all_args_too_long": N_("all arguments together have more than {most} bytes"),
    "nr_steps_wrong": N_("there are {n}, but the calls have {of_calls}"),
    "cannot_be_done": N_("cannot be done: {why}"),
    "python_says": N_("{text}"),
}
