"""The limits that the first process has.

Source: include/asm-generic/resource.h [v6.18].
"""

from __future__ import annotations

from vmlab.model.abi.resource import RLIM_INFINITY, UNLIMITED, Limits, Rlimit
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, KiB, MiB


def init_rlimits(task_size: int, totalram_pages: int) -> dict[Rlimit, Limits]:
    """Return the limits of the first process.

    Args:
        task_size: bytes: end of user space.
        totalram_pages: pages of memory.

    Source: include/asm-generic/resource.h: INIT_RLIMITS [v6.18].
    """
    stack = min(8 * MiB, task_size // 6 & PAGE_MASK)
    of_thread = 8 * 16 * KiB  # bytes of memory for each thread that there may be
    threads = max((totalram_pages << PAGE_SHIFT) // of_thread, 20) // 2
    return dict.fromkeys(Rlimit, UNLIMITED) | {
        Rlimit.RLIMIT_STACK: Limits(stack, RLIM_INFINITY),
        Rlimit.RLIMIT_CORE: Limits(0, RLIM_INFINITY),
        Rlimit.RLIMIT_NPROC: Limits(threads, threads),
        Rlimit.RLIMIT_NOFILE: Limits(1024, 4096),
        Rlimit.RLIMIT_MEMLOCK: Limits(8 * MiB, 8 * MiB),
        Rlimit.RLIMIT_SIGPENDING: Limits(threads, threads),
        Rlimit.RLIMIT_MSGQUEUE: Limits(819200, 819200),
        Rlimit.RLIMIT_NICE: Limits(0, 0),
        Rlimit.RLIMIT_RTPRIO: Limits(0, 0),
    }
