"""The red-black tree of VMAs, gone down from its root."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from vmlab.state import views
from vmlab.state.snapshot import MmState, VmaState


def way(mm: MmState, start: int) -> list[int]:
    """Return the nodes from the root down to the one that begins at `start`, by vm_start.

    It is empty if there is no such node.
    """
    found: list[int] = []
    node = mm.mm_rb
    while node is not None:
        found.append(node)
        vma = views.vma_from(mm, node)
        if node == start or vma is None:
            break
        node = vma.rb_left if start < node else vma.rb_right
    return found if found[-1:] == [start] else []


def depth(mm: MmState, start: int) -> int | None:
    """Return how deep the node stands that begins at `start`, the root at 0; None = nowhere."""
    found = way(mm, start)
    return len(found) - 1 if found else None


def ways(mm: MmState, starts: Iterable[int]) -> set[int]:
    """Return some nodes and all that stand above them."""
    return {node for start in starts for node in way(mm, start)}


def levels(
    mm: MmState, most: int, wanted: set[int], further: Callable[[int], int] = lambda _: 0
) -> Iterator[tuple[VmaState, int, int]]:
    """Go down the upper levels of the tree, a node before what is below it, the left side first.

    Args:
        mm: the address space.
        most: how many levels.
        wanted: nodes to which it goes on.
        further: how many levels more there are from a node on where they have come to an end.

    Yields a node, how deep it stands, and how many nodes there are from it on where it goes no
    further, else 0.
    """
    # Each entry is a node, its depth, the levels that it may open, and its nodes in the list.
    open_ = [(mm.mm_rb, 0, most, 0, len(mm.mmap))]
    while open_:
        start, deep, left, first, last = open_.pop()
        place = views.vmas_below(mm, start) if start is not None else last
        if start is None or place == len(mm.mmap) or mm.mmap[place].vm_start != start:
            continue
        if left <= 0:
            left += further(start)
        if left <= 0 and start not in wanted and last - first > 1:
            yield mm.mmap[place], deep, last - first
            continue
        vma = mm.mmap[place]
        yield vma, deep, 0
        open_.append((vma.rb_right, deep + 1, left - 1, place + 1, last))
        open_.append((vma.rb_left, deep + 1, left - 1, first, place))
