"""The CPU that runs machine code: Unicorn, which asks the model for every translation.

Its physical memory is the RAM of the machine. It has a TLB of its own, which holds nothing that
the model's did not give and that the model has taken out since for another reason than want of
room: as a second level of the TLB that the model shows.
"""

from __future__ import annotations

import ctypes
from typing import Any

from unicorn import (
    UC_HOOK_INSN,
    UC_HOOK_INSN_INVALID,
    UC_HOOK_INTR,
    UC_HOOK_TLB_FILL,
    Uc,
    UcError,
    x86_const,
)
from unicorn.unicorn_const import (
    UC_ERR_EXCEPTION,
    UC_MEM_FETCH,
    UC_MEM_READ,
    UC_MEM_WRITE,
)

from vmlab.errors import ProgramError
from vmlab.model.linux.arch.x86.include.ptrace import PtRegs
from vmlab.model.linux.arch.x86.kernel.fpu.signal import INIT_FPSTATE
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.machine_code import SYSCALL_LENGTH
from vmlab.model.mmu import traps
from vmlab.model.mmu.cpu import FETCH, READ, WRITE
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE
from vmlab.programs.clock import LONGEST, TICKS, Clock
from vmlab.programs.entries import Aside, Limit, Reached, Refused, Stop, Syscall, Trap
from vmlab.programs.pages import Pages
from vmlab.programs.probe import Probe, flush_tlb, new_cpu
from vmlab.programs.registers import IP, for_kernel, of_task
from vmlab.programs.touches import Touches
from vmlab.programs.uc_registers import Registers
from vmlab.programs.vex import Vex

ACCESSES = {UC_MEM_READ: READ, UC_MEM_WRITE: WRITE, UC_MEM_FETCH: FETCH}
_LONGEST = 15  # bytes of an instruction
_INT_SIZE = 2  # bytes of the instruction
_INT3 = b"\xcc"  # the one of one byte
_PATIENCE = 100_000  # microseconds that it runs before an interrupt is looked for
_NOWHERE: frozenset[int] = frozenset()  # where to stop


