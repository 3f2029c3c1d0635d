"""A second CPU, which does what the first one is not to notice: for the kernel's side.

It says to which bytes a refused access was: Unicorn's hook for translations tells only the page.
It has the registers of the FPU written to memory, and read. All that it stores itself is in pages
of its own, which the first CPU has not.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from itertools import cycle
from typing import Any

from unicorn import (
    UC_ARCH_X86,
    UC_HOOK_INSN,
    UC_HOOK_MEM_READ,
    UC_HOOK_MEM_WRITE,
    UC_HOOK_TLB_FILL,
    UC_MODE_64,
    UC_PROT_ALL,
    UC_PROT_EXEC,
    UC_PROT_READ,
    Uc,
    UcError,
    x86_const,
)
from unicorn.unicorn_const import (
    UC_CTL_TLB_FLUSH,
    UC_MEM_FETCH,
    UC_MEM_READ,
    UC_MEM_WRITE,
    UC_TLB_VIRTUAL,
)

from vmlab.model.linux.arch.x86.include.ptrace import FXSAVE_SIZE, PtRegs
from vmlab.model.mmu.cpu import FETCH, READ, Cpu
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE

Context = Any  # all registers of a CPU, as Unicorn keeps them

_EFER, _STAR = 0xC0000080, 0xC0000081
_LONG_MODE_WITH_SYSCALL = 0x501
_SELECTORS = 0x23 << 48 | 0x10 << 32  # of which sysret makes those of user mode, 0x33 and 0x2b
_CR0 = 0x33  # PE, MP, ET, NE: protected mode; errors of the FPU are exceptions
# OSFXSR, OSXMMEXCPT: there is SSE; TSD: user mode may not read the CPU's clock, the host's.
_CR4 = 1 << 9 | 1 << 10 | 1 << 2

_PAGE = 0xFFFFFFFF81000000  # of its own
_SYSRET, _FXSAVE, _FXRSTOR, _AFTER = (_PAGE + place for place in (0, 16, 32, 48))
# Each ends with a system call, which stops it.
_CODE = {_SYSRET: "480f07", _FXSAVE: "480fae000f05", _FXRSTOR: "480fae080f05", _AFTER: "0f05"}
_JUMP = b"\xeb\x00\x90"  # jmp to the next one; nop
_OWN_COUNT = 8  # instructions, at most
_SCRATCH = 8  # frames, more than one instruction has operands in
_IMAGE = 0x800  # where in the page the image of FXSAVE stands


def new_cpu(memory: ctypes.c_char, size: int) -> Uc:
    """Return a CPU whose physical memory is the RAM of a machine.

    Args:
        memory: the RAM, which must not move or go.
        size: bytes of it.
    """
    uc = Uc(UC_ARCH_X86, UC_MODE_64)
    uc.ctl_set_cpu_model(x86_const.UC_CPU_X86_QEMU64)
    uc.mem_map(0, PAGE_SIZE)
    uc.mem_write(0, _JUMP)
    uc.emu_start(0, len(_JUMP))  # it tells of each new block but of the first one
    uc.mem_unmap(0, PAGE_SIZE)
    uc.ctl_set_tlb_mode(UC_TLB_VIRTUAL)
    uc.mem_map_ptr(0, size, UC_PROT_ALL, ctypes.addressof(memory))
    return uc


def flush_tlb(uc: Uc) -> None:
    """Let a CPU forget all translations."""
    uc._Uc__ctl_w(UC_CTL_TLB_FLUSH)  # which has no other name in Unicorn 2.1


class Probe:
    """The second CPU.

    Args:
        cpu: the model's, which translates.
        memory: the RAM.
        size: bytes of it.

    Attributes:
        wrote: the instruction that was looked at last writes to memory, wherever.
    """

    def __init__(self, cpu: Cpu, memory: ctypes.c_char, size: int) -> None:
        self._cpu = cpu
        # Frames behind the RAM: for its own page, and for those that it may not have, in turns.
        self._own = size + PAGE_SIZE
        self._scratch = cycle(size + n * PAGE_SIZE for n in range(2, 2 + _SCRATCH))
        self._refused: int | None = None  # address of the page; None = it runs its own code
        self._pages: dict[int, int] = {}  # addresses of pages, by those of their frames
        self._kind = 0  # of the access
        self._found: list[tuple[int, int]] = []  # the parts of accesses that are in the page
        self._writes = False  # the instruction writes where it reads
        self.wrote = False
        self._uc = uc = new_cpu(memory, size)
        uc.mem_map(self._own, (1 + _SCRATCH) * PAGE_SIZE)
        for place, code in _CODE.items():
            uc.mem_write(self._own + place - _PAGE, bytes.fromhex(code))
        uc.hook_add(UC_HOOK_TLB_FILL, self._fill)
        uc.hook_add(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, self._access)
        uc.hook_add(UC_HOOK_INSN, self._syscall, None, 1, 0, x86_const.UC_X86_INS_SYSCALL)

    def __repr__(self) -> str:
        return f"<Probe of {self._cpu!r}>"

    def user_mode(self) -> Context:
        """Return the registers of a CPU in user mode that did nothing yet."""
        uc = self._uc
        uc.reg_write(x86_const.UC_X86_REG_MSR, (_EFER, _LONG_MODE_WITH_SYSCALL))
        uc.reg_write(x86_const.UC_X86_REG_MSR, (_STAR, _SELECTORS))
        uc.reg_write(x86_const.UC_X86_REG_RCX, _AFTER)
        uc.reg_write(x86_const.UC_X86_REG_R11, PtRegs().flags)
        self._run(_SYSRET, _OWN_COUNT)
        uc.reg_write(x86_const.UC_X86_REG_CR0, _CR0)
        uc.reg_write(x86_const.UC_X86_REG_CR4, _CR4)
        return uc.context_save()

    def fxsave(self, context: Context) -> bytes:
        """Return the registers of the FPU, as FXSAVE lays them out."""
        self._at_image(context, _FXSAVE)
        return bytes(self._uc.mem_read(self._own + _IMAGE, FXSAVE_SIZE))

    def fxrstor(self, context: Context, image: bytes) -> Context:
        """Return a context with other registers of the FPU; the general ones are not as before."""
        self._uc.mem_write(self._own + _IMAGE, image)
        self._at_image(context, _FXRSTOR)
        return self._uc.context_save()

    def find(self, context: Context, ip: int, page: int, *, write: bool) -> tuple[int, int, bool]:
        """Find the access of an instruction to a page that is refused.

        Args:
            context: the registers of the first CPU, before the instruction.
            ip: where it stands, bytes.
            page: address of the page, bytes.
            write: whether it is a write.

        Returns:
            The first of its bytes in that page: address, and how many there are. And whether the
            instruction writes there: one that changes what it reads asks for both at once.
        """
        self._refused, self._found, self._writes = page, [], write
        self.wrote = write
        self._pages.clear()
        self._kind = UC_MEM_WRITE if write else UC_MEM_READ
        self._uc.context_restore(context)
        self._uc.ctl_flush_tb()
        try:
            self._run(ip, 1)
        finally:
            self._refused = None
        addr, size = next(iter(self._found), (page, 1))
        for part, more in self._found[1:]:
            if part == addr + size:  # registers of 10 or 16 bytes are moved in two parts
                size += more
        return addr, size, self._writes

    def _at_image(self, context: Context, code: int) -> None:
        self._uc.context_restore(context)
        self._uc.reg_write(x86_const.UC_X86_REG_RAX, _PAGE + _IMAGE)
        self._run(code, _OWN_COUNT)

    def _run(self, ip: int, count: int) -> None:
        flush_tlb(self._uc)
        with suppress(UcError):
            self._uc.emu_start(ip, _PAGE + PAGE_SIZE - 1, count=count)

    # What Unicorn calls

    def _fill(self, uc: Uc, vaddr: int, access: int, entry: Any, _: object) -> bool:
        if self._refused is None:
            entry.paddr, entry.perms = self._own, UC_PROT_ALL
            return vaddr == _PAGE
        found = None
        if access != UC_MEM_WRITE and self._cpu.is_canonical(vaddr):
            found = self._cpu.peek(vaddr, FETCH if access == UC_MEM_FETCH else READ)
        if found is not None and vaddr != self._refused:
            entry.paddr, entry.perms = found.pfn << PAGE_SHIFT, UC_PROT_READ | UC_PROT_EXEC
        else:
            entry.paddr, entry.perms = next(self._scratch), UC_PROT_ALL
        self._pages[entry.paddr] = vaddr
        return True

    def _access(self, uc: Uc, kind: int, addr: int, size: int, *_: object) -> None:
        # The address is that in the RAM; one access may reach into the next page.
        refused, offset = self._refused, addr % PAGE_SIZE
        if refused is None:
            return
        first = self._pages[addr - offset] + offset
        start, end = max(first, refused), min(first + size, refused + PAGE_SIZE)
        part = start, end - start
        self.wrote |= kind == UC_MEM_WRITE
        if kind != self._kind:
            self._writes |= part in self._found
        elif start < end:
            self._found.append(part)

    def _syscall(self, uc: Uc, _: object) -> None:
        uc.emu_stop()
