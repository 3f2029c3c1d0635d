"""How a stack grows down.

Linux keeps this in mm/vma.c; it is a subject of its own for lessons.
"""

from __future__ import annotations

from vmlab.codes import because
from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import VM_GROWSDOWN, VM_LOCKED
from vmlab.model.abi.resource import Rlimit
from vmlab.model.linux.include.mm import vma_is_accessible
from vmlab.model.linux.include.structs import TaskStruct, VmAreaStruct
from vmlab.model.linux.mm.mmap import may_expand_vm
from vmlab.model.linux.mm.rmap import anon_vma_prepare
from vmlab.model.linux.mm.util import vm_enough_memory
from vmlab.model.linux.mm.vma import vm_stat_account, vma_set_range
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import vma as vma_events
from vmlab.model.trace.hook import emit

_STACK_GROWS = because("stack_grows")


@traced
def expand_stack(vma: VmAreaStruct, address: int, task: TaskStruct) -> None:
    """Extend a stack down to an address.

    Raises:
        LinuxError: ENOMEM if a VMA below is nearer than the guard gap, or RLIMIT_STACK, RLIMIT_AS
            or memory is exceeded; EPERM below mmap_min_addr.

    Emits: vma_adjust, stack_grow.
    Source: mm/mmap.c: expand_downwards() [v5.4].
    """
    mm = vma.vm_mm
    address &= PAGE_MASK
    if address < mm.system.mmap_min_addr:
        raise LinuxError(errno.EPERM, "stack_below_mmap_min_addr")
    prev = vma.vm_prev
    if (
        prev is not None
        and not prev.vm_flags & VM_GROWSDOWN
        and vma_is_accessible(prev)
        and address - prev.vm_end < mm.system.stack_guard_gap
    ):
        raise LinuxError(errno.ENOMEM, "guard_gap_hurt", vma=prev.vm_start)
    anon_vma_prepare(vma)
    if address >= vma.vm_start:
        return
    grow = (vma.vm_start - address) >> PAGE_SHIFT
    if grow > vma.vm_pgoff:
        raise LinuxError(errno.ENOMEM, "stack_without_offsets")
    acct_stack_growth(vma, task, vma.vm_end - address, grow)
    old = vma.vm_start
    if vma.vm_flags & VM_LOCKED:
        mm.locked_vm += grow
    vm_stat_account(mm, vma.vm_flags, grow)
    vma_set_range(vma, address, vma.vm_end, vma.vm_pgoff - grow, _STACK_GROWS)
    if mm.trace.sink is not None:
        reason = because("stack_reaches_down", addr=address)
        emit(mm, vma_events.StackGrow, mm.number, address, old, reason)


def acct_stack_growth(vma: VmAreaStruct, task: TaskStruct, size: int, grow: int) -> None:
    """Check that a stack may grow.

    Args:
        vma: the stack.
        task: whose limits count.
        size: bytes it would have.
        grow: pages it would get.

    Raises:
        LinuxError: ENOMEM if RLIMIT_AS, RLIMIT_STACK or memory is exceeded.

    Source: mm/mmap.c: acct_stack_growth() [v5.4].
    """
    mm = vma.vm_mm
    if not may_expand_vm(task, mm, vma.vm_flags, grow):
        raise LinuxError(errno.ENOMEM, "rlimit_as")
    if size > task.rlim[Rlimit.RLIMIT_STACK].rlim_cur:
        raise LinuxError(errno.ENOMEM, "rlimit_stack")
    vm_enough_memory(mm.system, mm, grow)
