"""What /proc says of a process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.arguments import MOST_AT_ONCE, count, number
from vmlab.model.arguments import data as check_data
from vmlab.model.linux.fs.proc.array import show_statm, show_status
from vmlab.model.linux.fs.proc.base import mem_read, mem_write
from vmlab.model.linux.fs.proc.task_mmu import (
    PagemapEntry,
    clear_refs_write,
    pagemap_read,
    show_map,
    show_smap,
    show_smaps_rollup,
)
from vmlab.model.linux.include.structs import MmStruct
from vmlab.model.trace.decorators import announcing
from vmlab.model.user_mode import UserMode

T = TypeVar("T")
_PAGEMAP_MOST = 1 << 20  # entries of one answer


class ProcFiles(UserMode):
    """The files of /proc/PID: no calls, for another process reads and writes them."""

    def _other(self, call: str, args: tuple[object, ...], handler: Callable[[MmStruct], T]) -> T:
        # What another process does to the memory of this one, if there is any; say so if somebody
        # listens.
        with self._turn:
            mm = self.mm
            with announcing(self.task.trace, call, (self.pid, *args)):
                return handler(mm)

    def maps(self) -> str:
        """Return /proc/PID/maps."""
        with self._turn:
            return show_map(self.task.mm)

    def smaps(self) -> str:
        """Return /proc/PID/smaps."""
        with self._turn:
            return show_smap(self.task.mm)

    def smaps_rollup(self) -> str:
        """Return /proc/PID/smaps_rollup.

        Raises:
            ProcessError: the process is dead.
        """
        with self._turn:
            return show_smaps_rollup(self.mm)

    def status(self) -> str:
        """Return the lines of /proc/PID/status that speak of memory."""
        with self._turn:
            return show_status(self.task)

    def statm(self) -> str:
        """Return /proc/PID/statm: pages of size, resident, shared, text, 0, data, 0."""
        with self._turn:
            return show_statm(self.task)

    def pagemap(self, addr: int, n: int = 1) -> list[PagemapEntry]:
        """Return what /proc/PID/pagemap says of some pages.

        Args:
            addr: virtual address in bytes; its page is the first.
            n: pages.

        Raises:
            ProcessError: the process is dead.
        """
        number(addr, "addr")
        count(n, "n", _PAGEMAP_MOST)
        with self._turn:
            return pagemap_read(self.mm, addr & ULONG_MAX, n)

    def proc_mem_read(self, addr: int, n: int) -> bytes:
        """Read memory through /proc/PID/mem, as a debugger does: whatever the rights are.

        Pages that are not there are brought in.

        Args:
            addr: virtual address in bytes.
            n: bytes, at most 64 MiB.

        Returns:
            The bytes up to where nothing is mapped, or a page cannot be brought in.

        Raises:
            LinuxError: EIO if that is the first byte.
            ProcessError: the process is dead.

        Source: fs/proc/base.c: mem_read() [v6.18].
        """
        number(addr, "addr")
        count(n, "n", MOST_AT_ONCE)
        return self._other(
            "proc.mem_read", (addr, n), lambda mm: mem_read(self.task, mm, addr & ULONG_MAX, n)
        )

    def proc_mem_write(self, addr: int, data: bytes) -> int:
        """Write to memory through /proc/PID/mem, as a debugger does.

        In private memory that may not be written to, the process gets a copy of its own, which it
        may not write to either. Shared memory must be mapped for writing.

        Args:
            addr: virtual address in bytes.
            data: what to write, at most 64 MiB.

        Returns:
            How many bytes were written.

        Raises:
            LinuxError: EIO if none could be.
            ProcessError: the process is dead.

        Source: fs/proc/base.c: mem_write() [v6.18].
        """
        number(addr, "addr")
        check_data(data, "data")
        count(memoryview(data).nbytes, "len(data)", MOST_AT_ONCE)
        given = bytes(data)
        return self._other(
            "proc.mem_write",
            (addr, given),
            lambda mm: mem_write(self.task, mm, addr & ULONG_MAX, given),
        )

    def clear_refs(self, kind: int) -> None:
        """Write a number to /proc/PID/clear_refs.

        Args:
            kind: 1 = forget that pages were accessed (Referenced in smaps), 2 = only in mappings
                without a file, 3 = only in those of files, 4 = clear soft-dirty bits, which this
                kernel has not, 5 = let VmHWM begin anew.

        Raises:
            LinuxError: EINVAL for another number.
            ProcessError: the process is dead.

        Source: fs/proc/task_mmu.c: clear_refs_write() [v6.18].
        """
        number(kind, "kind")
        self._other("proc.clear_refs", (kind,), lambda mm: clear_refs_write(mm, kind))
