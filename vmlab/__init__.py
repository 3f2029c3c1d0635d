"""See how Linux manages a process's memory."""

from vmlab.errors import (
    BusError,
    DiagramError,
    KernelBug,
    Killed,
    LinuxError,
    ProcessError,
    Segfault,
    StateError,
)
from vmlab.model.kernel.mman import Clone, Madv, Map, Mremap, Ms, Open, Prot, Rlimit
from vmlab.record.machine import Machine
from vmlab.model.mmu.page import GiB, KiB, MiB
from vmlab.model.process import Process

__version__ = "0.1.0"
