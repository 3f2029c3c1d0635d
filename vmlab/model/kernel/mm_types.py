"""The structures of memory management: struct mm_struct, vm_area_struct, page, anon_vma.

State only; the functions that change it stand in the files named after Linux's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vmlab.model.kernel.mman import VM_EXEC, VM_MAYSHARE, VM_READ, VM_WRITE, Vm
from vmlab.model.mmu.page import PAGE_SHIFT
from vmlab.model.rbtree import RbNode, RbRoot

if TYPE_CHECKING:
    from vmlab.model.kernel.fs import File
    from vmlab.model.kernel.system import System


class VmOperations:
    """What kind of mapping a VMA is (struct vm_operations_struct).

    Anonymous VMAs have none.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<vm_ops {self.name}>"


shmem_vm_ops = VmOperations("shmem")  # tmpfs files and shared anonymous memory
special_mapping_vmops = VmOperations("special")  # [vdso], [vvar]


class AnonVma:
    """What ties anonymous frames to every VMA that may map them (struct anon_vma)."""

    __slots__ = ("num_active_vmas", "num_children", "number", "parent", "rb_root", "root")

    def __init__(self, number: int, parent: AnonVma | None = None) -> None:
        self.number = number  # in order of creation
        self.root: AnonVma = parent.root if parent else self  # oldest ancestor
        self.parent: AnonVma = parent or self
        self.num_children = 0  # anon_vmas below; a root counts itself
        self.num_active_vmas = 0  # VMAs whose anon_vma field is this one
        self.rb_root: dict[AnonVmaChain, None] = {}  # who may map its frames

    def __repr__(self) -> str:
        return f"<anon_vma {self.number}>"


class AnonVmaChain:
    """One tie between a VMA and an anon_vma (struct anon_vma_chain)."""

    __slots__ = ("anon_vma", "vma")

    def __init__(self, vma: VmAreaStruct, anon_vma: AnonVma) -> None:
        self.vma = vma
        self.anon_vma = anon_vma


class VmAreaStruct(RbNode):
    """A region of an address space with one set of rights (struct vm_area_struct).

    Linux embeds the tree node as the field `vm_rb`; here the VMA is the node, and `vm_rb`
    returns itself.
    """

    __slots__ = (
        "anon_vma",
        "anon_vma_chain",
        "rb_subtree_gap",
        "trace",
        "vm_end",
        "vm_file",
        "vm_flags",
        "vm_mm",
        "vm_name",
        "vm_next",
        "vm_ops",
        "vm_page_prot",
        "vm_pgoff",
        "vm_prev",
        "vm_start",
    )

    def __init__(self, mm: MmStruct, start: int, end: int, flags: int, pgoff: int) -> None:
        super().__init__()
        self.trace = mm.trace
        self.vm_mm = mm
        self.vm_start = start  # first byte
        self.vm_end = end  # first byte after
        self.vm_flags = flags  # VM_* bits
        self.vm_page_prot = 0  # PTE bits of a new entry
        self.vm_pgoff = pgoff  # pages: offset in the file, or address at creation
        self.vm_file: File | None = None  # what is mapped; None = anonymous
        self.vm_ops: VmOperations | None = None  # None = anonymous
        self.vm_name = ""  # '[vdso]' and the like
        self.anon_vma: AnonVma | None = None  # set by the first write fault
        self.anon_vma_chain: list[AnonVmaChain] = []  # own anon_vma and inherited ones
        self.vm_next: VmAreaStruct | None = None  # list in address order
        self.vm_prev: VmAreaStruct | None = None
        self.rb_subtree_gap = 0  # bytes: largest gap before a VMA of this subtree

    @property
    def vm_rb(self) -> VmAreaStruct:
        """Return the tree node of this VMA: itself."""
        return self

    @property
    def perms(self) -> str:
        """Return the permissions as /proc/PID/maps shows them, for example 'rw-p'."""
        flags = self.vm_flags
        return (
            ("r" if flags & VM_READ else "-")
            + ("w" if flags & VM_WRITE else "-")
            + ("x" if flags & VM_EXEC else "-")
            + ("s" if flags & VM_MAYSHARE else "p")
        )

    def __repr__(self) -> str:
        return f"<vma {self.vm_start:#x}-{self.vm_end:#x} {self.perms} {Vm(self.vm_flags).name}>"


