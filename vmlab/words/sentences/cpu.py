"""What is said of the hardware: translations, faults, flushes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmlab.model.mmu.pte import pte_pfn
from vmlab.model.mmu.traps import X86_PF_INSTR, X86_PF_PROT, X86_PF_USER, X86_PF_WRITE
from vmlab.model.trace.event import Event
from vmlab.model.trace.events import cpu as events
from vmlab.words.language import N_
from vmlab.words.sentences.form import Sentences, one, several


def wanted(error_code: int) -> str:
    """Return what kind of access a page fault's error code speaks of.

    >>> wanted(X86_PF_USER | X86_PF_WRITE)
    'write'
    """
    if error_code & X86_PF_INSTR:
        return "execute"
    return "write" if error_code & X86_PF_WRITE else "read"


def _page_walk(event: events.PageWalk) -> str:
    return "present" if event.entry & 1 else "absent"


def _walk_values(event: events.PageWalk) -> Mapping[str, Any]:
    return {**event.values(), "next": pte_pfn(event.entry)}


def _page_fault(event: events.PageFault) -> str:
    who = "user" if event.error_code & X86_PF_USER else "kernel"
    why = "forbidden" if event.error_code & X86_PF_PROT else "unmapped"
    return f"{who}_{wanted(event.error_code)}_{why}"


SENTENCES: dict[type[Event], Sentences] = {
    events.TlbHit: one(N_("The TLB knows the page of {addr:#x}: it is frame {pfn}.")),
    events.TlbMiss: one(
        N_("The TLB does not know the page of {addr:#x}: the MMU walks the page tables.")
    ),
    events.PageWalk: several(
        _page_walk,
        values=_walk_values,
        present=N_(
            "{level} entry {index} of frame {pfn} is present ({entry:#x}): the walk goes on to "
            "frame {next}."
        ),
        absent=N_("{level} entry {index} of frame {pfn} is not present: the walk ends."),
    ),
    events.TlbFill: one(N_("The TLB now remembers that the page of {addr:#x} is frame {pfn}.")),
    events.PageFault: several(
        _page_fault,
        user_read_forbidden=N_(
            "User code may not read {addr:#x}: the entry forbids it. "
            "Exception 14, error code {error_code:#x}."
        ),
        user_read_unmapped=N_(
            "User code may not read {addr:#x}: no entry maps it. "
            "Exception 14, error code {error_code:#x}."
        ),
        user_write_forbidden=N_(
            "User code may not write {addr:#x}: the entry forbids it. "
            "Exception 14, error code {error_code:#x}."
        ),
        user_write_unmapped=N_(
            "User code may not write {addr:#x}: no entry maps it. "
            "Exception 14, error code {error_code:#x}."
        ),
        user_execute_forbidden=N_(
            "User code may not execute {addr:#x}: the entry forbids it. "
            "Exception 14, error code {error_code:#x}."
        ),
        user_execute_unmapped=N_(
            "User code may not execute {addr:#x}: no entry maps it. "
            "Exception 14, error code {error_code:#x}."
        ),
        kernel_read_forbidden=N_(
            "The kernel may not read {addr:#x}: the entry forbids it. "
            "Exception 14, error code {error_code:#x}."
        ),
        kernel_read_unmapped=N_(
            "The kernel may not read {addr:#x}: no entry maps it. "
            "Exception 14, error code {error_code:#x}."
        ),
        kernel_write_forbidden=N_(
            "The kernel may not write {addr:#x}: the entry forbids it. "
            "Exception 14, error code {error_code:#x}."
        ),
        kernel_write_unmapped=N_(
            "The kernel may not write {addr:#x}: no entry maps it. "
            "Exception 14, error code {error_code:#x}."
        ),
        kernel_execute_forbidden=N_(
            "The kernel may not execute {addr:#x}: the entry forbids it. "
            "Exception 14, error code {error_code:#x}."
        ),
        kernel_execute_unmapped=N_(
            "The kernel may not execute {addr:#x}: no entry maps it. "
            "Exception 14, error code {error_code:#x}."
        ),
    ),
    events.GeneralProtection: one(N_("{addr:#x} is not a canonical address: exception 13.")),
    events.PteBits: one(N_("The MMU sets {bits} in the entry of {addr:#x}.")),
}
