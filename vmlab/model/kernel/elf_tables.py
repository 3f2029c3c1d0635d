"""What a new program is told: argc, argv, envp and the auxiliary vector, on its stack."""

from __future__ import annotations

import hashlib

from vmlab import errno
from vmlab.errors import LinuxError
from vmlab.model.kernel.elf import Ehdr
from vmlab.model.kernel.exec import LinuxBinprm
from vmlab.model.kernel.uaccess import copy_to_user
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace import traced

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
_HWCAP = 0xBFEBFBFF  # CPUID feature bits of the model's CPU


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
    platform = (bprm.p & ~0xF) - len(b"x86_64\0")
    random = platform - 16
    auxv = [
        (AT_SYSINFO_EHDR, mm.vdso),
        (AT_MINSIGSTKSZ, _MINSIGSTKSZ),
        (AT_HWCAP, _HWCAP),
        (AT_PAGESZ, PAGE_SIZE),
        (AT_CLKTCK, 100),
        (AT_PHDR, phdr_addr),
        (AT_PHENT, 56),
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
    seed = hashlib.sha256(bprm.filename.encode()).digest()[:16]
    table = b"".join(
        word.to_bytes(8, "little") for word in (*pointers, *(w for pair in auxv for w in pair))
    )
    for addr, data in ((platform, b"x86_64\0"), (random, seed), (bprm.p, table)):
        if copy_to_user(system, addr, data):
            raise LinuxError(errno.EFAULT, "the stack has no room for the tables")
