"""Taking a snapshot: live objects become frozen values.

What has not changed since an earlier snapshot is shared with it, so that a long recording stays
small.
"""

from __future__ import annotations

from typing import Any, TypeVar

from vmlab.model.linux.fs.proc.task_mmu import vma_name
from vmlab.model.linux.include.structs import (
    PG_NAMES,
    AddressSpace,
    AnonVma,
    File,
    Inode,
    MmStruct,
    Page,
    System,
    TaskStruct,
    VmAreaStruct,
)
from vmlab.model.linux.lib.rbtree import BLACK
from vmlab.model.mmu.tlb import ASID_SHIFT, GLOBAL
from vmlab.state.snapshot import (
    AnonVmaState,
    FilesState,
    FileState,
    GeometryState,
    InodeState,
    MmState,
    PageState,
    Snapshot,
    SystemState,
    TaskState,
    TlbEntryState,
    TlbState,
    VmaState,
)

T = TypeVar("T")
# What has the same name and form in the kernel and in a snapshot.
MM_VALUES = (
    *("mm_users", "mm_count", "map_count", "pgtables_bytes", "tlb_gen", "flags"),
    *("mmap_base", "mmap_legacy_base"),
    *("total_vm", "data_vm", "exec_vm", "stack_vm", "locked_vm", "def_flags"),
    *("hiwater_vm", "hiwater_rss"),
    *("start_code", "end_code", "start_data", "end_data", "start_brk", "brk", "start_stack"),
    *("arg_start", "arg_end", "env_start", "env_end", "vdso"),
)
SYSTEM_VALUES = (
    *("totalram_pages", "mmap_min_addr", "stack_guard_gap", "fault_around_pages"),
    *("randomize_va_space", "random_state"),
    *("next_frame", "next_pid", "next_mm", "next_anon_vma", "next_file", "next_files"),
    *("next_ino", "next_asid"),
)
_FLAG_NAMES = {
    flags: tuple(name for bit, name in PG_NAMES.items() if flags & bit)
    for flags in range(1 << len(PG_NAMES))
}


def capture(system: System, earlier: Snapshot | None = None) -> Snapshot:
    """Copy the state of a machine.

    Args:
        system: the kernel.
        earlier: a snapshot of the same machine to share unchanged parts with.
    """
    files: dict[int, File] = {}
    for task in system.tasks.values():
        if task.files is not None:
            files.update((file.number, file) for file in task.files.fd.values())
    for mm in system.mms.values():
        if mm.exe_file is not None:
            files[mm.exe_file.number] = mm.exe_file
        files.update((vma.vm_file.number, vma.vm_file) for vma in mm if vma.vm_file is not None)
    geometry = system.geometry
    tables = {
        task.files.number: task.files for task in system.tasks.values() if task.files is not None
    }
    snap = Snapshot(
        geometry=GeometryState(
            geometry.name, geometry.level_bits, geometry.page_shift, geometry.entry_bytes
        ),
        ram_bytes=system.ram.size,
        current=system.current.pid if system.current is not None else 0,
        zero_pfn=system.zero_pfn,
        tasks=tuple(_task(task) for task in (system.init, *system.tasks.values())),
        mms=tuple(_mm(mm) for mm in system.mms.values()),
        pages=tuple(_page(page) for _, page in sorted(system.mem_map.items())),
        files=tuple(_file(file) for _, file in sorted(files.items())),
        inodes=tuple(_inode(inode, system) for inode in system.inodes.values()),
        anon_vmas=tuple(_anon_vma(anon_vma) for anon_vma in system.anon_vmas.values()),
        fds=tuple(
            FilesState(
                table.number,
                tuple(
                    (fd, file.number, fd in table.cloexec) for fd, file in sorted(table.fd.items())
                ),
            )
            for _, table in sorted(tables.items())
        ),
        tlb=_tlb(system),
        ram={pfn: bytes(data) for pfn, data in sorted(system.ram.frames.items())},
        system=_system(system),
    )
    return share(snap, earlier) if earlier is not None else snap


