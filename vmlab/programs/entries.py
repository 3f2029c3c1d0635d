"""How a run of machine code ends: what the program came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Syscall:
    """It made a system call."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A page is not to be had for an access."""

    addr: int  # of the page, bytes
    access: int  # READ, WRITE or FETCH


@dataclass(frozen=True, slots=True)
class Trap:
    """An instruction raised an exception, or asked for one."""

    vector: int
    error_code: int = 0
    length: int = 0  # bytes of the instruction, if the CPU has gone past it


@dataclass(frozen=True, slots=True)
class Limit:
    """It ran as many instructions as it may."""


@dataclass(frozen=True, slots=True)
class Reached:
    """It came to one of the addresses where it was to stop."""


Stop = Syscall | Refused | Trap | Limit | Reached


class Aside(NamedTuple):
    """What a run came to that is not done yet; see `MachineCode._execute`."""

    stop: Stop
    fills: tuple[int, ...]
    stores: tuple[tuple[int, bytes], ...]
    regs: tuple[int, ...]
    fpu: bytes
