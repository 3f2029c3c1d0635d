"""What /proc says of a process."""

from __future__ import annotations

from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.arguments import count, number
from vmlab.model.linux.fs.proc.array import show_statm, show_status
from vmlab.model.linux.fs.proc.task_mmu import (
    PagemapEntry,
    pagemap_read,
    show_map,
    show_smap,
    show_smaps_rollup,
)
from vmlab.model.user_mode import UserMode

_PAGEMAP_MOST = 1 << 20  # entries of one answer


class ProcFiles(UserMode):
    """The files of /proc/PID: no calls, for another process reads them."""

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
