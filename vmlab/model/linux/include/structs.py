"""The structures of the kernel, each of which knows some of the others.

struct task_struct (include/linux/sched.h), mm_struct, vm_area_struct, page (mm_types.h), file,
inode, address_space (fs.h), and System, which holds what Linux keeps in global variables. They
refer to each other in rings, so they stand in one file. State only: what changes them stands in
the files named after Linux's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from vmlab.errors import ArgumentError
from vmlab.model.abi.fcntl import F_SEAL_SEAL
from vmlab.model.abi.maps import perms
from vmlab.model.abi.mman import Vm
from vmlab.model.abi.signal import SIGCHLD, Siginfo
from vmlab.model.linux.arch.x86.entry.vdso_image import VDSO_PAGES
from vmlab.model.linux.arch.x86.include.ptrace import PtRegs
from vmlab.model.linux.include.anon_inodes import Private
from vmlab.model.linux.include.extents_status import Extent
from vmlab.model.linux.include.file_ra_state import FileRaState
from vmlab.model.linux.include.filelock import FileLock
from vmlab.model.linux.include.futex import FutexQ
from vmlab.model.linux.include.ipc import IpcIds, KernIpcPerm
from vmlab.model.linux.include.msg import MsgQueue, MsgReceiver, MsgSender
from vmlab.model.linux.include.pipe_fs_i import FifoOpener, PipeInodeInfo
from vmlab.model.linux.include.resource import init_rlimits
from vmlab.model.linux.include.sched import (
    SUID_DUMP_USER,
    TASK_COMM_LEN,
    TASK_RUNNING,
    VMACACHE_SIZE,
)
from vmlab.model.linux.include.sem import SemArray, SemQueue, SemUndoList
from vmlab.model.linux.include.signal import SighandStruct, SignalStruct
from vmlab.model.linux.include.swap import SwapInfoStruct
from vmlab.model.linux.include.usage import Usage
from vmlab.model.linux.lib.percpu_counter import PercpuCounter
from vmlab.model.linux.lib.rbtree import RbNode, RbRoot
from vmlab.model.linux.lib.registry import Registry
from vmlab.model.mmu.cpu import Cpu
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE
from vmlab.model.mmu.pte import Geometry
from vmlab.model.mmu.ram import Ram
from vmlab.model.mmu.tlb import Tlb
from vmlab.model.trace.hook import Trace


class AddressSpace:
    """The cached pages of one object and the VMAs that map it (struct address_space)."""

    __slots__ = ("host", "i_mmap", "i_pages", "i_swapped")

    def __init__(self, host: Inode) -> None:
        self.host = host
        self.i_pages: Registry[int, Page] = Registry()  # index in pages -> frame
        self.i_swapped: Registry[int, int] = Registry()  # index in pages -> place in swap
        self.i_mmap: Registry[VmAreaStruct, None] = Registry()  # VMAs that map it

    def __repr__(self) -> str:
        return f"<address_space of {self.host!r}, {len(self.i_pages)} pages>"


class Inode:
    """A file, apart from any name or opener (struct inode)."""

    __slots__ = (
        *("da_alloc_close", "dev", "i_atime", "i_count", "i_ctime", "i_es"),
        *("i_fifo", "i_flctx", "i_gid", "i_ino", "i_kind", "i_link"),
        *("i_mapping", "i_mode", "i_mtime", "i_nlink", "i_pipe", "i_private", "i_rdev"),
        *("i_size", "i_uid", "i_writecount", "linkable", "name", "noexec"),
        *("noreserve", "pid", "seals", "shmid"),
    )

    def __init__(self, i_ino: int, kind: str, name: str, dev: str) -> None:
        self.i_ino = i_ino
        self.i_kind = kind
        self.name = name  # as /proc/PID/maps shows it
        self.dev = dev  # major:minor in hex
        self.i_size = 0  # bytes
        self.i_nlink = 1  # names; 0 = deleted
        self.i_count = 0  # open files
        self.i_writecount = 0  # open files to write to it; below 0 = programs that run from it
        self.noexec = False  # its mount forbids PROT_EXEC
        self.i_mode = 0o777  # who may do what with it
        self.i_uid = 0  # its owner
        self.i_gid = 0  # its group
        self.linkable = False  # it was made without a name, and may get one (I_LINKABLE)
        self.i_rdev = 0  # number of the device that it is
        self.i_link = ""  # where it leads, if it is a symbolic link
        self.i_atime = 0  # nanoseconds: when it was read,
        self.i_mtime = 0  # when it was written to,
        self.i_ctime = 0  # and when anything of it changed
        self.noreserve = True  # in memory: pages are committed one by one, not its size at once
        self.i_es: tuple[Extent, ...] = ()  # blocks on a disk, in order (ext4_es_tree)
        self.i_flctx: tuple[FileLock, ...] = ()  # by their beginnings
        self.da_alloc_close = False  # the next close writes back (EXT4_STATE_DA_ALLOC_CLOSE)
        self.seals = F_SEAL_SEAL  # F_SEAL_* bits (struct shmem_inode_info)
        self.pid = 0  # of the process that it stands for, on pidfs (i_private)
        self.shmid: int | None = None  # of the segment that it is; Linux has it in i_ino
        self.i_pipe: PipeInodeInfo | None = None  # only a pipe has it
        self.i_private: Private | None = None  # what else it holds, if it has no bytes
        self.i_fifo: tuple[FifoOpener, ...] = ()  # who waits until its other end is opened
        self.i_mapping = AddressSpace(self)

    def __repr__(self) -> str:
        return f"<inode {self.i_ino} {self.name}>"


class VmOperations:
    """What kind of mapping a VMA is (struct vm_operations_struct).

    Anonymous VMAs have none.
    """

    __slots__ = ("close", "fault", "map_pages", "mmap", "name", "open", "page_mkwrite")

    def __init__(
        self,
        name: str,
        *,
        map_pages: bool = False,
        mmap: Callable[[File, VmAreaStruct], None] | None = None,
        open: Callable[[VmAreaStruct], None] | None = None,
        close: Callable[[VmAreaStruct], None] | None = None,
        fault: Callable[[Any], int] | None = None,
        page_mkwrite: Callable[[Any], None] | None = None,
    ) -> None:
        self.name = name
        self.map_pages = map_pages  # a fault maps pages around it that are in memory, too
        self.mmap = mmap  # may a new VMA map the file?
        self.open = open  # there is one more VMA
        self.close = close  # there is one less
        self.fault = fault  # bring a page in (takes a VmFault); None = as files in memory do
        self.page_mkwrite = page_mkwrite  # a page is written to from now on (takes a VmFault)

    def __repr__(self) -> str:
        return f"<vm_ops {self.name}>"


shmem_vm_ops = VmOperations("shmem", map_pages=True)  # tmpfs files and shared anonymous memory
special_mapping_vmops = VmOperations("special")  # [vdso], [vvar]


class File:
    """An open file (struct file)."""

    __slots__ = (
        "f_count",
        "f_flags",
        "f_inode",
        "f_mode",
        "f_path",
        "f_pos",
        "f_ra",
        "number",
        "vm_ops",
    )

    def __init__(self, number: int, inode: Inode, mode: int, path: str) -> None:
        self.number = number  # in order of creation
        self.f_inode = inode
        self.f_mode = mode  # FMODE_* bits
        self.f_flags = 0  # O_* bits, without those that f_mode tells
        self.f_path = path
        self.f_pos = 0  # bytes
        self.f_count = 1  # descriptors and VMAs that hold it
        self.f_ra = FileRaState()
        self.vm_ops = shmem_vm_ops  # of its mappings (what f_op->mmap() sets)

    def __repr__(self) -> str:
        return f"<file {self.number} {self.f_path}>"


class AnonVma:
    """What ties anonymous frames to every VMA that may map them (struct anon_vma)."""

    __slots__ = ("num_active_vmas", "num_children", "number", "parent", "rb_root", "root")

    def __init__(self, number: int, parent: AnonVma | None = None) -> None:
        self.number = number  # in order of creation
        self.root: AnonVma = parent.root if parent else self  # oldest ancestor
        self.parent: AnonVma = parent or self
        self.num_children = 0  # anon_vmas below; a root counts itself
        self.num_active_vmas = 0  # VMAs whose anon_vma field is this one
        self.rb_root: Registry[AnonVmaChain, None] = Registry()  # who may map its frames

    def __repr__(self) -> str:
        return f"<anon_vma {self.number}>"


class AnonVmaChain:
    """One tie between a VMA and an anon_vma (struct anon_vma_chain)."""

    __slots__ = ("anon_vma", "vma")

    def __init__(self, vma: VmAreaStruct, anon_vma: AnonVma) -> None:
        self.vma = vma
        self.anon_vma = anon_vma

    def __repr__(self) -> str:
        return f"<anon_vma_chain {self.vma!r} to {self.anon_vma!r}>"


class VmAreaStruct(RbNode):
    """A region of an address space with one set of rights (struct vm_area_struct).

    Linux embeds the tree node as the field `vm_rb`; here the VMA is the node, and `vm_rb`
    returns itself.
    """

    __slots__ = (
        "anon_vma",
        "anon_vma_chain",
        "rb_subtree_gap",
        "trace",
        "vm_end",
        "vm_file",
        "vm_flags",
        "vm_mm",
        "vm_name",
        "vm_next",
        "vm_ops",
        "vm_page_prot",
        "vm_pgoff",
        "vm_prev",
        "vm_start",
    )

    def __init__(self, mm: MmStruct, start: int, end: int, flags: int, pgoff: int) -> None:
        super().__init__()
        self.trace = mm.trace
        self.vm_mm = mm
        self.vm_start = start  # first byte
        self.vm_end = end  # first byte after
        self.vm_flags = flags  # VM_* bits
        self.vm_page_prot = 0  # PTE bits of a new entry
        self.vm_pgoff = pgoff  # pages: offset in the file, or address at creation
        self.vm_file: File | None = None  # what is mapped; None = anonymous
        self.vm_ops: VmOperations | None = None  # None = anonymous
        self.vm_name = ""  # '[vdso]' and the like
        self.anon_vma: AnonVma | None = None  # set by the first write fault
        self.anon_vma_chain: list[AnonVmaChain] = []  # own anon_vma and inherited ones
        self.vm_next: VmAreaStruct | None = None  # list in address order
        self.vm_prev: VmAreaStruct | None = None
        self.rb_subtree_gap = 0  # bytes: largest gap before a VMA of this subtree

    @property
    def vm_rb(self) -> VmAreaStruct:
        """Return the tree node of this VMA: itself."""
        return self

    @property
    def perms(self) -> str:
        """Return the permissions as /proc/PID/maps shows them, for example 'rw-p'."""
        return perms(self.vm_flags)

    def __repr__(self) -> str:
        return f"<vma {self.vm_start:#x}-{self.vm_end:#x} {self.perms} {Vm(self.vm_flags).name}>"


MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES = range(4)
NR_MM_COUNTERS = 4


class MmStruct:
    """An address space (struct mm_struct)."""

    def __init__(self, system: System, number: int, pgd: int, task_size: int) -> None:
        self.system = system
        self.trace = system.trace
        self.number = number  # in order of creation
        self.mmap: VmAreaStruct | None = None  # first VMA of the list
        self.mm_rb: RbRoot = RbRoot()  # the same VMAs as a tree
        self.mmap_base = 0  # bytes: where mmap begins to look for room, downwards or upwards
        self.mmap_legacy_base = 0  # bytes: where it begins to look upwards
        self.flags = SUID_DUMP_USER  # MMF_* bits
        self.membarrier_state = 0  # MEMBARRIER_CMD_REGISTER_* that it asked for
        self.task_size = task_size  # bytes: end of user space
        self.pgd = pgd  # frame of the top page table
        self.mm_users = 1  # tasks that use it
        self.mm_count = 1  # references to the structure; all users count as one
        self.map_count = 0  # VMAs
        self.pgtables_bytes = 0  # page tables below the top one
        # Last-level tables that a walk found, by address // their span. Linux walks each time.
        self.pte_tables: dict[int, memoryview] = {}
        self.rss_stat = tuple(PercpuCounter() for _ in range(NR_MM_COUNTERS))  # pages, by MM_*
        self.hiwater_rss = 0  # pages: the most of rss_stat before it became less
        self.hiwater_vm = 0  # pages: the same of total_vm
        self.total_vm = 0  # pages mapped
        self.locked_vm = 0  # pages of VM_LOCKED VMAs
        self.data_vm = 0  # pages writable, private, not stack
        self.exec_vm = 0  # pages executable, not writable
        self.stack_vm = 0  # pages of stacks
        self.def_flags = 0  # flags of every new VMA
        self.start_code = 0  # bytes from here on
        self.end_code = 0
        self.start_data = 0
        self.end_data = 0
        self.start_brk = 0
        self.brk = 0
        self.start_stack = 0
        self.arg_start = 0
        self.arg_end = 0
        self.env_start = 0
        self.env_end = 0
        self.saved_auxv: list[tuple[int, int]] = []  # what the program is told
        self.exe_file: File | None = None  # the program
        self.vdso = 0  # bytes: where [vdso] begins
        self.tlb_gen = 1  # flushes so far
        self.vmacache_seqnum = 0  # changes make every task's cache of find_vma void
        self.highest_vm_end = 0  # bytes: end of the last VMA

    def __iter__(self) -> Iterator[VmAreaStruct]:
        vma = self.mmap
        while vma is not None:
            yield vma
            vma = vma.vm_next

    def __repr__(self) -> str:
        return f"<mm {self.number}: {self.map_count} VMAs, {self.total_vm} pages>"


class Page:
    """A frame in use (struct page)."""

    __slots__ = ("flags", "index", "kind", "mapcount", "mapping", "pfn", "refcount")

    def __init__(self, pfn: int, kind: str) -> None:
        self.pfn = pfn
        self.kind = kind  # 'anon', 'file', 'table', 'zero'
        self.refcount = 1  # users; a frame with none is free
        self.mapcount = 0  # page-table entries that map it
        self.flags = 0  # PG_* bits
        self.mapping: Any = None  # AnonVma, AddressSpace or None
        self.index = 0  # pages: place in the object

    def __repr__(self) -> str:
        return f"<page {self.pfn} {self.kind} refs {self.refcount} maps {self.mapcount}>"


class FolioBatches(NamedTuple):
    """One CPU's batches (struct cpu_fbatches, struct mlock_fbatch).

    Left out: that a frame without any other user stays in use until its batch is drained.
    """

    lru_add: list[Page]  # new frames, not on a list yet
    lru_lazyfree: list[Page]  # frames that MADV_FREE marked
    lru_deactivate: list[Page]  # active frames that MADV_COLD marked
    lru_activate: list[Page]  # frames that were accessed again
    mlock: list[Page]  # frames that a VM_LOCKED VMA has mapped or unmapped
    mlock_new: list[Page]  # those of them that are new, and not on a list yet


class ShmidKernel(KernIpcPerm):
    """A segment of shared memory (struct shmid_kernel)."""

    __slots__ = ("cprid", "file", "held", "lprid", "nattch", "segsz")

    def __init__(self, id: int, key: int, mode: int, segsz: int, file: File, cprid: int) -> None:
        super().__init__(id, key, mode)  # mode: SHM_DEST, SHM_LOCKED too
        self.segsz = segsz  # bytes
        self.file = file
        self.cprid = cprid  # pid of who made it
        self.lprid = 0  # of who mapped or unmapped it last
        self.nattch = 0  # VMAs
        self.held = False  # by a shmat that is under way; Linux counts it in shm_nattch

    def __repr__(self) -> str:
        return f"<shmid_kernel {self.id}: {self.nattch} attached>"


class FilesStruct:
    """A table of open files (struct files_struct); threads may share one."""

    __slots__ = ("cloexec", "count", "fd", "number")

    def __init__(self, number: int) -> None:
        self.number = number  # in order of creation
        self.count = 1  # tasks that use it
        self.fd: dict[int, File] = {}
        self.cloexec: set[int] = set()  # descriptors that execve closes

    def __repr__(self) -> str:
        return f"<files {self.number}: {len(self.fd)} open>"


class FsStruct:
    """Where paths of a task begin, and which rights its files do not get (struct fs_struct).

    Tasks may share one.
    """

    __slots__ = ("number", "pwd", "umask", "users")

    def __init__(self, number: int, pwd: Inode) -> None:
        self.number = number  # in order of creation
        self.users = 1  # tasks that use it
        self.pwd = pwd  # the working directory
        self.umask = 0o022  # rights that a new file does not get

    def __repr__(self) -> str:
        return f"<fs {self.number}: {self.pwd.name}>"


class VmaCache:
    """A task's memory of the last VMAs that find_vma found (struct vmacache)."""

    __slots__ = ("seqnum", "vmas")

    def __init__(self) -> None:
        self.seqnum = 0
        self.vmas: list[VmAreaStruct | None] = [None] * VMACACHE_SIZE

    def __repr__(self) -> str:
        return f"<vmacache of {sum(vma is not None for vma in self.vmas)} VMAs>"


