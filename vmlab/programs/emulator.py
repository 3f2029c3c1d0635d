"""The CPU that runs machine code: Unicorn, which asks the model for every translation.

Its physical memory is the RAM of the machine. It has a TLB of its own, which holds nothing that
the model's did not give and that the model has taken out since for another reason than want of
room: as a second level of the TLB that the model shows.
"""

from __future__ import annotations

import ctypes
from typing import Any

from unicorn import (
    UC_ARCH_X86,
    UC_HOOK_INSN,
    UC_HOOK_INSN_INVALID,
    UC_HOOK_INTR,
    UC_HOOK_TLB_FILL,
    UC_MODE_64,
    UC_PROT_ALL,
    UC_PROT_EXEC,
    UC_PROT_READ,
    UC_PROT_WRITE,
    Uc,
    UcError,
    x86_const,
)
from unicorn.unicorn_const import (
    UC_CTL_TLB_FLUSH,
    UC_ERR_EXCEPTION,
    UC_MEM_FETCH,
    UC_MEM_READ,
    UC_MEM_WRITE,
    UC_TLB_VIRTUAL,
)

from vmlab.errors import ProgramError
from vmlab.model.linux.arch.x86.include.ptrace import FXSAVE_SIZE, PtRegs, values_of
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.mmu.cpu import FETCH, READ, WRITE
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE
from vmlab.model.mmu.pte import NX, RW, D
from vmlab.model.mmu.tlb import TlbEntry
from vmlab.model.mmu.traps import X86_TRAP_GP, X86_TRAP_UD
from vmlab.programs.clock import LONGEST, Clock
from vmlab.programs.entries import Aside, Limit, Reached, Refused, Stop, Syscall, Trap
from vmlab.programs.registers import IP, ORIG_AX, REGISTERS

ACCESSES = {UC_MEM_READ: READ, UC_MEM_WRITE: WRITE, UC_MEM_FETCH: FETCH}
_EFER, _STAR = 0xC0000080, 0xC0000081
_LONG_MODE_WITH_SYSCALL = 0x501
_SELECTORS = 0x23 << 48 | 0x10 << 32  # of which sysret makes those of user mode, 0x33 and 0x2b
_CR0 = 0x33  # PE, MP, ET, NE: protected mode; errors of the FPU are exceptions
# OSFXSR, OSXMMEXCPT: there is SSE; TSD: user mode may not read the CPU's clock, the host's.
_CR4 = 1 << 9 | 1 << 10 | 1 << 2

