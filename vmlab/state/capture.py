"""Taking a snapshot: live objects become frozen values.

`capture` looks at all of a machine; `vmlab.state.follow` makes the next snapshot of one.
"""

from __future__ import annotations

from dataclasses import astuple, replace
from typing import Any

from vmlab.model.abi.kinds import UINT
from vmlab.model.abi.signal import Siginfo
from vmlab.model.linux.arch.x86.include.ptrace import values_of
from vmlab.model.linux.fs.proc.task_mmu import vma_name
from vmlab.model.linux.include.page_flags import PG_NAMES
from vmlab.model.linux.include.signal import SIG_CALLER
from vmlab.model.linux.include.structs import (
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
from vmlab.model.linux.lib.percpu_counter import percpu_counter_sum
from vmlab.model.linux.lib.rbtree import BLACK
from vmlab.model.linux.net.core.sock import files_sent
from vmlab.state.capture_hardware import ram, tlb_entry, tlb_state
from vmlab.state.capture_ipc import ipc_of_task
from vmlab.state.capture_system import system_state
from vmlab.state.private import told_of
from vmlab.state.rows import Rows, frames, rows
from vmlab.state.snapshot import (
    AnonVmaState,
    FilesState,
    FileState,
    InodeState,
    MmState,
    PageState,
    Snapshot,
    TaskState,
    VmaState,
)
from vmlab.state.snapshot_hardware import GeometryState

# What has the same name and form in the kernel and in a snapshot.
INODE_VALUES = (
    *("name", "dev", "i_size", "i_nlink", "i_count", "noexec", "i_mode", "seals", "noreserve"),
    *("pid", "i_es", "da_alloc_close", "i_flctx", "i_fifo"),
    *("i_uid", "i_gid", "i_rdev", "i_link", "linkable", "i_atime", "i_mtime", "i_ctime"),
)
MM_VALUES = (
    *("mm_users", "mm_count", "map_count", "pgtables_bytes", "tlb_gen", "flags"),
    *("mmap_base", "mmap_legacy_base", "membarrier_state"),
    *("total_vm", "data_vm", "exec_vm", "stack_vm", "locked_vm", "def_flags"),
    *("hiwater_vm", "hiwater_rss"),
    *("start_code", "end_code", "start_data", "end_data", "start_brk", "brk", "start_stack"),
    *("arg_start", "arg_end", "env_start", "env_end", "vdso"),
)
# Of a task: what it does about signals.
SIGNAL_VALUES = (
    *("blocked", "saved_sigmask", "sas_ss_sp", "sas_ss_size", "sas_ss_flags"),
    *("trap_nr", "error_code", "cr2", "pdeath_signal"),
)
PROCESS_SIGNAL_VALUES = (
    *("flags", "group_exit_code", "it_real", "it_real_incr"),
    *("it_virt", "it_virt_incr", "it_prof", "it_prof_incr"),
)
# And how it waits for others.
THREAD_VALUES = ("timer", "robust_list", "rseq", "rseq_len", "rseq_sig", "rseq_event")
_FLAG_NAMES = {
    flags: tuple(name for bit, name in PG_NAMES.items() if flags & bit)
    for flags in range(1 << len(PG_NAMES))
}


def capture(system: System) -> Snapshot:
    """Copy the state of a machine.

    Args:
        system: the kernel.
    """
    files = holders(system)
    for mm in system.mms.values():
        files.update((vma.vm_file.number, vma.vm_file) for vma in mm if vma.vm_file is not None)
    geometry = system.geometry
    return Snapshot(
        geometry=GeometryState(
            geometry.name, geometry.level_bits, geometry.page_shift, geometry.entry_bytes
        ),
        ram_bytes=system.ram.size,
        current=current(system),
        zero_pfn=system.zero_pfn,
        tasks=tasks(system),
        mms=tuple(mm_state(mm, Rows(map(vma_state, mm))) for mm in system.mms.values()),
        pages=Rows(page_state(page) for _, page in sorted(system.mem_map.items())),
        files=Rows(file_state(file) for _, file in sorted(files.items())),
        inodes=Rows(
            inode_state(inode, i_pages(inode.i_mapping), Rows(i_mmap(inode.i_mapping)))
            for inode in system.inodes.values()
        ),
        anon_vmas=Rows(
            anon_vma_state(anon_vma, Rows(ties(anon_vma))) for anon_vma in system.anon_vmas.values()
        ),
        fds=fds(system),
        tlb=tlb_state(system, (tlb_entry(*entry) for entry in system.tlb.entries.items())),
        ram=ram(system),
        system=system_state(
            system,
            free_frames=Rows(sorted(system.free_frames)),
            paths=Rows((path, inode.i_ino) for path, inode in sorted(system.namei.items())),
            vdso_pages=i_pages(system.vdso_mapping),
        ),
    )


def share(snap: Snapshot, earlier: Snapshot) -> Snapshot:
    """Return an equal snapshot that uses the objects of `earlier` wherever they are equal."""
    values: dict[str, Any] = {}
    for name in Snapshot.__slots__:
        new, old = getattr(snap, name), getattr(earlier, name)
        if name == "mms":
            known = {mm.mm: mm for mm in earlier.mms}
            new = tuple(_shared_vmas(mm, known.get(mm.mm)) for mm in snap.mms)
        if name == "ram":
            old = frames(old)
            gone = dict.fromkeys(pfn for pfn in old if pfn not in snap.ram)
            new = old.edited({**gone, **snap.ram})
        elif isinstance(new, Rows):
            new = rows(old).replaced(new)
        values[name] = old if new == old else new
    return Snapshot(**values)


def _shared_vmas(mm: MmState, old: MmState | None) -> MmState:
    if old is None or mm == old:
        return mm if old is None else old
    return replace(mm, mmap=rows(old.mmap).replaced(tuple(mm.mmap)))


def vma_state(vma: VmAreaStruct) -> VmaState:
    """Return a VMA."""
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


def mm_state(mm: MmStruct, mmap: Rows[VmaState]) -> MmState:
    """Return an address space, given its VMAs."""
    root = mm.mm_rb.rb_node
    values: dict[str, Any] = {name: getattr(mm, name) for name in MM_VALUES}
    return MmState(
        mm=mm.number,
        pgd=mm.pgd,
        task_size=mm.task_size,
        exe_file=mm.exe_file.number if mm.exe_file is not None else 0,
        saved_auxv=tuple(mm.saved_auxv),
        mm_rb=root.vm_start if root is not None else None,
        mmap=mmap,
        rss_stat=tuple([(percpu_counter_sum(fbc), fbc.count) for fbc in mm.rss_stat]),
        **values,
    )


def tasks(system: System) -> tuple[TaskState, ...]:
    """Return init and all other tasks."""
    return tuple(map(task_state, (system.init, *system.tasks.values())))


def current(system: System) -> int:
    """Return the pid of the running task, 0 if there is none."""
    return system.current.pid if system.current is not None else 0


def task_state(task: TaskStruct) -> TaskState:
    """Return a task."""
    return TaskState(
        pid=task.pid,
        tgid=task.tgid,
        ppid=task.parent.pid if task.parent is not None else 0,
        pgrp=task.pgrp,
        session=task.session,
        comm=task.comm,
        flags=task.flags,
        personality=task.personality,
        state=task.state,
        mm=task.mm.number if task.mm is not None else 0,
        active_mm=task.active_mm.number if task.active_mm is not None else 0,
        exit_code=task.exit_code,
        exit_signal=task.exit_signal,
        min_flt=task.min_flt,
        maj_flt=task.maj_flt,
        usage=astuple(task.usage),
        regs=values_of(task.regs),
        fpu=task.fpu.hex(),
        fsbase=task.fsbase,
        gsbase=task.gsbase,
        clear_child_tid=task.clear_child_tid,
        rlimits=tuple((int(resource), *limits) for resource, limits in sorted(task.rlim.items())),
        files=task.files.number if task.files is not None else 0,
        fs=task.fs.number if task.fs is not None else 0,
        pwd=task.fs.pwd.i_ino if task.fs is not None else 0,
        umask=task.fs.umask if task.fs is not None else 0,
        written=task.written,
        **_signals(task),
        futex=_futex(task),
        **ipc_of_task(task),
        **{name: getattr(task, name) for name in THREAD_VALUES},
        vfork_parent=task.vfork_parent.pid if task.vfork_parent is not None else 0,
        vmacache=_vmacache(task),
    )


def _signals(task: TaskStruct) -> dict[str, Any]:
    actions = sorted(task.sighand.action.items())
    return {
        "sighand": task.sighand.number,
        "handlers": tuple(sig for sig, ka in actions if ka.sa_handler == SIG_CALLER),
        "actions": tuple((sig, *ka) for sig, ka in actions if ka.sa_handler != SIG_CALLER),
        "pending": tuple(map(_siginfo, task.pending)),
        "shared_pending": tuple(map(_siginfo, task.signal.shared_pending)),
        "signal": tuple(getattr(task.signal, name) for name in PROCESS_SIGNAL_VALUES),
        **{name: getattr(task, name) for name in SIGNAL_VALUES},
    }


def _futex(task: TaskStruct) -> tuple[tuple[str, int, int, int, bool], ...]:
    q = task.futex_q
    return ((*q.key, q.bitset, q.woken),) if q is not None else ()


def _siginfo(info: Siginfo) -> tuple[int, ...]:
    return tuple(info._replace(si_code=info.si_code % len(UINT)))


def _vmacache(task: TaskStruct) -> tuple[int | None, ...]:
    # What a look-up would still find there.
    mm, cache = task.mm, task.vmacache
    if mm is None or cache.seqnum != mm.vmacache_seqnum:
        return (None,) * len(cache.vmas)
    return tuple(
        vma.vm_start if vma is not None and vma.vm_mm is mm else None for vma in cache.vmas
    )


def page_state(page: Page) -> PageState:
    """Return a frame in use."""
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


def file_state(file: File) -> FileState:
    """Return an open file."""
    ra = file.f_ra
    return FileState(
        *(file.number, file.f_inode.i_ino, file.f_path),
        *(file.f_mode, file.f_pos, file.f_count, file.f_flags),
        (ra.start, ra.size, ra.async_size, ra.mmap_miss, ra.prev_pos, ra.ra_pages),
    )


def inode_state(
    inode: Inode, i_pages: Rows[tuple[int, int]], i_mmap: Rows[tuple[int, int]]
) -> InodeState:
    """Return an inode, given its cached pages and the VMAs that map it."""
    values: dict[str, Any] = {name: getattr(inode, name) for name in INODE_VALUES}
    values["i_es"] = tuple(map(tuple, inode.i_es))
    values["i_fifo"] = tuple(map(tuple, inode.i_fifo))
    values["i_flctx"] = tuple((*lock.owner, int(lock.type), *lock[2:]) for lock in inode.i_flctx)
    return InodeState(
        ino=inode.i_ino,
        kind=inode.i_kind,
        i_pages=i_pages,
        i_mmap=i_mmap,
        pipe=tuple([(*buf,) for buf in inode.i_pipe.bufs]) if inode.i_pipe is not None else (),
        **told_of(inode),
        **values,
    )


def i_pages(mapping: AddressSpace) -> Rows[tuple[int, int]]:
    """Return the cached pages of an object, as (index, pfn)."""
    return Rows((index, page.pfn) for index, page in sorted(mapping.i_pages.items()))


def i_mmap(mapping: AddressSpace) -> tuple[tuple[int, int], ...]:
    """Return the VMAs that map an object, as (mm, vm_start)."""
    return tuple([(vma.vm_mm.number, vma.vm_start) for vma in mapping.i_mmap])


def anon_vma_state(anon_vma: AnonVma, vmas: Rows[tuple[int, int]]) -> AnonVmaState:
    """Return an anon_vma, given the VMAs that are tied to it."""
    return AnonVmaState(
        anon_vma.number,
        anon_vma.root.number,
        anon_vma.parent.number,
        anon_vma.num_children,
        anon_vma.num_active_vmas,
        vmas,
    )


def ties(anon_vma: AnonVma) -> tuple[tuple[int, int], ...]:
    """Return the VMAs that are tied to an anon_vma, as (mm, vm_start)."""
    return tuple(sorted([(avc.vma.vm_mm.number, avc.vma.vm_start) for avc in anon_vma.rb_root]))


def holders(system: System) -> dict[int, File]:
    """Return the open files that a descriptor, a program, a segment or a socket holds."""
    files = {
        file.number: file
        for task in system.tasks.values()
        if task.files is not None
        for file in task.files.fd.values()
    }
    programs = (mm.exe_file for mm in system.mms.values() if mm.exe_file is not None)
    segments = (shp.file for shp in system.shm_ids.ipcs.values())
    sent = (file for inode in system.inodes.values() for file in files_sent(inode))
    return files | {file.number: file for file in (*programs, *segments, *sent)}


def fds(system: System) -> tuple[FilesState, ...]:
    """Return the tables of descriptors."""
    found = {
        task.files.number: task.files for task in system.tasks.values() if task.files is not None
    }
    return tuple(
        FilesState(
            table.number,
            tuple((fd, file.number, fd in table.cloexec) for fd, file in sorted(table.fd.items())),
        )
        for _, table in sorted(found.items())
    )
