"""A frozen copy of a whole machine: values only, no live object, JSON both ways.

Pictures, recordings and state files are made of snapshots. Numbers that identify an object
(`mm`, `file`, `ino`, `anon_vma`) are handed out by the machine in order of creation and never
used again, so an object keeps its number from one snapshot to the next.

A machine has many VMAs, frames, cached pages: these are sequences and a mapping that are equal
to, hash as and read as tuples and a dict. Of two snapshots that one recording took, whatever did
not change is the very same object in both (`is`): each value, a sequence in which no value
changed, the bytes of a frame. So what was made of a part can be kept with the part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vmlab.model.linux.arch.x86.include.ptrace import REGISTERS
from vmlab.state.snapshot_hardware import GeometryState, TlbState
from vmlab.state.snapshot_ipc import (
    MsgReceiverState,
    MsgSenderState,
    MsgState,
    SemQueueState,
    SemState,
    ShmState,
    TimerState,
)
from vmlab.state.snapshot_swap import SwapState

# A signal that was sent: see `Siginfo`.
Pending = tuple[int, int, int, int, int, int, int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class VmaState:
    """One vm_area_struct. Addresses in bytes; `vm_pgoff` in pages."""

    vm_start: int
    vm_end: int
    vm_flags: int  # VM_* bits, Linux v5.4 values where they exist there
    vm_pgoff: int  # pages
    vm_page_prot: int  # PTE bits a new entry gets
    vm_file: int  # number of the struct file, 0 = none
    vm_ops: str  # '' (anonymous), 'ext4', 'shmem', 'shm', 'special'
    name: str  # what /proc/PID/maps shows in the last column, '' = nothing
    anon_vma: int  # number of the anon_vma, 0 = none
    anon_vma_chain: tuple[int, ...]  # anon_vma numbers, in list order
    rb_left: int | None  # vm_start of the left child
    rb_right: int | None
    rb_color: str  # 'red' or 'black'
    rb_subtree_gap: int  # largest gap in this subtree, bytes


@dataclass(frozen=True, slots=True)
class MmState:
    """One mm_struct. `mmap` is the VMA list in address order."""

    mm: int  # number of this mm_struct
    pgd: int  # frame number of the top page table
    mm_users: int
    mm_count: int
    map_count: int
    total_vm: int  # pages, as data_vm, exec_vm, stack_vm, locked_vm
    data_vm: int
    exec_vm: int
    stack_vm: int
    locked_vm: int
    hiwater_vm: int  # pages: the most of total_vm before it became less
    hiwater_rss: int  # the same of rss_stat
    # pages in memory, by MM_*, and how many the sum has without the CPU's part
    rss_stat: tuple[tuple[int, int], ...]
    pgtables_bytes: int
    mmap_base: int
    mmap_legacy_base: int  # where mmap begins to look upwards
    flags: int  # MMF_* bits
    membarrier_state: int  # MEMBARRIER_CMD_REGISTER_* that it asked for
    task_size: int
    start_code: int
    end_code: int
    start_data: int
    end_data: int
    start_brk: int
    brk: int
    start_stack: int
    arg_start: int
    arg_end: int
    env_start: int
    env_end: int
    vdso: int
    def_flags: int
    exe_file: int  # number of the struct file, 0 = none
    saved_auxv: tuple[tuple[int, int], ...]
    tlb_gen: int  # flushes so far
    mm_rb: int | None  # vm_start of the root of the red-black tree
    mmap: Sequence[VmaState]


@dataclass(frozen=True, slots=True)
class TaskState:
    """One task_struct."""

    pid: int
    tgid: int
    ppid: int
    pgrp: int  # number of its process group, 0 = none
    session: int
    comm: str
    flags: int  # PF_* bits
    personality: int
    state: str  # 'R' runnable, 'T' stopped, 'D' waits for its vfork child, 'Z' zombie
    mm: int  # number of the mm_struct, 0 = none
    active_mm: int
    exit_code: int  # as wait(2) encodes it
    exit_signal: int
    min_flt: int
    maj_flt: int
    # of its process: (min_flt, maj_flt) of threads that ended, (cmin_flt, cmaj_flt) of children
    # that it waited for, (maxrss, cmaxrss) in pages
    usage: tuple[int, ...]
    regs: tuple[int, ...]  # general registers, as struct pt_regs orders them
    fpu: str  # the others, as FXSAVE lays them out, in hexadecimal; '' = as at the start
    fsbase: int
    gsbase: int
    clear_child_tid: int  # address where its number becomes 0, 0 = nowhere
    rlimits: tuple[tuple[int, int, int], ...]  # (resource, soft limit, hard limit)
    files: int  # number of the files_struct (threads may share one)
    fs: int  # number of the fs_struct (threads may share one), 0 = none
    pwd: int  # inode of the working directory in it, 0 = none
    umask: int  # rights that new files do not get
    written: int  # bytes that a write to a pipe that sleeps has written so far
    sighand: int  # number of the sighand_struct (clone may share it)
    handlers: tuple[int, ...]  # signals for which `Process.sigaction` asked
    # (signal, sa_handler, sa_flags, sa_restorer, sa_mask) of others that are not as at the start
    actions: tuple[tuple[int, int, int, int, int], ...]
    blocked: int  # signals that wait: bit 0 is that of signal 1
    saved_sigmask: int | None  # the same after rt_sigsuspend
    # signals that were sent, to the thread and to the process, as `Siginfo` tells them, si_code
    # without its sign
    pending: tuple[Pending, ...]
    shared_pending: tuple[Pending, ...]
    # of its process: SIGNAL_* bits, the signal that stopped it, when SIGALRM comes (nanoseconds,
    # None = never), and after how many more again; the same of SIGVTALRM and of SIGPROF, 0 = never
    signal: tuple[int, int, int | None, int, int, int, int, int]
    posix_timers: tuple[TimerState, ...]  # of its process, in order of creation
    next_posix_timer_id: int
    pdeath_signal: int  # that comes when its parent ends, 0 = none
    sas_ss_sp: int  # the alternate stack: address, bytes, SS_* bits
    sas_ss_size: int
    sas_ss_flags: int
    trap_nr: int  # the last exception that led to a signal, and what the CPU told of it
    error_code: int
    cr2: int
    # (kind, object, offset, bits, whether it was woken) of the futex where it sleeps, if it does
    futex: tuple[tuple[str, int, int, int, bool], ...]
    timer: int | None  # until when it sleeps, nanoseconds
    sysvsem: int  # number of the sem_undo_list (threads may share one), 0 = none
    sem_queue: SemQueueState | None
    msg_receiver: MsgReceiverState | None
    msg_sender: MsgSenderState | None
    robust_list: int  # address of the list of its locks, 0 = nowhere
    rseq: int  # address where it is told on which CPU it runs, 0 = nowhere
    rseq_len: int
    rseq_sig: int
    rseq_event: bool  # it is to be told on its way to user mode
    vfork_parent: int  # pid to wake at exec or exit, 0 = none
    vmacache: tuple[int | None, ...]  # vm_start of the VMAs find_vma remembers

    @property
    def rip(self) -> int:
        """Return where it goes on in user mode."""
        return self.regs[REGISTERS.index("ip")]

    @property
    def rsp(self) -> int:
        """Return its stack pointer."""
        return self.regs[REGISTERS.index("sp")]


@dataclass(frozen=True, slots=True)
class PageState:
    """One struct page: a frame that is in use."""

    pfn: int
    kind: str  # 'anon', 'file', 'table', 'zero'
    refcount: int
    mapcount: int  # page-table entries that map it
    flags: tuple[str, ...]  # 'dirty', 'uptodate', 'anon_exclusive', 'mlocked' ...
    mapping: int  # anon_vma number (anon) or inode number (file), 0 = none
    index: int  # pages: place in the object


@dataclass(frozen=True, slots=True)
class FileState:
    """One struct file: an open file, or the file behind a mapping."""

    file: int
    ino: int
    path: str  # as /proc/PID/maps shows it
    f_mode: int  # FMODE_* bits
    f_pos: int
    f_count: int
    f_flags: int  # O_* bits, without those that f_mode tells
    f_ra: tuple[int, int, int, int, int, int]  # what it was read ahead of (FileRaState)


@dataclass(frozen=True, slots=True)
class InodeState:
    """One inode with its page cache."""

    ino: int
    kind: str  # 'reg', 'dir', 'lnk', 'fifo', 'chr', 'blk', 'sock', 'pidfd', 'eventfd', ...
    name: str  # '/a.dat', '/memfd:x', '/dev/zero' (shared anonymous memory)
    dev: str  # major:minor
    i_size: int  # bytes
    i_nlink: int  # names
    i_count: int  # open files
    noexec: bool
    i_pages: Sequence[tuple[int, int]]  # (index in pages, pfn), by index
    i_mmap: Sequence[tuple[int, int]]  # (mm, vm_start) of the VMAs that map it
    i_mode: int
    seals: int  # F_SEAL_* bits
    noreserve: bool  # in memory: pages are committed one by one, not its size at once
    pid: int  # of the process that it stands for; 0 = it is no pidfd
    pipe: tuple[tuple[int, int, int], ...]  # (index of a page, offset, bytes) that wait in a pipe
    # what a file holds that has no bytes: of an eventfd its count and EFD_* bits; of a timerfd
    # its clock, when its time comes (-1 = never), the interval, whether it came and nobody asked
    # since, how often it came, when it did last; of a signalfd its signals; of a socket its family,
    # type, protocol, state, whose it is, the inode of its other end (0 = none), *_SHUTDOWN bits,
    # the error that is told next, bytes of memory for what it sends, and receives, SkFlag bits,
    # how many may wait, nanoseconds that it waits to receive, and to send, bytes of memory that
    # what it sent takes, the inode that its name leads to; of a queue of messages how many it
    # holds, bytes of one, and who is told of the next: pid, SIGEV_*, signal, value
    private: tuple[int, ...]
    # what an epoll watches: (descriptor, file, EPOLL* bits, what is told with them, number, place
    # on its ready list, 0 = it is not there)
    epitems: tuple[tuple[int, int, int, int, int, int], ...]
    # what was sent to a socket and not read yet: bytes in hexadecimal, the memory that takes, the
    # files that come with it, the name of who sent it in hexadecimal, its inode or that of a
    # connection that waits
    skbs: tuple[tuple[str, int, tuple[int, ...], str, int], ...]
    sk_names: tuple[str, str]  # of a socket and of its other end, in hexadecimal
    messages: tuple[tuple[int, str], ...]  # of a queue: priority, data in hexadecimal
    # who waits at one: pid, whether to send, the message, whether that was done
    waiters: tuple[tuple[int, bool, tuple[tuple[int, str], ...], bool], ...]
    i_es: tuple[tuple[int, int, int], ...]  # blocks on a disk: first, after the last, ES_*
    da_alloc_close: bool  # the next close writes back
    # locks: ('posix' and a files_struct, or 'ofd' or 'flock' and a file), F_*LCK, first byte, last
    # byte, pid
    i_flctx: tuple[tuple[str, int, int, int, int, int], ...]
    i_fifo: tuple[tuple[int, int, str, bool], ...]  # who opens it: pid, FMODE_* bits, path, met
    i_uid: int
    i_gid: int
    i_rdev: int  # number of the device that it is
    i_link: str  # where it leads, if it is a symbolic link
    linkable: bool  # it was made without a name, and may get one
    i_atime: int  # nanoseconds
    i_mtime: int
    i_ctime: int


@dataclass(frozen=True, slots=True)
class FilesState:
    """One files_struct: a table of descriptors."""

    files: int
    fd: tuple[tuple[int, int, bool], ...]  # (descriptor, number of the struct file, close on exec)


@dataclass(frozen=True, slots=True)
class AnonVmaState:
    """One anon_vma: what ties anonymous frames to the VMAs that may map them."""

    anon_vma: int
    root: int
    parent: int
    num_children: int
    num_active_vmas: int
    vmas: Sequence[tuple[int, int]]  # (mm, vm_start), by number and address


@dataclass(frozen=True, slots=True)
class SystemState:
    """What else a machine needs to go on identically: limits, and the numbers it gives out next."""

    totalram_pages: int
    vm_committed_as: tuple[int, int]  # pages that are promised, and how many the sum has
    overcommit_memory: int  # 0 = refuse what is larger than memory, 1 = nothing, 2 = over a limit
    overcommit_ratio: int  # percent
    overcommit_kbytes: int
    max_map_count: int
    mmap_min_addr: int  # bytes
    stack_guard_gap: int  # bytes
    fault_around_pages: int
    randomize_va_space: int  # 0 = no address is random
    random_state: int  # of the source of random numbers
    free_frames: Sequence[int]  # given back, lowest first
    next_frame: int
    next_pid: int
    next_mm: int
    next_anon_vma: int
    next_file: int
    next_files: int
    next_fs: int
    next_ino: int
    next_asid: int
    asids: tuple[tuple[int, int], ...]  # per ASID: (mm, tlb_gen it knows)
    paths: Sequence[tuple[str, int]]  # (absolute path, inode)
    offsets: tuple[tuple[str, int], ...]  # (path, place in its directory), if no inode tells it
    vdso_pages: Sequence[tuple[int, int]] = ()  # (index, pfn) of what [vdso] and [vvar] show
    # pfns in the CPU's batches, by the fields of FolioBatches; 0 = freed meanwhile
    batches: tuple[tuple[int, ...], ...] = ((),) * 6
    shm: tuple[ShmState, ...] = ()  # in order of creation
    shm_next_idx: int = 0  # place behind that of the last segment that was made
    shm_seq: int = 0  # how often the places were gone through
    sem: tuple[SemState, ...] = ()  # the same of sets of semaphores
    sem_next_idx: int = 0
    sem_seq: int = 0
    # number of a sem_undo_list, and of each set that is noted there (semid, what is added to each
    # semaphore as 16 bits without a sign)
    sem_undo: tuple[tuple[int, tuple[tuple[int, tuple[int, ...]], ...]], ...] = ()
    msg: tuple[MsgState, ...] = ()  # the same of queues of messages
    msg_next_idx: int = 0
    msg_seq: int = 0
    clock: int = 0  # nanoseconds since the start
    futex_queue: tuple[int, ...] = ()  # pids of those that sleep at futexes, longest first
    console: str = ""  # what was written to the terminal, as UTF-8 with surrogate escapes
    stdin: str = ""  # what was typed there and not read yet
    swap: tuple[SwapState, ...] = ()  # swap areas, by their numbers
    # pages of files in memory that are in swap: (inode, index in pages, place)
    swapped: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Snapshot:
    """A whole machine at one moment.

    `ram` holds the bytes of every frame that was ever written and is in use (a frame that is
    absent reads as zeros): page tables too, so a picture decodes the very entries the MMU walks.
    """

    geometry: GeometryState
    ram_bytes: int
    current: int  # pid of the running task, 0 = idle
    zero_pfn: int
    tasks: tuple[TaskState, ...]  # in order of creation
    mms: tuple[MmState, ...]
    pages: Sequence[PageState]  # by pfn
    files: Sequence[FileState]
    inodes: Sequence[InodeState]
    anon_vmas: Sequence[AnonVmaState]
    fds: tuple[FilesState, ...]
    tlb: TlbState
    ram: Mapping[int, bytes]
    system: SystemState

    def __repr__(self) -> str:
        return f"<Snapshot {len(self.tasks)} tasks, {len(self.pages)} frames in use>"

    def __deepcopy__(self, memo: dict[int, object]) -> Snapshot:
        return self  # nothing in it changes

    def to_json(self) -> str:
        """Return the text of a state file.

        Raises:
            StateError: the machine is too large for a file: it has more than 65,536 frames that
                were written, or the text more than 128 Mi characters; or it is a real one, of which
                only a part is known.
        """
        return text_form.write(self)

    @classmethod
    def from_json(cls, text: str) -> Snapshot:
        """Return the snapshot that a state file holds.

        Raises:
            StateError: the text is not a state file of a version that this vmlab reads, was cut
                short or altered, or contradicts itself; the message names the field.
        """
        return text_form.read(text)


class TextForm:
    """How a snapshot becomes text and is read again: a hook that `vmlab.state.files` fills."""

    write: Callable[[Snapshot], str]
    read: Callable[[str], Snapshot]


text_form = TextForm()
