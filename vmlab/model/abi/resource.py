"""Resources of setrlimit(2), with Linux's x86-64 values."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from vmlab.model.abi.mman import ULONG_MAX


class Rlimit(IntEnum):
    """Resources of setrlimit(2): bytes, files, processes, seconds and so on.

    The model acts on DATA, STACK, NOFILE and AS. The others it only keeps.
    """

    RLIMIT_CPU = 0
    RLIMIT_FSIZE = 1
    RLIMIT_DATA = 2
    RLIMIT_STACK = 3
    RLIMIT_CORE = 4
    RLIMIT_RSS = 5
    RLIMIT_NPROC = 6
    RLIMIT_NOFILE = 7
    RLIMIT_MEMLOCK = 8
    RLIMIT_AS = 9
    RLIMIT_LOCKS = 10
    RLIMIT_SIGPENDING = 11
    RLIMIT_MSGQUEUE = 12
    RLIMIT_NICE = 13
    RLIMIT_RTPRIO = 14
    RLIMIT_RTTIME = 15


class Rusage(IntEnum):
    """Whose use getrusage(2) tells."""

    RUSAGE_SELF = 0
    RUSAGE_CHILDREN = -1
    RUSAGE_THREAD = 1


class Prio(IntEnum):
    """Whose priority getpriority(2) tells."""

    PRIO_PROCESS = 0
    PRIO_PGRP = 1
    PRIO_USER = 2


RUSAGE_CHILDREN = Rusage.RUSAGE_CHILDREN.value
RUSAGE_THREAD = Rusage.RUSAGE_THREAD.value
RUSAGE_BOTH = -2  # the kernel's own: a process and its children
RLIM_INFINITY = ULONG_MAX


class Limits(NamedTuple):
    """What binds a process, and how far it may raise that itself (struct rlimit)."""

    rlim_cur: int
    rlim_max: int


UNLIMITED = Limits(RLIM_INFINITY, RLIM_INFINITY)
