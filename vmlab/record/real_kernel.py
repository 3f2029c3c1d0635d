"""The kernel of this machine, as it stands beside a recording: a layer above knows how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from vmlab.record.history import History


class RealKernel(Protocol):
    """Real processes that follow a recording."""

    def can_follow(self, history: History) -> bool:
        """Say whether the recording goes on from what they did."""

    def follow(self, history: History) -> None:
        """Make the calls that were not made yet.

        Raises:
            HostError: one of them is not done for real.
        """

    def said(self, history: History, number: int) -> str:
        """Say what the kernel answered to a call, -1 = before the first one."""

    def maps(self, calls: int, pid: int) -> tuple[str, ...]:
        """Return the lines of a process after so many calls, without device and inode."""

    def short(self, line: str) -> str:
        """Return a line of maps without device and inode."""

    def close(self) -> None:
        """End them."""


class RealKernels:
    """Where the real kernel comes from: a hook that `vmlab` fills."""

    begin: Callable[[History], Any]  # a `RealKernel`; raises HostError


real_kernels = RealKernels()
