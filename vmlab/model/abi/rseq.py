"""Restartable sequences: struct rseq, as a task gives it to the kernel.

Source: include/uapi/linux/rseq.h [v6.18].
"""

from __future__ import annotations

from enum import IntFlag


class Rseq(IntFlag):
    """Flags of rseq(2)."""

    RSEQ_FLAG_UNREGISTER = 1


RSEQ_FLAG_UNREGISTER = Rseq.RSEQ_FLAG_UNREGISTER.value
ORIG_RSEQ_SIZE = 32  # bytes, and what it is aligned to
CPU_ID_START, RSEQ_CS, NODE_ID = 0, 8, 20  # offsets; cpu_id follows the first, mm_cid the last
RSEQ_CPU_ID_UNINITIALIZED = 0xFFFFFFFF
