"""Options of prctl(2), codes of arch_prctl(2), with Linux's values."""

from __future__ import annotations

from enum import IntEnum


class Pr(IntEnum):
    """Options of prctl(2) that are modelled; Linux knows many more."""

    PR_SET_PDEATHSIG = 1
    PR_GET_PDEATHSIG = 2
    PR_GET_DUMPABLE = 3
    PR_SET_DUMPABLE = 4
    PR_SET_NAME = 15
    PR_GET_NAME = 16
    PR_SET_MM = 35
    PR_SET_THP_DISABLE = 41
    PR_GET_THP_DISABLE = 42
    PR_SET_VMA = 0x53564D41


class Arch(IntEnum):
    """Codes of arch_prctl(2) for the bases of fs and gs."""

    ARCH_SET_GS = 0x1001
    ARCH_SET_FS = 0x1002
    ARCH_GET_FS = 0x1003
    ARCH_GET_GS = 0x1004


PR_THP_DISABLE_EXCEPT_ADVISED = 2
PR_SET_MM_AUXV = 12
PR_SET_MM_MAP = 14
PR_SET_MM_MAP_SIZE = 15
