"""How long one picture takes, and how that compares.

Draws a binary tree of 7, 31 and 127 nodes in four ways, in one run on one machine:

- `vmlab`: the tree of VMAs of a process, from snapshot to SVG;
- `layout`: the layout alone, of the same DOT text, by the vendored Graphviz inside V8;
- `graphviz`: the layout alone, of the same DOT text, by the `graphviz` package and a `dot` program;
- `memory_graph`: a tree of as many Python objects, by the package of that name and `dot`.

Then memory over time, of a recording of 10,000 steps with 200 regions.

Usage: python benchmarks/pictures.py [--repeat N]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import graphviz
from tqdm import tqdm

from vmlab import Machine, Map, Prot, Recorder
from vmlab.diagrams.layout import engine_name, render_svg
from vmlab.diagrams.memory_over_time import memory_over_time_svg
from vmlab.diagrams.time_words import memory_over_time_text
from vmlab.diagrams.vma_tree import vma_tree_dot
from vmlab.record.lifespans import lifespans
from vmlab.state.snapshot import Snapshot

SIZES = (7, 31, 127)
WARM_UP = 15  # rounds that are not counted: as in a session of some minutes, all is compiled then
STEPS, REGIONS = 10_000, 200
NAMES = ("vmlab", "layout", "graphviz", "memory_graph")
FLAGS = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS | Map.MAP_FIXED


def process_of(regions: int) -> Snapshot:
    """Return a machine with one process of so many VMAs."""
    machine = Machine()
    process = machine.spawn()
    for vma in machine.snapshot().mms[0].mmap:
        process.munmap(vma.vm_start, vma.vm_end - vma.vm_start)
    for number in range(regions):
        process.mmap(0x10000000 + number * 0x2000, 0x1000, Prot.PROT_READ, FLAGS, -1, 0)
    return machine.snapshot()


def long_recording() -> Recorder:
    """Return 10,000 steps in which 200 regions come, go, and are written."""
    machine = Machine()
    process = machine.spawn()
    recorder = Recorder(machine)
    turn = 0
    while len(recorder) < STEPS:
        at = 0x10000000 + turn % REGIONS * 0x2000
        process.mmap(at, 0x1000, Prot.PROT_READ | Prot.PROT_WRITE, FLAGS, -1, 0)
        process.store(at, b"!")
        turn += 1
    return recorder


def over_time(repeat: int) -> str:
    """Time what memory over time takes."""
    recorder = long_recording()
    history, snap = recorder.steps, recorder.snapshot(len(recorder) - 1)
    story = lifespans(history)
    ways: dict[str, Callable[[], Any]] = {
        "found": lambda: lifespans(history),
        "drawn": lambda: memory_over_time_svg(snap, story, now=STEPS // 2),
        "said": lambda: memory_over_time_text(snap, story),
    }
    times = {}
    for name, way in ways.items():
        taken = []
        for _ in range(repeat):
            start = time.perf_counter()
            way()
            taken.append(time.perf_counter() - start)
        times[name] = statistics.median(taken) * 1000
    parts = ", ".join(f"{name} in {taken:.1f}" for name, taken in times.items())
    kib = len(memory_over_time_svg(snap, story)) / 1024
    return f"memory over time, {STEPS} steps, {REGIONS} regions: {parts} ms; {kib:.0f} KiB"


class Node:
    """A node of a binary tree, for memory_graph."""

    def __init__(self, size: int) -> None:
        half = (size - 1) // 2
        self.value = size
        self.left = Node(half) if half else None
        self.right = Node(half) if half else None


def all_of(snap: Snapshot) -> frozenset[str]:
    """Return the ids of every fold that the picture of a large tree has."""
    return frozenset(f"more_tree_1_{vma.vm_start:x}" for vma in snap.mms[0].mmap)


def ways(size: int, folder: Path) -> dict[str, Callable[[], Any] | str]:
    """Return the ways to draw a tree of `size` nodes; words where one is missing."""
    snap = process_of(size)
    unfold = all_of(snap)
    dot = vma_tree_dot(snap, unfold=unfold)
    found: dict[str, Callable[[], Any] | str] = {
        "vmlab": lambda: render_svg(vma_tree_dot(snap, unfold=unfold)),
        "layout": lambda: render_svg(dot),
        "graphviz": "no `dot` program on PATH",
        "memory_graph": "no `dot` program on PATH",
    }
    if shutil.which("dot"):
        found["graphviz"] = lambda: graphviz.Source(dot).pipe("svg")
        try:
            import memory_graph
        except ImportError:
            found["memory_graph"] = "not installed: pip install memory_graph"
        else:
            tree = Node(size)
            found["memory_graph"] = lambda: memory_graph.render(tree, str(folder / "tree.svg"))
    return found


def measure(size: int, repeat: int, folder: Path) -> tuple[dict[str, float], dict[str, str]]:
    """Time the ways in turns, so that a busy moment hits all: medians, and what is missing."""
    found = ways(size, folder)
    missing = {name: way for name, way in found.items() if isinstance(way, str)}
    times: dict[str, list[float]] = {name: [] for name in found if name not in missing}
    for turn in tqdm(range(repeat + WARM_UP), desc=f"{size} nodes", unit="round", leave=False):
        for name in times:
            way = found[name]
            assert not isinstance(way, str)
            start = time.perf_counter()
            way()
            if turn >= WARM_UP:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) * 1000 for name, taken in times.items()}, missing


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeat", type=int, default=15, help="drawings per number (default 15)")
    repeat = parser.parse_args().repeat
    missing: dict[str, str] = {}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            found, absent = measure(size, repeat, Path(folder))
            rows.append((size, found))
            missing |= absent
    print(f"{engine_name()}; median of {repeat}, in ms (and times as long as vmlab)")
    print(f"{'nodes':>6}" + "".join(f"{name:>18}" for name in NAMES))
    for size, found in rows:
        print(f"{size:>6}" + "".join(f"{_cell(found, name):>18}" for name in NAMES))
    print(over_time(repeat))
    for name, why in missing.items():
        print(f"{name}: {why}")


def _cell(found: dict[str, float], name: str) -> str:
    if name not in found:
        return "-"
    ratio = "" if name == "vmlab" else f" ({found[name] / found['vmlab']:.1f}x)"
    return f"{found[name]:.1f}{ratio}"


if __name__ == "__main__":
    main()
