"""mprotect: other rights for a range."""

from __future__ import annotations

import contextlib

from vmlab.codes import because
from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import (
    PROT_EXEC,
    PROT_GROWSDOWN,
    PROT_GROWSUP,
    PROT_READ,
    PROT_SEM,
    PROT_WRITE,
    ULONG_MAX,
    VM_ACCESS_FLAGS,
    VM_ACCOUNT,
    VM_EXEC,
    VM_GROWSDOWN,
    VM_LOCKED,
    VM_MAYEXEC,
    VM_NORESERVE,
    VM_SEALED,
    VM_SHARED,
    VM_STICKY,
    VM_WRITE,
)
from vmlab.model.linux.arch.x86.include.current import get_current
from vmlab.model.linux.arch.x86.mm.tlb import flush_tlb_range
from vmlab.model.linux.include.mm import vma_wants_writenotify
from vmlab.model.linux.include.page_flags import PG_ANON_EXCLUSIVE
from vmlab.model.linux.include.structs import MmStruct, VmAreaStruct
from vmlab.model.linux.mm.gup import populate_vma_page_range
from vmlab.model.linux.mm.mmap import may_expand_vm, read_implies_exec
from vmlab.model.linux.mm.pgtable import (
    PRESENT,
    pte_modify,
    pte_tables,
    used_entries,
)
from vmlab.model.linux.mm.util import vm_enough_memory, vm_unacct_memory
from vmlab.model.linux.mm.vma import find_vma, vm_stat_account, vma_set_page_prot
from vmlab.model.linux.mm.vma_merge import vma_modify
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, page_align
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT, RW, SPECIAL, D
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.events import vma as vma_events
from vmlab.model.trace.hook import emit

_OTHER_RIGHTS = because("vma_has_other_rights")
_PROTECTION = because("protection_changed")


@traced
def do_mprotect(mm: MmStruct, start: int, length: int, prot: int) -> None:
    """Give a range other rights, VMA by VMA; stop at the first that refuses or at a hole.

    Args:
        mm: address space.
        start: bytes, page aligned.
        length: bytes, rounded up to whole pages.
        prot: PROT_* bits; PROT_GROWSDOWN extends the range to the start of a stack.

    Raises:
        LinuxError: EINVAL, ENOMEM, EACCES, EPERM; what was changed before stays changed.

    Emits: vma_split, vma_merge, vma_not_merged, vma_flags, pte_set, tlb_flush.
    Source: mm/mprotect.c: do_mprotect_pkey() [v6.18].
    """
    grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP)
    prot &= ~(PROT_GROWSDOWN | PROT_GROWSUP)
    if grows == PROT_GROWSDOWN | PROT_GROWSUP:
        raise LinuxError(errno.EINVAL, "growsdown_and_growsup")
    if start & ~PAGE_MASK:
        raise LinuxError(errno.EINVAL, "not_page_aligned", addr=start)
    if not length:
        return
    end = start + (page_align(length) & ULONG_MAX)
    if end <= start or end >= 1 << 64:
        raise LinuxError(errno.ENOMEM, "range_wraps")
    if prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM):
        raise LinuxError(errno.EINVAL, "unknown_prot_bits")
    vma = find_vma(mm, start)
    if vma is None or vma.vm_start >= end:
        raise LinuxError(errno.ENOMEM, "nothing_mapped_in_range")
    if grows & PROT_GROWSDOWN:
        start = vma.vm_start
        if not vma.vm_flags & VM_GROWSDOWN:
            raise LinuxError(errno.EINVAL, "growsdown_no_stack")
    elif vma.vm_start > start:
        raise LinuxError(errno.ENOMEM, "nothing_mapped_at", addr=start)
    elif grows & PROT_GROWSUP:
        raise LinuxError(errno.EINVAL, "growsup_not_upwards")
    while start < end:
        if vma is None or vma.vm_start > start:
            raise LinuxError(errno.ENOMEM, "nothing_mapped_at", addr=start)
        newflags = prot & VM_ACCESS_FLAGS | vma.vm_flags & ~VM_ACCESS_FLAGS
        if vma.vm_flags & VM_MAYEXEC and read_implies_exec(mm, prot):
            newflags |= VM_EXEC
        if newflags & ~(newflags >> 4) & VM_ACCESS_FLAGS:
            raise LinuxError(errno.EACCES, "rights_never_allowed", vma=vma.vm_start)
        vma = mprotect_fixup(vma, start, min(vma.vm_end, end), newflags)
        start = vma.vm_end
        vma = vma.vm_next


