"""Events about tasks, their address spaces, and system calls."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class SysEnter(Event):
    """A process entered the kernel with a system call."""

    pid: int
    call: str
    args: str  # as strace prints them

    def sentence(self) -> str:
        return f"Process {self.pid} calls {self.call}({self.args})."


@dataclass(frozen=True, slots=True)
class SysExit(Event):
    """The kernel answered."""

    pid: int
    call: str
    result: str  # as strace prints it
    reason: str  # the check that failed, empty if none did

    def sentence(self) -> str:
        if self.result == "?":
            return f"{self.call} does not return."
        why = f": {self.reason}" if self.reason else ""
        return f"{self.call} returns {self.result} to process {self.pid}{why}."


@dataclass(frozen=True, slots=True)
class AccessBegin(Event):
    """A process touches memory; the kernel hears of it only if the access faults."""

    pid: int
    access: str  # 'load', 'store', 'add' or 'fetch'
    args: str  # as strace prints those of a call

    def sentence(self) -> str:
        return f"Process {self.pid} touches memory: {self.access}({self.args})."


@dataclass(frozen=True, slots=True)
class AccessEnd(Event):
    """The access is done; one that ends in a signal has no such end."""

    pid: int
    access: str
    result: str  # as strace prints that of a call

    def sentence(self) -> str:
        gave = f"gives {self.result}" if self.access == "load" else "is done"
        return f"The {self.access} of process {self.pid} {gave}."


@dataclass(frozen=True, slots=True)
class SchedSwitch(Event):
    """Another process runs now."""

    pid: int
    mm: int

    def sentence(self) -> str:
        tables = f"the page tables of mm {self.mm}" if self.mm else "the kernel's own page tables"
        return f"Process {self.pid} runs now, on {tables}."


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
        return f"The task_struct of process {self.pid} is freed."


@dataclass(frozen=True, slots=True)
class MmUsers(Event):
    """The number of tasks that use an address space changed."""

    mm: int
    mm_users: int
    reason: str

    def sentence(self) -> str:
        return f"mm {self.mm} now has mm_users {self.mm_users}: {self.reason}."


@dataclass(frozen=True, slots=True)
class MmCount(Event):
    """The number of references to an mm_struct changed."""

    mm: int
    mm_count: int
    reason: str

    def sentence(self) -> str:
        return f"mm {self.mm} now has mm_count {self.mm_count}: {self.reason}."


@dataclass(frozen=True, slots=True)
class MmDrop(Event):
    """An mm_struct was freed."""

    mm: int

    def sentence(self) -> str:
        return (
            f"mm {self.mm} has no reference left: its top page table and the structure are freed."
        )


@dataclass(frozen=True, slots=True)
class SchedProcessWait(Event):
    """A parent took what is left of a child."""

    pid: int
    child: int
    exit_code: int

    def sentence(self) -> str:
        status, signal = self.exit_code >> 8, self.exit_code & 0x7F
        how = f"killed by signal {signal}" if signal else f"with status {status}"
        return f"Process {self.pid} learns how its child {self.child} ended: {how}."


@dataclass(frozen=True, slots=True)
class VforkDone(Event):
    """A parent that waited for its vfork child may run again."""

    pid: int
    child: int

    def sentence(self) -> str:
        return (
            f"Process {self.child} no longer uses the borrowed address space: process {self.pid} "
            "may run again."
        )


@dataclass(frozen=True, slots=True)
class RlimitSet(Event):
    """A soft limit changed."""

    pid: int
    resource: str
    limit: int

    def sentence(self) -> str:
        limit = "unlimited" if self.limit == (1 << 64) - 1 else f"{self.limit:#x}"
        return f"{self.resource} of process {self.pid} is now {limit}."


@dataclass(frozen=True, slots=True)
class SignalHandler(Event):
    """A handler was installed or removed."""

    pid: int
    signal: int
    handled: bool

    def sentence(self) -> str:
        if self.handled:
            return f"Process {self.pid} has a handler for signal {self.signal} and survives it."
        return f"Process {self.pid} has no handler for signal {self.signal}, which kills it."


@dataclass(frozen=True, slots=True)
class MachineRestore(Event):
    """The machine was set back, or forward, to another state."""

    nr_tasks: int

    def sentence(self) -> str:
        processes = "1 process" if self.nr_tasks == 1 else f"{self.nr_tasks} processes"
        return f"The machine goes to a state that was saved, with {processes}."


@dataclass(frozen=True, slots=True)
class FilesCopy(Event):
    """A child got its descriptors."""

    pid: int
    child: int
    reason: str

    def sentence(self) -> str:
        return f"Process {self.child} has the descriptors of process {self.pid}: {self.reason}."
