"""Why the machine itself, or a check of Python arguments, refused something."""

from vmlab.words.language import N_

REASONS = {
    "no_emulator": N_(
        "no emulator is installed, and this is no run of a lesson: pip install 'vmlab[programs]'"
    ),
    "machine_starts_process": N_("the machine starts a process"),
    "no_such_process": N_("there is no process {pid}"),
    "swap_too_small": N_("a swap area needs {least} bytes at least, not {swap}"),
    "swap_needs_long_entries": N_(
        "{geometry} has entries too short to say where in swap a page is"
    ),
    "page_size_unsupported": N_("the kernel has {page_size}-byte pages, not {given}"),
    # Arguments: `what` is the name of the parameter
    "arg_not_instance": N_("{what} must be a {kind}, not {given}"),
    "arg_not_number": N_("{what} must be a whole number, not {given}"),
    "arg_over_64_bits": N_("{what} must fit into 64 bits; this number has {bits}"),
    "arg_not_string": N_("{what} must be a string, not {given}"),
    "arg_zero_byte": N_("{what} must not contain a zero byte: {given}"),
    "arg_not_utf8": N_("{what} cannot be written as UTF-8: {given}"),
    "arg_not_strings": N_("{what} must be a list of strings, not {given}"),
    "arg_not_limits": N_("{what} must be a soft and a hard limit, not {given}"),
    "arg_released": N_("{what} is a view of bytes that was released"),
    "arg_not_bytes": N_("{what} must be bytes, not {given}"),
    "arg_out_of_range": N_("{what} must be from {low} to {most}, not {given}"),
    "arg_no_line": N_("{what} must be the number of a line, 1 or more, not {given}"),
    "keyword_unknown": N_("{kind} takes no {name!r}; it takes {known}"),
    "none_of": N_("{what}: {given} is none of {names}"),
    # Lines of /proc/PID/maps
    "not_maps_line": N_("{text!r} is not a line of /proc/PID/maps"),
    "maps_unaligned": N_("addresses and offset must be multiples of {page_size:#x}"),
    "range_empty": N_("{start:#x} is not below {end:#x}"),
    "maps_above_user_space": N_("{end:#x} is above the end of user space, {task_size:#x}"),
    "maps_overlap": N_("{start:#x} is below the end of line {line}"),
    "paths_too_deep": N_("the directories of all paths have more than {most} letters together"),
    "maps_past_longest_file": N_("no file is so long that {offset:#x} could be mapped"),
    "maps_rollup": N_("this is smaps_rollup, which does not list the VMAs"),
    "maps_file_is_two": N_("{path!r} and {other!r} are two files of this machine"),
    "smaps_flags_contradict": N_("the flags are not those of line {line}"),
    "maps_shared_anonymous": N_("a shared mapping must have a file"),
}
