"""Why a program cannot be built or run here, or be followed line by line."""

from vmlab.words.language import N_

REASONS = {
    "ram_not_one_buffer": N_("programs run only on a machine whose RAM is one piece of memory"),
    "no_elftools": N_("reading debug information needs pyelftools: pip install 'vmlab[programs]'"),
    "no_debug_information": N_(
        "the program has no debug information: compile it with -g, or with vmlab.build"
    ),
    "no_code_from_line": N_("{file} has no code from line {line} on"),
}
