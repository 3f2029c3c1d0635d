"""A process that runs machine code: what its instructions do to memory, and how they enter the
kernel.

The instructions themselves are run elsewhere, see `vmlab/programs`. What is here can be done again
without them: to which pages they came, which bytes they stored, and what the registers held then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from vmlab.errors import Interrupted, Killed, LinuxError, Signal, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.calls import CALLS_BY_NUMBER
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.abi.signal import SI_KERNEL, Siginfo
from vmlab.model.linux.arch.x86.include.ptrace import NO_CALL, PtRegs
from vmlab.model.linux.arch.x86.kernel.signal import arch_do_signal_or_restart
from vmlab.model.linux.arch.x86.kernel.traps import do_trap
from vmlab.model.linux.include.sched import TASK_RUNNING, TASK_STOPPED
from vmlab.model.linux.include.signal import SIG_CALLER
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.exit import do_group_exit
from vmlab.model.linux.kernel.rseq import rseq_handle_notify_resume, rseq_preempt
from vmlab.model.linux.kernel.signal import (
    action_of,
    force_sig_info,
    is_caught,
)
from vmlab.model.linux.kernel.signal_get import has_signal_work
from vmlab.model.linux.kernel.time.hrtimer import hrtimer_interrupt
from vmlab.model.linux.kernel.time.timer import update_process_times
from vmlab.model.machine_calls import answer
from vmlab.model.mmu.cpu import FETCH, READ, WRITE, Cpu
from vmlab.model.mmu.page import PAGE_SHIFT
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit
from vmlab.model.user_mode import UserMode

EXECUTE = "execute"  # instructions, up to where they enter the kernel
TOUCH = "touch"  # an access that was refused: the kernel mends it, or sends a signal
TRAP = "trap"  # an exception that is no page fault
INTERRUPT = "interrupt"  # by a device
TIMER = "timer"  # the time comes that it sleeps until
TICK = "tick"  # it has run for a while
SYSCALL = "syscall"  # the instruction

_NAMES = {READ: "load", WRITE: "store", FETCH: "fetch"}
SYSCALL_LENGTH = 2  # bytes of the instruction


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a program does not run on, for now or at all."""

    why: str  # 'exit', 'signal', 'syscall', 'fault', 'line', 'sleeps', 'limit'
    addr: int  # where in the program
    signal: int = 0  # that came: its number
    sleepers: tuple[tuple[int, str], ...] = ()  # pid and call of those that sleep
    where: str = ""  # file:line there, if debug information says so
    tid: int = 0  # the thread that it is about; 0 = the machine as a whole


class Engine(Protocol):
    """What runs the machine code of a machine."""

    def run(self, process: UserMode | None, until: Collection[str | int], most: int | None) -> Stop:
        """Run a process, None = all; see `vmlab/programs/run.py`."""

    def running(
        self, process: UserMode | None, until: Collection[str | int], most: int | None
    ) -> Iterator[Stop | None]:
        """Do it in pieces: None after each, the stop at the end."""


class Engines:
    """How an engine is made: `vmlab.programs` fills it."""

    make: Callable[[Any], Engine]


engines = Engines()

Fills = Sequence[int]  # address of a page, the access that asked for it, and so on
Stores = Sequence[tuple[int, bytes]]  # address, what stands there now


def take_effect(
    task: TaskStruct, fills: Fills, stores: Stores, regs: tuple[int, ...], fpu: bytes
) -> None:
    """Let instructions that were run elsewhere take effect; see `MachineCode._execute`."""
    cpu = task.system.cpu
    put(cpu, stores)
    for addr, access in zip(fills[::2], fills[1::2], strict=True):
        cpu.lookup(addr, access)
    task.regs, (task.fsbase, task.gsbase) = PtRegs(*regs[:-2]), regs[-2:]
    task.fpu = fpu


def put(cpu: Cpu, stores: Iterable[tuple[int, bytes]]) -> None:
    """Put bytes where code stored them, each piece in one page that can be read."""
    for addr, data in stores:
        found = cpu.peek(addr, 0)
        assert found is not None
        start = addr & (1 << PAGE_SHIFT) - 1
        found.data[start : start + len(data)] = data


