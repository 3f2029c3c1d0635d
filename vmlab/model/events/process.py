"""Events about tasks, their address spaces, and system calls."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.model.trace import Event


@dataclass(frozen=True, slots=True)
class SysEnter(Event):
    """A process entered the kernel with a system call, or touched memory."""

    pid: int
    call: str  # the call's name, or 'load', 'store', 'fetch', 'add'
    args: str  # as strace prints them

    def sentence(self) -> str:
        return f"Process {self.pid} calls {self.call}({self.args})."


@dataclass(frozen=True, slots=True)
class SysExit(Event):
    """The kernel answered."""

    pid: int
    call: str
    result: str  # as strace prints it

    def sentence(self) -> str:
        return f"{self.call} returns {self.result} to process {self.pid}."


@dataclass(frozen=True, slots=True)
class SchedSwitch(Event):
    """Another process runs now."""

    pid: int
    mm: int

    def sentence(self) -> str:
        return f"Process {self.pid} runs now, on the page tables of mm {self.mm}."


@dataclass(frozen=True, slots=True)
class SchedProcessFork(Event):
    """A task was made."""

    pid: int
    child: int
    reason: str

    def sentence(self) -> str:
        return f"Process {self.pid} has a child {self.child}: {self.reason}."


@dataclass(frozen=True, slots=True)
class SchedProcessExec(Event):
    """A task runs another program."""

    pid: int
    mm: int
    path: str

    def sentence(self) -> str:
        return f"Process {self.pid} now runs {self.path} in a new address space (mm {self.mm})."


@dataclass(frozen=True, slots=True)
class SchedProcessExit(Event):
    """A task ended."""

    pid: int
    exit_code: int

    def sentence(self) -> str:
        if self.exit_code & 0x7F:
            return f"Process {self.pid} is killed by signal {self.exit_code & 0x7F}."
        return f"Process {self.pid} ends with status {self.exit_code >> 8}."


@dataclass(frozen=True, slots=True)
class SchedProcessFree(Event):
    """A zombie was waited for."""

    pid: int

    def sentence(self) -> str:
        return f"Nobody needs the remains of process {self.pid} any more."


@dataclass(frozen=True, slots=True)
class MmUsers(Event):
    """The number of tasks that use an address space changed."""

    mm: int
    mm_users: int
    reason: str

    def sentence(self) -> str:
        return f"mm {self.mm} now has mm_users {self.mm_users}: {self.reason}."


@dataclass(frozen=True, slots=True)
class MmDrop(Event):
    """An mm_struct was freed."""

    mm: int

    def sentence(self) -> str:
        return (
            f"mm {self.mm} has no reference left: its top page table and the structure are freed."
        )
