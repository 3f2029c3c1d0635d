"""A computer that runs Linux: RAM, a CPU, a kernel, files, and processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from types import MappingProxyType
from weakref import WeakValueDictionary

from vmlab.codes import because
from vmlab.errors import Killed, LinuxError, NoSuchProcess
from vmlab.model import arguments
from vmlab.model.abi import errno
from vmlab.model.abi.maps_text import parse_maps
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.abi.resource import Limits, Rlimit
from vmlab.model.filesystem import Filesystem
from vmlab.model.from_maps import map_lines, place_files
from vmlab.model.host_programs import import_program
from vmlab.model.linux.arch.x86.kernel.traps import trap_init
from vmlab.model.linux.drivers.tty.n_tty import n_tty_receive, tty_inode
from vmlab.model.linux.fs.file_table import alloc_file
from vmlab.model.linux.fs.fs_struct import init_fs
from vmlab.model.linux.fs.proc.generic import PROC
from vmlab.model.linux.fs.proc.meminfo import show_meminfo
from vmlab.model.linux.include.fs import FMODE_READ, FMODE_WRITE
from vmlab.model.linux.include.sched import EXIT_DEAD
from vmlab.model.linux.include.structs import (
    OVERCOMMIT_NEVER,
    FilesStruct,
    System,
    TaskStruct,
)
from vmlab.model.linux.kernel.fork import mm_alloc
from vmlab.model.linux.kernel.kthread import kthread_create
from vmlab.model.linux.kernel.sysctl import SYSCTLS, do_sysctl
from vmlab.model.linux.mm.page_alloc import OutOfMemory, alloc_page
from vmlab.model.linux.mm.swapon import setup_swap
from vmlab.model.machine_code import Engine, Stop, engines
from vmlab.model.mmu.page import PAGE_SIZE, MiB
from vmlab.model.mmu.pte import GEOMETRIES, X86_64, Geometry
from vmlab.model.process import Process
from vmlab.model.trace.decorators import announced
from vmlab.model.trace.events.process import SchedProcessFork
from vmlab.model.trace.hook import Trace, emit

A_OUT = "/bin/a.out"


def _check_limits(rlimits: Mapping[int, int]) -> None:
    arguments.instance(rlimits, Mapping, "rlimits")
    for resource, limit in rlimits.items():
        arguments.one_of(resource, list(Rlimit), Rlimit.__members__, "rlimits")
        arguments.number(limit, f"rlimits: {Rlimit(resource).name}")


def _sysctl(name: object, what: str) -> None:
    arguments.one_of(name, SYSCTLS, SYSCTLS, what)


def _check_geometry(geometry: object) -> None:
    # States and files tell a shape by its name.
    arguments.instance(geometry, Geometry, "geometry")
    arguments.one_of(geometry, GEOMETRIES.values(), GEOMETRIES, "geometry")


@cache
def a_out() -> bytes:
    return resources.files("vmlab.data").joinpath("a.out").read_bytes()


class BareMachine:
    """A machine with one CPU, booted and idle.

    One thread at a time uses it: another one waits. A copy or pickle goes on by itself, and nobody
    listens to it.

    Args:
        ram: bytes of physical memory.
        totalram: bytes that overcommit counts as memory; `ram` unless given.
        geometry: the shape of the page tables: X86_64, X86_64_LA57, X86_32 or TINY_4K.
        tlb_entries: size of the TLB.
        max_map_count: VMAs a process may have.
        overcommit_memory: what may be promised: 0 = no request that is larger than memory, 1 =
            everything, 2 = no more than `overcommit_ratio` percent of memory.
        overcommit_ratio: percent.
        aslr_seed: lets programs, stacks, heaps and mappings begin at random addresses, as on a
            machine in use; the same number gives the same ones again. None = the addresses are
            those that `setarch -R` gives.
        swap: bytes of the swap area, with the page that tells what it is; 0 = there is none.
        zram: the swap area is compressed memory, which answers at once, instead of a partition.

    Attributes:
        fs: its files.
        system: the kernel's own state, with Linux's names; `restore` and undoing replace it.
    """

    def __init__(
        self,
        *,
        ram: int = 256 * MiB,
        totalram: int | None = None,
        geometry: Geometry = X86_64,
        tlb_entries: int = 64,
        max_map_count: int = 65530,
        overcommit_memory: int = 0,
        overcommit_ratio: int = 50,
        aslr_seed: int | None = None,
        swap: int = 0,
        zram: bool = False,
    ) -> None:
        arguments.number(ram, "ram")
        arguments.count(ram if totalram is None else totalram, "totalram")
        _check_geometry(geometry)
        arguments.number(tlb_entries, "tlb_entries")
        arguments.count(max_map_count, "max_map_count")
        self.system = System(ram, totalram or ram, geometry, tlb_entries)
        self.system.sysctl_max_map_count = max_map_count
        arguments.count(overcommit_memory, "overcommit_memory", OVERCOMMIT_NEVER)
        arguments.count(overcommit_ratio, "overcommit_ratio")
        self.system.overcommit_memory = overcommit_memory
        self.system.overcommit_ratio = overcommit_ratio
        if aslr_seed is not None:
            arguments.count(aslr_seed, "aslr_seed")
            self.system.randomize_va_space, self.system.random_state = 2, aslr_seed
        arguments.count(swap, "swap")
        if swap:
            setup_swap(self.system, swap, synchronous=zram)
        trap_init(self.system)
        self.system.zero_pfn = alloc_page(self.system, "zero").pfn
        self.fs = Filesystem(self.system)
        self._held: WeakValueDictionary[int, Process] = WeakValueDictionary()
        self._programs: Engine | None = None

    def __repr__(self) -> str:
        name, count = type(self).__name__, len(self.system.tasks)
        return f"<{name} {self.system.ram.size >> 20} MiB, {count} process{'es' * (count != 1)}>"

    def __getitem__(self, pid: int) -> Process:
        task = self.system.tasks.get(pid)
        if task is None:
            raise NoSuchProcess("no_such_process", pid=arguments.shown(pid))
        return self._process_of(task)

    @property
    def _trace(self) -> Trace:
        # Where the machine's events go.
        return self.system.trace

    @property
    def processes(self) -> Mapping[int, Process]:
        """Return the processes that were not waited for yet, by pid, in order of creation."""
        tasks = list(self.system.tasks.values())
        return MappingProxyType({task.pid: self._process_of(task) for task in tasks})

    def _process_of(self, task: TaskStruct) -> Process:
        # The one with the task's pid if somebody holds it.
        process = self._held.get(task.pid)
        if process is None:
            process = self._held[task.pid] = Process(self, task)
        else:
            process._attach(task)
        return process

    def _process_numbered(self, pid: int, comm: str) -> Process:
        # That process; it is dead if there is none now.
        return self._process_of(self.system.tasks.get(pid) or self._gone(pid, comm))

    def _gone(self, pid: int, comm: str) -> TaskStruct:
        # The task of a process that this kernel has not, or no more.
        task = TaskStruct(self.system, pid)
        task.comm, task.state = comm, EXIT_DEAD
        return task

    def _go_on_with(self, system: System) -> None:
        # Another kernel takes the place of this one: each process is the task of its pid, or dead.
        trace = self.system.trace
        with trace.turn:
            system.trace.turn = trace.turn
            system.trace.sink, trace.sink = trace.sink, None
            self.system = system
            self.fs._show(system)
            for pid, process in self._held.items():
                process._attach(system.tasks.get(pid) or self._gone(pid, process.task.comm))

    def spawn(
        self,
        path: str | None = None,
        argv: Sequence[str] | None = None,
        env: Mapping[str, str] | Sequence[str] = (),
        *,
        rlimits: Mapping[int, int] | None = None,
    ) -> Process:
        """Start a program as a child of init; return the process.

        Args:
            path: the program; a file of the host is copied in if the machine has none of that
                name, and so are the interpreter that it names, if everybody may read and somebody
                may execute that, and the libraries that it needs. None = the machine's own small
                a.out; a file of that name that is another one makes room for it.
            argv: arguments; the path alone unless given.
            env: environment, by name; or its strings as they are.
            rlimits: soft limits in bytes, by resource.

        Raises:
            LinuxError: what execve answers; no process is left behind.
            Killed: the program was killed while it was loaded.
        """
        words, envp = arguments.program(A_OUT if path is None else path, argv, env)
        limits = {} if rlimits is None else rlimits
        _check_limits(limits)
        masked = {int(key): limit & ULONG_MAX for key, limit in limits.items()}
        writes = path is not None  # the small a.out has nothing to say
        if path is None:
            path = A_OUT
            self._install_a_out()
        elif path not in self.fs:
            import_program(self.fs, path)
        if writes and PROC not in self.system.namei:
            self.fs.furnish()
        process = self._process_of(self._new_task(masked, writes))
        try:
            process.execve(path, words, envp)
        except (LinuxError, Killed):
            if process.state == "R":
                process.exit(127)
            raise
        return process

    def _install_a_out(self) -> None:
        data = a_out()
        if A_OUT in self.fs and self.fs.read(A_OUT) != data:
            self.fs.unlink(A_OUT)
        if A_OUT not in self.fs:
            self.fs.install(A_OUT, data)

    # Real programs

    @property
    def console(self) -> str:
        """Return what programs wrote to the terminal; bytes that are not UTF-8 are replaced."""
        return self.system.console.decode(errors="replace")

    @announced("machine.type", arguments.text)
    def type(self, text: str) -> None:
        """Type at the terminal, after what was typed before, for programs that read from it.

        They get it a line at a time, when it ends in "\\n". Until then they sleep: `run` answers
        'sleeps', and goes on after more was typed. "\\x04" (Ctrl-D) at the start of a line is the
        end of the input; elsewhere it ends a line without being part of it.

        Args:
            text: lines.
        """
        self.system.stdin += text.encode(errors="surrogateescape")
        n_tty_receive(self.system)

    def run(self, instructions: int | None = None) -> Stop:
        """Run the machine code of all processes until none can go on.

        Args:
            instructions: how many are run at most; None = without end. An entry into the kernel
                counts as 1,000, in place of those that ran since the one before it.

        Returns:
            Why they do not run on.

        Raises:
            ProgramError: there is no emulator: `pip install vmlab[programs]`.
        """
        if instructions is not None:
            arguments.count(instructions, "instructions")
        return self._engine().run(None, (), instructions)

    def _engine(self) -> Engine:
        if self._programs is None:
            self._programs = engines.make(self)
        return self._programs

    def meminfo(self) -> str:
        """Return the lines of /proc/meminfo about memory that is there, free and promised."""
        with self._trace.turn:
            return show_meminfo(self.system)

    @announced("machine.sysctl", _sysctl, arguments.number)
    def sysctl(self, name: str, value: int) -> None:
        """Change a setting of the kernel, as sysctl(8) does.

        Args:
            name: 'vm.overcommit_memory' (0, 1, 2), 'vm.overcommit_ratio' (percent of memory that 2
                lets be promised), 'vm.overcommit_kbytes' (the same in KiB, instead),
                'kernel.ns_last_pid' (the next new process gets one more).
            value: what it is from now on.

        Raises:
            LinuxError: EINVAL for a value that it cannot have.
        """
        do_sysctl(self.system, name, value)

    @announced("machine.kthread", arguments.text)
    def kthread(self, comm: str = "kworker/0:0") -> Process:
        """Make a kernel thread; return it.

        Its `schedule()` lets the CPU switch to it; it then runs on the page tables of the task
        before it. It has no address space and makes no system calls.

        Args:
            comm: its name.
        """
        return self._process_of(kthread_create(self.system, comm))

    @announced("machine.from_maps", arguments.text)
    def from_maps(self, text: str) -> Process:
        """Make a process with the VMAs that a /proc/PID/maps text lists; nothing is faulted in.

        What the text does not say is chosen: files have holes for contents, the limits are
        those of a new process. Where its program, its heap and its libraries lie tells how mmap
        looks for room: upwards from the libraries, or downwards. An empty text makes an empty
        address space.

        Args:
            text: lines as Linux writes them, after whatever stands before them in a log or in
                mail; or smaps, of which the flags count. Bytes that are not UTF-8 as Python reads
                them with `errors="surrogateescape"`. [vsyscall] is no VMA and is passed over.

        Raises:
            StateError: with the line that cannot be understood or mapped; nothing is left behind.
            LinuxError: ENOMEM if no frame is left for the top page table.
        """
        lines = parse_maps(text, self.system.task_size, PAGE_SIZE)
        places = place_files(lines, self.fs, self.system)
        try:
            mm = mm_alloc(self.system)
        except OutOfMemory as failure:
            raise LinuxError(errno.ENOMEM, failure.reason) from None
        task = self._new_task({})
        map_lines(task, mm, self.fs, lines, places)
        return self._process_of(task)

    @announced("machine.new_task")
    def _new_task(self, rlimits: Mapping[int, int], terminal: bool = False) -> TaskStruct:
        # Make a child of init with no address space yet, and descriptors 0 to 2. The soft limits
        # are bytes, by resource.
        system = self.system
        task = TaskStruct(system, system.next_pid)
        system.next_pid += 1
        task.parent = system.init
        task.pgrp = task.session = task.pid
        system.init.children.append(task)
        system.tasks[task.pid] = task
        for number, limit in rlimits.items():
            resource = Rlimit(number)
            task.rlim[resource] = Limits(limit, max(limit, task.rlim[resource].rlim_max))
        task.files = FilesStruct(system.next_files)
        system.next_files += 1
        init_fs(task)
        inode = tty_inode(system) if terminal else system.namei["/dev/null"]
        file = alloc_file(system, inode, FMODE_READ | FMODE_WRITE, inode.name)
        file.f_count = 3
        task.files.fd = dict.fromkeys(range(3), file)
        emit(task, SchedProcessFork, 1, task.pid, because("machine_starts_process"))
        return task
