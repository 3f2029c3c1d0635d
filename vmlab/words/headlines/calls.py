"""What is said of any call, and of what it changed besides."""

from __future__ import annotations

from vmlab.words.language import N_, Nn_

HEADLINES: dict[str, str | tuple[str, str]] = {
    "call_cut_off": N_("{call} was interrupted, and ended early."),
    "call_without_answer": N_("{call} ended without an answer."),
    "call_failed_unchanged": N_("{call} failed: {error}, {reason}: nothing changed."),
    "call_sleeps": N_("{call}: {pid} sleeps; others run meanwhile."),
    "call_sleeps_alone": N_("{call}: {pid} sleeps, and no other process runs."),
    "call_failed": N_("{call} failed: {error}, {reason}."),
    "call_killed": N_("{call} does not return, but ends in signal {signal}."),
    "range_empty": N_("{call}: the range is empty, and nothing changed."),
    "nothing_happened": N_("{call}: nothing happened."),
    "call_answers": N_("{call} answers {result}, and nothing changes."),
    "call_stores": N_("{call} stores its answer into {page}."),
    "call_stores_nowhere": N_("{call} stores its answer nowhere."),
    "by_hand": N_("The machine was changed by hand."),
    # What else there is to say
    "frames_back": Nn_("{n} frame went back.", "{n} frames went back."),
    "frames_back_with_tables": Nn_(
        "{n} frame went back, a page table.", "{n} frames went back, page tables among them."
    ),
    "no_frame_back": N_("No frame went back."),
    "pages_brought_in": Nn_("{n} page was brought in.", "{n} pages were brought in."),
    "regions_more": Nn_("There is {n} region more now.", "There are {n} regions more now."),
    "regions_fewer": Nn_("There is {n} region less now.", "There are {n} regions less now."),
    "regions_changed": Nn_(
        "{n} region got other flags before that.", "{n} regions got other flags before that."
    ),
    "entries_emptied": Nn_("{n} page left its mapping.", "{n} pages left their mappings."),
}
