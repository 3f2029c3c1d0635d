"""What Linux keeps in global variables, gathered so that two machines never meet."""

from __future__ import annotations

from vmlab.model.kernel.fs import AddressSpace, Inode
from vmlab.model.kernel.mm_types import AnonVma, MmStruct, Page
from vmlab.model.kernel.sched import TaskStruct
from vmlab.model.kernel.swap import FolioBatches
from vmlab.model.mmu.cpu import Cpu
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE
from vmlab.model.mmu.pte import Geometry
from vmlab.model.mmu.ram import Ram
from vmlab.model.mmu.tlb import Tlb
from vmlab.model.trace import Trace


class System:
    """One running kernel. The name is vmlab's: Linux has global variables instead.

    Args:
        ram: bytes of physical memory.
        totalram: bytes that overcommit counts as RAM; `ram` unless a test needs another.
        geometry: the shape of the page tables; its pages must be the kernel's.
        tlb_entries: size of the TLB.
    """

    def __init__(self, ram: int, totalram: int, geometry: Geometry, tlb_entries: int) -> None:
        if geometry.page_size != PAGE_SIZE:
            raise ValueError(f"the kernel has {PAGE_SIZE}-byte pages, not {geometry.page_size}")
        self.trace = Trace()
        self.geometry = geometry
        self.ram = Ram(ram, PAGE_SIZE, geometry.entry_bytes)
        self.tlb = Tlb(tlb_entries)
        self.cpu = Cpu(self.ram, geometry, self.tlb, self.trace)
        space = 1 << geometry.address_bits
        # The kernel has the upper half of 64-bit addresses, the upper quarter of short ones.
        self.task_size = space // 2 - PAGE_SIZE if geometry.canonical else space // 4 * 3  # bytes
        # Only a hint above this address gets a place above it.
        self.default_map_window = min(self.task_size, (1 << 47) - PAGE_SIZE)
        self.mem_map: dict[int, Page] = {}  # frames in use
        self.free_frames: list[int] = []  # a heap of frames that were given back
        self.next_frame = 1  # frames from here on were never used; 0 stays reserved
        self.zero_pfn = 0
        self.totalram_pages = totalram >> PAGE_SHIFT
        self.sysctl_max_map_count = 65530  # VMAs
        # Linux's values, cut for a space that is too small for them.
        sixteenth = self.task_size // 16 & PAGE_MASK
        self.mmap_min_addr = min(0x10000, sixteenth)  # bytes
        self.stack_guard_gap = min(256 << PAGE_SHIFT, sixteenth)  # bytes
        self.fault_around_pages = 16
        self.tasks: dict[int, TaskStruct] = {}  # in order of creation
        self.mms: dict[int, MmStruct] = {}
        self.anon_vmas: dict[int, AnonVma] = {}
        self.current: TaskStruct | None = None
        self.init = TaskStruct(self, 1)  # parent of orphans and of what the machine spawns
        self.init.comm = "init"
        self.next_pid = 1000
        self.next_mm = 1
        self.next_anon_vma = 1
        self.next_file = 1
        self.next_files = 1
        self.next_ino = 1
        self.namei: dict[str, Inode] = {}  # absolute path -> inode
        self.inodes: dict[int, Inode] = {}
        vdso = Inode(0, "special", "[vdso]", "00:00")  # stands for the image in the kernel
        vdso.i_size = 2 << PAGE_SHIFT
        self.vdso_mapping = AddressSpace(vdso)
        self.asids: list[tuple[int, int]] = [(0, 0)] * 6  # per ASID: (mm number, tlb_gen seen)
        self.next_asid = 1
        self.batches = FolioBatches([], [], [], [])

    def __repr__(self) -> str:
        return f"<System {len(self.tasks)} tasks, {len(self.mem_map)} frames in use>"
