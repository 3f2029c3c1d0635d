"""What open(2), fcntl(2) and memfd_create(2) are told, with Linux's x86-64 values."""

from __future__ import annotations

import struct
from enum import IntEnum, IntFlag
from functools import reduce
from operator import or_


class Open(IntFlag):
    """Flags of open(2). The lowest two bits are an access mode, not flags."""

    O_RDONLY = 0
    O_WRONLY = 1
    O_RDWR = 2
    O_CREAT = 0o100
    O_EXCL = 0o200
    O_NOCTTY = 0o400
    O_TRUNC = 0o1000
    O_APPEND = 0o2000
    O_NONBLOCK = 0o4000
    O_SYNC = 0o4010000
    O_DSYNC = 0o10000
    FASYNC = 0o20000
    O_DIRECT = 0o40000
    O_LARGEFILE = 0o100000
    O_NOFOLLOW = 0o400000
    O_NOATIME = 0o1000000
    O_CLOEXEC = 0o2000000
    O_PATH = 0o10000000
    O_TMPFILE = 0o20200000
    O_DIRECTORY = 0o200000


class Mfd(IntFlag):
    """Flags of memfd_create(2)."""

    MFD_CLOEXEC = 1
    MFD_ALLOW_SEALING = 2
    MFD_HUGETLB = 4
    MFD_NOEXEC_SEAL = 8
    MFD_EXEC = 0x10


class Fcntl(IntEnum):
    """Commands of fcntl(2)."""

    F_DUPFD = 0
    F_GETFD = 1
    F_SETFD = 2
    F_GETFL = 3
    F_SETFL = 4
    F_GETLK = 5
    F_SETLK = 6
    F_SETLKW = 7
    F_OFD_GETLK = 36
    F_OFD_SETLK = 37
    F_OFD_SETLKW = 38
    F_DUPFD_CLOEXEC = 1030
    F_ADD_SEALS = 1033
    F_GET_SEALS = 1034


class LockType(IntEnum):
    """Kinds of locks on parts of a file."""

    F_RDLCK = 0
    F_WRLCK = 1
    F_UNLCK = 2


class Flock(IntFlag):
    """Commands of flock(2)."""

    LOCK_SH = 1
    LOCK_EX = 2
    LOCK_NB = 4
    LOCK_UN = 8


LOCK_MAND = 32
FLOCK = struct.Struct("<hh4xqqi4x")  # l_type, l_whence, l_start, l_len, l_pid
FLOCK_SIZE = FLOCK.size
OFFSET_MAX = (1 << 63) - 1  # the last byte that can be locked


class Seek(IntEnum):
    """From where lseek(2) counts, or what it looks for."""

    SEEK_SET = 0
    SEEK_CUR = 1
    SEEK_END = 2
    SEEK_DATA = 3
    SEEK_HOLE = 4


class Falloc(IntFlag):
    """Modes of fallocate(2)."""

    FALLOC_FL_KEEP_SIZE = 1
    FALLOC_FL_PUNCH_HOLE = 2
    FALLOC_FL_COLLAPSE_RANGE = 8
    FALLOC_FL_ZERO_RANGE = 0x10
    FALLOC_FL_INSERT_RANGE = 0x20
    FALLOC_FL_UNSHARE_RANGE = 0x40
    FALLOC_FL_WRITE_ZEROES = 0x80


class Fd(IntFlag):
    """Flags of a descriptor."""

    FD_CLOEXEC = 1


class Seal(IntFlag):
    """Seals of a file: what nobody may do with it any more."""

    F_SEAL_SEAL = 1
    F_SEAL_SHRINK = 2
    F_SEAL_GROW = 4
    F_SEAL_WRITE = 8
    F_SEAL_FUTURE_WRITE = 0x10
    F_SEAL_EXEC = 0x20


class At(IntFlag):
    """Flags of calls whose path begins at a descriptor."""

    AT_SYMLINK_NOFOLLOW = 0x100
    AT_SYMLINK_FOLLOW = 0x400
    AT_NO_AUTOMOUNT = 0x800
    AT_EMPTY_PATH = 0x1000
    AT_STATX_FORCE_SYNC = 0x2000
    AT_STATX_DONT_SYNC = 0x4000


class Faccessat(IntFlag):
    """Flags of faccessat2(2)."""

    AT_SYMLINK_NOFOLLOW = 0x100
    AT_EACCESS = 0x200
    AT_EMPTY_PATH = 0x1000


class Unlinkat(IntFlag):
    """Flags of unlinkat(2)."""

    AT_REMOVEDIR = 0x200


class Rename(IntFlag):
    """Flags of renameat2(2)."""

    RENAME_NOREPLACE = 1
    RENAME_EXCHANGE = 2
    RENAME_WHITEOUT = 4


class Access(IntFlag):
    """What access(2) asks for."""

    F_OK = 0
    R_OK = 4
    W_OK = 2
    X_OK = 1


