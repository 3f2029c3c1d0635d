"""Kinds and rights of files, with Linux's values.

Source: include/uapi/linux/stat.h, include/linux/stat.h [v6.18].
"""

from __future__ import annotations

from enum import IntEnum


class FileType(IntEnum):
    """What kind of file mknod(2) makes, and stat(2) tells."""

    S_IFIFO = 0o010000
    S_IFCHR = 0o020000
    S_IFDIR = 0o040000
    S_IFBLK = 0o060000
    S_IFREG = 0o100000
    S_IFLNK = 0o120000
    S_IFSOCK = 0o140000


S_IFMT = 0o170000
S_IRWXO = 0o7  # what others may do
S_IXGRP = 0o10  # its group may execute it
S_IXUGO = 0o111  # who may execute it
S_IRWXUGO = 0o777  # who may do what
S_ISVTX = 0o1000  # a directory where only owners take names away
S_ISGID = 0o2000  # who executes it gets its group; what is made in a directory has its group
S_ISUID = 0o4000  # who executes it gets its owner
S_IALLUGO = 0o7777
