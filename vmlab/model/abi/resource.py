"""Resources of setrlimit(2), with Linux's x86-64 values."""

from __future__ import annotations

from enum import IntEnum

from vmlab.model.abi.mman import ULONG_MAX


class Rlimit(IntEnum):
    """Resources of setrlimit(2) that memory management looks at; bytes, RLIMIT_NOFILE files."""

    RLIMIT_DATA = 2
    RLIMIT_STACK = 3
    RLIMIT_NOFILE = 7
    RLIMIT_MEMLOCK = 8
    RLIMIT_AS = 9


RLIM_INFINITY = ULONG_MAX
