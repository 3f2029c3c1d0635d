"""What is said of shared memory of System V."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmlab.model.abi.shm import ShmMode
from vmlab.model.abi.strace_numbers import format_flags
from vmlab.model.trace.event import Event
from vmlab.model.trace.events import shm as events
from vmlab.words.language import N_, Nn_
from vmlab.words.sentences.form import Sentences, one, several


def _mode(event: events.ShmModeSet) -> str:
    return "got" if event.new & ~event.old else "lost"


def _bits(event: events.ShmModeSet) -> Mapping[str, Any]:
    bits = (event.old ^ event.new) & sum(ShmMode)
    return {**event.values(), "bits": format_flags(ShmMode, bits)}


SENTENCES: dict[type[Event], Sentences] = {
    events.ShmCreate: one(
        N_("Segment {shmid} of {nr_bytes} bytes is made for key {key:#x}, on inode {ino}.")
    ),
    events.ShmNattch: one(
        Nn_(
            "Segment {shmid} is attached by {n} VMA now.",
            "Segment {shmid} is attached by {n} VMAs now.",
        ),
        counted="nattch",
    ),
    events.ShmModeSet: several(
        _mode,
        values=_bits,
        got=N_("Segment {shmid} has {bits} now."),
        lost=N_("Segment {shmid} no longer has {bits}."),
    ),
    events.ShmDestroy: one(N_("Segment {shmid} is gone, and its number is free.")),
}