class TaskStruct:
    """A process or a thread (struct task_struct)."""

    def __init__(self, system: System, pid: int) -> None:
        self.system = system
        self.trace: Trace = system.trace
        self.pid = pid
        self.tgid = pid  # pid of the thread group's leader
        self.pgrp = 0  # number of its process group, 0 = none; Linux keeps a struct pid
        self.session = 0  # of its session
        self.comm = ""  # name of the program
        self.state = TASK_RUNNING
        self.flags = 0  # PF_* bits
        self.personality = 0  # what it asked for with personality(2)
        self.parent: TaskStruct | None = None
        self.children: list[TaskStruct] = []
        self.mm: MmStruct | None = None  # None = kernel thread or dead
        self.active_mm: MmStruct | None = None  # whose page tables it runs on
        self.files: FilesStruct | None = None
        self.fs: FsStruct | None = None
        self.exit_code = 0  # as wait(2) encodes it
        self.exit_signal = SIGCHLD
        self.min_flt = 0  # page faults that needed no device
        self.maj_flt = 0  # page faults that read from one
        self.usage = Usage()  # threads of a process share it
        self.regs = PtRegs()  # of user mode
        self.fpu = b""  # the others, as FXSAVE lays them out; none = as at the start
        self.fsbase = 0  # where its segments begin (struct thread_struct)
        self.gsbase = 0
        self.clear_child_tid = 0  # where its number becomes 0 when it lets its memory go; 0 = no
        self.written = 0  # bytes that a write to a pipe that sleeps has written so far
        self.vfork_parent: TaskStruct | None = None  # who waits for exec or exit
        self.pagefault_disabled = 0  # copies to and from user memory must not fault
        self.sighand = SighandStruct(pid)
        self.signal = SignalStruct()
        self.pending: list[Siginfo] = []  # signals sent to this thread, not taken yet; in order
        self.blocked = 0  # signals that wait
        self.pdeath_signal = 0  # that comes when its parent ends, 0 = none
        self.saved_sigmask: int | None = None  # what is blocked again after rt_sigsuspend
        self.sas_ss_sp = 0  # the alternate stack for handlers: where it begins,
        self.sas_ss_size = 0  # its bytes, 0 = there is none,
        self.sas_ss_flags = 0  # and what it was given with: SS_* bits
        self.trap_nr = 0  # the last exception that led to a signal (struct thread_struct),
        self.error_code = 0  # what the CPU told of it,
        self.cr2 = 0  # and the address of the last such page fault
        self.futex_q: FutexQ | None = None  # where it sleeps, or was woken
        self.timer: int | None = None  # until when it sleeps, nanoseconds
        self.lock_wait: tuple[Inode, FileLock] | None = None  # the lock that it waits for
        self.sysvsem: SemUndoList | None = None  # what its end adds to semaphores
        self.sem_queue: SemQueue | None = None  # the operations that it waits to do, or that ended
        self.msg_receiver: MsgReceiver | None = None  # the same of a message that it waits for
        self.msg_sender: MsgSender | None = None  # and of room for one
        self.fifo: Inode | None = None  # the FIFO that it is opening
        self.robust_list = 0  # where the list is of the locks that it holds; 0 = nowhere
        self.rseq = 0  # where it is told on which CPU it runs; 0 = nowhere
        self.rseq_len = 0  # bytes there
        self.rseq_sig = 0
        self.rseq_event = False  # it is to be told on its way to user mode
        self.vmacache = VmaCache()
        self.rlim = init_rlimits(
            system.task_size, system.totalram_pages
        )  # threads of a process share it

    def __repr__(self) -> str:
        return f"<task {self.pid} {self.comm}>"

    @property
    def rip(self) -> int:
        """Return where it goes on in user mode."""
        return self.regs.ip

    @rip.setter
    def rip(self, addr: int) -> None:
        self.regs.ip = addr

    @property
    def rsp(self) -> int:
        """Return its stack pointer."""
        return self.regs.sp

    @rsp.setter
    def rsp(self, addr: int) -> None:
        self.regs.sp = addr

    def set_task_comm(self, name: str) -> None:
        """Name the task; only 15 bytes of the name are kept.

        Source: fs/exec.c: __set_task_comm() [v5.4].
        """
        kept = name.encode(errors="surrogateescape")[: TASK_COMM_LEN - 1]
        self.comm = kept.decode(errors="surrogateescape")


