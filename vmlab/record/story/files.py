"""The headlines of calls about files, and of what the owner of a machine does with them."""

from __future__ import annotations

from vmlab.model.abi.fcntl import O_TMPFILE_ALONE, Seal
from vmlab.model.abi.ioctl import Ioctl
from vmlab.model.abi.kinds import Kind
from vmlab.model.abi.strace_numbers import format_flags
from vmlab.model.abi.strace_values import format_value
from vmlab.model.trace.events.file import (
    FdCloexec,
    FdClose,
    FdInstall,
    FileClose,
    FileFlags,
    FileLocked,
    FilePos,
    InodeAllocBlocks,
    InodeCreate,
    InodeFallocate,
    InodeFree,
    InodeSeal,
    InodeTruncate,
    PagecacheWrite,
)
from vmlab.model.trace.events.page import PagecacheWriteback, PteClear
from vmlab.record.story.facts import Facts
from vmlab.record.story.headline import Headline, headline
from vmlab.state.snapshot import FileState


def open_(facts: Facts) -> Headline:
    """Return as which descriptor a file is open."""
    path, fd = facts.arg("path"), facts.result
    may_be_nameless = facts.call.name != "creat" and O_TMPFILE_ALONE & facts.arg("flags")
    if facts.has(InodeCreate) and may_be_nameless:
        return headline("open_tmpfile", fd=fd)
    if facts.has(InodeCreate):
        return headline("open_makes", path=path, fd=fd)
    if facts.has(InodeTruncate):
        return headline("open_empties", facts.frames_back(), path=path, fd=fd)
    return headline("open", path=path, fd=fd)


def memfd_create(facts: Facts) -> Headline:
    """Return as which descriptor the new file is open."""
    return headline("memfd_create", fd=facts.result)


def pipe(facts: Facts) -> Headline:
    """Return the two ends of a pipe."""
    ends = [event.fd for event in facts.of(FdInstall)]
    return headline("pipe", fd=ends[0], other=ends[-1])


def flock(facts: Facts) -> Headline:
    """Return whether a file is locked now, and how."""
    locked, fd = facts.last(FileLocked), facts.arg("fd")
    if locked is None:
        return headline("flock_same", fd=fd)
    codes = {"F_RDLCK": "flock_shared", "F_WRLCK": "flock_alone", "F_UNLCK": "flock_free"}
    return headline(codes[locked.type], fd=fd)


def socketpair(facts: Facts) -> Headline:
    """Return the two ends of a connection."""
    ends = [event.fd for event in facts.of(FdInstall)]
    return headline("socketpair", fd=ends[0], other=ends[-1])


def dup(facts: Facts) -> Headline:
    """Return what a new descriptor means."""
    return headline("dup", fd=facts.arg("oldfd"), other=facts.result)


def dup2(facts: Facts) -> Headline:
    """Return what a descriptor means now."""
    old, new = facts.arg("oldfd"), facts.arg("newfd")
    if old == new:
        return headline("dup2_same", fd=new)
    closed = headline("descriptor_closed", fd=new) if facts.has(FdClose) else None
    return headline("dup2", closed, call=facts.call.name, fd=old, other=new)


def fcntl(facts: Facts) -> Headline:
    """Return what a descriptor means, what is known of it, or which seals its file got."""
    fd = facts.arg("fd")
    sealed, cloexec = facts.first(InodeSeal), facts.first(FdCloexec)
    new, flags = facts.first(FdInstall), facts.first(FileFlags)
    if sealed is not None:
        seals = format_flags(Seal, sealed.new & ~sealed.old)
        return headline("seals_added", path=facts.path(sealed.ino), seals=seals)
    if cloexec is not None:
        return headline("execve_closes" if cloexec.cloexec else "execve_keeps", fd=fd)
    if new is not None:
        return headline("fcntl_dup", fd=fd, other=new.fd)
    if flags is not None:
        path = _path(_descriptor(facts, fd))
        return headline("file_flags", path=path, flags=format_value(Kind.OPEN_FLAGS, flags.new))
    return headline("fcntl_asks", fd=fd)


def close_range(facts: Facts) -> Headline:
    """Return how many descriptors mean nothing now, or will."""
    closed, later = len(facts.of(FdClose)), len(facts.of(FdCloexec))
    if closed:
        return headline("close_range", facts.frames_back(), n=closed)
    return headline("close_range_later", n=later) if later else headline("close_range_nothing")


def ioctl(facts: Facts) -> Headline:
    """Return which command was done."""
    path = _path(_descriptor(facts, facts.arg("fd")))
    return headline("ioctl", command=Ioctl(facts.arg("cmd")).name, path=path)


def close(facts: Facts) -> Headline:
    """Return what a descriptor no longer means, and what went with it."""
    fd = facts.arg("fd")
    event = facts.first(FdClose)
    path = _path(_file(facts, event.file) if event is not None else None)
    gone = headline("file_gone", facts.frames_back()) if facts.has(InodeFree) else None
    code = "close_last" if facts.has(FileClose) else "close"
    return headline(code, gone, fd=fd, path=path)


def read(facts: Facts) -> Headline:
    """Return how many bytes came, and where they are."""
    path = _path(_descriptor(facts, facts.arg("fd")))
    n = facts.result
    if not n:
        return headline("read_nothing", path=path)
    page = facts.page(facts.arg("buf"))
    return headline("read", facts.brought_in(), n=n, path=path, page=page)


