"""A process as user space sees it: its system calls, and what /proc says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.clone import CLONE_VFORK, CLONE_VM
from vmlab.model.abi.fcntl import MFD_CLOEXEC
from vmlab.model.abi.mman import MAP_ANONYMOUS, ULONG_MAX
from vmlab.model.abi.resource import Rlimit
from vmlab.model.abi.signal import SIGCHLD, SIGKILL, SIGSTOP
from vmlab.model.arguments import count, number, program
from vmlab.model.linux.fs.exec import do_execve
from vmlab.model.linux.fs.file import close_fd, do_dup2
from vmlab.model.linux.fs.open import do_sys_ftruncate, do_sys_open
from vmlab.model.linux.fs.pipe import do_pipe
from vmlab.model.linux.fs.proc.array import show_status
from vmlab.model.linux.fs.proc.task_mmu import PagemapEntry, pagemap_read, show_map, show_smap
from vmlab.model.linux.fs.read_write import vfs_read, vfs_write
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.exit import do_exit, do_group_exit, do_wait
from vmlab.model.linux.kernel.fork import do_fork
from vmlab.model.linux.mm.madvise import do_madvise
from vmlab.model.linux.mm.memfd import do_memfd_create
from vmlab.model.linux.mm.mincore import do_mincore
from vmlab.model.linux.mm.mlock import do_mlock, do_munlock
from vmlab.model.linux.mm.mmap import do_brk, ksys_mmap_pgoff
from vmlab.model.linux.mm.mprotect import do_mprotect
from vmlab.model.linux.mm.mremap import do_mremap
from vmlab.model.linux.mm.mseal import do_mseal
from vmlab.model.linux.mm.msync import do_msync
from vmlab.model.linux.mm.vma_munmap import do_munmap
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit
from vmlab.model.user_mode import UserMode

T = TypeVar("T")
_PAGEMAP_MOST = 1 << 20  # entries of one answer


class Owner(Protocol):
    """The machine, as its processes know it."""

    def _process_of(self, task: TaskStruct) -> Process:
        """Return the process of a task."""


class Process(UserMode):
    """One process of a machine. Made by `Machine.spawn`, `fork` and its kin.

    Addresses and lengths are bytes. A failing call raises `LinuxError`; a bad access raises
    `Segfault` or `BusError` and kills the process unless `sigaction` gave it a handler.
    """

    def __init__(self, owner: Owner, task: TaskStruct) -> None:
        super().__init__(task)
        self._owner = owner

    @property
    def machine(self) -> Any:
        """Return the machine it runs on, a `vmlab.Machine`."""
        return self._owner

    # Address space

    def mmap(
        self,
        addr: int | None,
        length: int,
        prot: int,
        flags: int,
        fd: int = -1,
        offset: int = 0,
    ) -> int:
        """Map memory or a file; return the address. See mmap(2)."""
        addr = 0 if addr is None else addr

        def map_it() -> int:
            files = self.task.files
            file = files.fd.get(fd) if files is not None and not flags & MAP_ANONYMOUS else None
            return ksys_mmap_pgoff(
                self.mm,
                file,
                addr & ULONG_MAX,
                length & ULONG_MAX,
                int(prot),
                int(flags),
                offset & ULONG_MAX,
            )

        return self.syscall("mmap", (addr, length, prot, flags, fd, offset), map_it)

    def munmap(self, addr: int, length: int) -> None:
        """Unmap whatever lies in a range. See munmap(2)."""
        self.syscall(
            "munmap",
            (addr, length),
            lambda: do_munmap(self.mm, addr & ULONG_MAX, length & ULONG_MAX),
        )

    def mprotect(self, addr: int, length: int, prot: int) -> None:
        """Change the rights of a range. See mprotect(2)."""
        self.syscall(
            "mprotect",
            (addr, length, prot),
            lambda: do_mprotect(self.mm, addr & ULONG_MAX, length & ULONG_MAX, int(prot)),
        )

    def mremap(
        self, old: int, old_size: int, new_size: int, flags: int = 0, new_addr: int = 0
    ) -> int:
        """Resize or move a mapping; return its address. See mremap(2)."""
        return self.syscall(
            "mremap",
            (old, old_size, new_size, flags, new_addr),
            lambda: do_mremap(
                self.mm,
                old & ULONG_MAX,
                old_size & ULONG_MAX,
                new_size & ULONG_MAX,
                int(flags),
                new_addr & ULONG_MAX,
            ),
        )

    def brk(self, addr: int) -> int:
        """Move the end of the heap; return where it ends now. 0 only asks. See brk(2)."""
        return self.syscall("brk", (addr,), lambda: do_brk(self.mm, addr & ULONG_MAX))

    def madvise(self, addr: int, length: int, advice: int) -> None:
        """Give advice about a range. See madvise(2)."""
        self.syscall(
            "madvise",
            (addr, length, advice),
            lambda: do_madvise(self.mm, addr & ULONG_MAX, length & ULONG_MAX, int(advice)),
        )

    def msync(self, addr: int, length: int, flags: int) -> None:
        """Write a mapped file back. See msync(2)."""
        self.syscall(
            "msync",
            (addr, length, flags),
            lambda: do_msync(self.mm, addr & ULONG_MAX, length & ULONG_MAX, int(flags)),
        )

    def mlock(self, addr: int, length: int) -> None:
        """Lock a range into memory. See mlock(2)."""
        self.syscall(
            "mlock", (addr, length), lambda: do_mlock(self.mm, addr & ULONG_MAX, length & ULONG_MAX)
        )

    def munlock(self, addr: int, length: int) -> None:
        """Unlock a range. See munlock(2)."""
        self.syscall(
            "munlock",
            (addr, length),
            lambda: do_munlock(self.mm, addr & ULONG_MAX, length & ULONG_MAX),
        )

    def mincore(self, addr: int, length: int, vec: int | None = None) -> bytes:
        """Tell which pages are in memory, a byte each; also store the answer at `vec`.

        See mincore(2).
        """
        return self.syscall(
            "mincore",
            (addr, length, vec),
            lambda: do_mincore(self.task, addr & ULONG_MAX, length & ULONG_MAX, vec),
        )

    def mseal(self, addr: int, length: int, flags: int = 0) -> None:
        """Make the mappings of a range unchangeable. See mseal(2)."""
        self.syscall(
            "mseal",
            (addr, length, flags),
            lambda: do_mseal(self.mm, addr & ULONG_MAX, length & ULONG_MAX, int(flags)),
        )

    # Files

    def open(self, path: str, flags: int = 0) -> int:
        """Open a file; return the lowest free descriptor. See open(2)."""
        return self.syscall("open", (path, flags), lambda: do_sys_open(self.task, path, int(flags)))

    def memfd_create(self, name: str, flags: int = 0) -> int:
        """Make a nameless file in memory; return its descriptor. See memfd_create(2)."""
        return self.syscall(
            "memfd_create",
            (name, flags),
            lambda: do_memfd_create(self.task, name, bool(flags & MFD_CLOEXEC)),
        )

    def pipe(self) -> tuple[int, int]:
        """Make a pipe; return (descriptor to read from, to write to). See pipe(2)."""
        return self.syscall("pipe", (), lambda: do_pipe(self.task))

    def dup2(self, old: int, new: int) -> int:
        """Let descriptor `new` mean what `old` means. See dup2(2)."""
        return self.syscall("dup2", (old, new), lambda: do_dup2(self.task, old, new))

    def close(self, fd: int) -> None:
        """Close a descriptor. See close(2)."""
        self.syscall("close", (fd,), lambda: close_fd(self.task, fd))

    def ftruncate(self, fd: int, length: int) -> None:
        """Give a file another length. See ftruncate(2)."""
        self.syscall("ftruncate", (fd, length), lambda: do_sys_ftruncate(self.task, fd, length))

    def read(self, fd: int, addr: int, n: int) -> int:
        """Read from a file into memory; return the bytes that came. See read(2)."""
        return self.syscall(
            "read",
            (fd, addr, n),
            lambda: vfs_read(self.task, fd, addr & ULONG_MAX, n & ULONG_MAX, None),
        )

    def write(self, fd: int, addr: int, n: int) -> int:
        """Write memory to a file; return the bytes that went. See write(2)."""
        return self.syscall(
            "write",
            (fd, addr, n),
            lambda: vfs_write(self.task, fd, addr & ULONG_MAX, n & ULONG_MAX, None),
        )

    def pread(self, fd: int, addr: int, n: int, offset: int) -> int:
        """Read from a place in a file. See pread(2)."""
        return self.syscall(
            "pread64",
            (fd, addr, n, offset),
            lambda: vfs_read(self.task, fd, addr & ULONG_MAX, n & ULONG_MAX, offset),
        )

    def pwrite(self, fd: int, addr: int, n: int, offset: int) -> int:
        """Write to a place in a file. See pwrite(2)."""
        return self.syscall(
            "pwrite64",
            (fd, addr, n, offset),
            lambda: vfs_write(self.task, fd, addr & ULONG_MAX, n & ULONG_MAX, offset),
        )

    # Life

    def _child(self, call: str, flags: int) -> Process:
        child = self.syscall(call, (flags,), lambda: do_fork(self.task, int(flags)))
        return self._owner._process_of(child)

    def fork(self) -> Process:
        """Make a child with a copy of the address space; return it. See fork(2)."""
        return self._child("fork", SIGCHLD)

    def vfork(self) -> Process:
        """Make a child that borrows the address space until it calls execve or exit; return it.

        This process cannot run until then. See vfork(2).
        """
        return self._child("vfork", CLONE_VM | CLONE_VFORK | SIGCHLD)

    def clone(self, flags: int) -> Process:
        """Make a child that shares what the flags say; return it. See clone(2)."""
        return self._child("clone", flags)

    def execve(
        self,
        path: str,
        argv: Sequence[str] | None = None,
        env: Mapping[str, str] | Sequence[str] = (),
    ) -> None:
        """Run another program in this process. See execve(2).

        Args:
            path: the program.
            argv: arguments; the path alone unless given.
            env: environment, by name; or its strings as they are, with or without a '='.

        Raises:
            Killed: the new program could not be loaded after the old one was gone.
        """
        words, envp = program(path, argv, env)
        self.syscall(
            "execve",
            (path, words, envp),
            lambda: do_execve(
                self.task, path, [w.encode() for w in words], [e.encode() for e in envp]
            ),
        )

    def exit(self, code: int = 0) -> None:
        """End the process with all its threads. See exit_group(2)."""
        self._exit("exit_group", code, do_group_exit)

    def exit_thread(self, code: int = 0) -> None:
        """End this thread; the process ends with its last one. See _exit(2)."""
        self._exit("exit", code, do_exit)

    def _exit(self, call: str, code: int, leave: Callable[[TaskStruct, int], None]) -> None:
        task = self.task
        self.syscall(call, (code,), lambda: leave(task, (code & 0xFF) << 8))

    def wait(self) -> tuple[int, int]:
        """Take a child that ended; return (its pid, its exit code). See wait(2)."""
        return self.syscall("wait4", (), lambda: do_wait(self.task))

    def setrlimit(self, resource: int, soft: int) -> None:
        """Set a soft limit. See setrlimit(2)."""

        def set_limit() -> None:
            try:
                limit = Rlimit(resource)
            except ValueError:
                raise LinuxError(errno.EINVAL, f"resource {resource} is not modelled") from None
            self.task.rlim[limit] = soft & ULONG_MAX
            emit(self.task, process_events.RlimitSet, self.pid, limit.name, soft & ULONG_MAX)

        self.syscall("setrlimit", (resource, soft), set_limit)

    def sigaction(self, signum: int, handler: bool = True) -> None:
        """Install a handler for a signal, so that the process survives it, or remove it.

        The handler itself is not run: the exception that `load` and its kin raise takes its place.
        See sigaction(2).
        """
        handler = bool(handler)

        def set_handler() -> None:
            if not 1 <= signum <= 64 or signum in (SIGKILL, SIGSTOP):
                raise LinuxError(errno.EINVAL, f"signal {signum} cannot have a handler")
            if handler:
                self.task.handlers.add(signum)
            else:
                self.task.handlers.discard(signum)
            emit(self.task, process_events.SignalHandler, self.pid, signum, handler)

        self.syscall("rt_sigaction", (signum, handler), set_handler)

    # /proc

    def maps(self) -> str:
        """Return /proc/PID/maps."""
        return show_map(self.task.mm)

    def smaps(self) -> str:
        """Return /proc/PID/smaps."""
        return show_smap(self.task.mm)

    def status(self) -> str:
        """Return the lines of /proc/PID/status that speak of memory."""
        return show_status(self.task)

    def pagemap(self, addr: int, n: int = 1) -> list[PagemapEntry]:
        """Return what /proc/PID/pagemap says of n pages from the page of `addr` on."""
        number(addr, "addr")
        count(n, "n", _PAGEMAP_MOST)
        return pagemap_read(self.mm, addr & ULONG_MAX, n)