class MachineCode(UserMode):
    """What machine code does to a process, as the kernel and the MMU see it."""

    def _execute(self, fills: Fills, stores: Stores, regs: tuple[int, ...], fpu: str) -> None:
        """Let instructions that were run elsewhere take effect, up to where they enter the kernel.

        Args:
            fills: the pages they came to that the emulator did not know, in order, each with the
                access (READ, WRITE or FETCH); all of them are allowed.
            stores: what they stored.
            regs: what the registers hold after it, as pt_regs orders them, then fsbase and gsbase.
            fpu: the others, as in a snapshot.
        """

        def effect() -> None:
            self._run_on()
            take_effect(self.task, fills, stores, regs, bytes.fromhex(fpu))

        self._whole(EXECUTE, (fills, stores, regs, fpu), effect)

    def _touch(
        self, addr: int, access: int, size: int, exact: Callable[[], int] | None = None
    ) -> int:
        """Make an access that the page tables did not allow: a page fault, maybe a signal.

        Args:
            addr: bytes.
            access: READ, WRITE or FETCH.
            size: bytes, at most; those of one page count.
            exact: says which address it was, if `addr` is only the page.

        Returns:
            The signal whose handler runs now, 0 if there is none.

        Raises:
            Signal: the kernel could not mend it, and who called from Python handles that.
        """

        def effect() -> int:
            self._run_on()
            listened = self.task.trace.sink is not None
            if listened:
                said = _NAMES[access], f"{addr:#x}, {size}"
                emit(self.task, process_events.AccessBegin, self.pid, *said)
            try:
                self._cpu.translate(addr, access)
            except Signal as signal:
                if exact is not None and signal.si_code != SI_KERNEL:
                    self.task.cr2 = signal.si_addr = exact()
                self._signalled(signal)
            except Killed as death:
                do_group_exit(self.task, death.signal)
            else:
                if listened:
                    emit(self.task, process_events.AccessEnd, self.pid, _NAMES[access], "")
            return self._leave_kernel()

        return self._whole(TOUCH, (addr, access, size), effect)

    def _trap(self, vector: int, error_code: int, length: int = 0) -> int:
        """Raise an exception that is no page fault: a signal.

        Args:
            vector: its number.
            error_code: what the CPU tells of it.
            length: bytes of the instruction, if it is over by then.

        Returns:
            The signal whose handler runs now.

        Raises:
            Signal: who called from Python handles it.
        """

        def effect() -> int:
            self._run_on()
            self.task.regs.ip += length
            try:
                do_trap(self.task, vector, error_code)
            except Signal as signal:
                self._signalled(signal)
            return self._leave_kernel()

        told = (vector, error_code, length) if length else (vector, error_code)
        return self._whole(TRAP, told, effect)

    def _interrupt(self) -> int:
        """Enter the kernel because of a device, and leave it: signals that were sent are taken.

        Returns:
            The signal whose handler runs now, 0 if there is none.

        Raises:
            Signal: who called from Python handles it.
        """

        def effect() -> int:
            self._run_on()
            return self._leave_kernel()

        return self._whole(INTERRUPT, (), effect)

    def _time_comes(self) -> None:
        """Let the time come that this task sleeps until."""
        self._whole(TIMER, (), lambda: hrtimer_interrupt(self.task))

    def _tick(self, used: int) -> None:
        """Let the clock go on, for this task has run.

        Args:
            used: nanoseconds.
        """
        self._whole(TICK, (used,), lambda: update_process_times(self.task, used))

    def _signalled(self, signal: Signal) -> None:
        task = self.task
        caught = is_caught(task, signal.si_signo)
        if caught and action_of(task, signal.si_signo).sa_handler == SIG_CALLER:
            raise signal
        force_sig_info(task, Siginfo(signal.si_signo, signal.si_code, signal.si_addr))

    def _leave_kernel(self) -> int:
        task = self.task
        delivered = arch_do_signal_or_restart(task) if task.state == TASK_RUNNING else 0
        if delivered:
            rseq_preempt(task)
        while task.rseq_event and task.state == TASK_RUNNING:
            rseq_handle_notify_resume(task)
            arch_do_signal_or_restart(task)
        if task.state != TASK_STOPPED:
            task.regs.orig_ax = NO_CALL
        return delivered

    def _has_exit_work(self) -> bool:
        # Is there something to do on the way to user mode?
        task = self.task
        return has_signal_work(task) or task.rseq_event or task.regs.orig_ax != NO_CALL

    def _syscall_instruction(self) -> int:
        """Make the system call that the registers tell, and store its answer there.

        Where Linux would sleep, the task goes back before the instruction: it makes the call again.

        Returns:
            The signal whose handler runs now, 0 if there is none.

        Raises:
            Sleeps: Linux would sleep.
            Signal: who called from Python handles it.

        Source: arch/x86/entry/common.c: do_syscall_64() [v5.4].
        """
        regs = self.task.regs
        raw = (regs.ax, regs.di, regs.si, regs.dx, regs.r10, regs.r8, regs.r9)
        return self._whole(SYSCALL, raw, lambda: self._enter(*raw))

    def _enter(self, number: int, *raw: int) -> int:
        task, regs = self.task, self.task.regs
        regs.ip += SYSCALL_LENGTH
        regs.orig_ax, regs.cx, regs.r11 = number, regs.ip, regs.flags
        self._run()
        try:
            answer = self._answer(number, raw)
        except LinuxError as failure:
            if isinstance(failure, Sleeps):
                failure.begin()
                regs.ip -= SYSCALL_LENGTH
                regs.ax, regs.orig_ax = number, NO_CALL
                raise
            answer = -(failure.errno or 0)
            if isinstance(failure, Interrupted):
                answer = -failure.cut_off
        except Killed:
            return 0
        if task.regs is regs and answer is not None:  # else it is another program
            regs.ax = answer & ULONG_MAX
        return self._leave_kernel()

    def _answer(self, number: int, raw: tuple[int, ...]) -> int | None:
        call = CALLS_BY_NUMBER.get(number)
        if call is None:
            name = f"syscall_{number:#x}"
            said = ", ".join(f"{each:#x}" for each in raw)
            emit(self.task, process_events.SysEnter, self.pid, name, said)
            failure = LinuxError(errno.ENOSYS, "no_call_numbered", number=number)
            emit(self.task, process_events.SysExit, self.pid, name, "-1 ENOSYS", failure.check)
            raise failure
        return answer(self, call, raw)
