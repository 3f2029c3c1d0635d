"""The headlines of accesses to memory: no fault, a fault that was mended, a signal."""

from __future__ import annotations

from collections.abc import Sequence

from vmlab.model.mmu.pte import pte_pfn
from vmlab.model.mmu.traps import X86_PF_INSTR, X86_PF_WRITE
from vmlab.model.trace.event import Event
from vmlab.model.trace.events.cpu import GeneralProtection, PageFault, PteBits, TlbFill, TlbHit
from vmlab.model.trace.events.fault import (
    CowCopy,
    CowReuse,
    FaultAround,
    FaultDone,
    OomKill,
    SignalGenerate,
)
from vmlab.model.trace.events.page import PagecacheAdd, PteSet
from vmlab.model.trace.events.process import AccessEnd, SchedProcessExit
from vmlab.model.trace.events.swap import SwapIn
from vmlab.model.trace.events.vma import StackGrow
from vmlab.record.story.facts import Facts
from vmlab.record.story.headline import Headline, headline
from vmlab.record.story.signals import handler_runs
from vmlab.record.story.sources import run_of_lines
from vmlab.state import views


def access(facts: Facts) -> Headline:
    """Return what an access came to."""
    signal = facts.first(SignalGenerate)
    if signal is not None:
        return _signal(facts, signal)
    killed = facts.first(OomKill)
    if killed is not None:
        return _out_of_memory(facts, killed)
    if not facts.has(AccessEnd):
        return headline("call_without_answer", call=facts.call.name)
    return _mended(facts)


def execute(facts: Facts) -> Headline:
    """Return how far a program ran, and what the TLB learned meanwhile."""
    site = facts.call.site
    told = run_of_lines(facts, site) if site is not None else None
    if told is not None:
        return told
    fills = len(facts.of(TlbFill))
    return headline("program_runs", n=fills) if fills else headline("program_runs_on")


def _mended(facts: Facts) -> Headline:
    mended = len(facts.of(FaultDone))
    if not mended:
        return _no_fault(facts)
    grown = facts.first(StackGrow)
    if grown is not None:
        pages = facts.pages(grown.old_start - grown.vma)
        return headline("stack_grows", _faults(facts, mended), n=pages)
    return _faults(facts, mended)


def _no_fault(facts: Facts) -> Headline:
    hits, fills = facts.of(TlbHit), facts.of(TlbFill)
    if any("D" in event.bits for event in facts.of(PteBits)):
        event = next(event for event in facts.of(PteBits) if "D" in event.bits)
        return headline("walk_set_dirty", page=facts.page(event.addr))
    if fills:
        fill = fills[0]
        if len(fills) > 1:
            return headline("walks_found_entries", n=len(fills))
        return headline("walk_found_entry", page=facts.page(fill.addr), pfn=fill.pfn)
    if not hits:
        return headline("access_of_nothing")
    if len(hits) == 1:
        return headline("tlb_knew_page", page=facts.page(hits[0].addr), pfn=hits[0].pfn)
    return headline("tlb_knew_pages", n=len(hits))


def _faults(facts: Facts, mended: int) -> Headline:
    if mended == 1:
        begin = next(i for i, event in enumerate(facts.events) if isinstance(event, PageFault))
        return _fault(facts, facts.events[begin:])
    copied = len(facts.of(CowCopy))
    copies = headline("frames_copied", n=copied) if copied else None
    return headline("faults_mended", copies, n=mended)


def _fault(facts: Facts, events: Sequence[Event]) -> Headline:
    # The headline of the only fault that was mended.
    for event in events:
        match event:
            case CowCopy():
                return _copy(facts, event)
            case CowReuse(addr=addr, pfn=pfn, reason=reason):
                page = facts.page(addr)
                return headline("reuse", page=page, pid=facts.pid, pfn=pfn, reason=reason)
    for event in events:
        if isinstance(event, PteSet):
            return _new_entry(facts, event)
    around = next((event for event in events if isinstance(event, FaultAround)), None)
    if around is not None:
        return headline("fault_around", page=facts.page(around.addr), n=around.nr_pages)
    return headline("faults_mended", n=1)


