"""How the cost of the VMA layer grows: find_vma, mmap and munmap with few and with many VMAs.

    python -m benchmarks.vma

The goals: from 1,000 to 65,530 VMAs no call becomes more than twice as slow, and find_vma is not
slower than a bisection in `sortedcontainers.SortedDict`, the sorted map that a Python program
would take.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

from sortedcontainers import SortedDict
from tqdm import tqdm

from vmlab import Machine, Process
from vmlab.model.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE
from vmlab.model.linux.include.structs import VmAreaStruct
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.page import PAGE_SIZE

SIZES = (1_000, 65_530)
BASE = 0x10000000
STEP = 3 * PAGE_SIZE  # a VMA of one page, and room for another that does not touch it
LOOKUPS = 1_000
CALLS = 1_000
REPEATS = 15
GROWTH_GOAL = 2.0
LOOKUP_GOAL = 1.0

ANON = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED


def populate(size: int) -> Process:
    """A process with `size` VMAs, two for each place: so that none merges with its neighbour."""
    process = Machine().spawn()
    free = size - process.mm.map_count
    for number in tqdm(range(free), desc=f"{size:,} VMAs", leave=False):
        prot = PROT_READ if number % 2 else 0
        process.mmap(BASE + number * STEP, PAGE_SIZE, prot, ANON)
    return process


def fastest(run: Callable[[], float]) -> float:
    """The least of several measurements: what disturbs them only adds."""
    return min(run() for _ in range(REPEATS))


def measure(size: int) -> dict[str, float]:
    """Microseconds a call, by call."""
    process = populate(size)
    mm = process.mm
    dice = random.Random(size)
    span = (size - 16) * STEP
    addrs = [BASE + dice.randrange(span) for _ in range(LOOKUPS)]
    places = [BASE + dice.randrange(size - 16) * STEP + PAGE_SIZE for _ in range(CALLS)]
    by_end: SortedDict[int, VmAreaStruct] = SortedDict((vma.vm_end, vma) for vma in mm)
    ends = by_end.keys()

    def lookup() -> float:
        start = time.perf_counter()
        for addr in addrs:
            find_vma(mm, addr)
        return (time.perf_counter() - start) / LOOKUPS * 1e6

    def bisect() -> float:
        start = time.perf_counter()
        for addr in addrs:
            by_end[ends[by_end.bisect_right(addr)]]
        return (time.perf_counter() - start) / LOOKUPS * 1e6

    def calls() -> tuple[float, float]:
        mapping = unmapping = 0.0
        for place in places:
            begin = time.perf_counter()
            process.mmap(place, PAGE_SIZE, PROT_READ | PROT_WRITE, ANON)
            middle = time.perf_counter()
            process.munmap(place, PAGE_SIZE)
            unmapping += time.perf_counter() - middle
            mapping += middle - begin
        return mapping / CALLS * 1e6, unmapping / CALLS * 1e6

    assert all(find_vma(mm, addr) is by_end[ends[by_end.bisect_right(addr)]] for addr in addrs)
    bar = tqdm(range(REPEATS), desc="measuring", leave=False)
    pairs = [calls() for _ in bar]
    return {
        "find_vma": fastest(lookup),
        "SortedDict bisect": fastest(bisect),
        "mmap": min(pair[0] for pair in pairs),
        "munmap": min(pair[1] for pair in pairs),
    }


def main() -> int:
    """Print a table of times and ratios; the exit status says whether the goals are met."""
    few, many = (measure(size) for size in SIZES)
    print(f"{'microseconds a call':<22}" + "".join(f"{size:>10,}" for size in SIZES) + "    growth")
    met = True
    for call in few:
        growth = many[call] / few[call]
        goal = "" if call == "SortedDict bisect" else f"  (goal: at most {GROWTH_GOAL:g})"
        met = met and (not goal or growth <= GROWTH_GOAL)
        print(f"{call:<22}{few[call]:>10.2f}{many[call]:>10.2f}{growth:>10.2f}{goal}")
    for size, times in zip(SIZES, (few, many), strict=True):
        ratio = times["find_vma"] / times["SortedDict bisect"]
        met = met and (size == SIZES[0] or ratio <= LOOKUP_GOAL)
        print(f"find_vma takes {ratio:.2f} times as long as SortedDict at {size:,} VMAs", end="")
        print(f" (goal: at most {LOOKUP_GOAL:g})" if size == SIZES[-1] else "")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
