"""Kinds, modes and devices of files.

Source: include/linux/fs.h [v5.4].
"""

from __future__ import annotations

from vmlab.model.abi.stat import S_IXUGO
from vmlab.model.linux.include.structs import Inode

FMODE_READ = 1
FMODE_WRITE = 2
FMODE_PATH = 0x4000
FMODE_RANDOM = 0x1000
FMODE_APPEND = 1 << 32  # a name of vmlab: Linux keeps O_APPEND in f_flags
FMODE_UNMET = 1 << 33  # another: no writer has opened this FIFO yet (Linux compares w_counter)
SYSCTL_NR_OPEN = 1024 * 1024  # descriptors, whatever the limit of the process (fs/file.c)
S_IFIFO = "fifo"
S_IFCHR = "chr"
S_IFDIR = "dir"
S_IFBLK = "blk"
S_IFREG = "reg"
S_IFLNK = "lnk"
S_IFSOCK = "sock"
S_PIDFD = "pidfd"  # a name of vmlab: Linux has a regular file that it calls one of no kind
S_EVENTFD = "eventfd"  # these are names of vmlab, too
S_EVENTPOLL = "eventpoll"
S_TIMERFD = "timerfd"
S_SIGNALFD = "signalfd"
S_MQUEUE = "mqueue"  # Linux has a regular file
ANON_KINDS = (S_EVENTFD, S_EVENTPOLL, S_TIMERFD, S_SIGNALFD)
MAX_LFS_FILESIZE = (1 << 63) - 1  # bytes
EXT4_MAX_SIZE = 0xFFFFFFFF << 12  # bytes, with blocks of 4 KiB
NULL_DEV, ZERO_DEV, RANDOM_DEV, URANDOM_DEV = 0x103, 0x105, 0x108, 0x109  # numbers of devices
TTY_DEV, PTS_DEV = 0x500, 0x8800
DEV_SHMEM = "00:01"  # the kernel's own tmpfs: memfd, shared anonymous memory
DEV_TMPFS = "00:1b"  # what is mounted at /dev/shm, and where mount_tmpfs says
DEV_DISK = "fe:00"  # the ext4 at /
DEV_DEVTMPFS = "00:06"
DEV_PIPEFS = "00:0e"
DEV_DEVPTS = "00:15"
DEV_PIDFS = "00:05"
DEV_ANON = "00:10"
DEV_SOCKFS = "00:09"
DEV_PROC = "00:14"
DEV_MQUEUE = "00:12"


def can_odirect(inode: Inode) -> bool:
    """Say whether O_DIRECT is possible. Source: fs.h: FMODE_CAN_ODIRECT [v6.18]."""
    return inode.i_kind == S_IFIFO or (inode.i_kind == S_IFREG and inode.dev != DEV_SHMEM)


def is_executable(inode: Inode) -> bool:
    """Say whether a file can be executed by anybody. Source: fs/namei.c: generic_permission()
    [v6.18]; include/linux/fs.h: path_noexec() [v6.18]."""
    return inode.i_kind == S_IFREG and not inode.noexec and bool(inode.i_mode & S_IXUGO)


def shmem_mapping(inode: Inode) -> bool:
    """Say whether an inode is a file in memory. Source: mm/shmem.c: shmem_mapping() [v5.4]."""
    return inode.i_kind == S_IFREG and inode.dev in (DEV_TMPFS, DEV_SHMEM)


def on_disk(inode: Inode) -> bool:
    """Say whether an inode is a file whose pages are written back: one of ext4.

    Source: include/linux/backing-dev.h: mapping_can_writeback() [v5.10].
    """
    return inode.i_kind == S_IFREG and inode.dev == DEV_DISK


def s_maxbytes(inode: Inode) -> int:
    """Return how long the file system lets a file be, in bytes.

    Source: fs/ext4/super.c: ext4_max_size() [v6.18]; mm/shmem.c: shmem_fill_super() [v6.18].
    """
    return EXT4_MAX_SIZE if inode.dev == DEV_DISK else MAX_LFS_FILESIZE


def is_tty(inode: Inode) -> bool:
    """Say whether an inode is a terminal. Source: drivers/tty/tty_io.c: file_tty() [v6.18]."""
    return inode.i_kind == S_IFCHR and inode.i_rdev in (TTY_DEV, PTS_DEV)


def is_random(inode: Inode) -> bool:
    """Say whether an inode gives random bytes.

    Source: drivers/char/random.c: urandom_read_iter() [v6.18].
    """
    return inode.i_kind == S_IFCHR and inode.i_rdev in (RANDOM_DEV, URANDOM_DEV)


def is_proc(inode: Inode) -> bool:
    """Say whether an inode is a file of /proc.

    Source: fs/proc/inode.c: proc_get_inode() [v6.18].
    """
    return inode.i_kind == S_IFREG and inode.dev == DEV_PROC


def is_dev_zero(inode: Inode) -> bool:
    """Say whether an inode is /dev/zero. Source: drivers/char/mem.c: mmap_zero() [v5.4]."""
    return inode.i_kind == S_IFCHR and inode.i_rdev == ZERO_DEV


def has_driver(inode: Inode) -> bool:
    """Say whether somebody answers for a file that is opened.

    Source: fs/char_dev.c: chrdev_open() [v6.18]; fs/inode.c: init_special_inode() [v6.18].
    """
    if inode.i_kind in (S_IFBLK, S_IFSOCK):
        return False
    known = (NULL_DEV, ZERO_DEV, RANDOM_DEV, URANDOM_DEV, TTY_DEV, PTS_DEV)
    return inode.i_kind != S_IFCHR or inode.i_rdev in known
