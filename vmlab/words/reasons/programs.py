"""Why a program cannot be built or run here, or be followed line by line."""

from vmlab.words.language import N_

REASONS = {
    "ram_not_one_buffer": N_("programs run only on a machine whose RAM is one piece of memory"),
    "no_compiler": N_(
        "there is no C compiler for Linux on x86-64 here: install gcc or clang,"
        " or: pip install 'vmlab[compiler]' (ziglang)"
    ),
    "compiler_slow": N_("the compiler took more than {seconds} seconds"),
    "source_refused": N_("the compiler refuses the source"),
    "not_a_file_name": N_("{name!r} is no name of a program"),
    "options_make_no_program": N_(
        "with the options {options!r} no program comes to where it is looked for: leave out -c, -E,"
        " -S, -o and their like"
    ),
    "loader_missing": N_(
        "the program is dynamic and the machine has no {path}: m.fs.import_host({path!r}) copies"
        " the one of the host, and its libraries are copied in the same way"
    ),
    "no_debug_information": N_(
        "the program has no debug information: compile it with -g, or with vmlab.build"
    ),
    "no_code_from_line": N_("{file} has no code from line {line} on"),
}
