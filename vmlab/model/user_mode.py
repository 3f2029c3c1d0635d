"""How a process runs: memory accesses, the way into the kernel and back, death by signal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from vmlab.codes import NO_REASON
from vmlab.errors import Interrupted, Killed, LinuxError, ProcessError, Signal, Sleeps
from vmlab.model import arguments
from vmlab.model.abi import errno
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.abi.strace import format_arguments, format_result
from vmlab.model.arguments import received
from vmlab.model.linux.arch.x86.include.ptrace import NO_CALL
from vmlab.model.linux.include.sched import (
    EXIT_DEAD,
    EXIT_ZOMBIE,
    PF_KTHREAD,
    TASK_RUNNING,
    TASK_STOPPED,
    TASK_UNINTERRUPTIBLE,
)
from vmlab.model.linux.include.structs import MmStruct, TaskStruct
from vmlab.model.linux.kernel.exit import do_group_exit
from vmlab.model.linux.kernel.sched import context_switch
from vmlab.model.linux.kernel.signal import (
    is_caught,
    restore_saved_sigmask,
    signal_pending,
)
from vmlab.model.linux.kernel.signal_get import get_signal_of_caller
from vmlab.model.linux.mm.page_alloc import OutOfMemory
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit

T = TypeVar("T")
SCHEDULE = "schedule"  # what a process does that is neither a call nor an access
_WITHOUT_PROGRAM = ("execve", "exit_group", "exit")  # what can be done to a task that has none yet
_BYTES = tuple(bytes((value,)) for value in range(256))


class UserMode:
    """A task that can be made to run: its state, its memory accesses, the way into the kernel."""

    def __init__(self, task: TaskStruct) -> None:
        self._attach(task)

    def _attach(self, task: TaskStruct) -> None:
        # Go on as another task: the same process in a kernel that was restored.
        self.task = task
        self._system = task.system
        self._cpu = task.system.cpu
        self._turn = task.trace.turn

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.pid} {self.task.comm} {self.state}>"

    @property
    def pid(self) -> int:
        """Return the process number."""
        return self.task.pid

    @property
    def mm(self) -> MmStruct:
        """Return the address space.

        Raises:
            ProcessError: the process is dead, or has no program yet.
        """
        if self.task.flags & PF_KTHREAD:
            raise ProcessError("kernel_thread_no_mm", pid=self.pid)
        if self.task.mm is None:
            if self.task.state == TASK_RUNNING:
                raise ProcessError("no_program", pid=self.pid)
            raise ProcessError("dead_no_mm", pid=self.pid)
        return self.task.mm

    @property
    def state(self) -> str:
        """Return R (runs), T (stopped), D (waits for its vfork child), Z (zombie) or X (gone)."""
        return self.task.state

    @property
    def exit_code(self) -> int:
        """Return how it ended, as wait(2) encodes it: status << 8, or a signal's number."""
        return self.task.exit_code

    @property
    def min_flt(self) -> int:
        """Return the number of page faults so far that read from no device."""
        return self.task.min_flt

    @property
    def maj_flt(self) -> int:
        """Return the number of page faults so far that read from a device."""
        return self.task.maj_flt

    def _run(self, what: str = "") -> None:
        # Make this process the running one, for a system call or an access.
        task = self.task
        if task.flags & PF_KTHREAD:
            raise ProcessError("kernel_thread_no_calls", pid=self.pid)
        if task.mm is None and task.state == TASK_RUNNING and what not in _WITHOUT_PROGRAM:
            raise ProcessError("no_program", pid=self.pid)
        self._switch()

    def schedule(self) -> None:
        """Let the CPU switch to this task, which does nothing yet.

        Raises:
            ProcessError: it cannot run.
        """
        self._whole(SCHEDULE, (), self._switch)

    def _whole(self, name: str, args: tuple[object, ...], do: Callable[[], T]) -> T:
        # Do what is neither a call nor an access; say so if somebody listens.
        with self._turn:
            sink = self.task.trace.sink
            if sink is None:
                return do()
            self._turn.tell(sink.begin, self.pid, name, args)
            try:
                return do()
            finally:
                self._turn.tell(sink.end)

    def _switch(self) -> None:
        task = self.task
        if task.state in (EXIT_ZOMBIE, EXIT_DEAD):
            raise ProcessError("dead", pid=self.pid)
        if task.state == TASK_STOPPED:
            raise ProcessError("stopped_now", pid=self.pid)
        if task.state == TASK_UNINTERRUPTIBLE:
            raise ProcessError("waits_for_vfork_child", pid=self.pid)
        prev = self._system.current
        if prev is not task:
            lender = prev if task.flags & PF_KTHREAD else task
            mm = lender.active_mm if lender is not None else None
            emit(task, process_events.SchedSwitch, task.pid, mm.number if mm is not None else 0)
        context_switch(self._system, task)

    def _run_on(self) -> None:
        # As _run, sooner for the process that runs already.
        if not self._is_running():
            self._run()

    def _is_running(self) -> bool:
        task = self.task
        return self._system.current is task and task.state == TASK_RUNNING and task.mm is not None

    def _syscall(self, call: str, args: tuple[object, ...], handler: Callable[..., T]) -> T:
        # Run one system call; say so if somebody listens. `args` are those of its method; the
        # handler gets them as the kernel takes them.
        args = received(call, args)
        with self._turn:
            return self._whole_syscall(call, args, handler)

    def _whole_syscall(self, call: str, args: tuple[object, ...], handler: Callable[..., T]) -> T:
        sink = self.task.trace.sink
        if sink is None:
            self._run(call)
            return self._handle(args, handler)
        self._turn.tell(sink.begin, self.pid, call, args)
        try:
            self._run(call)
            task = self.task
            said = format_arguments(call, args)
            emit(task, process_events.SysEnter, task.pid, call, said)
            try:
                result = self._handle(args, handler)
            except LinuxError as failure:
                name, check = failure.name, failure.check
                emit(task, process_events.SysExit, task.pid, call, f"-1 {name}", check)
                raise
            answer = format_result(call, result, args)
            emit(task, process_events.SysExit, task.pid, call, answer, NO_REASON)
            return result
        finally:
            self._turn.tell(sink.end)

    def _handle(self, args: tuple[object, ...], handler: Callable[..., T]) -> T:
        try:
            return handler(*args)
        except Sleeps as sleep:
            if signal_pending(self.task):
                sleep.cut()
                raise Interrupted("signal_came", sleep.cut_off) from None
            raise
        except OutOfMemory as failure:
            raise LinuxError(errno.ENOMEM, failure.reason) from None
        except Killed as death:
            do_group_exit(self.task, death.signal)
            raise

    def _sent(self, do: Callable[..., T], *args: object) -> T:
        # Do what may let signals be taken. Machine code takes them as it leaves the kernel; nobody
        # runs the others if a call comes from Python.
        task = self.task
        if task.regs.orig_ax != NO_CALL:
            return do(task, *args)
        try:
            return do(task, *args)
        except Sleeps:
            restore_saved_sigmask(task)
            raise
        finally:
            for each in list(task.system.tasks.values()):
                get_signal_of_caller(each)

    def _access(self, name: str, args: tuple[object, ...], access: Callable[..., T]) -> T:
        # Run one memory access; a signal without a handler ends the process.
        with self._turn:
            return self._whole_access(name, args, access)

    def _whole_access(self, name: str, args: tuple[object, ...], access: Callable[..., T]) -> T:
        sink = self.task.trace.sink
        if sink is None:
            self._run_on()
            return self._survive(access, *args)
        self._turn.tell(sink.begin, self.pid, name, args)
        try:
            self._run_on()
            said = format_arguments(name, args)
            emit(self.task, process_events.AccessBegin, self.pid, name, said)
            result = self._survive(access, *args)
            answer = format_result(name, result)
            emit(self.task, process_events.AccessEnd, self.pid, name, answer)
            return result
        finally:
            self._turn.tell(sink.end)

    def _survive(self, access: Callable[..., T], *args: object) -> T:
        try:
            return access(*args)
        except Signal as signal:
            if not is_caught(self.task, signal.si_signo):
                do_group_exit(self.task, signal.si_signo)
            raise
        except Killed as death:
            do_group_exit(self.task, death.signal)
            raise

    # Memory accesses

    def load(self, addr: int, n: int = 1) -> bytes:
        """Read n bytes as the program does.

        Args:
            addr: virtual address in bytes.
            n: bytes, at most 64 MiB.

        Returns:
            The bytes.

        Raises:
            Segfault, BusError: the access is not allowed.
            ProcessError: the process cannot run.
        """
        if type(addr) is not int or type(n) is not int or n != 1:  # checks cost as much as a load
            arguments.number(addr, "addr")
            arguments.count(n, "n", arguments.MOST_AT_ONCE)
        addr &= ULONG_MAX
        if n == 1 and self.task.trace.sink is None:
            with self._turn.alone:
                value = self._cpu.load_hit(addr) if self._is_running() else None
            if value is not None:
                return _BYTES[value]
        return self._access("load", (addr, n), self._cpu.read)

    def store(self, addr: int, data: bytes) -> None:
        """Write bytes as the program does; what precedes a fault stays written.

        Args:
            addr: virtual address in bytes.
            data: what to write, at most 64 MiB.

        Raises:
            Segfault, BusError: the access is not allowed.
            ProcessError: the process cannot run.
        """
        if type(addr) is not int or type(data) is not bytes or len(data) > arguments.MOST_AT_ONCE:
            arguments.number(addr, "addr")
            arguments.data(data, "data")
            arguments.count(memoryview(data).nbytes, "len(data)", arguments.MOST_AT_ONCE)
            data = bytes(data)  # whatever the shape of the buffer
        addr &= ULONG_MAX
        if len(data) == 1 and self.task.trace.sink is None:
            with self._turn.alone:
                if self._is_running() and self._cpu.store_hit(addr, data[0]):
                    return
        self._access("store", (addr, data), self._cpu.write)

    def add(self, addr: int, value: int) -> int:
        """Add to the byte at an address in one access, which counts as a write.

        Args:
            addr: virtual address in bytes.
            value: what to add; the sum is cut to 8 bits.

        Returns:
            The sum.

        Raises:
            Segfault, BusError: the access is not allowed.
            ProcessError: the process cannot run.
        """
        arguments.number(addr, "addr")
        arguments.number(value, "value")
        addr &= ULONG_MAX
        return self._access("add", (addr, value), self._cpu.add)

    def fetch(self, addr: int) -> int:
        """Fetch the instruction byte at an address.

        Args:
            addr: virtual address in bytes.

        Returns:
            The byte, as a number.

        Raises:
            Segfault, BusError: the access is not allowed.
            ProcessError: the process cannot run.
        """
        arguments.number(addr, "addr")
        addr &= ULONG_MAX
        return self._access("fetch", (addr,), self._cpu.fetch)
