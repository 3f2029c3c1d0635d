"""Counters that are added to in batches."""

from __future__ import annotations

from vmlab.model.linux.lib.percpu_counter import (
    PercpuCounter,
    percpu_counter_add,
    percpu_counter_read_positive,
    percpu_counter_sum,
)


def test_the_sum_learns_of_whole_batches_only() -> None:
    counter = PercpuCounter()
    for _ in range(31):
        percpu_counter_add(counter, 1)
    assert (percpu_counter_read_positive(counter), percpu_counter_sum(counter)) == (0, 31)
    percpu_counter_add(counter, 1)
    assert (counter.count, counter.counters) == (32, 0)
    percpu_counter_add(counter, -31)
    assert (percpu_counter_read_positive(counter), percpu_counter_sum(counter)) == (32, 1)
    percpu_counter_add(counter, -1)
    assert (counter.count, counter.counters) == (0, 0)


def test_a_large_amount_takes_along_what_was_kept_back() -> None:
    counter = PercpuCounter()
    percpu_counter_add(counter, 20)
    percpu_counter_add(counter, 16)
    assert repr(counter) == "<counter 36+0>"
