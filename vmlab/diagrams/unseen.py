"""Pictures of what the kernel keeps to itself: of real processes they say that, and no more."""

from __future__ import annotations

from vmlab.diagrams.dot import Picture
from vmlab.state.observed import Observed
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import N_, say

_RECORDING = N_("There is no recording: these are processes at one moment.")
_WHY = {
    "vma_tree": N_("The kernel does not show the tree of VMAs: /proc/PID/maps only lists them."),
    "mm_struct": N_("The kernel does not show mm_struct: /proc/PID/status has some of its counts."),
    "page_table": N_(
        "The kernel does not show page tables: /proc/PID/pagemap has the frames of pages."
    ),
    "page_cache": N_(
        "The kernel does not show the page cache: /proc/PID/pagemap has mapped pages."
    ),
    "tlb": N_("The kernel does not show the TLB: the CPU keeps it to itself."),
    "process_tree": N_("The kernel does not show how many use an mm_struct."),
    "fault_path": _RECORDING,
    "call_path": _RECORDING,
    "memory_over_time": _RECORDING,
}
_OF_PAGES = ("frames", "sharing")


def why_not_drawn(name: str, snap: Snapshot) -> str:
    """Say why there is no picture of a name of what is known; '' = there is one."""
    if not isinstance(snap, Observed):
        return ""
    if name in _OF_PAGES and not any(seen.knows_pages for seen in snap.seen.values()):
        return say("Which pages are present is not known: that takes /proc/PID/pagemap.")
    if name == "memory_use" and not any(seen.counts for seen in snap.seen.values()):
        return say("How much is in memory is not known: that takes /proc/PID/smaps.")
    return say(_WHY[name]) if name in _WHY else ""


def nothing_dot(name: str, why: str) -> str:
    """Return the DOT text of a picture that says only why it shows nothing."""
    return Picture(name).nothing(why)
