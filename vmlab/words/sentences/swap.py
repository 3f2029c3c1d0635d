"""What is said of swap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmlab.model.linux.arch.x86.include.pgtable_64 import pte_to_swp_entry
from vmlab.model.linux.include.swap import swp_offset
from vmlab.model.trace.event import Event
from vmlab.model.trace.events import swap as events
from vmlab.words.language import N_
from vmlab.words.sentences.form import Sentences, one, several


def _contents(event: events.SwapOut | events.SwapIn) -> str:
    return "zeros" if event.zero else "bytes_"


def _place(event: events.PteSwap | events.PteSwapClear) -> Mapping[str, Any]:
    return {**event.values(), "offset": swp_offset(pte_to_swp_entry(event.entry))}


SENTENCES: dict[type[Event], Sentences] = {
    events.SwapOut: several(
        _contents,
        bytes_=N_("The page in frame {pfn} is written to slot {offset} of the swap area."),
        zeros=N_(
            "The page in frame {pfn} is all zeros: slot {offset} of the swap area is only marked."
        ),
    ),
    events.SwapIn: several(
        _contents,
        bytes_=N_("Frame {pfn} gets what slot {offset} of the swap area holds."),
        zeros=N_("Slot {offset} of the swap area is marked as zeros: frame {pfn} gets zeros."),
    ),
    events.SwapFree: one(N_("Slot {offset} of the swap area is free: nothing needs it.")),
    events.PteSwap: one(
        N_("The entry of {addr:#x} now says that the page is in swap, in slot {offset}."),
        values=_place,
    ),
    events.PteSwapClear: one(
        N_("The entry of {addr:#x} is emptied; its page was in swap, in slot {offset}."),
        values=_place,
    ),
}
