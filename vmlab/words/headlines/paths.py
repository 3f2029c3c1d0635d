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
    "rename_exchange": N_("{old} and {path} have exchanged what they name."),
    "symlink": N_("{path} leads to {target} now."),
    "mknod": N_("There is {path} now."),
    "chmod": N_("The rights of {path} are 0{mode:03o} now, not 0{old:03o}."),
    "chown": N_("{path} belongs to user {uid} and group {gid} now."),
    "utimes": N_("{call} says when {path} was read and written to."),
    "attributes_same": N_("{call}: all is as it was."),
    "umask": N_("New files of {pid} do not get the rights 0{umask:03o}."),
}
