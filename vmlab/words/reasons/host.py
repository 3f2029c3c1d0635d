"""Why a file of saved processes cannot be read, or what was seen of real ones not be saved."""

from vmlab.words.language import N_

REASONS = {
    "comparison_damaged": N_("this file of a comparison is damaged"),
    "vmproc_damaged": N_("this file of saved processes is damaged"),
    "vmproc_too_large": N_("it holds more than {most} MiB, or too many files"),
    "vmproc_member": N_("{name!r} does not belong into a file of saved processes"),
    "no_maps_lines": N_("there is no line of /proc/PID/maps"),
    "pagemap_damaged": N_("its /proc/PID/pagemap is damaged"),
    "observed_not_saved": N_(
        "a state file holds a whole machine, and of real processes only a part is known; "
        "vmlab.host.save saves them"
    ),
}
