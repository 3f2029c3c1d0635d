"""Random numbers. Here they follow from a seed, so that the same machine does the same again."""

from __future__ import annotations

from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.linux.include.structs import System
from vmlab.model.mmu.page import PAGE_SHIFT


def get_random_long(system: System) -> int:
    """Return the next random number of 64 bits.

    Source: drivers/char/random.c: get_random_long() [v5.4].
    Left out: entropy. The numbers are those of the generator SplitMix64.
    """
    system.random_state = (system.random_state + 0x9E3779B97F4A7C15) & ULONG_MAX
    mixed = system.random_state
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & ULONG_MAX
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & ULONG_MAX
    return mixed ^ mixed >> 31


def randomize_page(system: System, start: int, length: int) -> int:
    """Return a random page of a range.

    Args:
        system: the kernel.
        start: first byte of the range, page aligned.
        length: bytes of the range; less than a page leaves only its start.

    Source: drivers/char/random.c: randomize_page() [v5.4].
    """
    nr_pages = length >> PAGE_SHIFT
    if not nr_pages:
        return start
    return start + (get_random_long(system) % nr_pages << PAGE_SHIFT)
