"""What memory accesses, faults and fork cost, each against something to compare it with.

All figures come from one run on one machine, as the best of many rounds or the median of a few:

- a `load` that hits the TLB, against a bare dictionary-and-bytearray lookup; the CPU's own part
  of it, without process and signals; and a `store`;
- a load that misses the TLB, against one that hits;
- first stores to fresh pages, per second;
- fork of a process with 10,000 written pages, against copy.deepcopy of those pages, their
  entries and frames (without VMAs and tables);
- boot of a machine with 64 GiB of RAM, against one with 64 MiB.

Usage: python benchmarks/memory.py [--rounds N]
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
import timeit
from collections.abc import Callable

from vmlab import GiB, Machine, Map, MiB, Process, Prot
from vmlab.model.linux.mm.pgtable import present_ptes
from vmlab.model.mmu.pte import pte_pfn

PAGE = 4096
RW = Prot.PROT_READ | Prot.PROT_WRITE
ANON = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS
FORK_PAGES = 10_000
GOALS = {"load hit / bare": 8.0, "deepcopy / fork": 50.0}


def nanoseconds(
    calls: dict[str, Callable[[], object]], rounds: int, number: int = 200
) -> dict[str, float]:
    """Return the best time of each call; the calls take turns, so that a busy spell hits all."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            best[name] = min(best[name], timeit.timeit(call, number=number) / number * 1e9)
    return best


def once(call: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def written(pages: int, *, tlb_entries: int = 64) -> tuple[Process, int]:
    """Return a process and the address of so many pages it has written."""
    p = Machine(ram=(pages + 1000) * PAGE, tlb_entries=tlb_entries).spawn()
    addr = p.mmap(0, pages * PAGE, RW, ANON)
    for page in range(pages):
        p.store(addr + page * PAGE, b"x")
    return p, addr


def accesses(rounds: int) -> dict[str, float]:
    """Measure hits, misses and the bare lookup; nanoseconds."""
    p, addr = written(4, tlb_entries=1)
    cpu = p.machine.system.cpu
    bare = {addr >> 12: bytearray(PAGE)}

    def miss() -> None:
        p.load(addr)
        p.load(addr + PAGE)

    times = nanoseconds(
        {
            "bare lookup": lambda: bare[addr >> 12][addr & 0xFFF],
            "load hit": lambda: p.load(addr),
            "cpu.load hit": lambda: cpu.load(addr),
            "store hit": lambda: p.store(addr, b"x"),
            "load miss": miss,
        },
        rounds * 100,
    )
    times["load miss"] /= 2
    return times


def store_faults(rounds: int) -> float:
    """Return first stores to fresh pages per second."""
    p = Machine(ram=64 * MiB).spawn()
    pages = 2_000
    rates = []
    for _ in range(rounds):
        addr = p.mmap(0, pages * PAGE, RW, ANON)

        def touch(addr: int = addr) -> None:
            for page in range(pages):
                p.store(addr + page * PAGE, b"x")

        rates.append(pages / once(touch))
        p.munmap(addr, pages * PAGE)
    return statistics.median(rates)


def forks(rounds: int) -> tuple[float, float]:
    """Return the seconds of a fork and of a deepcopy of FORK_PAGES written pages."""
    p, _ = written(FORK_PAGES)
    fork = []
    for _ in range(rounds * 3):
        begin = time.perf_counter()
        child = p.fork()
        fork.append(time.perf_counter() - begin)
        child.exit()
    system = p.machine.system
    pages = {}
    for addr, pte in present_ptes(p.mm, 0, p.mm.task_size):
        page = copy.copy(system.mem_map[pte_pfn(pte)])
        page.mapping = None
        pages[addr] = (pte, page, system.ram.frame(page.pfn))
    return min(fork), min(once(lambda: copy.deepcopy(pages)) for _ in range(3))


def main() -> None:
    """Measure and print a table; say of each goal whether it is met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds

    times = accesses(rounds)
    for name, value in times.items():
        print(f"{name:<28}{value:10.0f} ns")
    print(f"{'store faults':<28}{store_faults(rounds):10.0f} per second")
    fork, deepcopy = forks(rounds)
    print(f"{f'fork of {FORK_PAGES} pages':<28}{fork * 1e3:10.2f} ms")
    print(f"{'deepcopy of the same':<28}{deepcopy * 1e3:10.2f} ms")
    boots = {
        size: statistics.median(once(lambda size=size: Machine(ram=size)) for _ in range(20))
        for size in (64 * MiB, 64 * GiB)
    }
    for size, seconds in boots.items():
        print(f"{f'boot with {size >> 20} MiB':<28}{seconds * 1e6:10.0f} us")
    ratios = {
        "load hit / bare": times["load hit"] / times["bare lookup"],
        "load miss / hit": times["load miss"] / times["load hit"],
        "deepcopy / fork": deepcopy / fork,
        "boot 64 GiB / 64 MiB": boots[64 * GiB] / boots[64 * MiB],
    }
    print()
    for name, ratio in ratios.items():
        goal = GOALS.get(name)
        print(f"{name:<28}{ratio:10.2f}" + (f"   (goal {goal:g})" if goal else ""))


if __name__ == "__main__":
    main()
