"""Events of the page-fault handler: the path through its decision tree."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.codes import Reason
from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class PageFaultUser(Event):
    """The kernel begins to handle a fault."""

    story_level = "step"
    stands_for = "exceptions:page_fault_user"

    addr: int
    ip: int
    error_code: int


@dataclass(frozen=True, slots=True)
class FaultBranch(Event):
    """One question of the decision tree was answered.

    `node` is one of 'find_vma', 'expand_stack', 'access', 'pte', 'anonymous', 'fault_type',
    'page_cache', 'write', 'cow'.
    """

    story_level = "step"
    stands_for = "mm/memory.c: handle_pte_fault()"

    addr: int
    node: str
    answer: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class FaultAround(Event):
    """Neighbouring pages that were cached were mapped along."""

    story_level = "step"
    stands_for = "mm/memory.c: do_fault_around()"

    mm: int
    addr: int
    nr_pages: int


@dataclass(frozen=True, slots=True)
class CowCopy(Event):
    """A write to a shared frame got a copy."""

    story_level = "chapter"
    stands_for = "mm/memory.c: wp_page_copy()"

    mm: int
    addr: int
    pfn: int
    new_pfn: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class CowReuse(Event):
    """A write-protected frame became writable without a copy."""

    story_level = "chapter"
    stands_for = "mm/memory.c: wp_page_reuse()"

    mm: int
    addr: int
    pfn: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class FaultMajor(Event):
    """A page had to be read from the disk for the fault."""

    story_level = "step"
    stands_for = "mm/memory.c: mm_account_fault()"

    pid: int
    addr: int
    maj_flt: int


@dataclass(frozen=True, slots=True)
class FaultDone(Event):
    """The kernel resolved the fault."""

    story_level = "chapter"
    stands_for = "arch/x86/mm/fault.c: do_user_addr_fault()"

    pid: int
    addr: int
    min_flt: int


@dataclass(frozen=True, slots=True)
class SignalGenerate(Event):
    """The kernel raised a signal."""

    story_level = "chapter"
    stands_for = "signal:signal_generate"

    pid: int
    signal: str
    code: str
    addr: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class OomKill(Event):
    """No frame was left, and a process was chosen to die."""

    story_level = "chapter"
    stands_for = "oom:mark_victim"

    pid: int
    nr_pages: int