class Emulator:
    """Runs the tasks of one kernel, one at a time.

    Args:
        system: the kernel. Its RAM must be one buffer.
    """

    def __init__(self, system: System) -> None:
        ram = system.ram
        if ram.buffer is None:
            raise ProgramError("ram_not_one_buffer")
        self.system = system
        self._task: TaskStruct | None = None  # whose registers it holds
        self._values: tuple[int, ...] = ()  # what they are; () = not what is in the emulator
        self._image = b""  # what fpu of the task was when it was loaded
        self._stop: Stop | None = None
        self._stale = False  # code was changed behind the emulator's back
        self._clock = Clock()
        self._pages = Pages(system)
        # The buffer must not move or go while it is mapped.
        self._memory = ctypes.c_char.from_buffer(ram.buffer)
        self._uc = uc = new_cpu(self._memory, ram.size)
        self._registers = Registers(uc)
        self._vex = Vex(uc, self._pages.code, self._invalid)
        self._probe = Probe(system.cpu, self._memory, ram.size)
        self.touches = Touches(uc)  # of runs whose effect is put off
        uc.ctl_exits_enabled(True)  # there is none at first, and it looks at no other end
        self._exits = _NOWHERE
        self._counts = False
        self._readers: set[bytes] = set()  # code that begins with what only reads
        uc.hook_add(UC_HOOK_TLB_FILL, self._fill)
        uc.hook_add(UC_HOOK_INTR, self._interrupt)
        uc.hook_add(UC_HOOK_INSN_INVALID, self._invalid)
        uc.hook_add(UC_HOOK_INSN, self._syscall, None, 1, 0, x86_const.UC_X86_INS_SYSCALL)
        self._clean = self._probe.user_mode()
        uc.context_restore(self._clean)
        self._put_fpu(b"")
        system.save_fpregs = self.save_fpu

    def __repr__(self) -> str:
        return f"<Emulator of {self.system!r}>"

    # Running

    def run(self, task: TaskStruct, count: int | None, exits: frozenset[int] = _NOWHERE) -> Stop:
        """Let a task run in user mode until it enters the kernel, or for `count` instructions.

        Its general registers are up to date then; for those of the FPU see `save_fpu`.

        Args:
            task: the task.
            count: instructions; None = until an interrupt waits, which is many times as fast.
            exits: addresses, bytes, where it stops too, before the instruction there; at the one
                where it is now, only when it comes back.
        """
        self._load(task)
        self.touches.end()
        stop = self._run_to(task.regs.ip, count, exits)
        self._set_registers(task)
        return stop

    def run_aside(
        self, task: TaskStruct, count: int | None, exits: frozenset[int] = _NOWHERE
    ) -> Aside:
        """The same, but put its effect off: task, memory and TLB are as before."""
        self._load(task)
        fills: list[int] = []
        self._pages.fills = fills
        if self._pages.writes:
            self._ask_again()  # so that each page that it writes to is noticed
        try:
            stop = self._run_to(task.regs.ip, count, exits)
        finally:
            self._pages.fills = None
        stores = self._pages.take_back_stores()
        regs = for_kernel(self._values, task.regs.orig_ax)
        return Aside(stop, tuple(fills), stores, regs, self._saved_image())

    def has_effect(self, task: TaskStruct) -> None:
        """Be told that the effect of a run was made good: the task holds what the CPU holds."""
        self._image = task.fpu

    def refused(self, access: Refused) -> tuple[int, int, int]:
        """Return the first byte in the page that was refused last, how many there are, for what."""
        ip, page = self._values[IP], access.addr
        if access.access == FETCH:
            return max(ip, page), 1, FETCH
        write = access.access == WRITE
        context = self._uc.context_save()
        addr, size, writes = self._probe.find(context, ip, page, write=write)
        return addr, size, WRITE if writes else READ

    def kind(self, access: Refused) -> int:
        """Return what a page was refused for last: READ, WRITE or FETCH."""
        if access.access != READ:
            return access.access
        code = self._pages.code(self._values[IP], _LONGEST)
        if code in self._readers:
            return READ
        kind = self.refused(access)[2]
        if not self._probe.wrote:
            self._readers.add(code)
        return kind

    def save_fpu(self) -> None:
        """Bring the other registers of the task that ran last up to date."""
        if self._task is not None:
            self._image = self._task.fpu = self._saved_image()

    def _run_to(self, ip: int, count: int | None, exits: frozenset[int]) -> Stop:
        if ip in exits:  # Unicorn would stop there at once
            self._exit_at(_NOWHERE)
            stop = self._run(ip, 1)
            ip = self._values[IP]
            if not isinstance(stop, Limit) or count == 1:
                return stop
            count = count and count - 1
        if ip not in exits:
            self._exit_at(exits)
            stop = self._run(ip, count)
        at_exit = isinstance(stop, Limit) and self._values[IP] in exits
        return Reached() if at_exit else stop

    def _exit_at(self, addresses: frozenset[int]) -> None:
        if addresses != self._exits:
            self._exits = addresses
            self._uc.ctl_flush_tb()  # what is translated runs past them

    def _run(self, ip: int, count: int | None) -> Stop:
        if self._pages.follow():
            self._ask_again()
        waits = self.system.trace.turn.is_waited_for
        while True:
            self._start(ip, count)
            stop, ip = self._stop, self._values[IP]
            if self._vex.found:
                self._vex.watch()
                self._uc.ctl_flush_tb()
            elif self._stale:
                self._forget_code()
            elif self.touches.stop_if_full() and stop is None:
                continue
            elif isinstance(stop, Trap):
                self._forget_exception()
                if not self._reads_clock(stop, ip):
                    return self._at_instruction(stop)
                ip = self._values[IP]
                if count is not None:
                    count -= TICKS
                if waits() or (count is not None and count <= 0):
                    return Limit()
            elif isinstance(stop, Syscall):
                self._go_to(ip - SYSCALL_LENGTH)
                return stop
            elif stop is not None or count is not None or ip in self._exits or waits():
                return stop or Limit()

    def _start(self, ip: int, count: int | None) -> None:
        # Until something stops it; without a count also from time to time.
        self._stop = None
        if self._exits:
            self._uc.ctl_set_exits([*self._exits])
        if count is not None and not self._counts:
            self._uc.ctl_flush_tb()  # what is translated does not count
        self._counts = count is not None
        try:
            self._uc.emu_start(ip, 0, count=count or 0, timeout=0 if count else _PATIENCE)
        except UcError as failure:
            if failure.errno != UC_ERR_EXCEPTION and self._stop is None:
                raise
        finally:
            if self._exits:
                self._uc.ctl_set_exits([])
        self._values = self._registers.read()

    def _at_instruction(self, trap: Trap) -> Trap:
        # Go back to an instruction that asked for an interrupt, so that it can be run again.
        ip, vector = self._values[IP], trap.vector
        if vector > traps.X86_TRAP_LAST:  # user mode may not ask for it by its number
            self._go_to(ip - _INT_SIZE)
            return Trap(traps.X86_TRAP_GP, vector << 3 | traps.X86_IDT)
        if vector not in (traps.X86_TRAP_BP, traps.X86_TRAP_OF):
            return trap
        length = 1 if self._pages.code(ip - 1, 1) == _INT3 else _INT_SIZE
        self._go_to(ip - length)
        return Trap(vector, trap.error_code, length)

    def _go_to(self, ip: int) -> None:
        values = self._values
        self._write_registers((*values[:IP], ip, *values[IP + 1 :]))

    def _reads_clock(self, trap: Trap, ip: int) -> bool:
        # What user mode may not execute here is done for it.
        if trap.vector != traps.X86_TRAP_GP:
            return False
        values = self._clock.read(self._values, self._pages.code(ip, LONGEST))
        if values is not None:
            self._write_registers(values)
        return values is not None

    def _flush_tlb(self) -> None:
        self._pages.forget()
        self._ask_again()

    def _ask_again(self) -> None:
        self._pages.writes = False
        flush_tlb(self._uc)

    def _forget_code(self) -> None:
        self._stale = False
        self._pages.forget_code()
        self._uc.ctl_flush_tb()
        self._ask_again()

    def _forget_exception(self) -> None:
        # Or the next one would be a double fault.
        values, image = self._values, self._saved_image()
        self._uc.context_restore(self._clean)
        self._flush_tlb()
        self._put_fpu(image)
        self._write_registers(values)

    # What Unicorn calls

    def _fill(self, uc: Uc, vaddr: int, access: int, entry: Any, _: object) -> bool:
        kind = ACCESSES[access]
        if self._stop is not None or (kind == FETCH and self._looks_ahead(vaddr)):
            return False
        page = self._pages.get(vaddr, kind)
        if page is None:
            self._stop = Refused(vaddr, kind)
            return False
        if kind == FETCH and not self._pages.runs(page):
            self._stale = True
            return False
        entry.paddr = page.pfn << PAGE_SHIFT
        entry.perms = self._pages.rights(vaddr, page, kind)
        return True

    def _looks_ahead(self, page: int) -> bool:
        # Does it look at an address where it was told to end, once a run is over? An instruction
        # is fetched from the page where it begins or ends.
        if not self._exits:
            return False
        ip = self._uc.reg_read(x86_const.UC_X86_REG_RIP)
        here = ip & PAGE_MASK
        return page != here and (ip in self._exits or page != here + PAGE_SIZE)

    def _syscall(self, uc: Uc, _: object) -> None:
        self._stop = Syscall()
        uc.emu_stop()

    def _interrupt(self, uc: Uc, vector: int, _: object) -> None:
        self._stop = Trap(vector)
        uc.emu_stop()

    def _invalid(self, *_: object) -> bool:
        self._stop = Trap(traps.X86_TRAP_UD)
        return False

    # Registers

    def _load(self, task: TaskStruct) -> None:
        if task is not self._task:
            self.save_fpu()
            self._task = task
            self._load_fpu(task)
        elif task.fpu is not self._image:
            self._load_fpu(task)
        values = of_task(task)
        if values != self._values:
            self._write_registers(values)

    def _load_fpu(self, task: TaskStruct) -> None:
        self._put_fpu(task.fpu)
        self._image = task.fpu

    def _put_fpu(self, fpu: bytes) -> None:
        context = self._probe.fxrstor(self._uc.context_save(), fpu or INIT_FPSTATE)
        self._uc.context_restore(context)
        self._values = ()

    def _write_registers(self, values: tuple[int, ...]) -> None:
        self._registers.write(values)
        self._values = values

    def _set_registers(self, task: TaskStruct) -> None:
        *told, task.fsbase, task.gsbase = for_kernel(self._values, task.regs.orig_ax)
        task.regs = PtRegs(*told)

    def _saved_image(self) -> bytes:
        image = self._probe.fxsave(self._uc.context_save())
        return b"" if image == INIT_FPSTATE else image