def _copy(facts: Facts, copy: CowCopy) -> Headline:
    page, pid, old, new = facts.page(copy.addr), facts.pid, copy.pfn, copy.new_pfn
    if copy.reason.code == "file_stays_unchanged":
        return headline("copy_of_file", page=page, pid=pid, pfn=old, new_pfn=new)
    if copy.reason.code == "zero_page_everybodys":
        return headline("copy_of_zero_page", page=page, pfn=old, new_pfn=new)
    keepers = [
        mapped.mm
        for mapped in views.owners(facts.before).get(old, ())
        if (mapped.mm, mapped.addr) != (copy.mm, copy.addr)
    ]
    users = [task.pid for mm in keepers for task in views.users(facts.before, mm)]
    if len(users) == len(keepers) == 1:
        (keeper,) = users
        return headline("copy", page=page, pid=pid, pfn=old, new_pfn=new, keeper=keeper)
    if keepers:
        n = len(keepers)
        return headline("copy_of_many", page=page, pid=pid, pfn=old, new_pfn=new, n=n)
    return headline("copy_alone", page=page, pid=pid, pfn=old, new_pfn=new)


def _new_entry(facts: Facts, event: PteSet) -> Headline:
    page, pfn = facts.page(event.addr), pte_pfn(event.entry)
    match event.reason.code:
        case "new_frame_of_zeros":
            return headline("first_write", page=page, pfn=pfn)
        case "zero_page_read_only":
            return headline("zero_page", page=page, pfn=pfn)
        case "page_swapped_in":
            code = "page_from_swap" if facts.has(SwapIn) else "page_from_swap_cache"
            return headline(code, page=page, pfn=pfn)
        case "object_page" | "object_page_writable":
            if facts.has(SwapIn):
                return headline("page_from_swap", page=page, pfn=pfn)
            if facts.has(PagecacheAdd):
                return headline("page_of_hole", page=page, pfn=pfn)
            return headline("page_of_cache", page=page, pfn=pfn)
    return headline("entry_set", page=page, pfn=pfn, reason=event.reason)


# Signals


def _signal(facts: Facts, event: SignalGenerate) -> Headline:
    died = facts.has(SchedProcessExit)
    end = facts.deaths() or handler_runs(facts) or headline("process_survives", pid=event.pid)
    more = (end, facts.frames_back() if died else None)
    addr = event.addr
    match event.reason.code:
        case "nothing_mapped_there":
            return headline("segv_nothing_mapped", *more, addr=addr)
        case "vma_has_perms":
            perms = str(dict(event.reason.values)["perms"])
            return headline(_refused(facts), *more, page=facts.page(addr), addr=addr, perms=perms)
        case "guard_region":
            return headline("segv_guard", *more, page=facts.page(addr), addr=addr)
        case "past_end_of_file":
            return headline("sigbus_past_end", *more, page=facts.page(addr), addr=addr)
        case "address_not_canonical":
            wrong = facts.last(GeneralProtection)
            return headline("segv_not_canonical", *more, addr=wrong.addr if wrong else addr)
    return headline("signal", *more, signal=event.signal, addr=addr, reason=event.reason)


def _refused(facts: Facts) -> str:
    fault = facts.last(PageFault)
    code = fault.error_code if fault is not None else 0
    if code & X86_PF_WRITE:
        return "segv_write_refused"
    return "segv_execute_refused" if code & X86_PF_INSTR else "segv_read_refused"


def _out_of_memory(facts: Facts, event: OomKill) -> Headline:
    died = {each.pid for each in facts.of(SchedProcessExit)}
    then = None if facts.pid in died else _mended(facts)
    others = facts.deaths() if len(died) > 1 else None
    more = (others, facts.frames_back(), then)
    return headline("oom_kill", *more, pid=event.pid, n=event.nr_pages)
