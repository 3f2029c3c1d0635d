"""Waking a snapshot: frozen values become a live kernel again, exactly as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from vmlab.model.abi.kinds import INT, UINT
from vmlab.model.abi.resource import Limits, Rlimit
from vmlab.model.abi.signal import Sigaction, Siginfo
from vmlab.model.linux.arch.x86.include.ptrace import PtRegs
from vmlab.model.linux.arch.x86.kernel.traps import trap_init
from vmlab.model.linux.fs.ext4.file import ext4_file_vm_ops
from vmlab.model.linux.fs.file_table import count_ends
from vmlab.model.linux.fs.proc.task_mmu import vma_name
from vmlab.model.linux.include.extents_status import Extent
from vmlab.model.linux.include.file_ra_state import FileRaState
from vmlab.model.linux.include.filelock import FileLock
from vmlab.model.linux.include.fs import FMODE_WRITE, S_EVENTPOLL, S_IFIFO, on_disk
from vmlab.model.linux.include.futex import FutexKey, FutexQ
from vmlab.model.linux.include.page_flags import PG_NAMES
from vmlab.model.linux.include.pipe_fs_i import FifoOpener, PipeBuffer, PipeInodeInfo
from vmlab.model.linux.include.signal import SIG_CALLER, SighandStruct, SignalStruct
from vmlab.model.linux.include.structs import (
    AddressSpace,
    AnonVma,
    AnonVmaChain,
    File,
    FilesStruct,
    FsStruct,
    Inode,
    MmStruct,
    Page,
    ShmidKernel,
    System,
    TaskStruct,
    VmAreaStruct,
    VmOperations,
    shmem_vm_ops,
    special_mapping_vmops,
)
from vmlab.model.linux.include.usage import Usage
from vmlab.model.linux.ipc.shm import shm_vm_ops
from vmlab.model.linux.lib.percpu_counter import PercpuCounter
from vmlab.model.linux.lib.rbtree import BLACK, RED
from vmlab.model.linux.lib.registry import Registry
from vmlab.model.linux.mm.vma import mm_rb_init
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.mmu.pte import GEOMETRIES
from vmlab.model.mmu.tlb import ASID_SHIFT, TlbEntry
from vmlab.state.capture import (
    INODE_VALUES,
    MM_VALUES,
    PROCESS_SIGNAL_VALUES,
    SIGNAL_VALUES,
    THREAD_VALUES,
)
from vmlab.state.capture_system import SYSTEM_VALUES
from vmlab.state.private import held_by, is_socket, socket_of, watched_by
from vmlab.state.restore_ipc import restore_ipc, restore_timers
from vmlab.state.rows import frames
from vmlab.state.snapshot import MmState, Snapshot, TaskState, VmaState
from vmlab.state.swap import restore_swap
from vmlab.state.views import asids_in_use

VM_OPS: dict[str, VmOperations | None] = {
    "": None,
    "ext4": ext4_file_vm_ops,
    "shmem": shmem_vm_ops,
    "shm": shm_vm_ops,
    "special": special_mapping_vmops,
}
_PG_BITS = {name: bit for bit, name in PG_NAMES.items()}


def restore(snap: Snapshot) -> System:
    """Make a kernel whose state is a snapshot: `capture(restore(snap)) == snap`.

    It goes on as the kernel would have from which the snapshot was taken between two calls.
    """
    return _Restorer(snap).system


def _siginfo(signo: int, code: int, *rest: int) -> Siginfo:
    # The code has a sign.
    return Siginfo(signo, code if code in INT else code - len(UINT), *rest)


class _Restorer:
    # The kernel under construction, and its objects by number.

    def __init__(self, snap: Snapshot) -> None:
        self.snap = snap
        self.system = self._boot()
        self.anon_vmas: dict[int, AnonVma] = {}
        self._memory()
        self.inodes = {0: self.system.vdso_mapping.host, **self._inodes()}
        self.files = self._files()
        self._segments()
        self._anon_vmas()
        self.vmas: dict[tuple[int, int], VmAreaStruct] = {}
        for state in snap.mms:
            self._mm(state)
        for inode in snap.inodes:
            mapping = self.inodes[inode.ino].i_mapping
            mapping.i_mmap = Registry((self.vmas[place], None) for place in inode.i_mmap)
        self._pages()
        self.sighands: dict[int, SighandStruct] = {}
        self.signals: dict[int, SignalStruct] = {}  # by process
        self._tasks()
        self._tlb()

    def _boot(self) -> System:
        snap, values = self.snap, self.snap.system
        system = System(
            snap.ram_bytes, snap.ram_bytes, GEOMETRIES[snap.geometry.name], snap.tlb.size
        )
        trap_init(system)
        system.zero_pfn = snap.zero_pfn
        system.sysctl_max_map_count = values.max_map_count
        for name in SYSTEM_VALUES:
            setattr(system, name, getattr(values, name))
        pages, count = values.vm_committed_as
        system.vm_committed_as = PercpuCounter(count, pages - count)
        system.free_frames = list(values.free_frames)
        system.asids = list(values.asids)
        return system

    def _memory(self) -> None:
        system = self.system
        system.ram.set_aside(frames(self.snap.ram))
        for state in self.snap.pages:
            page = system.mem_map[state.pfn] = Page(state.pfn, state.kind)
            page.refcount, page.mapcount, page.index = state.refcount, state.mapcount, state.index
            page.flags = sum(_PG_BITS[name] for name in state.flags)
        for batch, pfns in zip(system.batches, self.snap.system.batches, strict=True):
            batch += [system.mem_map[pfn] if pfn else Page(0, "freed") for pfn in pfns]

    def _inodes(self) -> dict[int, Inode]:
        system = self.system
        for state in self.snap.inodes:
            inode = system.inodes[state.ino] = Inode(state.ino, state.kind, state.name, state.dev)
            for name in INODE_VALUES:
                setattr(inode, name, getattr(state, name))
            inode.i_es = tuple([Extent(*extent) for extent in state.i_es])
            inode.i_flctx = tuple(
                FileLock((kind, number), *lock) for kind, number, *lock in state.i_flctx
            )
            if state.kind == S_IFIFO:
                inode.i_pipe = PipeInodeInfo()
                inode.i_pipe.bufs = [PipeBuffer(*buf) for buf in state.pipe]
            inode.i_private = held_by(state)
            inode.i_fifo = tuple([FifoOpener(*opener) for opener in state.i_fifo])
            for opener in inode.i_fifo:
                count_ends(inode, opener.mode, 1)
            self._i_pages(inode.i_mapping, state.i_pages)
        self._i_pages(system.vdso_mapping, self.snap.system.vdso_pages)
        system.offsets = dict(self.snap.system.offsets)
        system.namei = Registry((path, system.inodes[ino]) for path, ino in self.snap.system.paths)
        restore_swap(self.snap, system)
        return system.inodes

    def _i_pages(self, mapping: AddressSpace, pages: Sequence[tuple[int, int]]) -> None:
        for index, pfn in pages:
            page = mapping.i_pages[index] = self.system.mem_map[pfn]
            page.mapping = mapping

    def _files(self) -> dict[int, File]:
        files = {}
        for state in self.snap.files:
            file = File(state.file, self.inodes[state.ino], state.f_mode, state.path)
            file.f_pos, file.f_count, file.f_flags = state.f_pos, state.f_count, state.f_flags
            file.f_ra = FileRaState(*state.f_ra)
            if on_disk(file.f_inode):
                file.vm_ops = ext4_file_vm_ops
            file.f_inode.i_writecount += bool(file.f_mode & FMODE_WRITE)
            count_ends(file.f_inode, file.f_mode, 1)
            files[state.file] = file
        for each in self.snap.inodes:
            if each.kind == S_EVENTPOLL:
                ep = self.system.eventpolls[each.ino] = self.inodes[each.ino]
                ep.i_private = watched_by(each.epitems, files)
            elif is_socket(each):
                self.inodes[each.ino].i_private = socket_of(each, self.inodes, files)
        return files

    def _segments(self) -> None:
        values, ids = self.snap.system, self.system.shm_ids
        self.system.console = values.console.encode(errors="surrogateescape")
        self.system.stdin = values.stdin.encode(errors="surrogateescape")
        ids.next_idx, ids.seq = values.shm_next_idx, values.shm_seq
        for state in values.shm:
            file = self.files[state.file]
            shp = ShmidKernel(state.shmid, state.key, state.mode, state.segsz, file, state.cprid)
            shp.lprid, shp.nattch = state.lprid, state.nattch
            ids.ipcs[state.shmid] = shp
            file.f_inode.shmid = state.shmid
        for file in self.files.values():
            if file.f_inode.shmid is not None:
                file.vm_ops = shm_vm_ops

    def _anon_vmas(self) -> None:
        for state in self.snap.anon_vmas:
            anon_vma = self.anon_vmas[state.anon_vma] = AnonVma(state.anon_vma)
            anon_vma.num_children = state.num_children
            anon_vma.num_active_vmas = state.num_active_vmas
        for state in self.snap.anon_vmas:
            anon_vma = self.anon_vmas[state.anon_vma]
            anon_vma.root = self.anon_vmas[state.root]
            anon_vma.parent = self.anon_vmas[state.parent]
        self.system.anon_vmas = Registry(self.anon_vmas)

    def _mm(self, state: MmState) -> None:
        system = self.system
        mm = MmStruct(system, state.mm, state.pgd, state.task_size)
        system.mms[state.mm] = mm
        mm_rb_init(mm)
        for name in MM_VALUES:
            setattr(mm, name, getattr(state, name))
        mm.saved_auxv = list(state.saved_auxv)
        mm.rss_stat = tuple(
            [PercpuCounter(count, pages - count) for pages, count in state.rss_stat]
        )
        if state.exe_file:
            mm.exe_file = self.files[state.exe_file]
            mm.exe_file.f_inode.i_writecount -= 1
        nodes = {vma.vm_start: self._vma(mm, vma) for vma in state.mmap}
        prev = None
        for vma_state in state.mmap:
            vma = nodes[vma_state.vm_start]
            vma.vm_prev = prev
            if prev is None:
                mm.mmap = vma
            else:
                prev.vm_next = vma
            prev = vma
            for side, start in (("rb_left", vma_state.rb_left), ("rb_right", vma_state.rb_right)):
                if start is not None:
                    setattr(vma, side, nodes[start])
                    nodes[start].rb_parent = vma
        mm.highest_vm_end = prev.vm_end if prev is not None else 0
        mm.mm_rb.rb_node = nodes[state.mm_rb] if state.mm_rb is not None else None

    def _vma(self, mm: MmStruct, state: VmaState) -> VmAreaStruct:
        vma = VmAreaStruct(mm, state.vm_start, state.vm_end, state.vm_flags, state.vm_pgoff)
        vma.vm_page_prot = state.vm_page_prot
        vma.vm_file = self.files[state.vm_file] if state.vm_file else None
        vma.vm_ops = VM_OPS[state.vm_ops]
        if vma_name(vma) != state.name:  # not one that follows from the layout
            vma.vm_name = state.name
        vma.rb_color = BLACK if state.rb_color == "black" else RED
        vma.rb_subtree_gap = state.rb_subtree_gap
        if state.anon_vma:
            vma.anon_vma = self.anon_vmas[state.anon_vma]
        for number in state.anon_vma_chain:
            avc = AnonVmaChain(vma, self.anon_vmas[number])
            vma.anon_vma_chain.append(avc)
            avc.anon_vma.rb_root[avc] = None
        self.vmas[mm.number, state.vm_start] = vma
        return vma

    def _pages(self) -> None:
        # What an anonymous frame belongs to.
        for state in self.snap.pages:
            if state.kind == "anon" and state.mapping:
                self.system.mem_map[state.pfn].mapping = self.anon_vmas[state.mapping]

    def _tasks(self) -> None:
        snap, system = self.snap, self.system
        tables = {}
        users = Counter(task.files for task in snap.tasks)
        users_of_fs = Counter(task.fs for task in snap.tasks)
        places: dict[int, FsStruct] = {}
        for table in snap.fds:
            files = tables[table.files] = FilesStruct(table.files)
            files.count = users[table.files]
            files.fd = {fd: self.files[number] for fd, number, _ in table.fd}
            files.cloexec = {fd for fd, _, cloexec in table.fd if cloexec}
        tasks = {system.init.pid: system.init}
        limits: dict[int, dict[Rlimit, Limits]] = {}  # of each process
        usages: dict[int, Usage] = {}  # the same
        for state in snap.tasks:
            task = tasks[state.pid] = (
                system.init if state.pid == system.init.pid else TaskStruct(system, state.pid)
            )
            self._task(task, state)
            task.files = tables[state.files] if state.files else None
            if state.fs:
                task.fs = places.setdefault(state.fs, FsStruct(state.fs, self.inodes[state.pwd]))
                task.fs.users, task.fs.umask = users_of_fs[state.fs], state.umask
            task.rlim = limits.setdefault(state.tgid, task.rlim)
            task.usage = usages.setdefault(state.tgid, Usage(*state.usage))
        for state in snap.tasks:
            task = tasks[state.pid]
            if state.ppid:
                task.parent = tasks[state.ppid]
                task.parent.children.append(task)
            if state.vfork_parent:
                task.vfork_parent = tasks[state.vfork_parent]
        for inode in self.inodes.values():
            for opener in inode.i_fifo:
                tasks[opener.pid].fifo = inode
        waiters = (tasks[pid].futex_q for pid in snap.system.futex_queue)
        system.futex_queue = [q for q in waiters if q is not None]
        restore_ipc(snap, system, tasks)
        system.current = tasks[snap.current] if snap.current else None
        del tasks[system.init.pid]
        system.tasks = tasks

    def _task(self, task: TaskStruct, state: TaskState) -> None:
        mms = self.system.mms
        task.tgid, task.comm, task.state = state.tgid, state.comm, state.state
        task.pgrp, task.session = state.pgrp, state.session
        task.exit_code, task.exit_signal = state.exit_code, state.exit_signal
        task.min_flt, task.maj_flt = state.min_flt, state.maj_flt
        task.regs, task.fpu = PtRegs(*state.regs), bytes.fromhex(state.fpu)
        task.fsbase, task.gsbase = state.fsbase, state.gsbase
        task.clear_child_tid = state.clear_child_tid
        task.mm = mms[state.mm] if state.mm else None
        task.flags, task.personality = state.flags, state.personality
        task.active_mm = mms[state.active_mm] if state.active_mm else None
        task.rlim = {Rlimit(number): Limits(*limits) for number, *limits in state.rlimits}
        self._signals(task, state)
        for kind, number, offset, bitset, woken in state.futex:
            task.futex_q = FutexQ(task.pid, FutexKey(kind, number, offset), bitset)
            task.futex_q.woken = woken
        for name in THREAD_VALUES:
            setattr(task, name, getattr(state, name))
        task.written = state.written
        task.vmacache.vmas = [
            self.vmas[state.mm, start] if start is not None else None for start in state.vmacache
        ]

    def _signals(self, task: TaskStruct, state: TaskState) -> None:
        actions = {sig: Sigaction(*rest) for sig, *rest in state.actions}
        actions |= dict.fromkeys(state.handlers, Sigaction(SIG_CALLER))
        task.sighand = self.sighands.setdefault(state.sighand, SighandStruct(state.sighand))
        task.sighand.action = actions
        task.signal = self.signals.setdefault(state.tgid, task.signal)
        task.signal.shared_pending = [_siginfo(*info) for info in state.shared_pending]
        for name, value in zip(PROCESS_SIGNAL_VALUES, state.signal, strict=True):
            setattr(task.signal, name, value)
        restore_timers(task.signal, state)
        task.pending = [_siginfo(*info) for info in state.pending]
        for name in SIGNAL_VALUES:
            setattr(task, name, getattr(state, name))

    def _tlb(self) -> None:
        system, state = self.system, self.snap.tlb
        tlb = system.tlb
        in_use = asids_in_use(self.snap)
        gone = memoryview(bytearray(PAGE_SIZE))
        for entry in state.entries:
            key = entry.vpn | entry.asid << ASID_SHIFT
            # What is flushed before its use may speak of a frame that was freed since.
            data = system.ram.frame(entry.pfn) if entry.asid in in_use else gone
            tlb.entries[key] = TlbEntry(entry.pfn, entry.flags, data)
        tlb.hits, tlb.misses, tlb.flushes = state.hits, state.misses, state.flushes
        number = system.asids[state.asid][0]
        pgd = system.mms[number].pgd if number in system.mms else 0
        system.cpu.load_cr3(pgd, state.asid)
