"""What is said of VMAs: the list, the tree, merges and splits."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from vmlab.model.abi.mman import Vm
from vmlab.model.trace.event import Event
from vmlab.model.trace.events import vma as events
from vmlab.words.language import N_, Nn_
from vmlab.words.sentences.form import Sentences, one, several


def _find_vma(event: events.FindVma) -> str:
    found = "found" if event.vma >= 0 else "none"
    return f"{found}_compared" if event.compared else found


def _flags(event: events.VmaFlags | events.MmDefFlags) -> str:
    if not event.new & ~event.old:
        return "lost"
    return "lost_and_got" if event.old & ~event.new else "got"


def _lost_and_got(event: events.VmaFlags | events.MmDefFlags) -> Mapping[str, Any]:
    lost, got = Vm(event.old & ~event.new), Vm(event.new & ~event.old)
    return {**event.values(), "lost": lost.name, "got": got.name}


SENTENCES: dict[type[Event], Sentences] = {
    events.VmUnmappedArea: one(N_("{addr:#x} is chosen for {length:#x} bytes: {reason}.")),
    events.FindVma: several(
        _find_vma,
        counted="compared",
        found=N_("The first VMA that ends above {addr:#x} is {vma:#x} ({reason})."),
        found_compared=Nn_(
            "The first VMA that ends above {addr:#x} is {vma:#x} ({reason}, {n} compared).",
            "The first VMA that ends above {addr:#x} is {vma:#x} ({reason}, {n} compared).",
        ),
        none=N_("No VMA ends above {addr:#x} ({reason})."),
        none_compared=Nn_(
            "No VMA ends above {addr:#x} ({reason}, {n} compared).",
            "No VMA ends above {addr:#x} ({reason}, {n} compared).",
        ),
    ),
    events.VmaLink: one(
        N_(
            "The VMA {vma:#x}-{end:#x} {perms} goes onto the list and, as a red leaf, into the "
            "tree."
        )
    ),
    events.VmaUnlink: one(N_("The VMA {vma:#x}-{end:#x} leaves the list and the tree.")),
    events.VmaAdjust: one(
        N_("The VMA {old_start:#x}-{old_end:#x} becomes {vma:#x}-{end:#x}: {reason}.")
    ),
    events.VmaSplit: one(
        N_(
            "The VMA {vma:#x}-{end:#x} is split at {other:#x}: the two halves will be treated "
            "differently."
        )
    ),
    events.VmaMerge: one(N_("The range is part of one VMA {vma:#x}-{end:#x} now: {reason}.")),
    events.VmaNotMerged: several(
        attrgetter("side"),
        below=N_("The range at {addr:#x} does not merge with the VMA {vma:#x} below it: {reason}."),
        above=N_("The range at {addr:#x} does not merge with the VMA {vma:#x} above it: {reason}."),
    ),
    events.VmaFlags: several(
        _flags,
        values=_lost_and_got,
        lost=N_("The VMA {vma:#x} loses {lost}."),
        got=N_("The VMA {vma:#x} gets {got}."),
        lost_and_got=N_("The VMA {vma:#x} loses {lost} and gets {got}."),
    ),
    events.MmDefFlags: several(
        _flags,
        values=_lost_and_got,
        lost=N_("What is mapped from now on does not get {lost} any more."),
        got=N_("What is mapped from now on gets {got}."),
        lost_and_got=N_("What is mapped from now on gets {got}, and {lost} no more."),
    ),
    events.AnonVmaAttach: one(N_("The VMA {vma:#x} gets anon_vma {anon_vma}: {reason}.")),
    events.RbRotateLeft: one(N_("Rotate left at the node of VMA {vma:#x}: {reason}.")),
    events.RbRotateRight: one(N_("Rotate right at the node of VMA {vma:#x}: {reason}.")),
    events.RbRecolor: several(
        attrgetter("color"),
        black=N_("The node of VMA {vma:#x} becomes black: {reason}."),
        red=N_("The node of VMA {vma:#x} becomes red: {reason}."),
    ),
    events.BrkChange: one(N_("mm->brk moves from {old:#x} to {new:#x}.")),
    events.StackGrow: one(
        N_("The stack VMA now begins at {vma:#x} instead of {old_start:#x}: {reason}.")
    ),
    events.BrkRefused: one(
        N_("mm->brk stays at {brk:#x} although {asked:#x} was asked for: {reason}.")
    ),
    events.AnonVmaFree: one(N_("No VMA is tied to anon_vma {anon_vma} any more: it is freed.")),
}
