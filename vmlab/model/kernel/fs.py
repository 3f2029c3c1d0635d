"""A small tmpfs: inodes whose data is their page cache, directories, two devices, pipes.

Source: include/linux/fs.h [v5.4].
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmlab.model.kernel.mm_types import Page, VmAreaStruct

FMODE_READ = 1
FMODE_WRITE = 2
FMODE_PATH = 0x4000
FMODE_APPEND = 1 << 32  # a name of vmlab: Linux keeps O_APPEND in f_flags

S_IFIFO = "fifo"
S_IFCHR = "chr"
S_IFDIR = "dir"
S_IFREG = "reg"

DEV_SHMEM = "00:01"  # the kernel's own tmpfs: memfd, shared anonymous memory
DEV_ROOT = "00:1b"  # the tmpfs at /
DEV_DISK = "fe:00"  # an ext4: its large mappings are aligned for huge pages
DEV_DEVTMPFS = "00:06"
DEV_PIPEFS = "00:0e"


class AddressSpace:
    """The cached pages of one object and the VMAs that map it (struct address_space)."""

    __slots__ = ("host", "i_mmap", "i_pages")

    def __init__(self, host: Inode) -> None:
        self.host = host
        self.i_pages: dict[int, Page] = {}  # index in pages -> frame
        self.i_mmap: dict[VmAreaStruct, None] = {}  # VMAs that map it

    def __repr__(self) -> str:
        return f"<address_space of {self.host!r}, {len(self.i_pages)} pages>"


class Inode:
    """A file, apart from any name or opener (struct inode)."""

    __slots__ = (
        "dev",
        "i_count",
        "i_ino",
        "i_kind",
        "i_mapping",
        "i_nlink",
        "i_size",
        "name",
        "noexec",
    )

    def __init__(self, i_ino: int, kind: str, name: str, dev: str) -> None:
        self.i_ino = i_ino
        self.i_kind = kind
        self.name = name  # as /proc/PID/maps shows it
        self.dev = dev  # major:minor in hex
        self.i_size = 0  # bytes
        self.i_nlink = 1  # names; 0 = deleted
        self.i_count = 0  # open files
        self.noexec = False  # its mount forbids PROT_EXEC
        self.i_mapping = AddressSpace(self)

    def __repr__(self) -> str:
        return f"<inode {self.i_ino} {self.name}>"


class File:
    """An open file (struct file)."""

    __slots__ = ("f_count", "f_inode", "f_mode", "f_path", "f_pos", "number")

    def __init__(self, number: int, inode: Inode, mode: int, path: str) -> None:
        self.number = number  # in order of creation
        self.f_inode = inode
        self.f_mode = mode  # FMODE_* bits
        self.f_path = path
        self.f_pos = 0  # bytes
        self.f_count = 1  # descriptors and VMAs that hold it

    def __repr__(self) -> str:
        return f"<file {self.number} {self.f_path}>"


def is_dev_zero(inode: Inode) -> bool:
    """Say whether an inode is /dev/zero. Source: drivers/char/mem.c: mmap_zero() [v5.4]."""
    return inode.i_kind == S_IFCHR and inode.name == "/dev/zero"