def vma_pages(vma: VmAreaStruct) -> int:
    """Return the size of a VMA in pages.

    Source: include/linux/mm.h: vma_pages() [v5.4].
    """
    return (vma.vm_end - vma.vm_start) >> PAGE_SHIFT


class MmStruct:
    """An address space (struct mm_struct)."""

    def __init__(self, system: System, number: int, pgd: int, task_size: int) -> None:
        self.system = system
        self.trace = system.trace
        self.number = number  # in order of creation
        self.mmap: VmAreaStruct | None = None  # first VMA of the list
        self.mm_rb: RbRoot = RbRoot()  # the same VMAs as a tree
        self.mmap_base = 0  # bytes: top of the mmap area
        self.task_size = task_size  # bytes: end of user space
        self.pgd = pgd  # frame of the top page table
        self.mm_users = 1  # tasks that use it
        self.mm_count = 1  # references to the structure; all users count as one
        self.map_count = 0  # VMAs
        self.pgtables_bytes = 0  # page tables below the top one
        self.total_vm = 0  # pages mapped
        self.locked_vm = 0  # pages of VM_LOCKED VMAs
        self.data_vm = 0  # pages writable, private, not stack
        self.exec_vm = 0  # pages executable, not writable
        self.stack_vm = 0  # pages of stacks
        self.def_flags = 0  # flags of every new VMA
        self.start_code = 0  # bytes from here on
        self.end_code = 0
        self.start_data = 0
        self.end_data = 0
        self.start_brk = 0
        self.brk = 0
        self.start_stack = 0
        self.arg_start = 0
        self.arg_end = 0
        self.env_start = 0
        self.env_end = 0
        self.saved_auxv: list[tuple[int, int]] = []  # what the program is told
        self.exe_file: File | None = None  # the program
        self.vdso = 0  # bytes: where [vdso] begins
        self.tlb_gen = 1  # flushes so far
        self.vmacache_seqnum = 0  # changes make every task's cache of find_vma void
        self.highest_vm_end = 0  # bytes: end of the last VMA

    def __iter__(self) -> Iterator[VmAreaStruct]:
        vma = self.mmap
        while vma is not None:
            yield vma
            vma = vma.vm_next

    def __repr__(self) -> str:
        return f"<mm {self.number}: {self.map_count} VMAs, {self.total_vm} pages>"


PG_DIRTY = 1  # newer than its file
PG_UPTODATE = 2  # contents valid
PG_ANON_EXCLUSIVE = 4  # belongs to one page table alone
PG_NAMES = {
    PG_DIRTY: "dirty",
    PG_UPTODATE: "uptodate",
    PG_ANON_EXCLUSIVE: "anon_exclusive",
}


class Page:
    """A frame in use (struct page)."""

    __slots__ = ("flags", "index", "kind", "mapcount", "mapping", "pfn", "refcount")

    def __init__(self, pfn: int, kind: str) -> None:
        self.pfn = pfn
        self.kind = kind  # 'anon', 'file', 'table', 'zero'
        self.refcount = 1  # users; a frame with none is free
        self.mapcount = 0  # page-table entries that map it
        self.flags = 0  # PG_* bits
        self.mapping: Any = None  # AnonVma, AddressSpace or None
        self.index = 0  # pages: place in the object

    def __repr__(self) -> str:
        return f"<page {self.pfn} {self.kind} refs {self.refcount} maps {self.mapcount}>"
