"""Small questions about VMAs, and the flags of faults.

Source: include/linux/mm.h [v5.4].
"""

from __future__ import annotations

from vmlab.model.abi.mman import (
    VM_ACCESS_FLAGS,
    VM_ACCOUNT,
    VM_GROWSDOWN,
    VM_MAYEXEC,
    VM_MAYREAD,
    VM_MAYWRITE,
    VM_READ,
    VM_WRITE,
)
from vmlab.model.linux.include.structs import VmAreaStruct
from vmlab.model.mmu.page import PAGE_SHIFT

VM_DATA_DEFAULT_FLAGS = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC
VM_STACK_FLAGS = VM_GROWSDOWN | VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT
FAULT_FLAG_WRITE = 1
VM_FAULT_OOM = 0x01
VM_FAULT_SIGBUS = 0x02
VM_FAULT_SIGSEGV = 0x40
VM_FAULT_ERROR = VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV


def vma_pages(vma: VmAreaStruct) -> int:
    """Return the size of a VMA in pages.

    Source: include/linux/mm.h: vma_pages() [v5.4].
    """
    return (vma.vm_end - vma.vm_start) >> PAGE_SHIFT


def vm_start_gap(vma: VmAreaStruct) -> int:
    """Return the first address above which nothing may be placed below `vma`: its start, or the
    start of its guard gap.

    Source: include/linux/mm.h: vm_start_gap() [v5.4].
    """
    if vma.vm_flags & VM_GROWSDOWN:
        return max(0, vma.vm_start - vma.vm_mm.system.stack_guard_gap)
    return vma.vm_start


def vma_is_accessible(vma: VmAreaStruct) -> bool:
    """Say whether any access is allowed.

    Source: include/linux/mm.h: vma_is_accessible() [v5.10].
    """
    return bool(vma.vm_flags & VM_ACCESS_FLAGS)
