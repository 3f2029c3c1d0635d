"""mmap: making mappings."""

from __future__ import annotations

from vmlab import errno
from vmlab.errors import LinuxError
from vmlab.model.kernel.fs import FMODE_PATH, FMODE_READ, FMODE_WRITE, S_IFREG, File, is_dev_zero
from vmlab.model.kernel.gup import mm_populate
from vmlab.model.kernel.merge import VmaMergeStruct, vma_merge_new_range
from vmlab.model.kernel.mm_types import MmStruct, VmAreaStruct, shmem_vm_ops
from vmlab.model.kernel.mman import (
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
    MAP_STACK,
    MAP_SYNC,
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
    VM_MAYEXEC,
    VM_MAYREAD,
    VM_MAYSHARE,
    VM_MAYWRITE,
    VM_NOHUGEPAGE,
    VM_NORESERVE,
    VM_READ,
    VM_SHARED,
    VM_SYNC,
    VM_WIPEONFORK,
    VM_WRITE,
)
from vmlab.model.kernel.munmap import vms_complete_munmap_vmas, vms_gather_munmap_vmas
from vmlab.model.kernel.pgtable import vm_get_page_prot
from vmlab.model.kernel.resource import (
    accountable_mapping,
    get_current,
    may_expand_vm,
    vm_enough_memory,
)
from vmlab.model.kernel.shmem import shmem_zero_setup
from vmlab.model.kernel.unmapped_area import get_unmapped_area
from vmlab.model.kernel.vma import (
    find_vma_intersection,
    find_vma_prev,
    vm_stat_account,
    vma_link,
)
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, page_align
from vmlab.model.trace import traced

VM_DATA_DEFAULT_FLAGS = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC
_LEGACY_MAP_MASK = 0x7C07F9F3  # flags that MAP_SHARED_VALIDATE lets pass
PMD_SHIFT, PUD_SHIFT = 21, 30  # of huge pages
_LLONG_MAX = (1 << 63) - 1


def calc_vm_prot_bits(prot: int) -> int:
    """Translate PROT_* to VM_*. Source: include/linux/mman.h: calc_vm_prot_bits() [v5.4]."""
    return prot & (PROT_READ | PROT_WRITE | PROT_EXEC)


def calc_vm_flag_bits(flags: int) -> int:
    """Translate MAP_* to VM_*. Source: include/linux/mman.h: calc_vm_flag_bits() [v6.18]."""
    return (
        (VM_GROWSDOWN if flags & MAP_GROWSDOWN else 0)
        | (VM_LOCKED if flags & MAP_LOCKED else 0)
        | (VM_NOHUGEPAGE if flags & MAP_STACK else 0)
        | (VM_SYNC if flags & MAP_SYNC else 0)
    )


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
        raise LinuxError(errno.EINVAL, "the length is 0")
    if flags & MAP_FIXED_NOREPLACE:
        flags |= MAP_FIXED
    if not flags & MAP_FIXED:
        addr = round_hint_to_min(mm, addr)
    length = page_align(length) & ULONG_MAX
    if not length:
        raise LinuxError(errno.ENOMEM, "the length overflows when it is rounded up to pages")
    if mm.map_count > mm.system.sysctl_max_map_count:
        raise LinuxError(
            errno.ENOMEM, f"more than {mm.system.sysctl_max_map_count} VMAs (max_map_count)"
        )
    vm_flags = calc_vm_prot_bits(prot) | calc_vm_flag_bits(flags) | mm.def_flags
    vm_flags |= VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC
    addr = get_unmapped_area(mm, file, addr, length, 0 if file is None else pgoff, flags)
    if flags & MAP_FIXED_NOREPLACE and find_vma_intersection(mm, addr, addr + length) is not None:
        raise LinuxError(errno.EEXIST, "MAP_FIXED_NOREPLACE, and something is mapped there")
    if file is not None:
        vm_flags = _file_flags(file, length, prot, flags, pgoff, vm_flags)
    elif flags & MAP_TYPE == MAP_SHARED:
        if vm_flags & VM_GROWSDOWN:
            raise LinuxError(errno.EINVAL, "a shared mapping cannot grow")
        pgoff = 0
        vm_flags |= VM_SHARED | VM_MAYSHARE
    elif flags & MAP_TYPE == MAP_PRIVATE:
        pgoff = addr >> PAGE_SHIFT
    elif flags & MAP_TYPE == MAP_DROPPABLE:
        if flags & MAP_LOCKED or vm_flags & VM_GROWSDOWN:
            raise LinuxError(errno.EINVAL, "droppable memory can neither be locked nor grow")
        pgoff = addr >> PAGE_SHIFT
        vm_flags |= VM_DROPPABLE | VM_NORESERVE | VM_WIPEONFORK | VM_DONTDUMP
    else:
        raise LinuxError(errno.EINVAL, "neither MAP_SHARED nor MAP_PRIVATE")
    if flags & MAP_NORESERVE:
        vm_flags |= VM_NORESERVE
    addr = mmap_region(mm, file, addr, length, vm_flags, pgoff)
    if vm_flags & VM_LOCKED or flags & (MAP_POPULATE | MAP_NONBLOCK) == MAP_POPULATE:
        mm_populate(mm, addr, length)
    return addr


