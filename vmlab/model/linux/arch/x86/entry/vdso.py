"""The pages the kernel puts into every process: [vvar], [vvar_vclock], [vdso]."""

from __future__ import annotations

from vmlab.model.abi.mman import (
    VM_DONTDUMP,
    VM_DONTEXPAND,
    VM_EXEC,
    VM_IO,
    VM_MAYEXEC,
    VM_MAYREAD,
    VM_MAYWRITE,
    VM_PFNMAP,
    VM_READ,
)
from vmlab.model.linux.arch.x86.entry.vdso_image import VDSO_PAGES
from vmlab.model.linux.include.mm import vma_pages
from vmlab.model.linux.include.structs import MmStruct, VmAreaStruct, special_mapping_vmops
from vmlab.model.linux.mm.mmap import get_unmapped_area
from vmlab.model.linux.mm.pgtable import vm_get_page_prot
from vmlab.model.linux.mm.vma import vm_stat_account, vma_link
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.model.trace.decorators import traced

_VVAR = VM_READ | VM_MAYREAD | VM_IO | VM_DONTDUMP | VM_PFNMAP | VM_DONTEXPAND
_VDSO = VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_DONTEXPAND
SPECIAL_FLAGS = {"[vvar]": _VVAR, "[vvar_vclock]": _VVAR, "[vdso]": _VDSO}
_LAYOUT = (("[vvar]", 4), ("[vvar_vclock]", 2), ("[vdso]", VDSO_PAGES))  # name, pages


@traced
def arch_setup_additional_pages(mm: MmStruct) -> None:
    """Map the vvar pages and the vdso next to each other, where mmap would put them.

    Raises:
        LinuxError: ENOMEM if no gap is left.

    Emits: vm_unmapped_area, vma_link.
    Source: arch/x86/entry/vdso/vma.c: map_vdso() [v6.18].
    Left out: the data of vvar, which reads as zeros; the code makes system calls.
    """
    total = sum(pages for _, pages in _LAYOUT) * PAGE_SIZE
    addr = get_unmapped_area(mm, None, 0, total, 0, 0)
    for name, pages in _LAYOUT:
        install_special_mapping(mm, addr, addr + pages * PAGE_SIZE, SPECIAL_FLAGS[name], name)
        addr += pages << PAGE_SHIFT


def install_special_mapping(mm: MmStruct, start: int, end: int, vm_flags: int, name: str) -> None:
    """Map pages that the kernel owns.

    Args:
        mm: address space.
        start: bytes.
        end: bytes.
        vm_flags: VM_* bits.
        name: as /proc/PID/maps shows it.

    Emits: vma_link.
    Source: mm/mmap.c: _install_special_mapping() [v5.4].
    """
    vma = VmAreaStruct(mm, start, end, vm_flags, 0)
    vma.vm_ops = special_mapping_vmops
    vma.vm_name = name
    vma.vm_page_prot = vm_get_page_prot(vm_flags)
    vma_link(mm, vma)
    vm_stat_account(mm, vm_flags, vma_pages(vma))
    if name == "[vdso]":
        mm.vdso = start