def write(facts: Facts) -> Headline:
    """Return how many bytes went, and where they are."""
    path = _path(_descriptor(facts, facts.arg("fd")))
    n = facts.result
    if not facts.has(PagecacheWrite):
        return _written_nowhere(facts, n, path)
    return headline("write", facts.brought_in(), n=n, path=path, page=facts.page(facts.arg("buf")))


def _written_nowhere(facts: Facts, n: int, path: str) -> Headline:
    is_shown = facts.before.system.console != facts.after.system.console
    code = "write_shown" if is_shown else "write_kept_nowhere"
    return headline(code, facts.brought_in(), n=n, path=path)


def readv(facts: Facts) -> Headline:
    """Return how many bytes came into pieces of memory."""
    path, n = _path(_descriptor(facts, facts.arg("fd"))), facts.result
    if not n:
        return headline("read_nothing", path=path)
    return headline("readv", facts.brought_in(), n=n, path=path, pieces=facts.arg("iovcnt"))


def writev(facts: Facts) -> Headline:
    """Return how many bytes went from pieces of memory."""
    path, n = _path(_descriptor(facts, facts.arg("fd"))), facts.result
    if not facts.has(PagecacheWrite):
        return _written_nowhere(facts, n, path)
    return headline("writev", facts.brought_in(), n=n, path=path, pieces=facts.arg("iovcnt"))


def fstat(facts: Facts) -> Headline:
    """Return where it is told what kind of file it is."""
    path = _path(_descriptor(facts, facts.arg("fd")))
    return headline("fstat", facts.brought_in(), path=path, page=facts.page(facts.arg("statbuf")))


def lseek(facts: Facts) -> Headline:
    """Return where in its file a descriptor is now."""
    path, moved = _path(_descriptor(facts, facts.arg("fd"))), facts.first(FilePos)
    if moved is None:
        return headline("lseek_same", n=facts.result, path=path)
    return headline("lseek", n=moved.new, old=moved.old, path=path)


def fallocate(facts: Facts) -> Headline:
    """Return which pages a file has got, or no longer has."""
    path, start = _path(_descriptor(facts, facts.arg("fd"))), facts.arg("offset")
    end, added = start + facts.arg("length"), facts.first(InodeFallocate)
    where = {"path": path, "start": hex(start), "end": hex(end)}
    if facts.has(InodeAllocBlocks):
        return headline("fallocate_blocks", facts.frames_back(), **where)
    if added is None:
        return headline("fallocate_hole", facts.frames_back(), **where)
    return headline("fallocate", n=added.nr_pages, **where)


def sync(facts: Facts) -> Headline:
    """Return how many pages were written back."""
    n = len(facts.of(PagecacheWriteback))
    return headline("synced", n=n) if n else headline("synced_nothing")


def truncate(facts: Facts) -> Headline:
    """Return how long a file is now, and which pages went."""
    event = facts.last(InodeTruncate)
    if event is None:
        return headline("truncate_same")
    gone = len(facts.of(PteClear))
    more = (headline("entries_emptied", n=gone) if gone else None, facts.frames_back())
    path = facts.path(event.ino)
    return headline("truncate", *more, n=event.new, old=event.old, path=path)


def _file(facts: Facts, number: int) -> FileState | None:
    return next((file for file in facts.before.files if file.file == number), None)


def _descriptor(facts: Facts, fd: int) -> FileState | None:
    # The open file that a descriptor of the caller means.
    for task in facts.before.tasks:
        for table in facts.before.fds:
            if task.pid == facts.pid and table.files == task.files:
                for each, number, _ in table.fd:
                    if each == fd:
                        return _file(facts, number)
    return None


def _path(file: FileState | None) -> str:
    return file.path if file is not None else "?"


def path_of(facts: Facts, fd: int) -> str:
    """Return the path of an open file."""
    return _path(_descriptor(facts, fd))


# What the owner of the machine does


def fs_write(facts: Facts) -> Headline:
    """Return what a file holds now."""
    path, n = str(facts.call.args[0]), len(facts.call.args[1])
    code = "fs_write_makes" if facts.has(InodeCreate) else "fs_write"
    return headline(code, facts.frames_back(), path=path, n=n)


def fs_mount_tmpfs(facts: Facts) -> Headline:
    """Return where files in memory are made."""
    return headline("fs_mount_tmpfs", path=str(facts.call.args[0]))


def fs_furnish(facts: Facts) -> Headline:
    """Return what programs find now."""
    return headline("fs_furnish")


def fs_mkdir(facts: Facts) -> Headline:
    """Return which directory there is now."""
    return headline("fs_mkdir", path=str(facts.call.args[0]))


def fs_link(facts: Facts) -> Headline:
    """Return which file has which name besides."""
    old, path = facts.call.args
    return headline("fs_link", old=old, path=path)


def fs_unlink(facts: Facts) -> Headline:
    """Return whether a file is gone, or only its name."""
    path = str(facts.call.args[0])
    if facts.has(InodeFree):
        return headline("fs_unlink", facts.frames_back(), path=path)
    return headline("fs_unlink_in_use", path=path)
