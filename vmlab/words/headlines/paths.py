"""What is said of calls on what paths name."""

from __future__ import annotations

from vmlab.words.language import N_

HEADLINES: dict[str, str | tuple[str, str]] = {
    "stat": N_("{call} stores what kind of file {path} is, into {page}."),
    "access": N_("{call}: {path} may be used so."),
    "chdir": N_("Relative paths of {pid} begin at {path} now."),
    "rename": N_("{old} is named {path} now."),
    "rename_same": N_("rename: {path} is what it was before."),
    "rename_takes": N_("What was named {path} has lost its name."),
    "umask": N_("New files of {pid} do not get the rights 0{umask:03o}."),
}
