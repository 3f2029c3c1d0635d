"""What is said of frames and page-table entries."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from vmlab.model.mmu.pte import pte_flags, pte_pfn
from vmlab.model.trace.event import Event
from vmlab.model.trace.events import page as events
from vmlab.words.language import N_, Nn_
from vmlab.words.sentences.form import Sentences, one, several


def _pte_set(event: events.PteSet) -> str:
    return "flags" if pte_flags(event.entry) else "no_flags"


def _entry(event: events.PteSet) -> Mapping[str, Any]:
    flags = (pte_flags(event.entry).name or "").replace("|", " ")
    return {**event.values(), "pfn": pte_pfn(event.entry), "flags": flags}


def _tlb_flush(event: events.TlbFlush) -> str:
    return "all" if event.start == 0 and event.end >= (1 << 64) - 1 else "range"


def _pte_guard(event: events.PteGuard) -> str:
    return "installed" if event.installed else "removed"


SENTENCES: dict[type[Event], Sentences] = {
    events.MmPageAlloc: several(
        attrgetter("kind"),
        anon=N_("Frame {pfn} is taken for private data of a process."),
        file=N_("Frame {pfn} is taken for the page cache."),
        table=N_("Frame {pfn} is taken for a page table."),
        zero=N_("Frame {pfn} is taken for the zero page."),
    ),
    events.MmPageFree: several(
        attrgetter("kind"),
        anon=N_("Frame {pfn} (private data of a process) has no user left and is free."),
        file=N_("Frame {pfn} (the page cache) has no user left and is free."),
        table=N_("Frame {pfn} (a page table) has no user left and is free."),
        zero=N_("Frame {pfn} (the zero page) has no user left and is free."),
    ),
    events.PteSet: several(
        _pte_set,
        values=_entry,
        flags=N_("The entry of {addr:#x} now points to frame {pfn} ({flags}): {reason}."),
        no_flags=N_("The entry of {addr:#x} now points to frame {pfn} (no bits): {reason}."),
    ),
    events.PteClear: one(N_("The entry of {addr:#x} is emptied; it pointed to frame {pfn}.")),
    events.PteWrprotect: one(
        Nn_(
            "{n} page from {addr:#x} on: write permission is taken away, so that the next write "
            "makes a copy.",
            "{n} pages from {addr:#x} on: write permission is taken away, so that the next write "
            "makes a copy.",
        ),
        counted="nr_pages",
    ),
    events.TableAlloc: one(N_("Frame {pfn} becomes the {level} table for {addr:#x}.")),
    events.TableFree: one(
        N_("The {level} table in frame {pfn} (from {addr:#x}) is freed: no VMA needs it.")
    ),
    events.TableMove: one(
        N_("The table in frame {pfn} moves from {addr:#x} to {new_addr:#x}, entries and all.")
    ),
    events.PagecacheAdd: one(N_("Frame {pfn} now holds page {index} of inode {ino}.")),
    events.PagecacheRemove: one(N_("Frame {pfn} no longer holds page {index} of inode {ino}.")),
    events.PagecacheWriteback: one(
        N_("Page {index} of inode {ino}, in frame {pfn}, is written to the disk, and is clean.")
    ),
    events.TlbFlush: several(
        _tlb_flush,
        all=N_("The TLB forgets all of mm {mm}: {reason}."),
        range=N_("The TLB forgets {start:#x}-{end:#x} of mm {mm}: {reason}."),
    ),
    events.PteGuard: several(
        _pte_guard,
        counted="nr_pages",
        installed=Nn_(
            "{n} guard marker from {addr:#x} on: any access there raises SIGSEGV, though the VMA "
            "stays whole.",
            "{n} guard markers from {addr:#x} on: any access there raises SIGSEGV, though the VMA "
            "stays whole.",
        ),
        removed=Nn_(
            "{n} guard marker from {addr:#x} on: removed again.",
            "{n} guard markers from {addr:#x} on: removed again.",
        ),
    ),
    events.PteLazyfree: one(
        Nn_(
            "{n} page from {addr:#x} on: clean from now on, so that the kernel may drop what is "
            "not written to again when memory is short.",
            "{n} pages from {addr:#x} on: clean from now on, so that the kernel may drop what is "
            "not written to again when memory is short.",
        ),
        counted="nr_pages",
    ),
    events.PteMkold: one(
        Nn_(
            "It is forgotten that {n} page of mm {mm} was accessed. The TLB is not flushed.",
            "It is forgotten that {n} pages of mm {mm} were accessed. The TLB is not flushed.",
        ),
        counted="nr_pages",
    ),
    events.HiwaterReset: one(
        Nn_(
            "The most pages that mm {mm} had in memory: from now on {n}.",
            "The most pages that mm {mm} had in memory: from now on {n}.",
        ),
        counted="nr_pages",
    ),
}
