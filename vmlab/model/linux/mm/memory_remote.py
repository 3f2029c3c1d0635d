"""The memory of a process as others reach it: /proc/PID/mem, debuggers.

Linux keeps this in mm/memory.c and mm/gup.c; it is a subject of its own here.
"""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import (
    VM_GROWSDOWN,
    VM_IO,
    VM_MAYREAD,
    VM_MAYSHARE,
    VM_MAYWRITE,
    VM_PFNMAP,
    VM_READ,
    VM_SHARED,
    VM_WRITE,
)
from vmlab.model.linux.include.mm import FAULT_FLAG_WRITE, is_cow_mapping
from vmlab.model.linux.include.structs import (
    PG_ANON_EXCLUSIVE,
    PG_DIRTY,
    MmStruct,
    Page,
    TaskStruct,
    VmAreaStruct,
)
from vmlab.model.linux.kernel.signal import fatal_signal_pending
from vmlab.model.linux.mm.gup import faultin_page
from vmlab.model.linux.mm.pgtable import PRESENT, get_pte, pte_page
from vmlab.model.linux.mm.rmap import vma_mark_accessed
from vmlab.model.linux.mm.vma import find_vma_in_tree
from vmlab.model.linux.mm.vma_stack import expand_stack
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SIZE
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT, RW
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit


def check_vma_flags(vma: VmAreaStruct, write: bool) -> None:
    """Check that a VMA can be reached with force (FOLL_FORCE).

    Its own rights do not count, but those it could get: a private mapping may always be written
    to.

    Raises:
        LinuxError: EFAULT.

    Source: mm/gup.c: check_vma_flags() [v6.18].
    """
    flags = vma.vm_flags
    if flags & (VM_IO | VM_PFNMAP):
        raise LinuxError(errno.EFAULT, "vma_forbids_access", vma=vma.vm_start)
    allowed = flags & VM_WRITE or is_cow_mapping(flags) if write else flags & (VM_READ | VM_MAYREAD)
    if not allowed:
        raise LinuxError(errno.EFAULT, "vma_forbids_access", vma=vma.vm_start)


def can_follow_write_pte(vma: VmAreaStruct, pte: int, page: Page | None) -> bool:
    """Say whether the frame behind an entry may be written to with force, as it is.

    Without the right to write, only if it belongs to this private mapping alone; the entry stays
    read-only then.

    Source: mm/gup.c: can_follow_write_pte() [v6.18].
    """
    if pte & RW:
        return True
    flags = vma.vm_flags
    if flags & (VM_MAYSHARE | VM_SHARED | VM_WRITE) or not flags & VM_MAYWRITE:
        return False
    return page is not None and page.kind == "anon" and bool(page.flags & PG_ANON_EXCLUSIVE)


def get_user_page_vma_remote(vma: VmAreaStruct, addr: int, write: bool) -> int:
    """Return the frame behind an address, after the faults that it takes.

    Raises:
        LinuxError: EFAULT, ENOMEM.

    Emits: what handle_mm_fault emits.
    Source: mm/gup.c: __get_user_pages() [v6.18].
    """
    check_vma_flags(vma, write)
    mm = vma.vm_mm
    while True:
        pte = get_pte(mm, addr)
        page = pte_page(mm, pte) if pte & PRESENT else None
        if pte & PRESENT and (not write or can_follow_write_pte(vma, pte, page)):
            break
        faultin_page(vma, addr, FAULT_FLAG_WRITE if write else 0)
    if page is not None:
        vma_mark_accessed(vma, page)
    return (pte & PFN_MASK) >> PFN_SHIFT


def _vma_at(mm: MmStruct, addr: int, task: TaskStruct) -> VmAreaStruct | None:
    # The VMA of an address, after growing a stack down to it if need be.
    vma = find_vma_in_tree(mm, addr)
    if vma is not None and addr < vma.vm_start:
        if not vma.vm_flags & VM_GROWSDOWN:
            return None
        try:
            expand_stack(vma, addr, task)
        except LinuxError:
            return None
    return vma


@traced
def access_remote_vm(
    task: TaskStruct, mm: MmStruct, addr: int, data: memoryview, write: bool
) -> int:
    """Read or write the memory of a task for somebody else, whatever its rights are.

    Args:
        task: the task, whose limits count when its stack grows.
        mm: its address space.
        addr: bytes.
        data: where the bytes go, or come from.
        write: which of both.

    Returns how many bytes could be reached.

    Emits: stack_grow, remote_access, and what handle_mm_fault emits.
    Source: mm/memory.c: __access_remote_vm() [v6.18].
    Left out: that the faults count as those of the reader.
    """
    ram = mm.system.ram
    done = 0
    while done < len(data) and not fatal_signal_pending(mm.system):
        vma = _vma_at(mm, addr, task)
        if vma is None:
            break
        try:
            pfn = get_user_page_vma_remote(vma, addr & PAGE_MASK, write)
        except LinuxError:
            break
        start = addr % PAGE_SIZE
        size = min(len(data) - done, PAGE_SIZE - start)
        frame = ram.frame(pfn)
        if write:
            frame[start : start + size] = data[done : done + size]
            mm.system.mem_map[pfn].flags |= PG_DIRTY
        else:
            data[done : done + size] = frame[start : start + size]
        emit(mm, file_events.RemoteAccess, mm.number, addr, size, write)
        done += size
        addr += size
    return done