# A page of its own, outside of the RAM and of user space, for what the kernel's side needs.
_PAGE = 0xFFFFFFFF81000000
_SYSRET, _FXSAVE, _FXRSTOR, _AFTER, _END = (_PAGE + place for place in (0, 16, 32, 48, 64))
# Each ends with a system call, which stops it. All runs have one end and a limit: else Unicorn
# would throw away what it has translated.
_OWN_COUNT = 8
_CODE = {_SYSRET: "480f07", _FXSAVE: "480fae000f05", _FXRSTOR: "480fae080f05", _AFTER: "0f05"}
_IMAGE = 0x800  # where in it the image of FXSAVE stands
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
        self._in_kernel = False
        self._code: dict[int, bytes] = {}  # what frames held when code was fetched from them
        self._stale = False  # code was changed behind the emulator's back
        self._clock = Clock()
        self._tlb_seen: tuple[int, ...] = ()
        self._writable: dict[int, memoryview] = {}  # pages that it may write to without asking
        self._fills: list[int] | None = None  # those of a run whose effect is put off
        self._before: dict[int, bytes] = {}  # what its pages held
        self._uc = uc = Uc(UC_ARCH_X86, UC_MODE_64)
        uc.ctl_set_cpu_model(x86_const.UC_CPU_X86_QEMU64)
        uc.ctl_set_tlb_mode(UC_TLB_VIRTUAL)
        uc.ctl_exits_enabled(True)
        uc.ctl_set_exits([_END])
        self._exits = _NOWHERE
        # The buffer must not move or go while it is mapped.
        self._memory = ctypes.c_char.from_buffer(ram.buffer)
        uc.mem_map_ptr(0, ram.size, UC_PROT_ALL, ctypes.addressof(self._memory))
        self._page_at = ram.size + PAGE_SIZE
        uc.mem_map(self._page_at, PAGE_SIZE)
        for place, code in _CODE.items():
            uc.mem_write(self._page_at + place - _PAGE, bytes.fromhex(code))
        uc.hook_add(UC_HOOK_TLB_FILL, self._fill)
        uc.hook_add(UC_HOOK_INTR, self._interrupt)
        uc.hook_add(UC_HOOK_INSN_INVALID, self._invalid)
        uc.hook_add(UC_HOOK_INSN, self._syscall, None, 1, 0, x86_const.UC_X86_INS_SYSCALL)
        self._enter_user_mode()

    def __repr__(self) -> str:
        return f"<Emulator of {self.system!r}>"

    def _enter_user_mode(self) -> None:
        uc = self._uc
        uc.reg_write(x86_const.UC_X86_REG_MSR, (_EFER, _LONG_MODE_WITH_SYSCALL))
        uc.reg_write(x86_const.UC_X86_REG_MSR, (_STAR, _SELECTORS))
        uc.reg_write(x86_const.UC_X86_REG_RCX, _AFTER)
        uc.reg_write(x86_const.UC_X86_REG_R11, PtRegs().flags)
        self._run_own(_SYSRET)
        uc.reg_write(x86_const.UC_X86_REG_CR0, _CR0)
        uc.reg_write(x86_const.UC_X86_REG_CR4, _CR4)
        self._clean = uc.context_save()
        self._first_image = self._fxsave()

    # Running

    def run(self, task: TaskStruct, count: int, exits: frozenset[int] = _NOWHERE) -> Stop:
        """Let a task run in user mode until it enters the kernel, or for `count` instructions.

        Its general registers are up to date then; for those of the FPU see `save_fpu`.

        Args:
            task: the task.
            count: instructions.
            exits: addresses, bytes, where it stops too, before the instruction there; at the one
                where it is now, only when it comes back.
        """
        self._load(task)
        stop = self._run_to(task.regs.ip, count, exits)
        self._set_registers(task)
        return stop

    def run_aside(self, task: TaskStruct, count: int, exits: frozenset[int] = _NOWHERE) -> Aside:
        """The same, but put its effect off: task, memory and TLB are as before."""
        self._load(task)
        fills: list[int] = []
        self._fills = fills
        self._before = {page: bytes(data) for page, data in self._writable.items()}
        try:
            stop = self._run_to(task.regs.ip, count, exits)
        finally:
            self._fills = None
        stores = self._take_back_stores()
        orig_ax = task.regs.orig_ax
        regs = (*self._values[:ORIG_AX], orig_ax, *self._values[ORIG_AX:])
        image = self._saved_image()
        return Aside(stop, tuple(fills), stores, regs, image)

    def has_effect(self, task: TaskStruct) -> None:
        """Be told that the effect of a run was made good: the task holds what the CPU holds."""
        self._image = task.fpu

    def save_fpu(self) -> None:
        """Bring the other registers of the task that ran last up to date."""
        if self._task is not None:
            self._image = self._task.fpu = self._saved_image()

    def _run_to(self, ip: int, count: int, exits: frozenset[int]) -> Stop:
        if ip in exits:  # Unicorn would stop there at once
            self._exit_at(_NOWHERE)
            stop = self._run(ip, 1)
            ip = self._values[IP]
            if not isinstance(stop, Limit):
                return stop
        if ip not in exits:
            self._exit_at(exits)
            stop = self._run(ip, count)
        at_exit = isinstance(stop, Limit) and self._values[IP] in exits
        return Reached() if at_exit else stop

    def _exit_at(self, addresses: frozenset[int]) -> None:
        if addresses != self._exits:
            self._exits = addresses
            self._uc.ctl_flush_tb()  # what is translated runs past them

    def _run(self, ip: int, count: int) -> Stop:
        self._follow_tlb()
        while True:
            self._stop = None
            if self._exits:
                self._uc.ctl_set_exits([_END, *self._exits])
            try:
                self._uc.emu_start(ip, _END, count=count)
            except UcError as failure:
                if failure.errno != UC_ERR_EXCEPTION and self._stop is None:
                    raise
            finally:
                if self._exits:
                    self._uc.ctl_set_exits([_END])
            self._values = values = tuple(self._uc.reg_read_batch(REGISTERS))
            ip = values[IP]
            stop = self._stop
            if ip & PAGE_MASK == _PAGE:  # it jumped there itself
                stop = Refused(_PAGE, FETCH)
            if self._stale:
                self._forget_code()
                continue
            if isinstance(stop, Trap):
                self._forget_exception()
                if self._reads_clock(stop, ip):
                    ip = self._values[IP]
                    continue
            return stop or Limit()

    def _reads_clock(self, trap: Trap, ip: int) -> bool:
        # What user mode may not execute here is done for it.
        found = self.system.cpu.peek(ip, FETCH) if trap.vector == X86_TRAP_GP else None
        if found is None:
            return False
        values = self._clock.read(self._values, bytes(found.data[ip % PAGE_SIZE :][:LONGEST]))
        if values is not None:
            self._write_registers(values)
        return values is not None

    def _follow_tlb(self) -> None:
        system = self.system
        cpu, tlb = system.cpu, system.tlb
        now = (cpu.cr3, cpu.asid, tlb.dropped, system.ram.asides)
        if now != self._tlb_seen:
            self._tlb_seen = now
            self._flush_tlb()

    def _flush_tlb(self) -> None:
        self._writable.clear()
        self._uc._Uc__ctl_w(UC_CTL_TLB_FLUSH)  # which has no other name in Unicorn 2.1

    def _forget_code(self) -> None:
        self._stale = False
        self._code.clear()
        self._uc.ctl_flush_tb()
        self._flush_tlb()

    def _forget_exception(self) -> None:
        # Or the next one would be a double fault.
        values, image = self._values, self._fxsave()
        self._uc.context_restore(self._clean)
        self._flush_tlb()
        self._fxrstor(image)
        self._write_registers(values)

    def _take_back_stores(self) -> tuple[tuple[int, bytes], ...]:
        stores = []
        for page, data in self._writable.items():
            old, new = self._before[page], bytes(data)
            if old != new:
                start, end = _difference(old, new)
                stores.append((page + start, new[start:end]))
                data[start:end] = old[start:end]
        self._before = {}
        return tuple(stores)

    # What Unicorn calls

    def _fill(self, uc: Uc, vaddr: int, access: int, entry: Any, _: object) -> bool:
        if self._in_kernel:
            entry.paddr = self._page_at
            entry.perms = UC_PROT_ALL
            return vaddr == _PAGE
        kind = ACCESSES[access]
        if self._stop is not None or (kind == FETCH and self._looks_ahead(vaddr)):
            return False
        cpu = self.system.cpu
        found = cpu.peek(vaddr, kind) if cpu.is_canonical(vaddr) else None
        if found is None:
            self._stop = Refused(vaddr, kind)
            return False
        if self._fills is None:
            found = cpu.lookup(vaddr, kind)[0]
            assert found is not None
        else:
            self._fills += (vaddr, kind)
        perms = UC_PROT_READ
        if found.flags & RW and (found.flags & D or kind == WRITE):
            perms |= UC_PROT_WRITE
            self._writable[vaddr] = found.data
            if self._fills is not None:
                self._before.setdefault(vaddr, bytes(found.data))
        if not found.flags & NX:
            perms |= UC_PROT_EXEC
            if kind == FETCH and not self._is_as_translated(found):
                self._stale = True
                return False
        entry.paddr = found.pfn << PAGE_SHIFT
        entry.perms = perms
        return True

    def _looks_ahead(self, page: int) -> bool:
        # Does it look at an address where it was told to end, once a run is over? An instruction
        # is fetched from the page where it begins or ends.
        if page == _PAGE:
            return True
        if not self._exits:
            return False
        ip = self._uc.reg_read(x86_const.UC_X86_REG_RIP)
        here = ip & PAGE_MASK
        return page != here and (ip in self._exits or page != here + PAGE_SIZE)

    def _is_as_translated(self, page: TlbEntry) -> bool:
        # Is what was translated from a frame, if anything, still there?
        known, now = self._code.get(page.pfn), bytes(page.data)
        if known is None or known == now:
            self._code[page.pfn] = now
            return True
        return False

    def _syscall(self, uc: Uc, _: object) -> None:
        if not self._in_kernel:
            self._stop = Syscall()
        uc.emu_stop()

    def _interrupt(self, uc: Uc, vector: int, _: object) -> None:
        self._stop = Trap(vector)
        uc.emu_stop()

    def _invalid(self, uc: Uc, _: object) -> bool:
        self._stop = Trap(X86_TRAP_UD)
        return False

    # Registers

    def _load(self, task: TaskStruct) -> None:
        if task is not self._task:
            self.save_fpu()
            self._task = task
            self._load_fpu(task)
        elif task.fpu is not self._image:
            self._load_fpu(task)
        values = values_of(task.regs)
        values = (*values[:ORIG_AX], *values[ORIG_AX + 1 :], task.fsbase, task.gsbase)
        if values != self._values:
            self._write_registers(values)

    def _load_fpu(self, task: TaskStruct) -> None:
        self._fxrstor(task.fpu or self._first_image)
        self._image = task.fpu

    def _write_registers(self, values: tuple[int, ...]) -> None:
        old = self._values or (None,) * len(values)
        rows = zip(REGISTERS, values, old, strict=True)
        self._uc.reg_write_batch([(name, new) for name, new, was in rows if new != was])
        self._values = values

    def _set_registers(self, task: TaskStruct) -> None:
        values = self._values
        told = (*values[:ORIG_AX], task.regs.orig_ax, *values[ORIG_AX:-2])
        task.regs = PtRegs(*told)
        task.fsbase, task.gsbase = values[-2:]

    def _saved_image(self) -> bytes:
        values, image = self._values, self._fxsave()
        if values:
            self._write_registers(values)
        return b"" if image == self._first_image else image

    def _fxsave(self) -> bytes:
        self._at_image(_FXSAVE)
        return bytes(self._uc.mem_read(self._page_at + _IMAGE, FXSAVE_SIZE))

    def _fxrstor(self, image: bytes) -> None:
        self._uc.mem_write(self._page_at + _IMAGE, image)
        self._at_image(_FXRSTOR)

    def _at_image(self, code: int) -> None:
        self._uc.reg_write(x86_const.UC_X86_REG_RAX, _PAGE + _IMAGE)
        self._values = ()
        self._run_own(code)

    def _run_own(self, start: int) -> None:
        self._in_kernel = True
        try:
            self._uc.emu_start(start, _END, count=_OWN_COUNT)
        finally:
            self._in_kernel = False


def _difference(old: bytes, new: bytes) -> tuple[int, int]:
    # The range outside of which two pages are equal.
    bits = int.from_bytes(old, "little") ^ int.from_bytes(new, "little")
    return ((bits & -bits).bit_length() - 1) // 8, (bits.bit_length() + 7) // 8
