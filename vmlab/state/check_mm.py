"""Does an address space of a snapshot make sense, with its VMAs and their tree?"""

from __future__ import annotations

from collections.abc import Mapping, Set

from vmlab.model.abi.membarrier import MEMBARRIER_REGISTRATIONS
from vmlab.model.abi.mman import (
    VM_ACCESS_FLAGS,
    VM_LOCKED_MASK,
    VM_MAYSHARE,
    VM_PFNMAP,
    VM_SHARED,
    Vm,
)
from vmlab.model.linux.arch.x86.entry.vdso import SPECIAL_FLAGS
from vmlab.model.linux.include.fs import DEV_DISK, S_IFCHR, S_IFREG, ZERO_DEV
from vmlab.model.linux.include.sched import MMF_DISABLE_THP_MASK, MMF_TOPDOWN, SUID_DUMP_USER
from vmlab.model.linux.include.structs import NR_MM_COUNTERS
from vmlab.model.linux.lib.percpu_counter import PERCPU_COUNTER_BATCH
from vmlab.model.linux.mm.pgtable import vm_get_page_prot
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.state.check_field import ENOUGH, need
from vmlab.state.restore import VM_OPS
from vmlab.state.snapshot import InodeState, MmState, VmaState

_VM_BITS = sum(Vm)
_MAY_SHIFT = 4  # from VM_MAYREAD to VM_READ
_MAX_PGOFF = 1 << 52  # pages in the largest file


def check_mm(
    mm: MmState,
    field: str,
    files: Mapping[int, InodeState | None],
    anon_vmas: Set[int],
    segments: Set[int],
) -> None:
    """Check an address space.

    Args:
        mm: the address space.
        field: where it stands, for the message.
        files: the inode of each open file.
        anon_vmas: the numbers there are.
        segments: the inodes of shared memory of System V.

    Raises:
        StateError: names the field.
    """
    need(not mm.exe_file or mm.exe_file in files, f"{field}.exe_file", "no_such_file")
    starts = [vma.vm_start for vma in mm.mmap]
    end = 0
    for place, vma in enumerate(mm.mmap):
        where = f"{field}.mmap[{place}]"
        need(
            end <= vma.vm_start < vma.vm_end <= mm.task_size,
            f"{where}.vm_start",
            "vma_misplaced",
        )
        end = vma.vm_end
        need(not vma.vm_file or vma.vm_file in files, f"{where}.vm_file", "no_such_file")
        need(vma.vm_ops in VM_OPS, f"{where}.vm_ops", "kind_unknown", kind=vma.vm_ops)
        need(
            vma.rb_color in ("red", "black"),
            f"{where}.rb_color",
            "no_such_colour",
            colour=vma.rb_color,
        )
        chain = vma.anon_vma_chain
        need(
            set(chain) <= anon_vmas and len(set(chain)) == len(chain),
            f"{where}.anon_vma_chain",
            "anon_vma_missing_or_twice",
        )
        need(
            not vma.anon_vma or vma.anon_vma in chain,
            f"{where}.anon_vma",
            "not_in_anon_vma_chain",
        )
        inode = files.get(vma.vm_file)
        _vma(vma, where, inode, inode is not None and inode.ino in segments)
    _tree(mm, starts, field)
    need(mm.start_brk <= mm.brk <= mm.task_size, f"{field}.brk", "heap_misplaced")
    for name in ("mmap_base", "mmap_legacy_base"):
        base = getattr(mm, name)
        need(
            base % PAGE_SIZE == 0 and base <= mm.task_size,
            f"{field}.{name}",
            "not_page_of_user_space",
        )
    known = MMF_TOPDOWN | MMF_DISABLE_THP_MASK | SUID_DUMP_USER
    need(not mm.flags & ~known, f"{field}.flags", "flags_unknown")
    need(
        not mm.membarrier_state & ~MEMBARRIER_REGISTRATIONS,
        f"{field}.membarrier_state",
        "flags_unknown",
    )
    need(not mm.def_flags & ~VM_LOCKED_MASK, f"{field}.def_flags", "flags_of_no_mm")
    need(0 < mm.tlb_gen < ENOUGH, f"{field}.tlb_gen", "not_reached")
    for name in ("locked_vm", "hiwater_vm", "hiwater_rss"):
        need(getattr(mm, name) < ENOUGH, f"{field}.{name}", "not_reached")
    need(
        len(mm.rss_stat) == NR_MM_COUNTERS
        and all(abs(pages - count) < PERCPU_COUNTER_BATCH for pages, count in mm.rss_stat),
        f"{field}.rss_stat",
        "field_impossible",
    )


def _vma(vma: VmaState, field: str, inode: InodeState | None, is_segment: bool) -> None:
    # Is it one that mmap could have made?
    flags = vma.vm_flags
    need(not flags & ~_VM_BITS, f"{field}.vm_flags", "flags_unknown")
    may = flags >> _MAY_SHIFT & VM_ACCESS_FLAGS
    shared, special = flags & VM_MAYSHARE, vma.vm_ops == "special"
    need(
        (special or not flags & VM_ACCESS_FLAGS & ~may)
        and (shared or not flags & VM_SHARED)
        and (special or not flags & VM_PFNMAP),
        f"{field}.vm_flags",
        "flags_contradict",
    )
    prot = vm_get_page_prot(flags & ~VM_SHARED if vma.vm_ops == "ext4" else flags)
    need(vma.vm_page_prot == prot, f"{field}.vm_page_prot", "must_be_addr", addr=prot)
    if inode is None:
        need(not shared, f"{field}.vm_file", "shared_without_file")
        need(vma.vm_ops in ("", "special"), f"{field}.vm_ops", "ops_of_other_mapping")
    else:
        in_file = "shm" if is_segment else "ext4" if inode.dev == DEV_DISK else "shmem"
        need(
            vma.vm_ops == {S_IFREG: in_file, S_IFCHR: ""}.get(inode.kind)
            and (inode.kind == S_IFREG or inode.i_rdev == ZERO_DEV),
            f"{field}.vm_ops",
            "ops_of_other_mapping",
        )
    need(not special or vma.name in SPECIAL_FLAGS, f"{field}.name", "name_not_special")
    nr_pages = (vma.vm_end - vma.vm_start) >> PAGE_SHIFT
    need(vma.vm_pgoff + nr_pages <= _MAX_PGOFF, f"{field}.vm_pgoff", "beyond_largest_file")


def _tree(mm: MmState, starts: list[int], field: str) -> None:
    # Does the tree hold every VMA once, in order? No recursion: the tree may be a chain or a ring.
    nodes = {vma.vm_start: (place, vma) for place, vma in enumerate(mm.mmap)}
    order: list[int] = []
    above: list[int] = []
    seen: set[int] = set()
    here, name = mm.mm_rb, f"{field}.mm_rb"
    while here is not None or above:
        while here is not None:
            need(here in nodes, name, "no_vma_starts", addr=here)
            need(here not in seen, name, "vma_twice_in_tree", vma=here)
            seen.add(here)
            above.append(here)
            place, vma = nodes[here]
            here, name = vma.rb_left, f"{field}.mmap[{place}].rb_left"
        here = above.pop()
        order.append(here)
        place, vma = nodes[here]
        here, name = vma.rb_right, f"{field}.mmap[{place}].rb_right"
    need(order == starts, f"{field}.mm_rb", "tree_not_list")
