"""The kernel's own pages in every process."""

from __future__ import annotations

import ctypes
import platform
import sys
import time
from pathlib import Path

import pytest

from tests.model.linux.elf_files import ET_DYN, INTERPRETER, build, layout
from vmlab import LinuxError, Machine, MiB, Process, Segfault
from vmlab.model.linux.arch.x86.entry.vdso_image import VDSO_PAGES, vdso_image_64
from vmlab.model.linux.fs.binfmt_elf import AT_SYSINFO_EHDR
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.look import look
from vmlab.model.mmu.page import PAGE_SIZE


def special(process: Process) -> list[str]:
    """List the special mappings."""
    return [
        f"{vma.vm_start:x}-{vma.vm_end:x} {vma.perms} {vma.vm_name}"
        for vma in process.mm
        if vma.vm_name
    ]


def test_static_program() -> None:
    """The three mappings lie at the top of the mmap area; auxv tells where the vdso is."""
    process = Machine(ram=8 * MiB).spawn()
    assert special(process) == [
        "7ffff7ff7000-7ffff7ffb000 r--p [vvar]",
        "7ffff7ffb000-7ffff7ffd000 r--p [vvar_vclock]",
        "7ffff7ffd000-7ffff7fff000 r-xp [vdso]",
    ]
    assert dict(process.mm.saved_auxv)[AT_SYSINFO_EHDR] == process.mm.vdso == 0x7FFFF7FFD000


def test_below_the_interpreter() -> None:
    """The interpreter is mapped first."""
    machine = Machine(ram=8 * MiB)
    machine.fs.write(INTERPRETER, build(ET_DYN, layout(0), entry=0))
    machine.fs.write("/p", build(ET_DYN, layout(0), entry=0, interp=INTERPRETER))
    assert machine.spawn("/p").mm.vdso == 0x7FFFF7FFF000 - 0x8000 - 0x2000


def test_rights() -> None:
    """The vdso can be read and run, not written; a forked child has it too."""
    process = Machine(ram=8 * MiB).spawn()
    process.sigaction(11)
    vdso = process.mm.vdso
    for each in (process, process.fork()):
        each.fetch(vdso)
        each.load(vdso)
        with pytest.raises(Segfault, match="SEGV_ACCERR"):
            each.store(vdso, b"x")
        assert each.mm.vdso == vdso
    validate_machine(process.machine.system)


def test_image_is_there_before_it_is_touched() -> None:
    """Who looks sees what a page fault brings in."""
    process = Machine(ram=8 * MiB).spawn()
    seen = look(process.mm, process.mm.vdso, 3 * PAGE_SIZE)
    assert seen == vdso_image_64() == process.load(process.mm.vdso, VDSO_PAGES * PAGE_SIZE)
    assert look(process.mm, process.mm.vdso, 3 * PAGE_SIZE) == seen


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="it is for Linux on x86-64"
)
def test_a_loader_finds_the_functions(tmp_path: Path) -> None:
    """The host's own loader takes the image as a library, and each function with its version."""
    file = tmp_path / "vdso.so"
    file.write_bytes(vdso_image_64())
    library = ctypes.CDLL(str(file))
    dlvsym = ctypes.CDLL(None).dlvsym
    dlvsym.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(library._handle)
    for name in (b"clock_gettime", b"gettimeofday", b"time", b"getcpu"):
        assert dlvsym(handle, b"__vdso_" + name, b"LINUX_2.6")
        assert not dlvsym(handle, b"__vdso_" + name, b"LINUX_2.7")
    before = int(time.time())
    assert before <= library["__vdso_time"](None) <= before + 1


def test_vsyscall_is_no_vma() -> None:
    """maps lists the page, but nothing can be done with it."""
    process = Machine(ram=8 * MiB).spawn()
    process.sigaction(11)
    assert process.maps().splitlines()[-1].endswith("[vsyscall]")
    with pytest.raises(LinuxError, match="ENOMEM"):
        process.mprotect(0xFFFFFFFFFF600000, 0x1000, 1)
    with pytest.raises(Segfault, match="SEGV_MAPERR"):
        process.load(0xFFFFFFFFFF600000)
