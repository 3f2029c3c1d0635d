"""Events about files: inodes, open files, descriptors, and what travels through them."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.codes import Reason
from vmlab.model.trace.event import Event, count


@dataclass(frozen=True, slots=True)
class InodeCreate(Event):
    """An inode was made."""

    ino: int
    path: str

    def sentence(self) -> str:
        return f"Inode {self.ino} is made for {self.path}."


@dataclass(frozen=True, slots=True)
class InodeUnlink(Event):
    """An inode lost its name."""

    ino: int
    path: str

    def sentence(self) -> str:
        return f"{self.path} no longer names inode {self.ino}, which lives on while it is in use."


@dataclass(frozen=True, slots=True)
class InodeTruncate(Event):
    """A file got another length."""

    ino: int
    old: int  # bytes
    new: int

    def sentence(self) -> str:
        if self.new < self.old:
            how = "what lay beyond is gone, from every mapping too"
        else:
            how = "the new part is a hole, which takes no frame"
        return f"Inode {self.ino} is now {self.new} bytes long instead of {self.old}: {how}."


@dataclass(frozen=True, slots=True)
class InodeFree(Event):
    """An inode without name and user went."""

    ino: int

    def sentence(self) -> str:
        return f"Inode {self.ino} has no name and no user left: it and its page cache are freed."


@dataclass(frozen=True, slots=True)
class FileOpen(Event):
    """An open file was made."""

    file: int
    ino: int
    path: str

    def sentence(self) -> str:
        return f"Open file {self.file} is made for {self.path} (inode {self.ino})."


@dataclass(frozen=True, slots=True)
class FileClose(Event):
    """An open file lost its last user."""

    file: int
    ino: int

    def sentence(self) -> str:
        return (
            f"No descriptor and no mapping holds open file {self.file} (inode {self.ino}) any "
            "more: it is closed."
        )


@dataclass(frozen=True, slots=True)
class FdInstall(Event):
    """A descriptor got a meaning."""

    pid: int
    fd: int
    file: int
    reason: Reason

    def sentence(self) -> str:
        return (
            f"Descriptor {self.fd} of process {self.pid} means open file {self.file}: "
            f"{self.reason}."
        )


@dataclass(frozen=True, slots=True)
class FdClose(Event):
    """A descriptor lost its meaning."""

    pid: int
    fd: int
    file: int
    reason: Reason

    def sentence(self) -> str:
        return (
            f"Descriptor {self.fd} of process {self.pid} no longer means open file {self.file}: "
            f"{self.reason}."
        )


@dataclass(frozen=True, slots=True)
class PagecacheWrite(Event):
    """Bytes of a cached page changed by a call, not through a mapping."""

    ino: int
    index: int  # pages
    pfn: int
    start: int  # bytes in the page
    nr_bytes: int
    reason: str

    def sentence(self) -> str:
        return (
            f"Page {self.index} of inode {self.ino}, which every shared mapping sees: "
            f"{count(self.nr_bytes, 'byte')} of frame {self.pfn} from {self.start:#x} on "
            f"{self.reason}."
        )


@dataclass(frozen=True, slots=True)
class CopyToUser(Event):
    """The kernel wrote to user memory."""

    addr: int
    nr_bytes: int

    def sentence(self) -> str:
        return f"The kernel writes {count(self.nr_bytes, 'byte')} to user memory at {self.addr:#x}."


@dataclass(frozen=True, slots=True)
class CopyFromUser(Event):
    """The kernel read user memory."""

    addr: int
    nr_bytes: int

    def sentence(self) -> str:
        return f"The kernel reads {count(self.nr_bytes, 'byte')} of user memory at {self.addr:#x}."
