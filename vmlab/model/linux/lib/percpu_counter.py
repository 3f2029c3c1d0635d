"""Counters that a CPU adds to in a part of its own, and only now and then to the sum."""

from __future__ import annotations

PERCPU_COUNTER_BATCH = 32  # what the CPU's part stays below, with up to 16 CPUs


class PercpuCounter:
    """A counter of one CPU's (struct percpu_counter)."""

    __slots__ = ("count", "counters")

    def __init__(self, count: int = 0, counters: int = 0) -> None:
        self.count = count  # what was added up so far
        self.counters = counters  # the CPU's part, which is not in it yet

    def __repr__(self) -> str:
        return f"<counter {self.count}{self.counters:+}>"


def percpu_counter_add(fbc: PercpuCounter, amount: int, batch: int = PERCPU_COUNTER_BATCH) -> None:
    """Add to the CPU's part; what has become a batch goes to the sum.

    Source: lib/percpu_counter.c: percpu_counter_add_batch() [v6.18].
    """
    part = fbc.counters + amount
    if -batch < part < batch:
        fbc.counters = part
    else:
        fbc.count += part
        fbc.counters = 0


def percpu_counter_sync(fbc: PercpuCounter) -> None:
    """Add the CPU's part to the sum.

    Source: lib/percpu_counter.c: percpu_counter_sync() [v6.18].
    """
    fbc.count += fbc.counters
    fbc.counters = 0


def percpu_counter_read_positive(fbc: PercpuCounter) -> int:
    """Return the sum as it stands, without the CPU's part.

    Source: include/linux/percpu_counter.h: percpu_counter_read_positive() [v6.18].
    """
    return max(fbc.count, 0)


def percpu_counter_sum(fbc: PercpuCounter) -> int:
    """Return the sum with the CPU's part.

    Source: lib/percpu_counter.c: __percpu_counter_sum() [v6.18].
    """
    return fbc.count + fbc.counters
