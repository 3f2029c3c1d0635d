"""shmget and its kin: segments of memory that processes attach by number."""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import (
    MAP_FIXED,
    MAP_HUGE_MASK,
    MAP_HUGE_SHIFT,
    MAP_SHARED,
    PROT_EXEC,
    PROT_READ,
    PROT_WRITE,
    ULONG_MAX,
    VM_NORESERVE,
)
from vmlab.model.abi.shm import (
    IPC_PRIVATE,
    SHM_DEST,
    SHM_EXEC,
    SHM_HUGETLB,
    SHM_LOCKED,
    SHM_NORESERVE,
    SHM_RDONLY,
    SHM_REMAP,
    SHM_RND,
    Shmctl,
)
from vmlab.model.abi.stat import S_IRWXUGO
from vmlab.model.linux.arch.x86.include.current import get_current
from vmlab.model.linux.fs.file_table import alloc_file, fput
from vmlab.model.linux.include.fs import FMODE_READ, FMODE_WRITE
from vmlab.model.linux.include.structs import (
    File,
    MmStruct,
    ShmidKernel,
    System,
    TaskStruct,
    VmAreaStruct,
    VmOperations,
)
from vmlab.model.linux.ipc.util import ipc_idr_alloc, ipcget, kernel_to_ipc64_perm
from vmlab.model.linux.lib.usercopy import store_to_user
from vmlab.model.linux.mm.mmap import PMD_SHIFT, PUD_SHIFT, do_mmap
from vmlab.model.linux.mm.shmem import shmem_file_setup
from vmlab.model.linux.mm.vma import find_vma, find_vma_intersection
from vmlab.model.linux.mm.vma_munmap import do_munmap
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, page_align
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import shm as shm_events
from vmlab.model.trace.hook import emit

_SHMMAX = ULONG_MAX - (1 << 24)  # bytes
_SHMMNI = 4096  # segments
# struct shmid64_ds behind its ipc64_perm: bytes, three times, two pids, attachments.
_SHMID_DS = struct.Struct("<Q24x2IQ16x")
_PID_T = 0xFFFFFFFF


@traced
def ksys_shmget(task: TaskStruct, key: int, size: int, shmflg: int) -> int:
    """Return the number of the segment of a key, which may be made.

    Args:
        task: the caller.
        key: IPC_PRIVATE = a new one that no key finds.
        size: bytes.
        shmflg: IPC_CREAT, IPC_EXCL, SHM_NORESERVE, and who may do what.

    Raises:
        LinuxError: ENOENT, EEXIST, EINVAL for a size that cannot be, or more than the segment
            has; ENOSPC for too many; ENOMEM.

    Source: ipc/shm.c: ksys_shmget() [v6.18].
    """
    ids = task.system.shm_ids
    shp = ipcget(ids, key, shmflg, "no_segment_of_key", "segment_exists")
    if shp is None:
        return newseg(task, key, size, shmflg)
    if shp.segsz < size:
        raise LinuxError(errno.EINVAL, "segment_smaller", nr_bytes=shp.segsz)
    return shp.id


def newseg(task: TaskStruct, key: int, size: int, shmflg: int) -> int:
    """Make a segment; return its number.

    Raises:
        LinuxError: EINVAL, ENOSPC, ENOMEM, as ksys_shmget.

    Emits: inode_create, file_open, shm_create.
    Source: ipc/shm.c: newseg() [v6.18].
    """
    system = task.system
    if not 1 <= size <= _SHMMAX:
        raise LinuxError(errno.EINVAL, "shm_size", most=_SHMMAX)
    if shmflg & SHM_HUGETLB:
        shift = shmflg >> MAP_HUGE_SHIFT & MAP_HUGE_MASK or PMD_SHIFT
        if shift not in (PMD_SHIFT, PUD_SHIFT):
            raise LinuxError(errno.EINVAL, "no_huge_pages_of_size")
        raise LinuxError(errno.ENOMEM, "no_huge_pages")
    acctflag = VM_NORESERVE if shmflg & SHM_NORESERVE else 0
    file = shmem_file_setup(system, f"/SYSV{key:08x}", size, acctflag)
    if len(system.shm_ids.ipcs) >= _SHMMNI:
        fput(system, file)
        raise LinuxError(errno.ENOSPC, "too_many_segments", most=_SHMMNI)
    shmid = ipc_idr_alloc(system.shm_ids)
    file.f_inode.shmid = shmid  # which maps shows as the number of the inode
    shp = ShmidKernel(shmid, key, shmflg & S_IRWXUGO, size, file, task.tgid)
    system.shm_ids.ipcs[shmid] = shp
    emit(task, shm_events.ShmCreate, shmid, key, file.f_inode.i_ino, size)
    return shmid


