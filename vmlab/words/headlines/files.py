"""What is said of calls about files, and of what the owner of a machine does with them."""

from __future__ import annotations

from vmlab.words.language import N_, Nn_

HEADLINES: dict[str, str | tuple[str, str]] = {
    "open": N_("open: {path} is open as descriptor {fd}."),
    "open_makes": N_("open: {path} is new, and open as descriptor {fd}."),
    "open_empties": N_("open: {path} is emptied, and open as descriptor {fd}."),
    "open_tmpfile": N_("open: a new file without a name is open as descriptor {fd}."),
    "fstat": N_("fstat stores what kind of file {path} is, into {page}."),
    "lseek": Nn_(
        "The position in {path} is {n} byte now, instead of {old}.",
        "The position in {path} is {n} bytes now, instead of {old}.",
    ),
    "lseek_same": Nn_(
        "The position in {path} is {n} byte, as before.",
        "The position in {path} is {n} bytes, as before.",
    ),
    "file_flags": N_("The flags of {path} are {flags} now."),
    "memfd_create": N_("memfd_create: a new file without a name is open as descriptor {fd}."),
    "pipe": N_("pipe: what is written to descriptor {other} is read from descriptor {fd}."),
    "flock_shared": N_("flock: the file of descriptor {fd} is locked, as for others that read."),
    "flock_alone": N_("flock: the file of descriptor {fd} is locked, for this one alone."),
    "flock_free": N_("flock: the file of descriptor {fd} is no longer locked."),
    "flock_same": N_("flock: nothing changes about locks on the file of descriptor {fd}."),
    "socketpair": N_(
        "socketpair: what is written to one of descriptors {fd} and {other} is read from the other."
    ),
    "dup": N_("dup: descriptor {other} means the same open file as {fd}."),
    "dup2": N_("{call}: descriptor {other} means the same open file as {fd}."),
    "dup2_same": N_("dup2: descriptor {fd} means what it meant before."),
    "fcntl_dup": N_("fcntl: descriptor {other} means the same open file as {fd}."),
    "fcntl_asks": N_("fcntl tells of descriptor {fd}, and nothing changes."),
    "seals_added": N_("{path} is sealed with {seals}, for as long as it lives."),
    "execve_closes": N_("execve will close descriptor {fd}."),
    "execve_keeps": N_("execve will leave descriptor {fd} open."),
    "descriptor_closed": N_("What {fd} meant before is given up."),
    "close_range_nothing": N_("close_range: no descriptor is in the range."),
    "close_range": Nn_(
        "close_range: {n} descriptor is free.", "close_range: {n} descriptors are free."
    ),
    "close_range_later": Nn_(
        "close_range: execve will close {n} descriptor.",
        "close_range: execve will close {n} descriptors.",
    ),
    "ioctl": N_("ioctl: {command} is done for {path}."),
    "close": N_("close: descriptor {fd} is free; the open file {path} has other users."),
    "close_last": N_("close: descriptor {fd} is free, and the open file {path} is closed."),
    "file_gone": N_("The file had no name left: it is gone, and its page cache with it."),
    "read": Nn_(
        "{n} byte of {path} is copied to memory, into {page}.",
        "{n} bytes of {path} are copied to memory, into {page}.",
    ),
    "read_nothing": N_("Nothing is left to read from {path}."),
    "write": Nn_(
        "{n} byte is copied from memory, {page}, to {path}.",
        "{n} bytes are copied from memory, {page}, to {path}.",
    ),
    "readv": Nn_(
        "{n} byte of {path} is copied to memory; pieces for it: {pieces}.",
        "{n} bytes of {path} are copied to memory; pieces for them: {pieces}.",
    ),
    "writev": Nn_(
        "{n} byte is copied from memory to {path}; pieces that hold it: {pieces}.",
        "{n} bytes are copied from memory to {path}; pieces that hold them: {pieces}.",
    ),
    "write_shown": Nn_(
        "{n} byte appears in the console, {path}.", "{n} bytes appear in the console, {path}."
    ),
    "write_kept_nowhere": Nn_(
        "{path} takes {n} byte, and no file changes.",
        "{path} takes {n} bytes, and no file changes.",
    ),
    "fallocate": Nn_(
        "{path} has its pages from {start} to {end}: {n} page is new.",
        "{path} has its pages from {start} to {end}: {n} pages are new.",
    ),
    "fallocate_hole": N_("{path} has a hole from {start} to {end}."),
    "fallocate_blocks": N_("{path} has blocks on the disk from {start} to {end}."),
    "synced": Nn_(
        "{n} dirty page is written to the disk, and is clean.",
        "{n} dirty pages are written to the disk, and are clean.",
    ),
    "synced_nothing": N_("No page was dirty that has a place on a disk: nothing is written."),
    "truncate": Nn_(
        "{path} has {n} byte now, instead of {old}.", "{path} has {n} bytes now, instead of {old}."
    ),
    "truncate_same": N_("The file is as long as before."),
    "fs_write": Nn_("{path} holds {n} byte now.", "{path} holds {n} bytes now."),
    "fs_write_makes": Nn_(
        "{path} is new and holds {n} byte.", "{path} is new and holds {n} bytes."
    ),
    "fs_mount_tmpfs": N_("Files made below {path} from now on are files in memory."),
    "fs_furnish": N_("There are /proc, /tmp and devices now, as programs expect them."),
    "fs_mkdir": N_("There is a directory {path} now."),
    "fs_link": N_("{path} is one more name of {old}."),
    "fs_unlink": N_("{path} is gone, and its page cache with it."),
    "fs_unlink_in_use": N_("{path} has lost its name, and lives on while it is in use."),
}