@traced
def mprotect_fixup(vma: VmAreaStruct, start: int, end: int, newflags: int) -> VmAreaStruct:
    """Give part of one VMA other flags; return the VMA that covers it now.

    Raises:
        LinuxError: EPERM if it is sealed; ENOMEM if a limit is exceeded; EINVAL if it must stay
            whole.

    Emits: vma_flags, pte_set.
    Source: mm/mprotect.c: mprotect_fixup() [v6.18].
    """
    mm = vma.vm_mm
    task = get_current(mm.system)
    oldflags = vma.vm_flags
    if oldflags & VM_SEALED:
        raise LinuxError(errno.EPERM, "vma_sealed", vma=vma.vm_start)
    if newflags == oldflags:
        return vma
    nr_pages = (end - start) >> PAGE_SHIFT
    charged = 0
    if newflags & VM_WRITE:
        if not may_expand_vm(task, mm, newflags, nr_pages) and may_expand_vm(
            task, mm, oldflags, nr_pages
        ):
            raise LinuxError(errno.ENOMEM, "rlimit_data")
        if not oldflags & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE):
            vm_enough_memory(mm.system, mm, nr_pages)
            charged = nr_pages
            newflags |= VM_ACCOUNT
    elif oldflags & VM_ACCOUNT and vma.vm_ops is None and vma.anon_vma is None:
        newflags &= ~VM_ACCOUNT
    try:
        vma = vma_modify(vma, start, end, newflags)
    except LinuxError:
        vm_unacct_memory(mm.system, charged)
        raise
    if oldflags & ~newflags & VM_ACCOUNT:
        vm_unacct_memory(mm.system, nr_pages)
    set_vma_flags(vma, newflags | vma.vm_flags & VM_STICKY)
    vma_set_page_prot(vma)
    change_protection(vma, start, end, _wants_manual_pte_write_upgrade(vma))
    if oldflags & (VM_WRITE | VM_SHARED | VM_LOCKED) == VM_LOCKED and newflags & VM_WRITE:
        with contextlib.suppress(LinuxError):  # the rights have changed all the same
            populate_vma_page_range(vma, start, end)
    vm_stat_account(mm, oldflags, -nr_pages)
    vm_stat_account(mm, newflags, nr_pages)
    return vma


def _wants_manual_pte_write_upgrade(vma: VmAreaStruct) -> bool:
    # Source: include/linux/mm.h: vma_wants_manual_pte_write_upgrade() [v6.18].
    if vma.vm_flags & VM_SHARED:
        return vma_wants_writenotify(vma)
    return bool(vma.vm_flags & VM_WRITE)


def _can_change_pte_writable(vma: VmAreaStruct, pte: int) -> bool:
    # Is there nothing that a fault would have to do before a write?
    # Source: mm/mprotect.c: can_change_pte_writable() [v6.18].
    if vma.vm_flags & VM_SHARED:
        return bool(pte & D)
    page = vma.vm_mm.system.mem_map[(pte & PFN_MASK) >> PFN_SHIFT]
    return page.kind == "anon" and bool(page.flags & PG_ANON_EXCLUSIVE)


def set_vma_flags(vma: VmAreaStruct, vm_flags: int) -> None:
    """Change the flags of a whole VMA.

    Emits: vma_flags.
    Source: include/linux/mm.h: vm_flags_reset() [v6.18].
    """
    if vm_flags != vma.vm_flags:
        old = vma.vm_flags
        vma.vm_flags = vm_flags
        emit(vma, vma_events.VmaFlags, vma.vm_mm.number, vma.vm_start, old, vm_flags)


@traced
def change_protection(vma: VmAreaStruct, start: int, end: int, try_writable: bool) -> None:
    """Give the entries of a range the protection of their VMA.

    Args:
        vma: the VMA, with its new vm_page_prot.
        start: bytes.
        end: bytes.
        try_writable: a private page that belongs to this address space alone, and a shared one
            that is dirty already, get their write permission at once.

    Emits: pte_set, tlb_flush.
    Source: mm/mprotect.c: change_protection() [v6.18].
    """
    mm = vma.vm_mm
    prot = vma.vm_page_prot
    changed = False
    for table, first, stop, base in pte_tables(mm, start, end):
        for index, pte in used_entries(table, first, stop):
            if not pte & PRESENT:
                continue
            new = pte_modify(mm, pte, prot)
            if try_writable and not new & (RW | SPECIAL) and _can_change_pte_writable(vma, pte):
                new |= RW
            if new != pte:
                table[index] = new
                changed = True
                addr = base + (index - first) * PAGE_SIZE
                emit(mm, page_events.PteSet, mm.number, addr, new, _OTHER_RIGHTS)
    if changed:
        flush_tlb_range(mm, start, end, _PROTECTION)