@traced
def do_shmat(task: TaskStruct, shmid: int, addr: int, shmflg: int) -> int:
    """Map a segment; return the address.

    Args:
        task: the caller.
        shmid: its number.
        addr: bytes: where; 0 = anywhere.
        shmflg: SHM_RDONLY, SHM_EXEC; SHM_RND rounds the address down to its page, SHM_REMAP takes
            the place of what is mapped there.

    Raises:
        LinuxError: EINVAL if there is no such segment, the address is unaligned, or something is
            mapped there; what do_mmap raises.

    Emits: file_open, shm_nattch, shm_destroy if it was to be destroyed and is mapped nowhere now,
        and what do_mmap emits.
    Source: ipc/shm.c: do_shmat() [v6.18].
    """
    if shmid < 0:
        raise LinuxError(errno.EINVAL, "no_segment", shmid=shmid)
    flags = MAP_SHARED
    if addr:
        if addr & ~PAGE_MASK and not shmflg & SHM_RND:
            raise LinuxError(errno.EINVAL, "not_page_aligned", addr=addr)
        addr &= PAGE_MASK
        if not addr and shmflg & SHM_REMAP:
            raise LinuxError(errno.EINVAL, "remap_nowhere")
        flags |= MAP_FIXED
    elif shmflg & SHM_REMAP:
        raise LinuxError(errno.EINVAL, "remap_nowhere")
    shp = shm_obtain_object_check(task.system, shmid)
    mode = FMODE_READ if shmflg & SHM_RDONLY else FMODE_READ | FMODE_WRITE
    prot = PROT_READ | (0 if shmflg & SHM_RDONLY else PROT_WRITE)
    prot |= PROT_EXEC if shmflg & SHM_EXEC else 0
    mm = task.mm
    assert mm is not None
    size = shp.file.f_inode.i_size
    file = alloc_file(task.system, shp.file.f_inode, mode, shp.file.f_path)
    file.vm_ops = shm_vm_ops
    shp.held = True
    try:
        if addr and not shmflg & SHM_REMAP:
            if addr + size > ULONG_MAX:
                raise LinuxError(errno.EINVAL, "range_overflows")
            if find_vma_intersection(mm, addr, addr + size) is not None:
                raise LinuxError(errno.EINVAL, "segment_in_the_way", addr=addr)
        return do_mmap(mm, file, addr, size, prot, flags, 0)
    finally:
        fput(task.system, file)
        shp.held = False
        if shm_may_destroy(shp):
            shm_destroy(task.system, shp)


def shm_obtain_object_check(system: System, shmid: int) -> ShmidKernel:
    """Return the segment of a number.

    Raises:
        LinuxError: EINVAL if there is none.

    Source: ipc/shm.c: shm_obtain_object_check() [v6.18].
    """
    shp = system.shm_ids.ipcs.get(shmid)
    if shp is None:
        raise LinuxError(errno.EINVAL, "no_segment", shmid=shmid)
    return shp


@traced
def ksys_shmdt(mm: MmStruct, addr: int) -> None:
    """Unmap a segment: all that is left, where it was mapped, of what begins at an address.

    Args:
        mm: address space.
        addr: bytes: where the segment was attached.

    Raises:
        LinuxError: EINVAL if it is unaligned, or no segment was attached there.

    Emits: shm_nattch, and what do_munmap emits.
    Source: ipc/shm.c: ksys_shmdt() [v6.18].
    """
    if addr & ~PAGE_MASK:
        raise LinuxError(errno.EINVAL, "not_page_aligned", addr=addr)
    vma = find_vma(mm, addr)
    while vma is not None and not _is_part(vma, addr):
        vma = vma.vm_next
    if vma is None or vma.vm_file is None:
        raise LinuxError(errno.EINVAL, "no_segment_at", addr=addr)
    file, size = vma.vm_file, page_align(vma.vm_file.f_inode.i_size)
    parts: list[tuple[int, int]] = [(vma.vm_start, vma.vm_end)]
    vma = vma.vm_next
    while vma is not None and vma.vm_end - addr <= size:
        if vma.vm_file is file and _is_part(vma, addr):
            parts.append((vma.vm_start, vma.vm_end))
        vma = vma.vm_next
    for start, end in parts:
        try:
            do_munmap(mm, start, end - start)
        except LinuxError:  # a sealed one stays, and nobody is told
            continue


