"""mmap and brk: making mappings, and growing the heap."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.codes import because
from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_DROPPABLE,
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_GROWSDOWN,
    MAP_HUGE_MASK,
    MAP_HUGE_SHIFT,
    MAP_HUGETLB,
    MAP_LOCKED,
    MAP_NONBLOCK,
    MAP_NORESERVE,
    MAP_POPULATE,
    MAP_PRIVATE,
    MAP_SHARED,
    MAP_SHARED_VALIDATE,
    MAP_TYPE,
    PROT_EXEC,
    PROT_READ,
    PROT_WRITE,
    ULONG_MAX,
    VM_ACCOUNT,
    VM_DONTDUMP,
    VM_DROPPABLE,
    VM_EXEC,
    VM_GROWSDOWN,
    VM_LOCKED,
    VM_LOCKED_MASK,
    VM_MAYEXEC,
    VM_MAYREAD,
    VM_MAYSHARE,
    VM_MAYWRITE,
    VM_NORESERVE,
    VM_SHARED,
    VM_STACK,
    VM_WIPEONFORK,
    VM_WRITE,
)
from vmlab.model.abi.personality import READ_IMPLIES_EXEC
from vmlab.model.abi.resource import RLIM_INFINITY, Rlimit
from vmlab.model.linux.arch.x86.include.current import get_current
from vmlab.model.linux.arch.x86.kernel.sys_x86_64 import mm_get_unmapped_area
from vmlab.model.linux.include.fs import (
    ANON_KINDS,
    FMODE_PATH,
    FMODE_READ,
    FMODE_WRITE,
    S_IFREG,
    S_IFSOCK,
    S_PIDFD,
    is_dev_zero,
    is_proc,
    on_disk,
)
from vmlab.model.linux.include.mm import VM_DATA_DEFAULT_FLAGS, vm_start_gap, vma_pages
from vmlab.model.linux.include.mman import calc_vm_flag_bits, calc_vm_prot_bits
from vmlab.model.linux.include.structs import (
    OVERCOMMIT_NEVER,
    File,
    MmStruct,
    TaskStruct,
    VmAreaStruct,
)
from vmlab.model.linux.mm.gup import mm_populate
from vmlab.model.linux.mm.huge_memory import PMD_SIZE, thp_get_unmapped_area
from vmlab.model.linux.mm.memfd import memfd_check_seals_mmap
from vmlab.model.linux.mm.memory_ranges import zap_range
from vmlab.model.linux.mm.pgtable import (
    FIRST_USER_ADDRESS,
    free_pgtables,
    vm_get_page_prot,
    vma_ceiling,
)
from vmlab.model.linux.mm.rmap import unlink_anon_vmas
from vmlab.model.linux.mm.shmem import shmem_zero_setup
from vmlab.model.linux.mm.util import vm_enough_memory, vm_unacct_memory
from vmlab.model.linux.mm.vma import (
    find_vma,
    find_vma_intersection,
    find_vma_prev,
    vm_stat_account,
    vma_link,
    vma_set_page_prot,
    vma_unlink_file,
)
from vmlab.model.linux.mm.vma_merge import (
    VmaMergeStruct,
    vma_merge_new_range,
    vma_open,
    vma_release_file,
)
from vmlab.model.linux.mm.vma_munmap import vms_complete_munmap_vmas, vms_gather_munmap_vmas
from vmlab.model.linux.mm.vmacache import vmacache_invalidate
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, page_align
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import vma as vma_events
from vmlab.model.trace.hook import emit

_LEGACY_MAP_MASK = 0x7C07F9F3  # flags that MAP_SHARED_VALIDATE lets pass
PMD_SHIFT, PUD_SHIFT = 21, 30  # of huge pages
_LLONG_MAX = (1 << 63) - 1

_SPACE_GOES = because("address_space_goes")


def read_implies_exec(mm: MmStruct, prot: int) -> bool:
    """Say whether what may be read may be executed too, because the program asked for that.

    Linux has no function for it.

    Source: include/uapi/linux/personality.h: READ_IMPLIES_EXEC [v5.4].
    """
    return bool(prot & PROT_READ and get_current(mm.system).personality & READ_IMPLIES_EXEC)


def round_hint_to_min(mm: MmStruct, hint: int) -> int:
    """Round a hint down to its page, and up to mmap_min_addr unless it is 0.

    Source: mm/mmap.c: round_hint_to_min() [v5.4].
    """
    hint &= PAGE_MASK
    return mm.system.mmap_min_addr if 0 < hint < mm.system.mmap_min_addr else hint


@traced
def do_mmap(
    mm: MmStruct, file: File | None, addr: int, length: int, prot: int, flags: int, pgoff: int
) -> int:
    """Make a mapping; return its address.

    Args:
        mm: address space.
        file: what to map, None = anonymous.
        addr: hint or fixed address, bytes; 0 = none.
        length: bytes, rounded up to whole pages.
        prot: PROT_* bits.
        flags: MAP_* bits.
        pgoff: offset in the file, pages.

    Raises:
        LinuxError: EINVAL, ENOMEM, EOVERFLOW, EEXIST, EOPNOTSUPP, EACCES, EPERM, ENODEV, in the
            order in which Linux looks.

    Emits: vm_unmapped_area, vma_split, vma_unlink, vma_merge, vma_not_merged, vma_link.
    Source: mm/mmap.c: do_mmap() [v6.18].
    """
    if not length:
        raise LinuxError(errno.EINVAL, "length_zero")
    if read_implies_exec(mm, prot) and not (file is not None and file.f_inode.noexec):
        prot |= PROT_EXEC
    if flags & MAP_FIXED_NOREPLACE:
        flags |= MAP_FIXED
    if not flags & MAP_FIXED:
        addr = round_hint_to_min(mm, addr)
    length = page_align(length) & ULONG_MAX
    if not length:
        raise LinuxError(errno.ENOMEM, "length_overflows")
    if mm.map_count > mm.system.sysctl_max_map_count:
        raise LinuxError(errno.ENOMEM, "map_count_exceeded", limit=mm.system.sysctl_max_map_count)
    vm_flags = calc_vm_prot_bits(prot) | calc_vm_flag_bits(flags) | mm.def_flags
    vm_flags |= VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC
    addr = get_unmapped_area(mm, file, addr, length, 0 if file is None else pgoff, flags)
    if flags & MAP_FIXED_NOREPLACE and find_vma_intersection(mm, addr, addr + length) is not None:
        raise LinuxError(errno.EEXIST, "noreplace_mapped")
    if file is not None:
        vm_flags = _file_flags(file, length, prot, flags, pgoff, vm_flags)
    elif flags & MAP_TYPE == MAP_SHARED:
        if vm_flags & VM_GROWSDOWN:
            raise LinuxError(errno.EINVAL, "shared_cannot_grow")
        pgoff = 0
        vm_flags |= VM_SHARED | VM_MAYSHARE
    elif flags & MAP_TYPE == MAP_PRIVATE:
        pgoff = addr >> PAGE_SHIFT
    elif flags & MAP_TYPE == MAP_DROPPABLE:
        if flags & MAP_LOCKED or vm_flags & VM_GROWSDOWN:
            raise LinuxError(errno.EINVAL, "droppable_locked_or_grows")
        pgoff = addr >> PAGE_SHIFT
        vm_flags |= VM_DROPPABLE | VM_NORESERVE | VM_WIPEONFORK | VM_DONTDUMP
    else:
        raise LinuxError(errno.EINVAL, "neither_shared_nor_private")
    if flags & MAP_NORESERVE and mm.system.overcommit_memory != OVERCOMMIT_NEVER:
        vm_flags |= VM_NORESERVE
    addr = mmap_region(mm, file, addr, length, vm_flags, pgoff)
    if vm_flags & VM_LOCKED or flags & (MAP_POPULATE | MAP_NONBLOCK) == MAP_POPULATE:
        mm_populate(mm, addr, length)
    return addr


def _file_flags(file: File, length: int, prot: int, flags: int, pgoff: int, vm_flags: int) -> int:
    # The checks of a file mapping, in Linux's order; the flags it gets.
    inode = file.f_inode
    largest = _LLONG_MAX if inode.i_kind in (S_IFREG, S_IFSOCK, S_PIDFD, *ANON_KINDS) else ULONG_MAX
    if length > largest or pgoff > (largest - length) >> PAGE_SHIFT:
        raise LinuxError(errno.EOVERFLOW, "offset_beyond_largest_file")
    kind = flags & MAP_TYPE
    if kind == MAP_SHARED_VALIDATE and flags & ~_LEGACY_MAP_MASK:
        raise LinuxError(errno.EOPNOTSUPP, "validate_unknown_flag")
    if kind in (MAP_SHARED, MAP_SHARED_VALIDATE):
        if prot & PROT_WRITE and not file.f_mode & FMODE_WRITE:
            raise LinuxError(errno.EACCES, "file_not_open_for_writing")
        vm_flags |= VM_SHARED | VM_MAYSHARE
        if not file.f_mode & FMODE_WRITE:
            vm_flags &= ~(VM_MAYWRITE | VM_SHARED)
    elif kind != MAP_PRIVATE:
        raise LinuxError(errno.EINVAL, "neither_shared_nor_private")
    if not file.f_mode & FMODE_READ:
        raise LinuxError(errno.EACCES, "file_not_open_for_reading")
    if inode.noexec:
        if vm_flags & VM_EXEC:
            raise LinuxError(errno.EPERM, "mount_forbids_execution")
        vm_flags &= ~VM_MAYEXEC
    if (inode.i_kind != S_IFREG and not is_dev_zero(inode)) or is_proc(inode):
        raise LinuxError(errno.ENODEV, "file_cannot_be_mapped")
    if vm_flags & VM_GROWSDOWN:
        raise LinuxError(errno.EINVAL, "file_mapping_cannot_grow")
    return memfd_check_seals_mmap(file, vm_flags)


@traced
def mmap_region(
    mm: MmStruct, file: File | None, addr: int, length: int, vm_flags: int, pgoff: int
) -> int:
    """Put a mapping at an address, in place of whatever is there.

    Raises:
        LinuxError: ENOMEM if a limit is exceeded, EPERM if a sealed VMA is in the way, EINVAL if
            [vdso] or [vvar] would be cut. Old mappings stay, but may have been split.

    Emits: vma_split, vma_unlink, vma_merge, vma_not_merged, vma_link.
    Source: mm/vma.c: __mmap_region() [v6.18].
    """
    task = get_current(mm.system)
    end = addr + length
    vms = vms_gather_munmap_vmas(mm, addr, end)
    nr_pages = length >> PAGE_SHIFT
    if not may_expand_vm(task, mm, vm_flags, nr_pages - vms.nr_pages):
        raise LinuxError(errno.ENOMEM, "rlimit_as_or_data")
    if accountable_mapping(vm_flags):
        vm_enough_memory(mm.system, mm, nr_pages - vms.nr_accounted)
        vms.nr_accounted = 0
        vm_flags |= VM_ACCOUNT
    # What goes is promised no longer once the new object, if there is one, is promised too.
    gone, vms.nr_accounted = vms.nr_accounted, 0
    vms_complete_munmap_vmas(mm, vms)
    try:
        vma = _merge_or_make(mm, file, addr, end, vm_flags, pgoff)
    except LinuxError:
        vm_unacct_memory(mm.system, nr_pages if vm_flags & VM_ACCOUNT else 0)
        raise
    finally:
        vm_unacct_memory(mm.system, gone)
    vm_stat_account(mm, vm_flags, nr_pages)
    if vm_flags & VM_LOCKED:
        if vm_flags & VM_DROPPABLE:  # cannot be locked, whatever mlockall said
            vma.vm_flags &= ~VM_LOCKED_MASK
            emit(mm, vma_events.VmaFlags, mm.number, vma.vm_start, vm_flags, vma.vm_flags)
        else:
            mm.locked_vm += nr_pages
    return addr


def _merge_or_make(
    mm: MmStruct, file: File | None, addr: int, end: int, vm_flags: int, pgoff: int
) -> VmAreaStruct:
    next_, prev = find_vma_prev(mm, addr)
    vma = vma_merge_new_range(
        VmaMergeStruct(mm, addr, end, vm_flags, pgoff, prev=prev, next=next_, file=file)
    )
    if vma is None:
        vma = VmAreaStruct(mm, addr, end, vm_flags, pgoff)
        _attach_object(vma, file)
        vma_set_page_prot(vma)
        vma_link(mm, vma)
    return vma


def _attach_object(vma: VmAreaStruct, file: File | None) -> None:
    # What the VMA maps: a file, an object of its own, or nothing.
    if file is not None and not is_dev_zero(file.f_inode):
        if file.vm_ops.mmap is not None:
            file.vm_ops.mmap(file, vma)
        file.f_count += 1
        vma.vm_file = file
        vma.vm_ops = file.vm_ops
        vma_open(vma)
    elif vma.vm_flags & VM_SHARED:
        shmem_zero_setup(vma)
    elif file is not None:
        file.f_count += 1
        vma.vm_file = file


@traced
def ksys_mmap_pgoff(
    mm: MmStruct, file: File | None, addr: int, length: int, prot: int, flags: int, offset: int
) -> int:
    """Make a mapping as mmap(2) does; return its address.

    Args:
        mm: address space.
        file: the open file of the descriptor, None if it is not open.
        addr: hint or fixed address, bytes.
        length: bytes.
        prot: PROT_* bits.
        flags: MAP_* bits.
        offset: bytes.

    Raises:
        LinuxError: EINVAL for an unaligned offset, EBADF for a bad descriptor, then as `do_mmap`.

    Source: mm/mmap.c: ksys_mmap_pgoff() [v5.4].
    """
    if offset & ~PAGE_MASK:
        raise LinuxError(errno.EINVAL, "offset_not_page_aligned")
    if flags & MAP_ANONYMOUS:
        file = None
        if flags & MAP_HUGETLB:
            return _hugetlb_mmap(mm, addr, length, prot, flags, offset)
    elif file is None or file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "descriptor_not_open")
    elif flags & MAP_HUGETLB:
        raise LinuxError(errno.EINVAL, "file_not_on_hugetlbfs")
    return do_mmap(mm, file, addr, length, prot, flags, offset >> PAGE_SHIFT)


def _hugetlb_mmap(mm: MmStruct, addr: int, length: int, prot: int, flags: int, offset: int) -> int:
    # No huge pages are set aside, so this fails; but not before old mappings made room.
    shift = flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK or PMD_SHIFT
    if shift not in (PMD_SHIFT, PUD_SHIFT):
        raise LinuxError(errno.EINVAL, "no_huge_pages_of_size")
    size = 1 << shift
    length = -(-length // size) * size & ULONG_MAX
    if not length:
        raise LinuxError(errno.EINVAL, "length_zero")
    if length > mm.task_size:
        raise LinuxError(errno.ENOMEM, "length_over_user_space")
    if flags & MAP_FIXED_NOREPLACE:
        flags |= MAP_FIXED
    if flags & MAP_FIXED and addr % size:
        raise LinuxError(errno.EINVAL, "address_not_of_huge_page")
    if flags & MAP_FIXED and addr > mm.task_size - length:
        raise LinuxError(errno.ENOMEM, "range_ends_outside")
    if not flags & MAP_FIXED:
        _look_for_huge_room(mm, addr, length, size, flags)
    if flags & MAP_FIXED_NOREPLACE and find_vma_intersection(mm, addr, addr + length) is not None:
        raise LinuxError(errno.EEXIST, "noreplace_mapped")
    if offset > _LLONG_MAX - length:
        raise LinuxError(errno.EOVERFLOW, "offset_beyond_largest_file")
    kind = flags & MAP_TYPE
    if kind == MAP_SHARED_VALIDATE and flags & ~_LEGACY_MAP_MASK:
        raise LinuxError(errno.EOPNOTSUPP, "validate_unknown_flag")
    if kind not in (MAP_SHARED, MAP_SHARED_VALIDATE, MAP_PRIVATE):
        raise LinuxError(errno.EINVAL, "neither_shared_nor_private")
    if flags & MAP_GROWSDOWN:
        raise LinuxError(errno.EINVAL, "file_mapping_cannot_grow")
    vm_flags = calc_vm_prot_bits(prot) | (0 if kind == MAP_PRIVATE else VM_SHARED)
    vms = vms_gather_munmap_vmas(mm, addr, addr + length) if flags & MAP_FIXED else None
    nr_pages = (length >> PAGE_SHIFT) - (vms.nr_pages if vms is not None else 0)
    if not may_expand_vm(get_current(mm.system), mm, vm_flags, nr_pages):
        raise LinuxError(errno.ENOMEM, "rlimit_as_or_data")
    if vms is not None:
        vms_complete_munmap_vmas(mm, vms)
    if offset % size:
        raise LinuxError(errno.EINVAL, "offset_not_of_huge_page")
    raise LinuxError(errno.ENOMEM, "no_huge_pages")


def _look_for_huge_room(mm: MmStruct, addr: int, length: int, size: int, flags: int) -> None:
    # At the hint, or else wherever an aligned range fits for certain.
    hint = -(-round_hint_to_min(mm, addr) // size) * size & ULONG_MAX
    if not hint or mm_get_unmapped_area(mm, hint, length, flags) != hint:
        mm_get_unmapped_area(mm, 0, length + size - PAGE_SIZE, flags)


def may_expand_vm(task: TaskStruct, mm: MmStruct, vm_flags: int, nr_pages: int) -> bool:
    """Say whether an address space may have more pages.

    Args:
        task: whose limits count.
        mm: address space.
        vm_flags: flags of the pages; writable, private ones that are no stack are data.
        nr_pages: pages more.

    Source: mm/mmap.c: may_expand_vm() [v5.4].
    """
    if mm.total_vm + nr_pages > task.rlim[Rlimit.RLIMIT_AS].rlim_cur >> PAGE_SHIFT:
        return False
    if vm_flags & (VM_WRITE | VM_SHARED | VM_STACK) == VM_WRITE:
        limits = task.rlim[Rlimit.RLIMIT_DATA]
        limit = limits.rlim_cur or limits.rlim_max  # old Valgrinds set it to 0
        return mm.data_vm + nr_pages <= limit >> PAGE_SHIFT
    return True


def accountable_mapping(vm_flags: int) -> bool:
    """Say whether a mapping counts as committed memory: private, writable, not NORESERVE.

    Source: mm/mmap.c: accountable_mapping() [v5.4].
    """
    return vm_flags & (VM_NORESERVE | VM_SHARED | VM_WRITE) == VM_WRITE


@traced
def get_unmapped_area(
    mm: MmStruct, file: File | None, addr: int, length: int, pgoff: int, flags: int
) -> int:
    """Choose the address of a new mapping and check it.

    Args:
        mm: address space.
        file: what will be mapped, None = anonymous.
        addr: hint, or the fixed address; 0 = none. Bytes.
        length: bytes, whole pages.
        pgoff: offset in the file, pages.
        flags: MAP_* bits.

    Raises:
        LinuxError: ENOMEM if nothing fits or the range leaves user space; EINVAL if a fixed
            address is not page aligned; a fixed address from -4095 to -1 is an error number.

    Emits: vm_unmapped_area.
    Source: mm/mmap.c: __get_unmapped_area() [v6.18].
    """
    if length > mm.task_size:
        raise LinuxError(errno.ENOMEM, "larger_than_user_space", length=length)
    if file is not None and (
        on_disk(file.f_inode) or (is_dev_zero(file.f_inode) and not flags & MAP_SHARED)
    ):
        addr = thp_get_unmapped_area(mm, addr, length, pgoff << PAGE_SHIFT, flags)
    elif file is None and not flags & MAP_SHARED and not addr and length % PMD_SIZE == 0:
        addr = thp_get_unmapped_area(mm, addr, length, 0, flags)
    else:
        addr = mm_get_unmapped_area(mm, addr, length, flags)
    if addr > ULONG_MAX - errno.MAX_ERRNO:  # a fixed one, which nobody can tell from an error
        raise LinuxError(ULONG_MAX + 1 - addr, "address_reads_as_error", addr=addr)
    if addr > mm.task_size - length:
        raise LinuxError(errno.ENOMEM, "area_leaves_user_space", addr=addr, length=length)
    if addr & ~PAGE_MASK:
        raise LinuxError(errno.EINVAL, "not_page_aligned", addr=addr)
    return addr


@dataclass(slots=True)
class _Heap:
    # A request to move the end of the heap.
    old: int
    new: int


@traced
def do_brk(mm: MmStruct, brk: int) -> int:
    """Move the end of the heap; return where it ends now.

    Args:
        mm: address space.
        brk: bytes; below start_brk = only ask.

    On any failure the old end is returned, and nothing changed.

    Emits: brk_change, brk_refused, and what do_munmap or do_brk_flags emit.
    Source: mm/mmap.c: SYSCALL_DEFINE1(brk) [v6.18].
    """
    limit = get_current(mm.system).rlim[Rlimit.RLIMIT_DATA].rlim_cur
    used = brk - mm.start_brk + mm.end_data - mm.start_data
    if brk < mm.start_brk or (limit < RLIM_INFINITY and used > limit):
        reason = because("rlimit_data" if brk >= mm.start_brk else "heap_below_start")
        emit(mm, vma_events.BrkRefused, mm.number, mm.brk, brk, reason)
        return mm.brk
    heap = _Heap(page_align(mm.brk), page_align(brk))
    old_brk = mm.brk
    if heap.new != heap.old:
        try:
            if brk <= mm.brk:
                _shrink_heap(mm, heap)
            else:
                _grow_heap(mm, heap)
        except LinuxError as failure:
            emit(mm, vma_events.BrkRefused, mm.number, old_brk, brk, failure.check)
            return old_brk
    mm.brk = brk
    emit(mm, vma_events.BrkChange, mm.number, old_brk, brk)
    if mm.def_flags & VM_LOCKED and heap.new > heap.old:
        mm_populate(mm, heap.old, heap.new - heap.old)
    return brk


def _shrink_heap(mm: MmStruct, heap: _Heap) -> None:
    vma = find_vma(mm, heap.new)
    if vma is None or vma.vm_start >= heap.old:
        raise LinuxError(errno.EINVAL, "no_heap_between_ends")
    vms_complete_munmap_vmas(mm, vms_gather_munmap_vmas(mm, heap.new, heap.old))


def _grow_heap(mm: MmStruct, heap: _Heap) -> None:
    if heap.new > mm.task_size:
        raise LinuxError(errno.ENOMEM, "heap_leaves_user_space")
    next_ = find_vma(mm, heap.old)
    if next_ is not None and heap.new + PAGE_SIZE > vm_start_gap(next_):
        raise LinuxError(errno.ENOMEM, "vma_in_the_way", vma=next_.vm_start)
    do_brk_flags(mm, heap.old, heap.new - heap.old, 0)


@traced
def do_brk_flags(mm: MmStruct, addr: int, length: int, vm_flags: int) -> None:
    """Map anonymous memory where nothing is, extending the heap's VMA if it ends there.

    Raises:
        LinuxError: ENOMEM if a limit is exceeded.

    Emits: vma_merge, vma_not_merged, vma_link.
    Source: mm/vma.c: do_brk_flags() [v6.18].
    """
    task = get_current(mm.system)
    nr_pages = length >> PAGE_SHIFT
    vm_flags |= VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT | mm.def_flags
    if task.personality & READ_IMPLIES_EXEC:
        vm_flags |= VM_EXEC
    if not may_expand_vm(task, mm, vm_flags, nr_pages):
        raise LinuxError(errno.ENOMEM, "rlimit_as_or_data")
    if mm.map_count > mm.system.sysctl_max_map_count:
        raise LinuxError(errno.ENOMEM, "too_many_vmas")
    vm_enough_memory(mm.system, mm, nr_pages)
    prev = find_vma_prev(mm, addr)[1]
    vma = None
    if prev is not None and prev.vm_end == addr and prev.vm_end > mm.start_brk:
        vmg = VmaMergeStruct(mm, addr, addr + length, vm_flags, addr >> PAGE_SHIFT, prev=prev)
        vma = vma_merge_new_range(vmg)
    if vma is None:
        vma = VmAreaStruct(mm, addr, addr + length, vm_flags, addr >> PAGE_SHIFT)
        vma.vm_page_prot = vm_get_page_prot(vm_flags)
        vma_link(mm, vma)
    mm.total_vm += nr_pages
    mm.data_vm += nr_pages
    if vm_flags & VM_LOCKED:
        mm.locked_vm += nr_pages


@traced
def exit_mmap(mm: MmStruct) -> None:
    """Unmap everything and free every page table below the top one.

    Emits: vma_unlink, pte_clear, table_free, mm_page_free, tlb_flush.
    Source: mm/mmap.c: exit_mmap() [v5.4].
    """
    vmas = list(mm)
    for vma in vmas:
        zap_range(vma, vma.vm_start, vma.vm_end, _SPACE_GOES, even_guards=True)
    if vmas:
        end = vma_ceiling(mm)
        free_pgtables(mm, FIRST_USER_ADDRESS, end, FIRST_USER_ADDRESS, end)
    nr_accounted = sum(vma_pages(vma) for vma in vmas if vma.vm_flags & VM_ACCOUNT)
    vm_unacct_memory(mm.system, nr_accounted)
    mm.mmap = mm.mm_rb.rb_node = None
    mm.map_count = mm.total_vm = mm.locked_vm = mm.data_vm = mm.exec_vm = mm.stack_vm = 0
    mm.highest_vm_end = 0
    vmacache_invalidate(mm)
    for vma in vmas:
        vma_unlink_file(vma)
        unlink_anon_vmas(vma)
        vma_release_file(vma)
        emit(mm, vma_events.VmaUnlink, mm.number, vma.vm_start, vma.vm_end)