class CloseRange(IntFlag):
    """Flags of close_range(2)."""

    CLOSE_RANGE_UNSHARE = 2
    CLOSE_RANGE_CLOEXEC = 4


AT_FDCWD = -100  # the working directory
AT_SYMLINK_NOFOLLOW = At.AT_SYMLINK_NOFOLLOW.value
AT_SYMLINK_FOLLOW = At.AT_SYMLINK_FOLLOW.value
AT_NO_AUTOMOUNT = At.AT_NO_AUTOMOUNT.value
AT_EACCESS = Faccessat.AT_EACCESS.value
AT_EMPTY_PATH = At.AT_EMPTY_PATH.value
AT_STATX_SYNC_TYPE = At.AT_STATX_FORCE_SYNC.value | At.AT_STATX_DONT_SYNC.value
RENAME_NOREPLACE = Rename.RENAME_NOREPLACE.value
RENAME_EXCHANGE = Rename.RENAME_EXCHANGE.value
RENAME_WHITEOUT = Rename.RENAME_WHITEOUT.value
AT_REMOVEDIR = Unlinkat.AT_REMOVEDIR.value
CLOSE_RANGE_UNSHARE = CloseRange.CLOSE_RANGE_UNSHARE.value
CLOSE_RANGE_CLOEXEC = CloseRange.CLOSE_RANGE_CLOEXEC.value
X_OK = Access.X_OK.value
O_ACCMODE = 3
O_WRONLY = Open.O_WRONLY.value
O_CREAT = Open.O_CREAT.value
O_EXCL = Open.O_EXCL.value
O_NOCTTY = Open.O_NOCTTY.value
O_TRUNC = Open.O_TRUNC.value
O_APPEND = Open.O_APPEND.value
O_NONBLOCK = Open.O_NONBLOCK.value
FASYNC = Open.FASYNC.value
O_DIRECT = Open.O_DIRECT.value
O_LARGEFILE = Open.O_LARGEFILE.value
O_DIRECTORY = Open.O_DIRECTORY.value
O_NOFOLLOW = Open.O_NOFOLLOW.value
O_NOATIME = Open.O_NOATIME.value
O_CLOEXEC = Open.O_CLOEXEC.value
O_DSYNC = Open.O_DSYNC.value
O_SYNC = Open.O_SYNC.value
O_SYNC_ALONE = O_SYNC & ~O_DSYNC  # __O_SYNC
O_PATH = Open.O_PATH.value
O_TMPFILE_ALONE = Open.O_TMPFILE.value & ~O_DIRECTORY  # __O_TMPFILE
VALID_OPEN_FLAGS = O_ACCMODE | int(reduce(or_, Open.__members__.values()))
SEEK_SET = Seek.SEEK_SET.value
SEEK_CUR = Seek.SEEK_CUR.value
SEEK_END = Seek.SEEK_END.value
SEEK_DATA = Seek.SEEK_DATA.value
SEEK_HOLE = Seek.SEEK_HOLE.value
MFD_CLOEXEC = Mfd.MFD_CLOEXEC.value
MFD_ALLOW_SEALING = Mfd.MFD_ALLOW_SEALING.value
MFD_HUGETLB = Mfd.MFD_HUGETLB.value
MFD_NOEXEC_SEAL = Mfd.MFD_NOEXEC_SEAL.value
MFD_EXEC = Mfd.MFD_EXEC.value
MFD_HUGE_SHIFT = 26
MFD_HUGE_BITS = 0x3F << MFD_HUGE_SHIFT  # the size of huge pages, as a power of two
FALLOC_FL_KEEP_SIZE = Falloc.FALLOC_FL_KEEP_SIZE.value
FALLOC_FL_PUNCH_HOLE = Falloc.FALLOC_FL_PUNCH_HOLE.value
FALLOC_FL_COLLAPSE_RANGE = Falloc.FALLOC_FL_COLLAPSE_RANGE.value
FALLOC_FL_ZERO_RANGE = Falloc.FALLOC_FL_ZERO_RANGE.value
FALLOC_FL_INSERT_RANGE = Falloc.FALLOC_FL_INSERT_RANGE.value
FALLOC_FL_UNSHARE_RANGE = Falloc.FALLOC_FL_UNSHARE_RANGE.value
FALLOC_FL_WRITE_ZEROES = Falloc.FALLOC_FL_WRITE_ZEROES.value
FD_CLOEXEC = Fd.FD_CLOEXEC.value
F_SEAL_SEAL = Seal.F_SEAL_SEAL.value
F_SEAL_SHRINK = Seal.F_SEAL_SHRINK.value
F_SEAL_GROW = Seal.F_SEAL_GROW.value
F_SEAL_WRITE = Seal.F_SEAL_WRITE.value
F_SEAL_FUTURE_WRITE = Seal.F_SEAL_FUTURE_WRITE.value
F_SEAL_EXEC = Seal.F_SEAL_EXEC.value
