"""The ELF loader: program headers become VMAs, the stack gets what main() is told."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.elf import (
    EHDR_SIZE,
    EM_X86_64,
    ET_DYN,
    ET_EXEC,
    PF_R,
    PF_W,
    PF_X,
    PHDR_SIZE,
    PT_GNU_STACK,
    PT_INTERP,
    PT_LOAD,
    Ehdr,
    Phdr,
    parse_ehdr,
    parse_phdrs,
    phdrs_size,
)
from vmlab.model.abi.mman import (
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_PRIVATE,
    PROT_EXEC,
    PROT_READ,
    PROT_WRITE,
    ULONG_MAX,
    VM_EXEC,
)
from vmlab.model.abi.personality import ADDR_NO_RANDOMIZE, MMAP_PAGE_ZERO, READ_IMPLIES_EXEC
from vmlab.model.linux.arch.x86.entry.vdso import arch_setup_additional_pages
from vmlab.model.linux.arch.x86.include.ptrace import PtRegs
from vmlab.model.linux.arch.x86.kernel.process import arch_align_stack, arch_randomize_brk
from vmlab.model.linux.arch.x86.mm.mmap import arch_mmap_rnd, arch_pick_mmap_layout, elf_et_dyn_base
from vmlab.model.linux.fs.binprm import LinuxBinprm, begin_new_exec, open_exec, setup_arg_pages
from vmlab.model.linux.fs.file_table import fput
from vmlab.model.linux.include.sched import PF_RANDOMIZE
from vmlab.model.linux.include.structs import File, Inode, System
from vmlab.model.linux.lib.usercopy import clear_user, copy_to_user
from vmlab.model.linux.mm.mmap import do_brk_flags, do_mmap
from vmlab.model.linux.mm.mseal import do_mseal
from vmlab.model.linux.mm.shmem_swap import shmem_file_read
from vmlab.model.linux.mm.util import randomize_stack_top
from vmlab.model.linux.mm.vma_munmap import do_munmap
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, page_align
from vmlab.model.trace.decorators import traced

_PATH_MAX = 4096


@dataclass(slots=True)
class _Image:
    # Where the program came to lie. Bytes.
    load_bias: int = 0
    start_code: int = ULONG_MAX
    end_code: int = 0
    start_data: int = 0
    end_data: int = 0
    brk: int = 0
    phdr_addr: int = 0


def _headers(bprm: LinuxBinprm, file: File, ehdr: Ehdr, error: int) -> list[Phdr]:
    size = phdrs_size(ehdr)
    try:
        if not size:
            raise LinuxError(error, "elf_headers_size")
        return parse_phdrs(elf_read(bprm.system, file.f_inode, size, ehdr.e_phoff))
    except LinuxError as failure:
        raise LinuxError(error, failure.check) from None


@traced
def load_elf_binary(bprm: LinuxBinprm) -> None:
    """Load an ELF64 program and its interpreter.

    Raises:
        LinuxError: ENOEXEC, ENOENT, EIO, ELIBBAD while the old program still stands; any other
            after `begin_new_exec`, where it kills.

    Emits: what begin_new_exec, do_mmap and do_brk_flags emit.
    Source: fs/binfmt_elf.c: load_elf_binary() [v6.18].
    """
    system, task = bprm.system, bprm.task
    ehdr = parse_ehdr(shmem_file_read(system, bprm.file.f_inode.i_mapping, 0, EHDR_SIZE))
    if ehdr is None or ehdr.e_type not in (ET_EXEC, ET_DYN) or ehdr.e_machine != EM_X86_64:
        raise LinuxError(errno.ENOEXEC, "not_elf_program", path=bprm.filename)
    phdrs = _headers(bprm, bprm.file, ehdr, errno.ENOEXEC)
    interpreter = None
    try:
        interp_ehdr = None
        for phdr in phdrs:
            if phdr.p_type == PT_INTERP:
                interpreter = _open_interpreter(bprm, phdr)
                interp_ehdr = parse_ehdr(elf_read(system, interpreter.f_inode, EHDR_SIZE, 0))
                break
        executable = any(
            bool(phdr.p_flags & PF_X)
            for phdr in [phdr for phdr in phdrs if phdr.p_type == PT_GNU_STACK][-1:]
        )
        interp_phdrs = []
        if interpreter is not None:
            if interp_ehdr is None or interp_ehdr.e_machine != EM_X86_64:
                raise LinuxError(errno.ELIBBAD, "interp_not_elf")
            interp_phdrs = _headers(bprm, interpreter, interp_ehdr, errno.ELIBBAD)
        begin_new_exec(bprm)
        task.personality &= ~READ_IMPLIES_EXEC
        if system.randomize_va_space and not task.personality & ADDR_NO_RANDOMIZE:
            task.flags |= PF_RANDOMIZE
        arch_pick_mmap_layout(bprm.mm, task)
        setup_arg_pages(bprm, randomize_stack_top(task, system.default_map_window), executable)
        image = _map_program(bprm, ehdr, phdrs, interpreter is not None)
        entry = (ehdr.e_entry + image.load_bias) & ULONG_MAX
        base, start = 0, entry
        if interpreter is not None and interp_ehdr is not None:
            base = load_elf_interp(bprm, interpreter, interp_ehdr, interp_phdrs, image.load_bias)
            start = (base + interp_ehdr.e_entry) & ULONG_MAX
        if start >= bprm.mm.task_size:
            raise LinuxError(errno.EINVAL, "entry_outside_user_space", addr=start)
    finally:
        if interpreter is not None:
            fput(system, interpreter)
    arch_setup_additional_pages(bprm.mm)
    create_elf_tables(bprm, ehdr, base, entry, image.phdr_addr)
    mm = bprm.mm
    mm.start_code, mm.end_code = image.start_code, image.end_code
    mm.start_data, mm.end_data = image.start_data, image.end_data
    mm.start_stack = bprm.p
    _place_heap(bprm, image, ehdr.e_type == ET_DYN and interpreter is None)
    if task.personality & MMAP_PAGE_ZERO:
        with contextlib.suppress(LinuxError):  # without that page the program runs too
            do_mmap(mm, None, 0, PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_FIXED | MAP_PRIVATE, 0)
            do_mseal(mm, 0, PAGE_SIZE, 0)
    task.system.save_fpregs()  # they are the old program's
    task.regs, task.fpu = PtRegs(ip=start, sp=bprm.p), b""


def _place_heap(bprm: LinuxBinprm, image: _Image, moves: bool) -> None:
    # Where the heap begins: above the program, or where programs with an interpreter lie if this
    # one lies in the mmap area itself.
    mm, task = bprm.mm, bprm.task
    mm.start_brk = mm.brk = page_align(elf_et_dyn_base(bprm.system) if moves else image.brk)
    if task.flags & PF_RANDOMIZE and mm.system.randomize_va_space > 1:
        if not moves:
            mm.brk += PAGE_SIZE
        mm.start_brk = mm.brk = arch_randomize_brk(mm)


def _open_interpreter(bprm: LinuxBinprm, phdr: Phdr) -> File:
    if not 2 <= phdr.p_filesz <= _PATH_MAX:
        raise LinuxError(errno.ENOEXEC, "interp_path_length")
    path = elf_read(bprm.system, bprm.file.f_inode, phdr.p_filesz, phdr.p_offset)
    if path[-1]:
        raise LinuxError(errno.ENOEXEC, "interp_path_unended")
    name = path.split(b"\0")[0].decode(errors="surrogateescape")
    return open_exec(bprm.system, name)


def total_mapping_size(phdrs: list[Phdr]) -> int:
    """Return the bytes from the first PT_LOAD's page to the last one's end.

    Source: fs/binfmt_elf.c: total_mapping_size() [v6.18].
    """
    loads = [phdr for phdr in phdrs if phdr.p_type == PT_LOAD]
    if not loads:
        return 0
    low = min(phdr.p_vaddr & PAGE_MASK for phdr in loads)
    return max((phdr.p_vaddr + phdr.p_memsz) & ULONG_MAX for phdr in loads) - low


def maximum_alignment(phdrs: list[Phdr]) -> int:
    """Return the largest p_align that is a power of two, in whole pages; 0 if there is none.

    Source: fs/binfmt_elf.c: maximum_alignment() [v6.18].
    """
    aligns = (phdr.p_align for phdr in phdrs if phdr.p_type == PT_LOAD)
    return page_align(max((a for a in aligns if a and not a & (a - 1)), default=0)) & ULONG_MAX


def _make_prot(flags: int) -> int:
    return (
        (PROT_READ if flags & PF_R else 0)
        | (PROT_WRITE if flags & PF_W else 0)
        | (PROT_EXEC if flags & PF_X else 0)
    )


def _map_program(bprm: LinuxBinprm, ehdr: Ehdr, phdrs: list[Phdr], has_interp: bool) -> _Image:
    # Map the PT_LOAD segments of the program itself.
    mm, file = bprm.mm, bprm.file
    image = _Image()
    first = True
    for phdr in phdrs:
        if phdr.p_type != PT_LOAD:
            continue
        prot, flags, total = _make_prot(phdr.p_flags), MAP_PRIVATE, 0
        vaddr = phdr.p_vaddr
        if not first:
            flags |= MAP_FIXED
        elif ehdr.e_type == ET_EXEC:
            flags |= MAP_FIXED_NOREPLACE
        else:
            total = total_mapping_size(phdrs)
            if total <= 0:
                raise LinuxError(errno.EINVAL, "segments_empty")
            align = maximum_alignment(phdrs)
            bias = 0
            if has_interp:
                bias = elf_et_dyn_base(bprm.system)
                if bprm.task.flags & PF_RANDOMIZE:
                    bias += arch_mmap_rnd(bprm.system)
                flags |= MAP_FIXED_NOREPLACE
            elif align > PAGE_SIZE:
                bias = elf_load(bprm, file, 0, phdr, prot, flags, total)
                _vm_munmap(bprm, bias, total)
                flags |= MAP_FIXED_NOREPLACE
            if align:
                bias &= ~(align - 1)
            image.load_bias = (bias - vaddr) & PAGE_MASK & ULONG_MAX
        addr = elf_load(bprm, file, (image.load_bias + vaddr) & ULONG_MAX, phdr, prot, flags, total)
        if first:
            first = False
            if ehdr.e_type == ET_DYN:
                shift = addr - ((image.load_bias + vaddr) & PAGE_MASK & ULONG_MAX)
                image.load_bias = (image.load_bias + shift) & ULONG_MAX
        if phdr.p_offset <= ehdr.e_phoff < phdr.p_offset + phdr.p_filesz:
            image.phdr_addr = ehdr.e_phoff - phdr.p_offset + vaddr
        if phdr.p_flags & PF_X:
            image.start_code = min(image.start_code, vaddr)
            image.end_code = max(image.end_code, vaddr + phdr.p_filesz)
        image.start_data = max(image.start_data, vaddr)
        if (
            vaddr >= mm.task_size
            or phdr.p_filesz > phdr.p_memsz
            or phdr.p_memsz > mm.task_size
            or mm.task_size - phdr.p_memsz < vaddr
        ):
            raise LinuxError(errno.EINVAL, "segment_size")
        image.end_data = max(image.end_data, vaddr + phdr.p_filesz)
        image.brk = max(image.brk, vaddr + phdr.p_memsz)
    for name in ("start_code", "end_code", "start_data", "end_data", "brk", "phdr_addr"):
        setattr(image, name, (getattr(image, name) + image.load_bias) & ULONG_MAX)
    return image


def load_elf_interp(
    bprm: LinuxBinprm, file: File, ehdr: Ehdr, phdrs: list[Phdr], no_base: int
) -> int:
    """Map the interpreter; return its load address.

    Args:
        bprm: the program.
        file: the interpreter.
        ehdr: its header.
        phdrs: its program headers.
        no_base: the program's load bias; if it has one, the interpreter goes where mmap likes.

    Raises:
        LinuxError: EINVAL, ENOMEM, EPERM.

    Source: fs/binfmt_elf.c: load_elf_interp() [v6.18].
    """
    task_size = bprm.mm.task_size
    if ehdr.e_type not in (ET_EXEC, ET_DYN):
        raise LinuxError(errno.EPERM, "interp_not_loadable")
    total = total_mapping_size(phdrs)
    if total <= 0:
        raise LinuxError(errno.EINVAL, "interp_without_segments")
    load_addr, known = 0, False
    for phdr in phdrs:
        if phdr.p_type != PT_LOAD:
            continue
        flags = MAP_PRIVATE
        if ehdr.e_type == ET_EXEC or known:
            flags |= MAP_FIXED
        elif no_base:
            load_addr = -phdr.p_vaddr
        addr = elf_load(
            bprm,
            file,
            (load_addr + phdr.p_vaddr) & ULONG_MAX,
            phdr,
            _make_prot(phdr.p_flags),
            flags,
            total,
        )
        total = 0
        if not known and ehdr.e_type == ET_DYN:
            load_addr = addr - (phdr.p_vaddr & PAGE_MASK)
            known = True
        start = (load_addr + phdr.p_vaddr) & ULONG_MAX
        if (
            start >= task_size
            or phdr.p_filesz > phdr.p_memsz
            or phdr.p_memsz > task_size
            or task_size - phdr.p_memsz < start
        ):
            raise LinuxError(errno.ENOMEM, "interp_segment_size")
    return load_addr & ULONG_MAX


@traced
def elf_load(
    bprm: LinuxBinprm, file: File, addr: int, phdr: Phdr, prot: int, flags: int, total: int
) -> int:
    """Map one segment and its bss; return where the segment's first page lies.

    Raises:
        LinuxError: what do_mmap raises; EFAULT if a writable segment's tail cannot be zeroed.

    Source: fs/binfmt_elf.c: elf_load() [v6.18].
    """
    offset = phdr.p_vaddr & ~PAGE_MASK
    if phdr.p_filesz:
        map_addr = _elf_map(bprm, file, addr, phdr, prot, flags, total)
        zero_start = map_addr + offset + phdr.p_filesz
        if phdr.p_memsz > phdr.p_filesz:
            tail = -zero_start % PAGE_SIZE
            if tail and clear_user(bprm.system, zero_start, tail) and prot & PROT_WRITE:
                raise LinuxError(errno.EFAULT, "segment_tail_not_zeroed")
    else:
        map_addr = zero_start = addr & PAGE_MASK
    if phdr.p_memsz > phdr.p_filesz:
        zero_end = map_addr + offset + phdr.p_memsz
        start = page_align(zero_start) & ULONG_MAX
        end = page_align(zero_end) & ULONG_MAX
        _vm_brk_flags(bprm, start, (end - start) & ULONG_MAX, VM_EXEC if prot & PROT_EXEC else 0)
    if map_addr >= bprm.mm.task_size:
        raise LinuxError(errno.EINVAL, "addr_outside_user_space", addr=map_addr)
    return map_addr


def _elf_map(
    bprm: LinuxBinprm, file: File, addr: int, phdr: Phdr, prot: int, flags: int, total: int
) -> int:
    offset = phdr.p_vaddr & ~PAGE_MASK
    size = page_align(phdr.p_filesz + offset) & ULONG_MAX
    file_offset = (phdr.p_offset - offset) & ULONG_MAX
    addr &= PAGE_MASK
    if not size:
        return addr
    if not total:
        return _vm_mmap(bprm, file, addr, size, prot, flags, file_offset)
    total = page_align(total)
    mapped = _vm_mmap(bprm, file, addr, total, prot, flags, file_offset)
    _vm_munmap(bprm, mapped + size, total - size)
    return mapped


def _vm_mmap(
    bprm: LinuxBinprm, file: File, addr: int, size: int, prot: int, flags: int, offset: int
) -> int:
    if offset + page_align(size) > ULONG_MAX or offset & ~PAGE_MASK:
        raise LinuxError(errno.EINVAL, "segment_offset")
    return do_mmap(bprm.mm, file, addr, size, prot, flags, offset >> PAGE_SHIFT)


def _vm_munmap(bprm: LinuxBinprm, start: int, size: int) -> None:
    with contextlib.suppress(LinuxError):  # nothing to unmap is no failure here
        do_munmap(bprm.mm, start, size)


def _vm_brk_flags(bprm: LinuxBinprm, addr: int, size: int, vm_flags: int) -> None:
    mm = bprm.mm
    if not size:
        return
    if size > mm.task_size or addr > mm.task_size - size:
        raise LinuxError(errno.ENOMEM, "bss_outside_user_space")
    do_munmap(mm, addr, size)
    do_brk_flags(mm, addr, size, vm_flags)


def elf_read(system: System, inode: Inode, length: int, offset: int) -> bytes:
    """Read bytes of a file.

    Raises:
        LinuxError: EIO if the file is too short; EINVAL past the largest offset.

    Source: fs/binfmt_elf.c: elf_read() [v5.4].
    """
    if offset + length >= 1 << 63:
        raise LinuxError(errno.EINVAL, "offset_too_large", offset=offset)
    data = shmem_file_read(system, inode.i_mapping, offset, length)
    if len(data) != length:
        raise LinuxError(errno.EIO, "file_too_short", path=inode.name)
    return data


AT_NULL, AT_PHDR, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_BASE, AT_FLAGS, AT_ENTRY = (
    0,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
)
AT_UID, AT_EUID, AT_GID, AT_EGID, AT_PLATFORM, AT_HWCAP, AT_CLKTCK = 11, 12, 13, 14, 15, 16, 17
AT_SECURE, AT_RANDOM, AT_HWCAP2, AT_RSEQ_FEATURE_SIZE, AT_RSEQ_ALIGN = 23, 25, 26, 27, 28
AT_EXECFN, AT_SYSINFO_EHDR, AT_MINSIGSTKSZ = 31, 33, 51
_MINSIGSTKSZ = 3376  # bytes, for a CPU with AVX-512
_HWCAP = 0x178BFBFF  # CPUID feature bits of the model's CPU


@traced
def create_elf_tables(bprm: LinuxBinprm, ehdr: Ehdr, base: int, entry: int, phdr_addr: int) -> None:
    """Put argc, argv, envp and the auxiliary vector on the new stack.

    Args:
        bprm: the program.
        ehdr: its header.
        base: where the interpreter lies, 0 = none.
        entry: the program's own entry point.
        phdr_addr: where its program headers lie in memory.

    Raises:
        LinuxError: EFAULT if the stack has no room.

    Source: fs/binfmt_elf.c: create_elf_tables() [v6.18].
    """
    mm, system = bprm.mm, bprm.system
    platform = arch_align_stack(bprm.task, bprm.p) - len(b"x86_64\0")
    random = platform - 16
    auxv = [
        (AT_SYSINFO_EHDR, mm.vdso),
        (AT_MINSIGSTKSZ, _MINSIGSTKSZ),
        (AT_HWCAP, _HWCAP),
        (AT_PAGESZ, PAGE_SIZE),
        (AT_CLKTCK, 100),
        (AT_PHDR, phdr_addr),
        (AT_PHENT, PHDR_SIZE),
        (AT_PHNUM, ehdr.e_phnum),
        (AT_BASE, base),
        (AT_FLAGS, 0),
        (AT_ENTRY, entry),
        (AT_UID, 0),
        (AT_EUID, 0),
        (AT_GID, 0),
        (AT_EGID, 0),
        (AT_SECURE, 0),
        (AT_RANDOM, random),
        (AT_HWCAP2, 2),
        (AT_EXECFN, bprm.exec),
        (AT_PLATFORM, platform),
        (AT_RSEQ_FEATURE_SIZE, 28),
        (AT_RSEQ_ALIGN, 32),
        (AT_NULL, 0),
    ]
    words = bprm.argc + 1 + bprm.envc + 1 + 1
    strings, arg_start = bprm.p, bprm.p
    bprm.p = random - 16 * len(auxv) - 8 * words & ~0xF
    pointers = [bprm.argc]
    for group in (bprm.argv, bprm.envp):
        for string in group:
            pointers.append(strings)
            strings += len(string) + 1
        pointers.append(0)
        if group is bprm.argv:
            mm.arg_start, mm.arg_end = arg_start, strings
    mm.env_start, mm.env_end = mm.arg_end, strings
    mm.saved_auxv = auxv
    seed = hashlib.sha256(bprm.filename.encode(errors="surrogateescape")).digest()[:16]
    table = b"".join(
        word.to_bytes(8, "little") for word in (*pointers, *(w for pair in auxv for w in pair))
    )
    for addr, data in ((platform, b"x86_64\0"), (random, seed), (bprm.p, table)):
        if copy_to_user(system, addr, data):
            raise LinuxError(errno.EFAULT, "no_room_for_auxv")
