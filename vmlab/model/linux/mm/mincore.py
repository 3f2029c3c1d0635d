"""mincore: which pages are in memory."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.arch.x86.include.pgtable_64 import pte_to_swp_entry
from vmlab.model.linux.include.page_flags import PG_UPTODATE
from vmlab.model.linux.include.structs import TaskStruct, VmAreaStruct
from vmlab.model.linux.lib.usercopy import access_ok, copy_to_user
from vmlab.model.linux.mm.pgtable import PRESENT, is_swap_pte, present_ptes
from vmlab.model.linux.mm.swap_state import swap_cache_get_folio
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, page_align
from vmlab.model.trace.decorators import traced

_MOST = 1 << 20  # bytes of an answer that goes nowhere in memory, which would be its limit


@traced
def do_mincore(task: TaskStruct, start: int, length: int, vec: int | None) -> bytes:
    """Tell, a byte for each page, whether it is in memory.

    Args:
        task: the caller.
        start: bytes, page aligned.
        length: bytes.
        vec: where in user memory the answer goes; None = it is only returned.

    Raises:
        LinuxError: EINVAL for alignment; ENOMEM past user space or at a hole (what comes before
            has been stored); EFAULT if it cannot be stored, or is of more than 2**20 pages and
            only returned.

    Source: mm/mincore.c: SYSCALL_DEFINE3(mincore) [v5.4].
    """
    mm = task.mm
    assert mm is not None
    if start & ~PAGE_MASK:
        raise LinuxError(errno.EINVAL, "not_page_aligned", addr=start)
    if start + length > mm.task_size:
        raise LinuxError(errno.ENOMEM, "range_leaves_user_space")
    end = start + page_align(length)
    if vec is not None and not access_ok(task, vec, (end - start) >> PAGE_SHIFT):
        raise LinuxError(errno.EFAULT, "vector_leaves_user_space")
    answer = bytearray()
    while start < end:
        vma = find_vma(mm, start)
        if vma is None or vma.vm_start > start:
            raise LinuxError(errno.ENOMEM, "nothing_mapped_at", addr=start)
        stop = min(end, vma.vm_end, start + PAGE_SIZE * PAGE_SIZE)
        part = _in_core(vma, start, stop)
        if vec is None and len(answer) + len(part) > _MOST:
            raise LinuxError(errno.EFAULT, "vector_too_long", most=_MOST)
        if vec is not None and copy_to_user(task.system, vec + len(answer), part):
            raise LinuxError(errno.EFAULT, "vector_not_stored")
        answer += part
        start = stop
    return bytes(answer)


def _in_core(vma: VmAreaStruct, start: int, stop: int) -> bytes:
    # A byte for each page of a part of one VMA.
    nr_pages = (stop - start) >> PAGE_SHIFT
    if vma.vm_ops is not None and vma.vm_file is None:  # [vdso], [vvar]
        return b"\1" * nr_pages
    found = bytearray(nr_pages)
    system = vma.vm_mm.system
    if vma.vm_file is not None and vma.vm_ops is not None:
        first = vma.vm_pgoff + ((start - vma.vm_start) >> PAGE_SHIFT)
        mapping = vma.vm_file.f_inode.i_mapping
        for index, page in mapping.i_pages.items():
            if first <= index < first + nr_pages and page.flags & PG_UPTODATE:
                found[index - first] = 1
        for index, entry in mapping.i_swapped.items():
            if first <= index < first + nr_pages:
                found[index - first] = swap_cache_get_folio(system, entry) is not None
    for addr, pte in present_ptes(vma.vm_mm, start, stop):
        if pte & PRESENT:
            found[(addr - start) >> PAGE_SHIFT] = 1
        elif is_swap_pte(pte):
            cached = swap_cache_get_folio(system, pte_to_swp_entry(pte))
            found[(addr - start) >> PAGE_SHIFT] = cached is not None
    return bytes(found)
