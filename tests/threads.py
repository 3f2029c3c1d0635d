"""Threads that make calls as machine code does: they may sleep."""

from __future__ import annotations

from dataclasses import replace

from vmlab import Machine, Process
from vmlab.errors import Sleeps
from vmlab.model.abi.calls import CALLS
from vmlab.model.abi.futex import FUTEX_PRIVATE_FLAG
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.linux.arch.x86.include.ptrace import values_of

ANON = 0x22
WORD = 0x10000000  # where all of them have memory
THREAD = 0x50F00  # what pthread_create shares, and CLONE_THREAD
_ARGUMENTS = ("di", "si", "dx", "r10", "r8", "r9")
_SIGN = 1 << 63


def machine() -> Machine:
    """Return a machine with one process that has memory at WORD."""
    m = Machine(ram=16 << 20)
    m.spawn().mmap(WORD, 4096, 3, ANON | 0x10)
    return m


def private(op: int) -> int:
    """Return the operation on a futex of one process."""
    return op | FUTEX_PRIVATE_FLAG


class Thread:
    """A thread, between two calls or asleep in one."""

    def __init__(self, process: Process) -> None:
        self.process = process

    def call(self, name: str, *args: int) -> int | None:
        """Make a call; return what it answers, -errno if it fails, None if it sleeps."""
        rest = (value & ULONG_MAX for value in args + (0,) * 6)
        return self._enter(ax=CALLS[name].number, **dict(zip(_ARGUMENTS, rest, strict=False)))

    def futex(self, *args: int) -> int | None:
        """Make the call of that name."""
        return self.call("futex", *args)

    def again(self) -> int | None:
        """Make the call again in which it sleeps."""
        return self._enter()

    def _enter(self, **registers: int) -> int | None:
        task = self.process.task
        regs = replace(task.regs, ip=task.regs.ip + 2, **registers)
        told = (*values_of(regs), task.fsbase, task.gsbase)
        self.process._execute((), (), told, task.fpu.hex())
        try:
            self.process._syscall_instruction()
        except Sleeps as failure:
            self._ready = failure.ready
            return None
        raw = self.process.task.regs.ax
        return (raw & _SIGN - 1) - (raw & _SIGN)

    def is_ready(self) -> bool:
        """Say whether it need not sleep any more."""
        return self._ready()


def threads(count: int, m: Machine | None = None) -> list[Thread]:
    """Return the threads of a process: the first, and so many others."""
    m = m or machine()
    main = m[1000]
    return [Thread(main), *(Thread(main.clone(THREAD)) for _ in range(count))]
