"""What is said of the page-fault handler: the path through its decision tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmlab.model.mmu.traps import X86_PF_PROT
from vmlab.model.trace.event import Event
from vmlab.model.trace.events import fault as events
from vmlab.words.language import N_, Nn_
from vmlab.words.sentences.cpu import wanted
from vmlab.words.sentences.form import Sentences, one, several


def _page_fault_user(event: events.PageFaultUser) -> str:
    why = "forbidden" if event.error_code & X86_PF_PROT else "absent"
    return f"{wanted(event.error_code)}_{why}"


def _answer(event: events.FaultBranch) -> Mapping[str, Any]:
    words = str(event.reason)
    return {**event.values(), "clause": words[:1].upper() + words[1:]}


SENTENCES: dict[type[Event], Sentences] = {
    events.PageFaultUser: several(
        _page_fault_user,
        read_forbidden=N_(
            "do_page_fault looks at {addr:#x}: the CPU wanted to read, and the entry is present "
            "but forbids it."
        ),
        read_absent=N_(
            "do_page_fault looks at {addr:#x}: the CPU wanted to read, and the entry is not "
            "present."
        ),
        write_forbidden=N_(
            "do_page_fault looks at {addr:#x}: the CPU wanted to write, and the entry is present "
            "but forbids it."
        ),
        write_absent=N_(
            "do_page_fault looks at {addr:#x}: the CPU wanted to write, and the entry is not "
            "present."
        ),
        execute_forbidden=N_(
            "do_page_fault looks at {addr:#x}: the CPU wanted to execute, and the entry is present "
            "but forbids it."
        ),
        execute_absent=N_(
            "do_page_fault looks at {addr:#x}: the CPU wanted to execute, and the entry is not "
            "present."
        ),
    ),
    events.FaultBranch: one(N_("{clause}."), values=_answer),
    events.FaultAround: one(
        Nn_(
            "Fault-around maps {n} cached page from {addr:#x} on in one go.",
            "Fault-around maps {n} cached pages from {addr:#x} on in one go.",
        ),
        counted="nr_pages",
    ),
    events.CowCopy: one(N_("Frame {pfn} is copied to frame {new_pfn} for {addr:#x}: {reason}.")),
    events.CowReuse: one(
        N_("Frame {pfn} is made writable for {addr:#x} without a copy: {reason}.")
    ),
    events.FaultMajor: one(
        Nn_(
            "The page of {addr:#x} had to be read: process {pid} has had {n} major fault so far.",
            "The page of {addr:#x} had to be read: process {pid} has had {n} major faults so far.",
        ),
        counted="maj_flt",
    ),
    events.FaultDone: one(
        Nn_(
            "The fault at {addr:#x} is resolved: process {pid} has had {n} minor fault so far.",
            "The fault at {addr:#x} is resolved: process {pid} has had {n} minor faults so far.",
        ),
        counted="min_flt",
    ),
    events.SignalGenerate: one(N_("Process {pid} gets {signal} ({code}) for {addr:#x}: {reason}.")),
    events.OomKill: one(
        Nn_(
            "No frame is free: process {pid}, which holds the most ({n} page), is killed.",
            "No frame is free: process {pid}, which holds the most ({n} pages), is killed.",
        ),
        counted="nr_pages",
    ),
}
