"""What is said of files: inodes, open files, descriptors, and what travels through them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmlab.model.abi.fcntl import OFFSET_MAX, Seal
from vmlab.model.abi.kinds import Kind
from vmlab.model.abi.strace_numbers import format_flags
from vmlab.model.abi.strace_values import format_value
from vmlab.model.trace.event import Event
from vmlab.model.trace.events import file as events
from vmlab.words.language import N_, Nn_
from vmlab.words.sentences.form import Sentences, one, several


def _truncate(event: events.InodeTruncate) -> str:
    return "shorter" if event.new < event.old else "longer"


def _fallocate(event: events.InodeFallocate) -> str:
    return "longer" if event.new > event.old else "kept"


def _alloc_blocks(event: events.InodeAllocBlocks) -> str:
    return "longer" if event.new > event.old else "kept"


def _pagecache_write(event: events.PagecacheWrite) -> str:
    return "zeroed" if event.reason.code == "bytes_zeroed" else "written"


def _seals(event: events.InodeSeal) -> Mapping[str, Any]:
    return {**event.values(), "got": format_flags(Seal, event.new & ~event.old)}


def _open_flags(event: events.FileFlags) -> Mapping[str, Any]:
    was, got = (format_value(Kind.OPEN_FLAGS, flags) for flags in (event.old, event.new))
    return {**event.values(), "was": was, "got": got}


def _cloexec(event: events.FdCloexec) -> str:
    return "closed" if event.cloexec else "kept"


def _locked(event: events.FileLocked) -> str:
    part = "all" if event.end == OFFSET_MAX else "part"
    return f"{_LOCKS[event.type]}_{part}"


def _remote_access(event: events.RemoteAccess) -> str:
    return "written" if event.write else "read"


_LOCKS = {"F_RDLCK": "shared", "F_WRLCK": "alone", "F_UNLCK": "free"}

SENTENCES: dict[type[Event], Sentences] = {
    events.InodeCreate: one(N_("Inode {ino} is made for {path}.")),
    events.InodeLink: one(N_("{path} is one more name of inode {ino}.")),
    events.InodeSymlink: one(N_("Inode {ino}, {path}, is a symbolic link to {target}.")),
    events.InodeChmod: one(N_("The rights of inode {ino} are {new:#o} now, not {old:#o}.")),
    events.InodeChown: one(N_("Inode {ino} belongs to user {uid} and group {gid} now.")),
    events.InodeUtimes: one(
        N_("The times of inode {ino} are set: read at {atime} ns, written to at {mtime} ns.")
    ),
    events.InodeUnlink: one(
        N_("{path} no longer names inode {ino}, which lives on while it is in use.")
    ),
    events.InodeTruncate: several(
        _truncate,
        counted="new",
        shorter=Nn_(
            "Inode {ino} is now {n} byte long instead of {old}: what lay beyond is gone, from "
            "every mapping too.",
            "Inode {ino} is now {n} bytes long instead of {old}: what lay beyond is gone, from "
            "every mapping too.",
        ),
        longer=Nn_(
            "Inode {ino} is now {n} byte long instead of {old}: the new part is a hole, which "
            "takes no frame.",
            "Inode {ino} is now {n} bytes long instead of {old}: the new part is a hole, which "
            "takes no frame.",
        ),
    ),
    events.InodeFallocate: several(
        _fallocate,
        counted="nr_pages",
        longer=Nn_(
            "Inode {ino} has its pages from {start:#x} to {end:#x}: {n} page is new. It is now "
            "{new} bytes long instead of {old}.",
            "Inode {ino} has its pages from {start:#x} to {end:#x}: {n} pages are new. It is now "
            "{new} bytes long instead of {old}.",
        ),
        kept=Nn_(
            "Inode {ino} has its pages from {start:#x} to {end:#x}: {n} page is new.",
            "Inode {ino} has its pages from {start:#x} to {end:#x}: {n} pages are new.",
        ),
    ),
    events.InodeAllocBlocks: several(
        _alloc_blocks,
        longer=N_(
            "Inode {ino} has blocks on the disk from {start:#x} to {end:#x}. It is now {new} bytes "
            "long instead of {old}."
        ),
        kept=N_("Inode {ino} has blocks on the disk from {start:#x} to {end:#x}."),
    ),
    events.InodeSeal: one(
        N_("Inode {ino} is sealed with {got}: what that forbids is never allowed again."),
        values=_seals,
    ),
    events.InodeFree: one(
        N_("Inode {ino} has no name and no user left: it and its page cache are freed.")
    ),
    events.FileOpen: one(N_("Open file {file} is made for {path} (inode {ino}).")),
    events.FileClose: one(
        N_(
            "No descriptor and no mapping holds open file {file} (inode {ino}) any more: it is "
            "closed."
        )
    ),
    events.FilePos: one(
        Nn_(
            "The position of open file {file} is now {n} byte instead of {old}.",
            "The position of open file {file} is now {n} bytes instead of {old}.",
        ),
        counted="new",
    ),
    events.FileFlags: one(
        N_("The flags of open file {file} are now {got} instead of {was}."), values=_open_flags
    ),
    events.FdInstall: one(
        N_("Descriptor {fd} of process {pid} refers to open file {file}: {reason}.")
    ),
    events.FdClose: one(
        N_("Descriptor {fd} of process {pid} no longer refers to open file {file}: {reason}.")
    ),
    events.FileLocked: several(
        _locked,
        alone_all=N_(
            "Process {pid} locks inode {ino} from byte {start} on, so that no other lock can stand "
            "there."
        ),
        alone_part=N_(
            "Process {pid} locks bytes {start} to {end} of inode {ino}, so that no other lock can "
            "stand there."
        ),
        shared_all=N_(
            "Process {pid} locks inode {ino} from byte {start} on, beside others that only read."
        ),
        shared_part=N_(
            "Process {pid} locks bytes {start} to {end} of inode {ino}, beside others that only "
            "read."
        ),
        free_all=N_("Inode {ino} is no longer locked by process {pid} from byte {start} on."),
        free_part=N_(
            "Bytes {start} to {end} of inode {ino} are no longer locked by process {pid}."
        ),
    ),
    events.FdCloexec: several(
        _cloexec,
        closed=N_("execve will close descriptor {fd} of process {pid}."),
        kept=N_("execve will leave descriptor {fd} of process {pid} open."),
    ),
    events.PagecacheWrite: several(
        _pagecache_write,
        counted="nr_bytes",
        written=Nn_(
            "Page {index} of inode {ino}, which every shared mapping sees: {n} byte of frame "
            "{pfn} from {start:#x} on is written.",
            "Page {index} of inode {ino}, which every shared mapping sees: {n} bytes of frame "
            "{pfn} from {start:#x} on are written.",
        ),
        zeroed=Nn_(
            "Page {index} of inode {ino}, which every shared mapping sees: {n} byte of frame "
            "{pfn} from {start:#x} on is zeroed.",
            "Page {index} of inode {ino}, which every shared mapping sees: {n} bytes of frame "
            "{pfn} from {start:#x} on are zeroed.",
        ),
    ),
    events.CopyToUser: one(
        Nn_(
            "The kernel writes {n} byte to user memory at {addr:#x}.",
            "The kernel writes {n} bytes to user memory at {addr:#x}.",
        ),
        counted="nr_bytes",
    ),
    events.CopyFromUser: one(
        Nn_(
            "The kernel reads {n} byte of user memory at {addr:#x}.",
            "The kernel reads {n} bytes of user memory at {addr:#x}.",
        ),
        counted="nr_bytes",
    ),
    events.RemoteAccess: several(
        _remote_access,
        counted="nr_bytes",
        read=Nn_(
            "Somebody else reads {n} byte of mm {mm} at {addr:#x}.",
            "Somebody else reads {n} bytes of mm {mm} at {addr:#x}.",
        ),
        written=Nn_(
            "Somebody else writes {n} byte of mm {mm} at {addr:#x}.",
            "Somebody else writes {n} bytes of mm {mm} at {addr:#x}.",
        ),
    ),
}