def share(snap: Snapshot, earlier: Snapshot) -> Snapshot:
    """Return an equal snapshot that uses the objects of `earlier` wherever they are equal."""
    old_ram = earlier.ram
    ram = {
        pfn: old if (old := old_ram.get(pfn)) == data else data for pfn, data in snap.ram.items()
    }
    return Snapshot(
        geometry=earlier.geometry if snap.geometry == earlier.geometry else snap.geometry,
        ram_bytes=snap.ram_bytes,
        current=snap.current,
        zero_pfn=snap.zero_pfn,
        tasks=_shared(snap.tasks, earlier.tasks),
        mms=_shared(tuple(_shared_vmas(mm, earlier) for mm in snap.mms), earlier.mms),
        pages=_shared(snap.pages, earlier.pages),
        files=_shared(snap.files, earlier.files),
        inodes=_shared(snap.inodes, earlier.inodes),
        anon_vmas=_shared(snap.anon_vmas, earlier.anon_vmas),
        fds=_shared(snap.fds, earlier.fds),
        tlb=earlier.tlb if snap.tlb == earlier.tlb else snap.tlb,
        ram=earlier.ram if ram == earlier.ram else ram,
        system=earlier.system if snap.system == earlier.system else snap.system,
    )


def _shared(new: tuple[T, ...], old: tuple[T, ...]) -> tuple[T, ...]:
    if new == old:
        return old
    known = {item: item for item in old}
    return tuple(known.get(item, item) for item in new)


def _shared_vmas(mm: MmState, earlier: Snapshot) -> MmState:
    for old in earlier.mms:
        if old.mm == mm.mm:
            if old == mm:
                return old
            vmas = _shared(mm.mmap, old.mmap)
            values = {name: getattr(mm, name) for name in MmState.__slots__}
            return MmState(**{**values, "mmap": vmas})
    return mm


def _vma(vma: VmAreaStruct) -> VmaState:
    left, right = vma.rb_left, vma.rb_right
    return VmaState(
        vm_start=vma.vm_start,
        vm_end=vma.vm_end,
        vm_flags=vma.vm_flags,
        vm_pgoff=vma.vm_pgoff,
        vm_page_prot=vma.vm_page_prot,
        vm_file=vma.vm_file.number if vma.vm_file is not None else 0,
        vm_ops=vma.vm_ops.name if vma.vm_ops is not None else "",
        name=vma_name(vma),
        anon_vma=vma.anon_vma.number if vma.anon_vma is not None else 0,
        anon_vma_chain=tuple(avc.anon_vma.number for avc in vma.anon_vma_chain),
        rb_left=left.vm_start if left is not None else None,
        rb_right=right.vm_start if right is not None else None,
        rb_color="black" if vma.rb_color is BLACK else "red",
        rb_subtree_gap=vma.rb_subtree_gap,
    )


def _mm(mm: MmStruct) -> MmState:
    root = mm.mm_rb.rb_node
    values: dict[str, Any] = {name: getattr(mm, name) for name in MM_VALUES}
    return MmState(
        mm=mm.number,
        pgd=mm.pgd,
        task_size=mm.task_size,
        exe_file=mm.exe_file.number if mm.exe_file is not None else 0,
        saved_auxv=tuple(mm.saved_auxv),
        mm_rb=root.vm_start if root is not None else None,
        mmap=tuple(_vma(vma) for vma in mm),
        **values,
    )


def _task(task: TaskStruct) -> TaskState:
    return TaskState(
        pid=task.pid,
        tgid=task.tgid,
        ppid=task.parent.pid if task.parent is not None else 0,
        comm=task.comm,
        flags=task.flags,
        personality=task.personality,
        state=task.state,
        mm=task.mm.number if task.mm is not None else 0,
        active_mm=task.active_mm.number if task.active_mm is not None else 0,
        exit_code=task.exit_code,
        exit_signal=task.exit_signal,
        min_flt=task.min_flt,
        rip=task.rip,
        rsp=task.rsp,
        rlimits=tuple((int(resource), limit) for resource, limit in sorted(task.rlim.items())),
        files=task.files.number if task.files is not None else 0,
        handlers=tuple(sorted(task.handlers)),
        vfork_parent=task.vfork_parent.pid if task.vfork_parent is not None else 0,
        vmacache=_vmacache(task),
    )


