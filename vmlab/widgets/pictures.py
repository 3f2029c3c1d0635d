"""The pictures that an Explorer can show, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from vmlab.diagrams.address_space import address_space_dot
from vmlab.diagrams.fault_path import fault_path_dot
from vmlab.diagrams.frames import frames_dot
from vmlab.diagrams.layout import render_svg
from vmlab.diagrams.mm_struct import mm_struct_dot
from vmlab.diagrams.page_cache import page_cache_dot
from vmlab.diagrams.page_table import page_table_dot
from vmlab.diagrams.process_tree import process_tree_dot
from vmlab.diagrams.tlb import tlb_dot
from vmlab.diagrams.vma_tree import vma_tree_dot
from vmlab.model.trace import Event
from vmlab.record.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Focus:
    """What the reader looks at, and what the step is about."""

    mm: int | None = None  # number of the mm_struct of the chosen process
    mms: tuple[int, ...] | None = None  # those of all processes to show; None = all
    addr: int | None = None  # the address last used, in bytes
    highlight: frozenset[str] = frozenset()  # ids of objects
    unfold: frozenset[str] = frozenset()  # ids of folds that were opened
    fault: tuple[Event, ...] = ()  # what the last page fault emitted so far


@dataclass(frozen=True, slots=True)
class Picture:
    """One kind of picture."""

    tab: str  # its short name
    label: str  # its name; {pid} stands for the chosen process
    dot: Callable[[Snapshot, Focus], str]
    tall: bool = False  # higher than wide

    def svg(self, snap: Snapshot, focus: Focus) -> str:
        """Draw it."""
        return _drawn(self.dot(snap, focus))


# Many steps leave a picture as it is, and a reader goes back and forth.
_drawn = lru_cache(maxsize=128)(render_svg)


PICTURES: dict[str, Picture] = {
    "address_space": Picture(
        "Address space",
        "Address space",
        lambda snap, at: address_space_dot(
            snap, mms=at.mms, highlight=at.highlight, unfold=at.unfold
        ),
        tall=True,
    ),
    "vma_tree": Picture(
        "VMA tree",
        "VMA tree of process {pid}",
        lambda snap, at: vma_tree_dot(snap, mm=at.mm, highlight=at.highlight, unfold=at.unfold),
    ),
    "mm_struct": Picture(
        "mm_struct",
        "mm_struct of process {pid}",
        lambda snap, at: mm_struct_dot(snap, mm=at.mm, highlight=at.highlight, unfold=at.unfold),
    ),
    "page_table": Picture(
        "Page table",
        "Page table of process {pid}",
        lambda snap, at: page_table_dot(
            snap, mm=at.mm, addr=at.addr, highlight=at.highlight, unfold=at.unfold
        ),
    ),
    "frames": Picture(
        "Frames",
        "Frames",
        lambda snap, at: frames_dot(snap, mms=at.mms, highlight=at.highlight, unfold=at.unfold),
    ),
    "fault_path": Picture(
        "Fault path",
        "The way of the last page fault",
        lambda snap, at: fault_path_dot(at.fault, highlight=at.highlight),
    ),
    "page_cache": Picture(
        "Page cache",
        "Page cache",
        lambda snap, at: page_cache_dot(snap, highlight=at.highlight, unfold=at.unfold),
    ),
    "tlb": Picture(
        "TLB",
        "TLB",
        lambda snap, at: tlb_dot(snap, highlight=at.highlight, unfold=at.unfold),
    ),
    "process_tree": Picture(
        "Processes",
        "Processes",
        lambda snap, at: process_tree_dot(snap, highlight=at.highlight, unfold=at.unfold),
    ),
}
