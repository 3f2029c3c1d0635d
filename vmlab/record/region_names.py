"""What the regions of a state are called, where there is no room for more than a name."""

from __future__ import annotations

from collections.abc import Sequence

from vmlab.state import views
from vmlab.state.places import known_as
from vmlab.state.remembered import remembered
from vmlab.state.rows import chunks
from vmlab.state.snapshot import Snapshot, VmaState
from vmlab.state.views import Layout

CHUNKS = 512  # chunks of regions of which it is remembered how they are called


def names(snap: Snapshot) -> dict[tuple[int, int], str]:
    """Return what the regions of a state are called, by mm_struct and vm_start."""
    found: dict[tuple[int, int], str] = {}
    for mm in snap.mms:
        layout = views.layout(mm)
        for chunk in chunks(mm.mmap):
            found |= _names(chunk, mm.mm, layout)
    return found


@remembered(CHUNKS)
def _names(vmas: Sequence[VmaState], mm: int, layout: Layout) -> dict[tuple[int, int], str]:
    return {(mm, vma.vm_start): _name(layout, vma) for vma in vmas}


def _name(layout: Layout, vma: VmaState) -> str:
    # A program has read-only data twice; what it is for tells the two apart.
    name = views.short_name(layout, vma)
    return known_as(layout, vma)[0] if name == "rodata" else name