def _vmacache(task: TaskStruct) -> tuple[int | None, ...]:
    # What a look-up would still find there.
    mm, cache = task.mm, task.vmacache
    if mm is None or cache.seqnum != mm.vmacache_seqnum:
        return (None,) * len(cache.vmas)
    return tuple(
        vma.vm_start if vma is not None and vma.vm_mm is mm else None for vma in cache.vmas
    )


def _page(page: Page) -> PageState:
    mapping = page.mapping
    number = 0
    if isinstance(mapping, AnonVma):
        number = mapping.number
    elif mapping is not None:
        number = mapping.host.i_ino
    return PageState(
        page.pfn,
        page.kind,
        page.refcount,
        page.mapcount,
        _FLAG_NAMES[page.flags],
        number,
        page.index,
    )


def _file(file: File) -> FileState:
    return FileState(
        *(file.number, file.f_inode.i_ino, file.f_path),
        *(file.f_mode, file.f_pos, file.f_count, file.f_flags),
    )


def _inode(inode: Inode, system: System) -> InodeState:
    mapping = inode.i_mapping
    return InodeState(
        ino=inode.i_ino,
        kind=inode.i_kind,
        name=inode.name,
        dev=inode.dev,
        i_size=inode.i_size,
        i_nlink=inode.i_nlink,
        i_count=inode.i_count,
        noexec=inode.noexec,
        i_pages=_i_pages(mapping),
        i_mmap=tuple((vma.vm_mm.number, vma.vm_start) for vma in mapping.i_mmap),
        i_mode=inode.i_mode,
        seals=inode.seals,
    )


def _i_pages(mapping: AddressSpace) -> tuple[tuple[int, int], ...]:
    return tuple((index, page.pfn) for index, page in sorted(mapping.i_pages.items()))


def _anon_vma(anon_vma: AnonVma) -> AnonVmaState:
    ties = ((avc.vma.vm_mm.number, avc.vma.vm_start) for avc in anon_vma.rb_root)
    return AnonVmaState(
        anon_vma.number,
        anon_vma.root.number,
        anon_vma.parent.number,
        anon_vma.num_children,
        anon_vma.num_active_vmas,
        tuple(sorted(ties)),
    )


def _tlb(system: System) -> TlbState:
    tlb = system.tlb
    mask = (1 << ASID_SHIFT) - 1
    return TlbState(
        tlb.size,
        tuple(
            TlbEntryState(key >> ASID_SHIFT, key & mask, entry.pfn, entry.flags, key >= GLOBAL)
            for key, entry in tlb.entries.items()
        ),
        tlb.hits,
        tlb.misses,
        tlb.flushes,
        system.cpu.asid,
    )


def _system(system: System) -> SystemState:
    values: dict[str, Any] = {name: getattr(system, name) for name in SYSTEM_VALUES}
    return SystemState(
        max_map_count=system.sysctl_max_map_count,
        free_frames=tuple(sorted(system.free_frames)),
        asids=tuple(system.asids),
        paths=tuple((path, inode.i_ino) for path, inode in sorted(system.namei.items())),
        vdso_pages=_i_pages(system.vdso_mapping),
        batches=_batches(system),
        **values,
    )


def _batches(system: System) -> tuple[tuple[int, ...], ...]:
    # A frame that was freed meanwhile may have become another page.
    mem_map = system.mem_map
    return tuple(
        tuple(page.pfn if mem_map.get(page.pfn) is page else 0 for page in batch)
        for batch in system.batches
    )
