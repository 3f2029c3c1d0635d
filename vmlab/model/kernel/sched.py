"""Tasks: struct task_struct, as far as memory management looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmlab.model.kernel.mman import RLIM_INFINITY, Rlimit
from vmlab.model.mmu.page import PAGE_MASK, MiB
from vmlab.model.trace import Trace

if TYPE_CHECKING:
    from vmlab.model.kernel.fs import File
    from vmlab.model.kernel.mm_types import MmStruct, VmAreaStruct
    from vmlab.model.kernel.system import System

TASK_RUNNING = "R"
TASK_UNINTERRUPTIBLE = "D"  # a parent that waits for its vfork child
EXIT_ZOMBIE = "Z"
EXIT_DEAD = "X"

PF_KTHREAD = 0x200000  # a kernel thread

SIGKILL = 9
SIGBUS = 7
SIGSEGV = 11
SIGCHLD = 17
SIGSTOP = 19

VMACACHE_SIZE = 4
TASK_COMM_LEN = 16  # bytes, with the zero at the end


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
        self.comm = ""  # name of the program
        self.state = TASK_RUNNING
        self.flags = 0  # PF_* bits
        self.parent: TaskStruct | None = None
        self.children: list[TaskStruct] = []
        self.mm: MmStruct | None = None  # None = kernel thread or dead
        self.active_mm: MmStruct | None = None  # whose page tables it runs on
        self.files: FilesStruct | None = None
        self.exit_code = 0  # as wait(2) encodes it
        self.exit_signal = SIGCHLD
        self.min_flt = 0  # page faults that needed no device
        self.rip = 0
        self.rsp = 0
        self.vfork_parent: TaskStruct | None = None  # who waits for exec or exit
        self.pagefault_disabled = 0  # copies to and from user memory must not fault
        self.handlers: set[int] = set()  # signals that have a handler
        self.vmacache = VmaCache()
        self.rlim = {
            Rlimit.RLIMIT_DATA: RLIM_INFINITY,
            Rlimit.RLIMIT_STACK: min(8 * MiB, system.task_size // 6 & PAGE_MASK),
            Rlimit.RLIMIT_NOFILE: 1024,
            Rlimit.RLIMIT_MEMLOCK: RLIM_INFINITY,
            Rlimit.RLIMIT_AS: RLIM_INFINITY,
        }

    def __repr__(self) -> str:
        return f"<task {self.pid} {self.comm}>"

    def set_task_comm(self, name: str) -> None:
        """Name the task; only 15 bytes of the name are kept.

        Source: fs/exec.c: __set_task_comm() [v5.4].
        Left out: the part of a letter that stands at the cut.
        """
        self.comm = name.encode()[: TASK_COMM_LEN - 1].decode(errors="ignore")
