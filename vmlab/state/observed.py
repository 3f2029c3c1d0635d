"""A snapshot of processes that a real kernel runs: what it shows of them, and nothing else.

Pictures take it as any other. What the kernel keeps to itself is not there: no page tables, no tree
of VMAs, no counts of an mm_struct. Where a number must stand, 0 stands, and nothing draws it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

from vmlab.model.abi.maps import MapsLine
from vmlab.model.mmu.pte import PFN_SHIFT, US, P
from vmlab.state.snapshot import PageState, Snapshot

UNTOLD = 1 << 11  # a software bit of an entry: the kernel does not say whether it may be written
FIRST_UNNUMBERED = 1 << 39  # frames from here on are told apart, but their numbers are not known
UNKNOWN = -1  # a count that the kernel does not show

Counts = Mapping[str, int]  # of smaps, by their names there: KiB


def entry_of(pfn: int) -> int:
    """Return the entry of a page of which no more is known than its frame."""
    return pfn << PFN_SHIFT | P | US | UNTOLD


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an address space besides its VMAs."""

    lines: Sequence[MapsLine]  # of its /proc/PID/maps, [vsyscall] among them
    counts: Mapping[int, Counts]  # of smaps, by vm_start; empty = not known
    entries: Sequence[tuple[int, bytes]]  # 512 entries each, with the address of the first
    knows_pages: bool  # which pages are present
    knows_frames: bool  # and the numbers of their frames


class SeenPages(Sequence[PageState]):
    """The frames behind the pages of some processes, by number.

    There may be a million of them, so each value is made when it is asked for.

    Args:
        rows: of each frame its number, the number of its file (0 = anonymous) and its page there.
        zero: number of the frame that is all zeros, 0 = it is not known.
    """

    def __init__(self, rows: Mapping[int, tuple[int, int]], zero: int) -> None:
        self._pfns = array("Q", sorted(rows))
        self._inodes = array("Q", (rows[pfn][0] for pfn in self._pfns))
        self._indexes = array("Q", (rows[pfn][1] for pfn in self._pfns))
        self._zero = zero

    def __len__(self) -> int:
        return len(self._pfns)

    @overload
    def __getitem__(self, place: int) -> PageState: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[PageState]: ...
    def __getitem__(self, place: int | slice) -> PageState | Sequence[PageState]:
        if isinstance(place, slice):
            return tuple(self[at] for at in range(*place.indices(len(self))))
        pfn, ino = self._pfns[place], self._inodes[place]
        kind = "zero" if pfn == self._zero else "file" if ino else "anon"
        return PageState(pfn, kind, UNKNOWN, UNKNOWN, (), ino, self._indexes[place])

    def __iter__(self) -> Iterator[PageState]:
        return map(self.__getitem__, range(len(self)))


@dataclass(frozen=True, slots=True, repr=False)
class Observed(Snapshot):
    """What a real kernel shows of some processes.

    Attributes:
        seen: by number of the mm_struct, which is the pid of its process.
    """

    seen: Mapping[int, Seen] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Snapshot of {len(self.tasks)} real processes>"

    def maps(self, mm: int) -> str:
        """Return the text of /proc/PID/maps of an address space, as the kernel wrote it."""
        return "".join(f"{line}\n" for line in self.seen[mm].lines)
