"""See how Linux manages a process's memory.

`__init__.pyi` lists the public names with their types.

>>> from vmlab import Machine, MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE
>>> p = Machine().spawn()
>>> addr = p.mmap(None, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS)
>>> p.store(addr, b"!")
>>> p.load(addr)
b'!'
"""

from enum import Enum as _Enum
from importlib import import_module as _import_module

from vmlab import threads as _threads  # noqa: F401 - keeps a machine to one at a time
from vmlab.errors import (
    BusError,
    DiagramError,
    HostError,
    KernelBug,
    Killed,
    LinuxError,
    ProcessError,
    ProgramError,
    Segfault,
    StateError,
    VmlabError,
)
from vmlab.model.abi import errno
from vmlab.model.abi.anon_files import Eventfd, Signalfd, TimerfdCreate, TimerfdSettime
from vmlab.model.abi.clone import Clone
from vmlab.model.abi.epoll import Epoll, EpollCreate, EpollOp
from vmlab.model.abi.fadvise import Fadvise, SyncRange
from vmlab.model.abi.fcntl import (
    AT_FDCWD,
    Access,
    At,
    CloseRange,
    Falloc,
    Fcntl,
    Fd,
    Flock,
    LockType,
    Mfd,
    Open,
    Rename,
    Seal,
    Seek,
    Unlinkat,
)
from vmlab.model.abi.ioctl import Ioctl
from vmlab.model.abi.membarrier import Membarrier
from vmlab.model.abi.mman import Madv, Map, Mcl, Mlock, Mremap, Ms, Prot
from vmlab.model.abi.msg import Msgctl, Msgrcv
from vmlab.model.abi.personality import Personality
from vmlab.model.abi.pidfd import PIDFD_SELF_THREAD, PIDFD_SELF_THREAD_GROUP, Pidfd
from vmlab.model.abi.prctl import Arch, Pr
from vmlab.model.abi.random import Grnd
from vmlab.model.abi.resource import Prio, Rlimit, Rusage
from vmlab.model.abi.sem import Semctl, Semop
from vmlab.model.abi.shm import IPC_PRIVATE, Ipc, Shmat, Shmctl
from vmlab.model.abi.socket import (
    AddressFamily,
    Ipv6Option,
    Msg,
    Shut,
    Sock,
    SockFlag,
    SockLevel,
    SockOption,
    TcpOption,
)
from vmlab.model.abi.stat import FileType
from vmlab.model.abi.time import Clock
from vmlab.model.abi.wait import WEXITSTATUS, WIFEXITED, WIFSIGNALED, WTERMSIG, Wait
from vmlab.model.machine_code import engines as _engines
from vmlab.model.mmu.page import PAGE_SIZE, GiB, KiB, MiB
from vmlab.model.mmu.pte import TINY, TINY_4K, X86_32, X86_64, X86_64_LA57, Geometry
from vmlab.model.process import Process
from vmlab.programs.shown import explorers as _explorers
from vmlab.record.real_kernel import real_kernels as _real_kernels
from vmlab.record.recorder import Recorder
from vmlab.state.machine import Machine
from vmlab.state.snapshot import Snapshot
from vmlab.words import reasons as _reasons  # noqa: F401 - gives codes their words
from vmlab.words.language import language

__version__ = "0.2.0"


def _make_engine(machine: Machine) -> object:
    return _import_module("vmlab.programs.run").Programs(machine)


_engines.make = _make_engine


def _explore(program: object, machine: Machine, argv: object) -> object:
    return _import_module("vmlab.widgets.explore").explore(program, machine, argv)


_explorers.explore = _explore


def _begin_real(history: object) -> object:
    return _import_module("vmlab.host.beside").Beside.of(history)


_real_kernels.begin = _begin_real


# The constants of the system calls, each by its own name.
_FAMILIES: tuple[type[_Enum], ...] = (
    *(Prot, Map, Mremap, Madv, Ms, Mlock, Mcl, Clone, Rlimit, Personality),
    *(Open, Seek, Falloc, Mfd, Fcntl, Fd, Seal, Ipc, Shmat, Shmctl, Pr, Arch, Membarrier, Pidfd),
    *(Flock, LockType, Semop, Semctl, Msgrcv, Msgctl),
    *(Eventfd, Signalfd, TimerfdCreate, TimerfdSettime, Epoll, EpollCreate, EpollOp),
    *(AddressFamily, Msg, Shut, Sock, SockFlag, SockLevel, SockOption, TcpOption, Ipv6Option),
    *(FileType, Rename, Fadvise, SyncRange),
    *(Access, At, Clock, CloseRange, Grnd, Ioctl, Prio, Rusage, Unlinkat, Wait),
)
_CONSTANTS = {
    name: member
    for family in _FAMILIES
    for name, member in family.__members__.items()
    if not name.startswith("_")
}
globals().update(_CONSTANTS)