def _file_flags(file: File, length: int, prot: int, flags: int, pgoff: int, vm_flags: int) -> int:
    # The checks of a file mapping, in Linux's order; the flags it gets.
    inode = file.f_inode
    largest = _LLONG_MAX if inode.i_kind == S_IFREG else ULONG_MAX
    if length > largest or pgoff > (largest - length) >> PAGE_SHIFT:
        raise LinuxError(errno.EOVERFLOW, "the offset lies beyond the largest file")
    kind = flags & MAP_TYPE
    if kind == MAP_SHARED_VALIDATE and flags & ~_LEGACY_MAP_MASK:
        raise LinuxError(errno.EOPNOTSUPP, "MAP_SHARED_VALIDATE with a flag the file does not know")
    if kind in (MAP_SHARED, MAP_SHARED_VALIDATE):
        if prot & PROT_WRITE and not file.f_mode & FMODE_WRITE:
            raise LinuxError(errno.EACCES, "the file is not open for writing")
        vm_flags |= VM_SHARED | VM_MAYSHARE
        if not file.f_mode & FMODE_WRITE:
            vm_flags &= ~(VM_MAYWRITE | VM_SHARED)
    elif kind != MAP_PRIVATE:
        raise LinuxError(errno.EINVAL, "neither MAP_SHARED nor MAP_PRIVATE")
    if not file.f_mode & FMODE_READ:
        raise LinuxError(errno.EACCES, "the file is not open for reading")
    if inode.noexec:
        if vm_flags & VM_EXEC:
            raise LinuxError(errno.EPERM, "the file's mount forbids execution")
        vm_flags &= ~VM_MAYEXEC
    if inode.i_kind != S_IFREG and not is_dev_zero(inode):
        raise LinuxError(errno.ENODEV, "the file cannot be mapped")
    if vm_flags & VM_GROWSDOWN:
        raise LinuxError(errno.EINVAL, "a file mapping cannot grow")
    return vm_flags


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
        raise LinuxError(errno.ENOMEM, "RLIMIT_AS or RLIMIT_DATA would be exceeded")
    if accountable_mapping(vm_flags):
        if not vm_enough_memory(mm.system, nr_pages - vms.nr_accounted):
            raise LinuxError(errno.ENOMEM, "more memory than the machine has")
        vm_flags |= VM_ACCOUNT
    vms_complete_munmap_vmas(mm, vms)
    next_, prev = find_vma_prev(mm, addr)
    vma = vma_merge_new_range(
        VmaMergeStruct(mm, addr, end, vm_flags, pgoff, prev=prev, next=next_, file=file)
    )
    if vma is None:
        vma = VmAreaStruct(mm, addr, end, vm_flags, pgoff)
        _attach_object(vma, file)
        vma.vm_page_prot = vm_get_page_prot(vma.vm_flags)
        vma_link(mm, vma)
    vm_stat_account(mm, vm_flags, nr_pages)
    if vm_flags & VM_LOCKED:
        mm.locked_vm += nr_pages
    return addr


def _attach_object(vma: VmAreaStruct, file: File | None) -> None:
    # What the VMA maps: a file, an object of its own, or nothing.
    if file is not None and not is_dev_zero(file.f_inode):
        file.f_count += 1
        vma.vm_file = file
        vma.vm_ops = shmem_vm_ops
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
        raise LinuxError(errno.EINVAL, "the offset is not page aligned")
    if flags & MAP_ANONYMOUS:
        file = None
        if flags & MAP_HUGETLB:
            return _hugetlb_mmap(mm, addr, length, prot, flags, offset)
    elif file is None or file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "the descriptor is not open")
    elif flags & MAP_HUGETLB:
        raise LinuxError(errno.EINVAL, "the file is not on hugetlbfs")
    return do_mmap(mm, file, addr, length, prot, flags, offset >> PAGE_SHIFT)


def _hugetlb_mmap(mm: MmStruct, addr: int, length: int, prot: int, flags: int, offset: int) -> int:
    # No huge pages are set aside, so this fails; but not before old mappings made room.
    shift = flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK or PMD_SHIFT
    if shift not in (PMD_SHIFT, PUD_SHIFT):
        raise LinuxError(errno.EINVAL, "no huge pages of this size")
    size = 1 << shift
    length = -(-length // size) * size & ULONG_MAX
    if not length:
        raise LinuxError(errno.EINVAL, "the length is 0")
    if length > mm.task_size:
        raise LinuxError(errno.ENOMEM, "the length is larger than user space")
    if flags & MAP_FIXED_NOREPLACE:
        flags |= MAP_FIXED
    if flags & MAP_FIXED and addr % size:
        raise LinuxError(errno.EINVAL, "the address is not that of a huge page")
    if flags & MAP_FIXED and addr > mm.task_size - length:
        raise LinuxError(errno.ENOMEM, "the range ends outside of user space")
    if flags & MAP_FIXED_NOREPLACE and find_vma_intersection(mm, addr, addr + length) is not None:
        raise LinuxError(errno.EEXIST, "MAP_FIXED_NOREPLACE, and something is mapped there")
    if flags & MAP_TYPE not in (MAP_SHARED, MAP_PRIVATE):
        raise LinuxError(errno.EINVAL, "neither MAP_SHARED nor MAP_PRIVATE")
    vm_flags = calc_vm_prot_bits(prot) | (VM_SHARED if flags & MAP_TYPE == MAP_SHARED else 0)
    vms = vms_gather_munmap_vmas(mm, addr, addr + length) if flags & MAP_FIXED else None
    nr_pages = (length >> PAGE_SHIFT) - (vms.nr_pages if vms is not None else 0)
    if not may_expand_vm(get_current(mm.system), mm, vm_flags, nr_pages):
        raise LinuxError(errno.ENOMEM, "RLIMIT_AS or RLIMIT_DATA would be exceeded")
    if vms is not None:
        vms_complete_munmap_vmas(mm, vms)
    if offset % size:
        raise LinuxError(errno.EINVAL, "the offset is not that of a huge page")
    raise LinuxError(errno.ENOMEM, "no huge pages are set aside")
