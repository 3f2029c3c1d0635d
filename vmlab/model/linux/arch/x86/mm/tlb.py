"""Which address space the CPU runs on, and when the TLB must forget."""

from __future__ import annotations

from vmlab.codes import Reason, because
from vmlab.model.linux.include.structs import MmStruct, System, TaskStruct
from vmlab.model.mmu.page import PAGE_SHIFT
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.hook import emit

TLB_FLUSH_ALL = (1 << 64) - 1
_SINGLE_PAGE_FLUSH_CEILING = 33  # pages; more than that and the whole ASID goes

_CHANGED = because("tables_changed_meanwhile")


def switch_mm(system: System, task: TaskStruct) -> None:
    """Make `task` the running one; load its page tables if they are others.

    An address space keeps its ASID while it is among the last six that ran; what the TLB knows
    under that ASID is dropped if the tables changed meanwhile.

    Emits: tlb_flush.
    Source: arch/x86/mm/tlb.c: switch_mm_irqs_off() [v5.4].
    """
    system.current = task
    mm = task.active_mm
    cpu = system.cpu
    if mm is None or system.asids[cpu.asid] == (mm.number, mm.tlb_gen):
        return
    known = [number for number, _ in system.asids]
    if mm.number in known:
        asid = known.index(mm.number)
        stale = system.asids[asid][1] != mm.tlb_gen
    else:
        asid, stale = system.next_asid, True
        system.next_asid = (asid + 1) % len(system.asids)
    cpu.load_cr3(mm.pgd, asid)
    if stale:
        system.tlb.flush_asid(asid)
        if mm.trace.sink is not None:
            reason = _CHANGED if mm.number in known else because("asid_is_new", asid=asid)
            emit(mm, page_events.TlbFlush, mm.number, 0, TLB_FLUSH_ALL, reason)
        system.asids[asid] = (mm.number, mm.tlb_gen)


def flush_tlb_range(mm: MmStruct, start: int, end: int, reason: Reason) -> None:
    """Forget the translations of a range; another CPU or a later switch sees `tlb_gen`.

    Args:
        mm: address space.
        start: first byte.
        end: first byte after.
        reason: why.

    Emits: tlb_flush.
    Source: arch/x86/mm/tlb.c: flush_tlb_mm_range() [v5.4].
    """
    system = mm.system
    cpu = system.cpu
    mm.tlb_gen += 1
    if system.asids[cpu.asid] == (mm.number, mm.tlb_gen - 1):
        if end - start > _SINGLE_PAGE_FLUSH_CEILING << PAGE_SHIFT:
            system.tlb.flush_asid(cpu.asid)
        else:
            for vpn in range(start >> PAGE_SHIFT, end >> PAGE_SHIFT):
                system.tlb.invlpg(cpu.asid, vpn)
        system.asids[cpu.asid] = (mm.number, mm.tlb_gen)
    emit(mm, page_events.TlbFlush, mm.number, start, end, reason)


def flush_tlb_mm(mm: MmStruct, reason: Reason) -> None:
    """Forget every translation of an address space.

    Emits: tlb_flush.
    Source: arch/x86/include/asm/tlbflush.h: flush_tlb_mm() [v5.4].
    """
    flush_tlb_range(mm, 0, TLB_FLUSH_ALL, reason)