# What draws or needs ipywidgets is loaded when it is first asked for.
_LATER = {
    "CallField": "vmlab.widgets.call_field",
    "CallForm": "vmlab.widgets.call_forms",
    "Controls": "vmlab.widgets.controls",
    "DiagramView": "vmlab.widgets.diagram_view",
    "Exercise": "vmlab.lessons.exercise",
    "Explorer": "vmlab.widgets.explorer",
    "Player": "vmlab.widgets.player",
    "Program": "vmlab.programs.build",
    "Segment": "vmlab.lessons.programs",
    "build": "vmlab.programs.build",
    "elf": "vmlab.lessons.programs",
    "exercises": "vmlab.exercises",
    "export": "vmlab.widgets.export",
    "from_link": "vmlab.widgets.explore",
    "host": "vmlab.host",
    "mmapcopy": "vmlab.lessons.mmapcopy",
    "listing": "vmlab.lessons.listing",
    "maps_diff": "vmlab.lessons.maps",
    "predict": "vmlab.lessons.predict",
    "program_headers": "vmlab.lessons.programs",
    "progress": "vmlab.lessons.progress",
    "scenarios": "vmlab.lessons.scenarios",
    "show": "vmlab.lessons.show",
    "variables": "vmlab.programs.variables",
    "watch": "vmlab.lessons.watch",
}

__all__ = [
    "AT_FDCWD",
    "IPC_PRIVATE",
    "PAGE_SIZE",
    "PIDFD_SELF_THREAD",
    "PIDFD_SELF_THREAD_GROUP",
    "TINY",
    "TINY_4K",
    "WEXITSTATUS",
    "WIFEXITED",
    "WIFSIGNALED",
    "WTERMSIG",
    "X86_32",
    "X86_64",
    "X86_64_LA57",
    "BusError",
    "DiagramError",
    "Geometry",
    "GiB",
    "HostError",
    "KernelBug",
    "KiB",
    "Killed",
    "LinuxError",
    "Machine",
    "MiB",
    "Process",
    "ProcessError",
    "ProgramError",
    "Recorder",
    "Segfault",
    "Snapshot",
    "StateError",
    "VmlabError",
    "errno",
    "language",
    "Arch",
    "Clone",
    "Ipc",
    "Shmat",
    "Semctl",
    "Semop",
    "Shmctl",
    "Falloc",
    "Fcntl",
    "Flock",
    "LockType",
    "Fd",
    "Madv",
    "Map",
    "Mcl",
    "Membarrier",
    "Mfd",
    "Mlock",
    "Mremap",
    "Ms",
    "Msgrcv",
    "Msgctl",
    "Open",
    "Personality",
    "Pidfd",
    "Pr",
    "Prot",
    "Rlimit",
    "Seal",
    "Seek",
    "Access",
    "At",
    "Clock",
    "CloseRange",
    "Prio",
    "Rusage",
    "Wait",
    "Grnd",
    "Ioctl",
    "Unlinkat",
    "Eventfd",
    "Signalfd",
    "TimerfdCreate",
    "TimerfdSettime",
    "Epoll",
    "EpollCreate",
    "EpollOp",
    "AddressFamily",
    "Msg",
    "Shut",
    "Sock",
    "SockFlag",
    "SockLevel",
    "SockOption",
    "TcpOption",
    "Ipv6Option",
    "FileType",
    "Rename",
    "Fadvise",
    "SyncRange",
    *sorted(_CONSTANTS),
    *sorted(_LATER),
]


def __getattr__(name: str) -> object:
    """Return what is loaded late."""
    if name not in _LATER:
        raise AttributeError(f"module 'vmlab' has no attribute {name!r}")
    module = _import_module(_LATER[name])
    found = globals()[name] = getattr(module, name, module)
    return found


def load_ipython_extension(shell: object) -> None:
    """Give IPython the cell magic `%%c`: `%load_ext vmlab` calls this."""
    _import_module("vmlab.programs.magic").register(shell)


def __dir__() -> list[str]:
    """Return the public names, those that are loaded late included."""
    return sorted({*__all__, "__version__", "__doc__"})
