"""Small machines made by hand, for pictures whose every byte a test knows."""

from __future__ import annotations

import array
from dataclasses import dataclass, field, replace

from vmlab import Machine as RealMachine
from vmlab.model.abi.mman import VM_EXEC, VM_GROWSDOWN, VM_MAYSHARE, VM_READ, VM_SHARED, VM_WRITE
from vmlab.model.linux.lib.rbtree import BLACK, RbNode, RbRoot, rb_insert
from vmlab.model.mmu.pte import NX, RW, SPECIAL, US, X86_64, A, D, Geometry, P
from vmlab.state.snapshot import (
    FileState,
    InodeState,
    MmState,
    PageState,
    Snapshot,
    TaskState,
    VmaState,
)
from vmlab.state.snapshot_hardware import GeometryState, TlbEntryState, TlbState

REAL = RealMachine(ram=1 << 20).snapshot()  # what nothing here tells is as in this one
LETTERS = {"r": VM_READ, "w": VM_WRITE, "x": VM_EXEC, "s": VM_SHARED | VM_MAYSHARE}


class Node(RbNode):
    """A VMA in the tree under construction."""

    def __init__(self, vma: VmaState, gap: int) -> None:
        super().__init__()
        self.vma = vma
        self.gap = gap


@dataclass
class Space:
    """An address space under construction."""

    machine: Machine
    number: int
    pgd: int
    vmas: list[VmaState] = field(default_factory=list)
    fields: dict[str, int] = field(default_factory=dict)

    def vma(
        self,
        start: int,
        pages: int,
        perms: str,
        name: str = "",
        *,
        file: int = 0,
        pgoff: int = 0,
        ops: str = "",
        flags: int = 0,
    ) -> VmaState:
        """Add a region; return it."""
        bits = sum(LETTERS.get(letter, 0) for letter in perms) | flags
        end = start + pages * self.machine.page_size
        prot = P | US | A | (0 if bits & VM_EXEC else NX)
        vma = VmaState(
            start, end, bits, pgoff, prot, file, ops, name, 0, (), None, None, "black", 0
        )
        self.vmas.append(vma)
        self.vmas.sort(key=lambda vma: vma.vm_start)
        return vma

    def map(self, addr: int, pfn: int, bits: str = "r", *, special: bool = False) -> None:
        """Let a page show a frame: bits 'r', 'w' and 'd' as in the entry, 'x' = no NX."""
        machine = self.machine
        table = self.pgd
        *upper, last = machine.shape.indexes(addr)
        for index in upper:
            entries = machine.tables[table]
            if not entries[index]:
                entries[index] = machine.frame("table") << 12 | P | RW | US | A
            table = entries[index] >> 12
        entry = pfn << 12 | P | US | A
        entry |= RW if "w" in bits else 0
        entry |= D if "d" in bits else 0
        entry |= 0 if "x" in bits else machine.shape.nx
        entry |= SPECIAL if special else 0
        machine.tables[table][last] = entry
        if not special:
            page = machine.pages[pfn]
            machine.pages[pfn] = replace(
                page, refcount=page.refcount + 1, mapcount=page.mapcount + 1
            )

    def state(self) -> MmState:
        """Return the finished values, the tree built by inserting in address order."""
        root = RbRoot()
        end = 0
        nodes = []
        for vma in self.vmas:
            node = Node(vma, vma.vm_start - end)
            rb_insert(root, node, nodes[-1] if nodes else None, False)
            nodes.append(node)
            end = vma.vm_end

        def widest(node: Node | None) -> int:
            if node is None:
                return 0
            return max(node.gap, widest(node.rb_left), widest(node.rb_right))

        mmap = tuple(
            replace(
                node.vma,
                rb_left=node.rb_left.vma.vm_start if node.rb_left else None,
                rb_right=node.rb_right.vma.vm_start if node.rb_right else None,
                rb_color="black" if node.rb_color is BLACK else "red",
                rb_subtree_gap=widest(node),
            )
            for node in nodes
        )
        pages = sum(vma.vm_end - vma.vm_start for vma in mmap) // self.machine.page_size
        tasks = [task for task in self.machine.tasks if task.mm == self.number]
        values = {
            "mm_users": len(tasks),
            "mm_count": 1,
            "map_count": len(mmap),
            "total_vm": pages,
            "mmap_base": 0x7FFFF7FFF000,
            "task_size": 0x7FFFFFFFF000,
            **self.fields,
        }
        names = (
            "data_vm exec_vm stack_vm locked_vm pgtables_bytes start_code end_code start_data "
            "end_data start_brk brk start_stack arg_start arg_end env_start env_end def_flags "
            "exe_file vdso tlb_gen hiwater_vm hiwater_rss mmap_legacy_base flags membarrier_state"
        )
        zeros = dict.fromkeys(names.split(), 0)
        return MmState(
            mm=self.number,
            pgd=self.pgd,
            saved_auxv=(),
            rss_stat=((0, 0),) * 4,
            mm_rb=root.rb_node.vma.vm_start if root.rb_node else None,
            mmap=mmap,
            **{**zeros, **values},
        )


