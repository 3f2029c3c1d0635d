"""Flags of open(2) and memfd_create(2), with Linux's x86-64 values."""

from __future__ import annotations

from enum import IntFlag


class Open(IntFlag):
    """Flags of open(2). The lowest two bits are an access mode, not flags."""

    O_RDONLY = 0
    O_WRONLY = 1
    O_RDWR = 2
    O_CREAT = 0o100
    O_EXCL = 0o200
    O_TRUNC = 0o1000
    O_APPEND = 0o2000
    O_DIRECTORY = 0o200000
    O_CLOEXEC = 0o2000000
    O_PATH = 0o10000000


O_ACCMODE = 3
O_CREAT = Open.O_CREAT.value
O_EXCL = Open.O_EXCL.value
O_TRUNC = Open.O_TRUNC.value
O_APPEND = Open.O_APPEND.value
O_DIRECTORY = Open.O_DIRECTORY.value
O_CLOEXEC = Open.O_CLOEXEC.value
O_PATH = Open.O_PATH.value
MFD_CLOEXEC = 1
