"""What a process used, as its parent and itself are told.

Source: include/linux/sched/signal.h: struct signal_struct [v6.18].
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Usage:
    """What a process used, apart from its threads that run: struct signal_struct has it."""

    min_flt: int = 0  # page faults of threads that ended
    maj_flt: int = 0
    cmin_flt: int = 0  # of children that it waited for, and theirs
    cmaj_flt: int = 0
    maxrss: int = 0  # pages: the most in memory, of address spaces that it left
    cmaxrss: int = 0  # the most of any of those children