class Machine:
    """A machine under construction."""

    def __init__(self, shape: Geometry = X86_64) -> None:
        self.shape = shape
        self.page_size = shape.page_size
        self.tables: dict[int, list[int]] = {}
        self.pages: dict[int, PageState] = {}
        self.tasks: list[TaskState] = []
        self.spaces: list[Space] = []
        self.files: list[FileState] = []
        self.inodes: list[InodeState] = []
        self.tlb: list[TlbEntryState] = []
        self.zero = self.frame("zero")

    def frame(self, kind: str, mapping: int = 0, index: int = 0) -> int:
        """Take the next frame."""
        pfn = len(self.pages)
        count = 0 if kind == "anon" else 1
        self.pages[pfn] = PageState(pfn, kind, count, 0, (), mapping, index)
        if kind == "table":
            self.tables[pfn] = [0] * (self.page_size // self.shape.entry_bytes)
        return pfn

    def file(self, path: str, pages: int) -> int:
        """Add an inode with every page cached, and an open file of it; return the number."""
        ino = len(self.inodes) + 1
        cached = tuple((index, self.frame("file", ino, index)) for index in range(pages))
        self.inodes.append(
            replace(
                REAL.inodes[0],
                ino=ino,
                kind="reg",
                name=path,
                dev="00:01",
                i_size=pages * self.page_size,
                i_pages=cached,
                i_count=1,
            )
        )
        self.files.append(FileState(ino, ino, path, 0, 0, 1, 0, (0, 0, 0, 0, 0)))
        return ino

    def space(self) -> Space:
        """Add an address space."""
        space = Space(self, len(self.spaces) + 1, self.frame("table"))
        self.spaces.append(space)
        return space

    def task(
        self, pid: int, mm: int, *, ppid: int = 0, comm: str = "a.out", state: str = "R"
    ) -> None:
        """Add a task."""
        self.tasks.append(
            replace(
                REAL.tasks[0],
                pid=pid,
                tgid=pid,
                ppid=ppid,
                comm=comm,
                state=state,
                mm=mm,
                active_mm=mm,
                files=pid,
                vmacache=(),
            )
        )

    def snapshot(self) -> Snapshot:
        """Freeze it."""
        code = {4: "I", 8: "Q"}[self.shape.entry_bytes]
        mms = tuple(space.state() for space in self.spaces)
        inodes = tuple(
            replace(
                inode,
                i_mmap=tuple(
                    (mm.mm, vma.vm_start)
                    for mm in mms
                    for vma in mm.mmap
                    if vma.vm_file and self.files[vma.vm_file - 1].ino == inode.ino
                ),
            )
            for inode in self.inodes
        )
        return Snapshot(
            geometry=GeometryState(
                self.shape.name,
                self.shape.level_bits,
                self.shape.page_shift,
                self.shape.entry_bytes,
            ),
            ram_bytes=64 << 20,
            current=self.tasks[0].pid if self.tasks else 0,
            zero_pfn=self.zero,
            tasks=tuple(self.tasks),
            mms=mms,
            pages=tuple(self.pages.values()),
            files=tuple(self.files),
            inodes=inodes,
            anon_vmas=(),
            fds=(),
            tlb=TlbState(64, tuple(self.tlb), 7, 5, 1, 1),
            system=replace(
                REAL.system,
                totalram_pages=0x4000,
                vm_committed_as=(0, 0),
                free_frames=(),
                next_frame=len(self.pages),
                next_pid=len(self.tasks) + 1,
                next_mm=len(self.spaces) + 1,
                next_file=len(self.files) + 1,
                next_ino=len(self.inodes) + 1,
                next_asid=0,
                asids=((0, 0), *((space.number, 0) for space in self.spaces)),
                paths=(),
            ),
            ram={pfn: array.array(code, table).tobytes() for pfn, table in self.tables.items()},
        )


def program(machine: Machine, exe: int) -> Space:
    """Add an address space as after execve of the built-in program."""
    space = machine.space()
    space.vma(0x400000, 1, "r--p", "/bin/a.out", file=exe, ops="shmem")
    space.vma(0x401000, 2, "r-xp", "/bin/a.out", file=exe, pgoff=1, ops="shmem")
    space.vma(0x403000, 1, "rw-p", "/bin/a.out", file=exe, pgoff=3, ops="shmem")
    space.vma(0x404000, 2, "rw-p")
    space.vma(0x406000, 4, "rw-p", "[heap]")
    space.vma(0x7FFFF7FF3000, 4, "rw-p")
    space.vma(0x7FFFF7FFD000, 2, "r-xp", "[vdso]", ops="special")
    space.vma(0x7FFFFFFDE000, 33, "rw-p", "[stack]", flags=VM_GROWSDOWN)
    space.fields = {
        "start_code": 0x401000,
        "end_code": 0x402F10,
        "start_data": 0x403000,
        "end_data": 0x403D48,
        "start_brk": 0x406000,
        "brk": 0x40A000,
        "start_stack": 0x7FFFFFFFE520,
        "arg_start": 0x7FFFFFFFE7A1,
        "arg_end": 0x7FFFFFFFE7A7,
        "env_start": 0x7FFFFFFFE7A7,
        "env_end": 0x7FFFFFFFEFF0,
        "exe_file": exe,
    }
    return space


def three_processes() -> Snapshot:
    """A program, its child by fork that has written to one page, and a third that shares a file."""
    machine = Machine()
    exe = machine.file("/bin/a.out", 4)
    shared = machine.file("/shared.dat", 2)
    code = [pfn for pfn, page in machine.pages.items() if page.mapping == exe]
    data = [pfn for pfn, page in machine.pages.items() if page.mapping == shared]
    parent, child, other = (program(machine, exe) for _ in range(3))
    for pid, space in enumerate((parent, child, other), 1):
        machine.task(pid, space.number, ppid=1 if pid == 2 else 0, comm="a.out")
        space.map(0x401000, code[1], "rx")
        space.map(0x402000, code[2], "rx")
    for space in (parent, other):
        space.vma(0x7FFFF7FF1000, 2, "rw-s", "/shared.dat", file=shared, ops="shmem")
        space.map(0x7FFFF7FF1000, data[0], "rwd")
    heap, top, mine = machine.frame("anon"), machine.frame("anon"), machine.frame("anon")
    for space in (parent, child):
        space.map(0x407000, heap, "rd")
        space.map(0x404000, machine.zero, "r", special=True)
    parent.map(0x7FFFFFFFE000, top, "rd")
    child.map(0x7FFFFFFFE000, mine, "rwd")
    other.map(0x7FFFFFFFE000, machine.frame("anon"), "rwd")
    machine.tlb = [
        TlbEntryState(1, 0x401, code[1], P | US | A, False),
        TlbEntryState(1, 0x407, heap, P | US | A | D | NX, False),
        TlbEntryState(2, 0x7FFFFFFFE, mine, P | RW | US | A | D | NX, False),
    ]
    return machine.snapshot()


def many_vmas(count: int) -> Snapshot:
    """A process of many one-page regions with a page between each two."""
    machine = Machine()
    space = machine.space()
    machine.task(1, space.number)
    for number in range(count):
        space.vma(0x10000000 + number * 0x2000, 1, "rw-p" if number % 2 else "r--p")
    return machine.snapshot()


def hostile(name: str) -> Snapshot:
    """A process with a name, a program and a file of that name."""
    machine = Machine()
    exe = machine.file(name, 2)
    space = machine.space()
    machine.task(1, space.number, comm=name)
    space.vma(0x400000, 2, "r-xp", name, file=exe, ops="shmem")
    space.vma(0x500000, 1, "rw-p", name)
    space.vma(0x600000, 1, "rw-p", f"[{name}]")
    space.map(0x400000, machine.inodes[0].i_pages[0][1], "rx")
    space.map(0x500000, machine.frame("anon"), "rw")
    machine.tlb = [TlbEntryState(1, 0x400, 1, P | US, False)]
    return machine.snapshot()