TLB_NR_DYN_ASIDS = 6
OVERCOMMIT_GUESS, OVERCOMMIT_ALWAYS, OVERCOMMIT_NEVER = range(3)


class System:
    """One running kernel. The name is vmlab's: Linux has global variables instead.

    Args:
        ram: bytes of physical memory.
        totalram: bytes that overcommit counts as RAM; `ram` unless a test needs another.
        geometry: the shape of the page tables; its pages must be the kernel's.
        tlb_entries: size of the TLB.
    """

    def __init__(self, ram: int, totalram: int, geometry: Geometry, tlb_entries: int) -> None:
        if geometry.page_size != PAGE_SIZE:
            raise ArgumentError(
                "page_size_unsupported", page_size=PAGE_SIZE, given=geometry.page_size
            )
        self.trace = Trace()
        self.geometry = geometry
        self.ram = Ram(ram, PAGE_SIZE, geometry.entry_bytes)
        self.tlb = Tlb(tlb_entries)
        self.cpu = Cpu(self.ram, geometry, self.tlb, self.trace)
        space = 1 << geometry.address_bits
        # The kernel has the upper half of 64-bit addresses, the upper quarter of short ones.
        self.task_size = space // 2 - PAGE_SIZE if geometry.canonical else space // 4 * 3  # bytes
        # Only a hint above this address gets a place above it.
        self.default_map_window = min(self.task_size, (1 << 47) - PAGE_SIZE)
        self.mem_map: Registry[int, Page] = Registry()  # frames in use
        self.free_frames: list[int] = []  # a heap of frames that were given back
        self.next_frame = 1  # frames from here on were never used; 0 stays reserved
        self.zero_pfn = 0
        self.totalram_pages = totalram >> PAGE_SHIFT
        self.vm_committed_as = PercpuCounter()  # pages that were promised
        self.overcommit_memory = OVERCOMMIT_GUESS
        self.overcommit_ratio = 50  # percent of memory that may be promised
        self.overcommit_kbytes = 0  # the same in KiB; 0 = overcommit_ratio counts
        self.sysctl_max_map_count = 65530  # VMAs
        # Linux's values, cut for a space that is too small for them.
        sixteenth = self.task_size // 16 & PAGE_MASK
        self.mmap_min_addr = min(0x10000, sixteenth)  # bytes
        self.stack_guard_gap = min(256 << PAGE_SHIFT, sixteenth)  # bytes
        self.fault_around_pages = 16
        self.randomize_va_space = 0  # 2 = programs, stacks, heaps and mappings get random addresses
        self.random_state = 0  # of the source of random numbers; a seed at first
        self.tasks: dict[int, TaskStruct] = {}  # in order of creation
        self.mms: dict[int, MmStruct] = {}
        self.anon_vmas: Registry[int, AnonVma] = Registry()
        self.current: TaskStruct | None = None
        self.init = TaskStruct(self, 1)  # parent of orphans and of what the machine spawns
        self.init.comm = "init"
        self.next_pid = 1000
        self.next_mm = 1
        self.next_anon_vma = 1
        self.next_file = 1
        self.next_files = 1
        self.next_fs = 1
        self.next_ino = 1
        self.namei: Registry[str, Inode] = Registry()  # absolute path -> inode
        self.offsets: dict[str, int] = {}  # of names that are newer than their inodes
        self.inodes: Registry[int, Inode] = Registry()
        self.shm_ids: IpcIds[ShmidKernel] = IpcIds()
        self.sem_ids: IpcIds[SemArray] = IpcIds()
        self.msg_ids: IpcIds[MsgQueue] = IpcIds()
        self.eventpolls: dict[int, Inode] = {}  # those of them that watch others
        vdso = Inode(0, "special", "[vdso]", "00:00")  # stands for the image in the kernel
        vdso.i_size = VDSO_PAGES << PAGE_SHIFT
        self.vdso_mapping = AddressSpace(vdso)
        self.asids: list[tuple[int, int]] = [(0, 0)] * TLB_NR_DYN_ASIDS  # mm number, tlb_gen seen
        self.next_asid = 1
        # Brings the registers of the FPU of who runs up to date. Who runs machine code fills it.
        self.save_fpregs: Callable[[], None] = lambda: None
        self.futex_queue: list[FutexQ] = []  # who sleeps at futexes, longest first
        self.clock = 0  # nanoseconds since the start, see kernel/time/hrtimer.py
        self.console = b""  # what was written to the terminal
        self.stdin = b""  # what was typed there and not read yet
        self.batches = FolioBatches(*([] for _ in FolioBatches._fields))
        self.total_swap_pages = 0
        self.swap_info: list[SwapInfoStruct] = []  # swap areas
        self.swap_entries: dict[int, int] = {}  # frame in the swap cache -> its place

    def __repr__(self) -> str:
        return f"<System {len(self.tasks)} tasks, {len(self.mem_map)} frames in use>"
