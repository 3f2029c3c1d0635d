"""What happens when a page fault finds no free frame."""

from __future__ import annotations

from vmlab.errors import Killed
from vmlab.model.abi.signal import SIGKILL
from vmlab.model.linux.include.structs import MmStruct, TaskStruct
from vmlab.model.linux.kernel.exit import do_exit
from vmlab.model.linux.mm.pgtable import PRESENT, present_ptes
from vmlab.model.mmu.page import PAGE_SHIFT
from vmlab.model.mmu.pte import SPECIAL
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import fault as fault_events
from vmlab.model.trace.hook import emit


def get_mm_rss(mm: MmStruct) -> int:
    """Return the pages an address space has in memory.

    Source: include/linux/mm.h: get_mm_rss() [v5.4].
    """
    return sum(
        1
        for vma in mm
        for _, pte in present_ptes(mm, vma.vm_start, vma.vm_end)
        if pte & PRESENT and not pte & SPECIAL
    )


@traced
def pagefault_out_of_memory(task: TaskStruct) -> None:
    """Choose the address space with the most memory and have every process that uses it killed.

    The one that faulted tries again if it was not among them.

    Raises:
        Killed: the process that faulted is among the victims.

    Emits: oom_kill.
    Source: mm/oom_kill.c: pagefault_out_of_memory() [v5.4].
    Left out: oom_score_adj, memory cgroups, the reaper's delay.
    """
    system = task.system
    badness = {
        other: get_mm_rss(other.mm) + (other.mm.pgtables_bytes >> PAGE_SHIFT)
        for other in system.tasks.values()
        if other.mm is not None
    }
    victim = max(badness, key=badness.__getitem__)  # the first of equals
    emit(system, fault_events.OomKill, victim.pid, badness[victim])
    mm = victim.mm
    for other in list(system.tasks.values()):
        if other.mm is mm and other is not task:
            do_exit(other, SIGKILL)
    if task.mm is mm:
        raise Killed(SIGKILL, "oom_victim")