def _is_part(vma: VmAreaStruct, addr: int) -> bool:
    # Does a VMA show a segment as it was attached at an address?
    return vma.vm_ops is shm_vm_ops and (vma.vm_start - addr) >> PAGE_SHIFT == vma.vm_pgoff


@traced
def ksys_shmctl(task: TaskStruct, shmid: int, cmd: int, buf: int) -> None:
    """Carry a command about a segment out.

    Args:
        task: the caller.
        shmid: its number.
        cmd: IPC_RMID, IPC_STAT, SHM_LOCK or SHM_UNLOCK.
        buf: bytes: where IPC_STAT stores a struct shmid_ds.

    Raises:
        LinuxError: EINVAL if there is no such segment or command; EFAULT.

    Emits: shm_mode, and what shm_destroy emits.
    Source: ipc/shm.c: ksys_shmctl() [v6.18].
    Left out: other commands; times, which are 0.
    """
    if cmd not in list(Shmctl):
        raise LinuxError(errno.EINVAL, "unknown_command", cmd=cmd)
    shp = shm_obtain_object_check(task.system, shmid)
    match cmd:
        case Shmctl.IPC_STAT:
            pids = (shp.cprid & _PID_T, shp.lprid & _PID_T)
            told = _SHMID_DS.pack(shp.segsz, *pids, shp.nattch)
            store_to_user(task, buf, kernel_to_ipc64_perm(shp) + told)
        case Shmctl.IPC_RMID if shp.nattch:
            shp.key = IPC_PRIVATE  # it is not found any more
            _set_mode(task.system, shp, shp.mode | SHM_DEST)
        case Shmctl.IPC_RMID:
            shm_destroy(task.system, shp)
        case Shmctl.SHM_LOCK:
            _set_mode(task.system, shp, shp.mode | SHM_LOCKED)
        case Shmctl.SHM_UNLOCK:
            _set_mode(task.system, shp, shp.mode & ~SHM_LOCKED)


def _set_mode(system: System, shp: ShmidKernel, mode: int) -> None:
    old, shp.mode = shp.mode, mode
    if mode != old:
        emit(system, shm_events.ShmModeSet, shp.id, old, mode)


def shm_may_destroy(shp: ShmidKernel) -> bool:
    """Say whether a segment is to be destroyed, and nobody has it attached any more.

    Source: ipc/shm.c: shm_may_destroy() [v6.18].
    """
    return bool(shp.mode & SHM_DEST) and not shp.nattch and not shp.held


def shm_destroy(system: System, shp: ShmidKernel) -> None:
    """Free a segment that nobody has attached.

    Emits: shm_destroy, and what fput emits.
    Source: ipc/shm.c: shm_destroy() [v6.18].
    """
    del system.shm_ids.ipcs[shp.id]
    emit(system, shm_events.ShmDestroy, shp.id)
    fput(system, shp.file)


def shm_mmap(file: File, vma: VmAreaStruct) -> None:
    """Refuse to map a segment that is no more: what gave way may have been its last mapping.

    Raises:
        LinuxError: EINVAL.

    Source: ipc/shm.c: shm_mmap() [v6.18].
    """
    shmid = _shmid(file)
    shp = vma.vm_mm.system.shm_ids.ipcs.get(shmid)
    if shp is None or shp.file.f_inode is not file.f_inode:
        raise LinuxError(errno.EINVAL, "no_segment", shmid=shmid)


def shm_open(vma: VmAreaStruct) -> None:
    """Count one more VMA of a segment.

    Emits: shm_nattch.
    Source: ipc/shm.c: shm_open() [v6.18].
    """
    _attached(vma, 1)


def shm_close(vma: VmAreaStruct) -> None:
    """Count one VMA of a segment less; the last one frees it if it is to be destroyed.

    Emits: shm_nattch, and what shm_destroy emits.
    Source: ipc/shm.c: shm_close() [v6.18].
    """
    shp = _attached(vma, -1)
    if shm_may_destroy(shp):
        shm_destroy(vma.vm_mm.system, shp)


def _attached(vma: VmAreaStruct, more: int) -> ShmidKernel:
    system = vma.vm_mm.system
    shp = system.shm_ids.ipcs[_shmid(vma.vm_file)]
    shp.nattch += more
    shp.lprid = get_current(system).tgid
    emit(vma, shm_events.ShmNattch, shp.id, shp.nattch)
    return shp


def _shmid(file: File | None) -> int:
    assert file is not None
    assert file.f_inode.shmid is not None
    return file.f_inode.shmid


shm_vm_ops = VmOperations("shm", mmap=shm_mmap, open=shm_open, close=shm_close)
