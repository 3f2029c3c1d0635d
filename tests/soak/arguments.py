"""Arguments for any call of the table, by kind: such as meet what is there, and odd ones."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.record.runs import ARENA, PAGE, PAGES
from vmlab import (
    Arch,
    Clone,
    Fcntl,
    Madv,
    Map,
    Mcl,
    Membarrier,
    Mlock,
    Ms,
    Open,
    Personality,
    Pr,
    Process,
    Prot,
    Rlimit,
    Seal,
    Seek,
    Shmat,
    Shmctl,
)
from vmlab.model.abi.futex import Futex
from vmlab.model.abi.ioctl import Ioctl
from vmlab.model.abi.kinds import Action, Kind, Parameter
from vmlab.model.abi.msg import Msgctl, Msgrcv
from vmlab.model.abi.resource import RLIM_INFINITY, Prio, Rusage
from vmlab.model.abi.sem import Semctl
from vmlab.model.abi.socket import SockOption
from vmlab.model.abi.time import Clock
from vmlab.model.abi.wait import WALL, WCLONE

PATHS = ("/f", "/g", "/d/g", "/l1", "/dev/zero", "/dev/null", "/", "/d", "/none", "/bin/a.out")
PROGRAMS = ("/bin/a.out", "/bin/a.out", "/script", "/dynamic", "/f", "/none", "/d")
_ODD_ADDRESSES = (0, 1, 0x10000, ARENA + 5, 0x7FFFFFFFF000, 1 << 47, (1 << 64) - PAGE, 1 << 62)
_ODD_LENGTHS = (0, 1, 5000, 2 << 20, 4 << 20, 1 << 40, 1 << 63, (1 << 64) - 1)
_SMALL = (-1, 0, 1, 2, 3, 4, 5, 8, 63, 4096)
_ODD = (*_SMALL, -(1 << 31), 1 << 31, 1 << 32, (1 << 63) - 1, -(1 << 63), (1 << 64) - 1)
_PROTS = (3, 3, 3, 1, 1, 0, 2, 4, 5, 7, 3 | Prot.PROT_GROWSDOWN, 1 | Prot.PROT_GROWSUP, 8)
_FIXED = Map.MAP_FIXED

Draw = Callable[[random.Random, Process], Any]


def arguments(action: Action, chance: random.Random, process: Process) -> tuple[Any, ...]:
    """Choose arguments of a call or an access; what may be left out is so now and then.

    Args:
        action: the call.
        chance: chooses.
        process: the one that makes it.
    """
    given = list(action.parameters)
    while given and given[-1].is_optional and chance.random() < 0.2:
        given.pop()
    return tuple(_value(action, parameter, chance, process) for parameter in given)


def _value(action: Action, parameter: Parameter, chance: random.Random, process: Process) -> Any:
    if (action.name, parameter.name) == ("load", "n"):
        return chance.choice((0, 1, 1, 8, 5000, 20000))  # it has an end
    if parameter.kind is Kind.HINT and not parameter.is_optional:
        return _hint(chance, process)
    return DRAWS[parameter.kind](chance, process)


def address(chance: random.Random, process: Process) -> int:
    """Choose an address: where calls meet, at the edge of a mapping, or an odd one."""
    way = chance.randrange(10)
    if way < 6 or process.task.mm is None:
        return ARENA + chance.randrange(PAGES) * PAGE
    if way < 9:
        vmas = list(process.task.mm)
        if vmas:
            vma = chance.choice(vmas)
            edge = chance.choice((vma.vm_start, vma.vm_start, vma.vm_end, vma.vm_end - PAGE))
            return edge + chance.choice((0, 0, 0, -PAGE, PAGE, 5, -1))
    return chance.choice(_ODD_ADDRESSES)


def _hint(chance: random.Random, process: Process) -> int | None:
    return chance.choice((None, 0, address(chance, process)))


def _break(chance: random.Random, process: Process) -> int:
    mm = process.task.mm
    if mm is None or chance.random() < 0.3:
        return address(chance, process)
    return max(0, mm.brk + chance.randrange(-2, 20) * 3000)


def length(chance: random.Random, process: Process) -> int:
    """Choose a length: some pages, or an odd one."""
    way = chance.randrange(10)
    if way < 7:
        return chance.randrange(1, 7) * PAGE
    return chance.randrange(1, 25) * PAGE if way < 9 else chance.choice(_ODD_LENGTHS)


def _count(chance: random.Random, process: Process) -> int:
    return chance.choice((0, 1, 100, chance.randrange(20000), chance.choice(_ODD_LENGTHS)))


def _offset(chance: random.Random, process: Process) -> int:
    return chance.choice((0, PAGE, chance.randrange(9) * PAGE, 5, chance.choice(_ODD)))


def _some(family: Any, chance: random.Random, most: int = 3) -> int:
    members = list(family.__members__.values())
    flags = 0
    for _ in range(chance.randrange(most + 1)):
        flags |= int(chance.choice(members))
    return flags if chance.random() < 0.95 else 1 << chance.randrange(64)


def _map_flags(chance: random.Random, process: Process) -> int:
    kind = chance.choice((2, 2, 2, 1, 1, 3, 8, 0))
    flags = kind | chance.choice((0x20, 0x20, 0)) | chance.choice((0, _FIXED, _FIXED))
    return flags if chance.random() < 0.6 else flags | _some(Map, chance, 2)


def _family(family: Any) -> Draw:
    return lambda chance, process: _some(family, chance)


def _one_of(*values: Any) -> Draw:
    return lambda chance, process: chance.choice(values)


def _limit(chance: random.Random, process: Process) -> int:
    small = chance.choice((0, 5, 64 << 10, 1 << 20, 8 << 20))
    return chance.choice((small, RLIM_INFINITY, RLIM_INFINITY, chance.choice(_ODD)))


DRAWS: dict[Kind, Draw] = {
    Kind.ADDRESS: address,
    Kind.HINT: address,
    Kind.BREAK: _break,
    Kind.BUFFER: address,
    Kind.VECTOR: lambda chance, process: chance.choice((None, address(chance, process))),
    Kind.LENGTH: length,
    Kind.COUNT: _count,
    Kind.OFFSET: _offset,
    Kind.MAP_OFFSET: _offset,
    Kind.PROT: _one_of(*_PROTS),
    Kind.MAP_FLAGS: _map_flags,
    Kind.MREMAP_FLAGS: _one_of(0, 1, 1, 3, 3, 5, 7, 2, 4, 8),
    Kind.REMAP_FLAGS: _one_of(0, 0, 0x10000, 5),
    Kind.PGOFF: _one_of(0, 0, 1, 3, *_ODD),
    Kind.ADVICE: _one_of(*Madv, 50),
    Kind.MSYNC_FLAGS: _family(Ms),
    Kind.MLOCK_FLAGS: _family(Mlock),
    Kind.MCL_FLAGS: _family(Mcl),
    Kind.MSEAL_FLAGS: _one_of(0, 0, 0, 0, 1),
    Kind.OPEN_FLAGS: _family(Open),
    Kind.MEMFD_FLAGS: _one_of(0, 1, 2, 2, 8),
    Kind.FCNTL_COMMAND: _one_of(*Fcntl, *Fcntl, 99),
    Kind.FCNTL_ARGUMENT: _one_of(0, 1, 1, 4, *Seal, 0x400, 0x4000, *_ODD),
    Kind.NO_FLAGS: _one_of(0, 0, 0, 0, 1),
    Kind.PIDFD_FLAGS: _one_of(0, 0, 0x80, 0x800, 0x880, 1),
    Kind.PERSONALITY: _one_of(0, 0xFFFFFFFF, *Personality, *_ODD),
    Kind.WHENCE: _one_of(*Seek, *Seek, 9),
    Kind.FALLOC_MODE: _one_of(0, 0, 1, 1, 3, 3, 2, 8, 0x10, 0x40, 0x80),
    Kind.PIDFD: _one_of(*range(3, 20), -10000, -10000, -10001, -1),
    Kind.DIRFD: lambda chance, process: chance.choice((-100, -100, *range(10), -1)),
    Kind.NUMBER: _one_of(0, 1, 1, 2, 3, 5, 1024, 1025, 1 << 32, -1),
    Kind.IPC_KEY: _one_of(0, 0, 1, 2, 3, -1),
    Kind.SHMID: _one_of(*range(8), (1 << 15) + 1, -1),
    Kind.SHMGET_FLAGS: _one_of(0o600, 0o1600, 0o1600, 0o3600, 0, 0o4600, 0o11600),
    Kind.SHMAT_FLAGS: _family(Shmat),
    Kind.SHM_COMMAND: _one_of(*Shmctl, 99),
    Kind.IPC_ID: _one_of(*range(4), (1 << 15) + 1, -1),
    Kind.IPC_FLAGS: _one_of(0o600, 0o1600, 0o1600, 0o3600, 0, 0o4600),
    Kind.NR_OF_SEMS: _one_of(0, 1, 1, 2, 3, 32001, -1),
    Kind.SEMNUM: _one_of(0, 0, 1, 2, 5, -1),
    Kind.NR_OF_SEMOPS: _one_of(0, 1, 1, 2, 3, 500, 501),
    Kind.SEM_COMMAND: _one_of(*Semctl, 99),
    Kind.MSGRCV_FLAGS: _family(Msgrcv),
    Kind.MSG_TYPE: _one_of(0, 0, 1, 2, -2, *_ODD),
    Kind.MSG_COMMAND: _one_of(*Msgctl, 99),
    Kind.TIMER_ID: _one_of(0, 0, 1, 2, 3, -1),
    Kind.CLONE_FLAGS: lambda chance, process: chance.choice(
        (0x100, 0x10D00, 0x10F00, 0x8000, 17, _some(Clone, chance))
    ),
    Kind.FD: lambda chance, process: chance.choice((*range(10), chance.choice(_ODD))),
    Kind.PATH: _one_of(*PATHS, *PROGRAMS, "", "f", "/f/x", "/" + "n" * 300, "/é\n"),
    Kind.NAME: _one_of("m", "", "a name", "n" * 300, "é\n"),
    Kind.ARGV: _one_of(None, [], ["a"], ["a", "b" * 5000], ["x"] * 50),
    Kind.ENV: _one_of((), [], ["A=b", "c"], {"A": "b"}),
    Kind.RESOURCE: _one_of(*Rlimit, 99),
    Kind.LIMIT: _limit,
    Kind.HARD_LIMIT: lambda chance, process: chance.choice((None, None, _limit(chance, process))),
    Kind.LIMITS: lambda chance, process: chance.choice(
        (None, (_limit(chance, process), RLIM_INFINITY), [_limit(chance, process) for _ in "ab"])
    ),
    Kind.OPTION: _one_of(*Pr, 3, -1),
    Kind.ARGUMENT: lambda chance, process: chance.choice((0, 0, 1, 2, address(chance, process))),
    Kind.BARRIER: _one_of(*Membarrier, 3, -1),
    Kind.BARRIER_FLAGS: _one_of(0, 0, 1),
    Kind.ARCH_CODE: _one_of(*Arch, 0x1011),
    Kind.PID: _one_of(0, 0, 1, 1000, 1001, 1002, 7, -1),
    Kind.SIGNAL: _one_of(7, 11, 11, 9, 17, 0, 64, 65, -1),
    Kind.SIGPROCMASK_HOW: _one_of(0, 1, 2, 3, -1),
    Kind.FUTEX_OP: _one_of(*Futex, *(each | 128 for each in Futex), 256, 99),
    Kind.RSEQ_FLAGS: _one_of(0, 0, 1, 2),
    Kind.TIMER_FLAGS: _one_of(0, 0, 1, 2),
    Kind.HANDLER: _one_of(True, True, False),
    Kind.DATA: lambda chance, process: (
        bytes((chance.randrange(256),)) * chance.choice((0, 1, 1, 100, 5000, 12000))
    ),
    Kind.VALUE: _one_of(*_ODD),
    Kind.AT_FLAGS: _one_of(0, 0, 0x1000, 0x100, 0x800, 0x2000, 1),
    Kind.PATH_OR_NONE: _one_of(*PATHS, None, "", "f"),
    Kind.NODE_MODE: _one_of(0o10644, 0o10644, 0o20666, 0o60600, 0o100755, 0o40755, 0o30000, 0, -1),
    Kind.DEVICE: _one_of(0, 0x103, 0x105, 0x155, -1),
    Kind.OWNER: _one_of(0, 1, 1000, -1),
    Kind.RENAME_FLAGS: _one_of(0, 1, 2, 2, 4, 3, 8),
    Kind.FILE_ADVICE: _one_of(0, 1, 2, 3, 3, 4, 4, 5, 6, -1),
    Kind.SYNC_FLAGS: _one_of(0, 2, 7, 8),
    Kind.UNLINK_FLAGS: _one_of(0, 0, 0x200, 1),
    Kind.ACCESS_MODE: _one_of(0, 1, 2, 4, 6, 7, 8, -1),
    Kind.FILE_MODE: _one_of(0o777, 0o644, 0o600, 0, 0o7777, -1),
    Kind.FD_FLAGS: _one_of(0, 0x80000, 0x800, 0x80800, 1),
    Kind.FD_LIMIT: _one_of(5, 6, 7, 8, 9, (1 << 32) - 1),
    Kind.CLOSE_FLAGS: _one_of(0, 4, 4, 2, 6, 1),
    Kind.SIZE: _one_of(0, 1, 4, 64, 4096, -1),
    Kind.FLOCK_COMMAND: _one_of(5, 6, 6, 8, 8, 0, 3, 32),
    Kind.IOCTL_COMMAND: _one_of(*Ioctl, 0x1234),
    Kind.GRND_FLAGS: _one_of(0, 0, 1, 2, 4, 6, 8),
    Kind.WAIT_PID: _one_of(-1, -1, 0, 1000, 1001, -1000, -(1 << 31)),
    Kind.WAIT_OPTIONS: _one_of(0, 1, WALL, WALL | 1, WCLONE, 4),
    Kind.USAGE_OF: _one_of(*Rusage, 5),
    Kind.PRIORITY_OF: _one_of(*Prio, 3),
    Kind.CLOCK: _one_of(*Clock, 10, -1),
    Kind.CPUS_SIZE: _one_of(0, 4, 8, 8, 128),
    Kind.ACCESS_FLAGS: _one_of(0, 0, 0x200, 0x100, 0x1000, 1),
    Kind.STATX_MASK: _one_of(0, 0x7FF, 0xFFF, 0x40, 1 << 31),
    Kind.WAIT_TYPE: _one_of(0, 0, 1, 2, 3, 4),
    Kind.WAIT_ID: _one_of(0, 1000, 1001, 3, -1),
    Kind.ITIMER: _one_of(0, 0, 1, 2, 3),
    Kind.SECONDS: _one_of(0, 1, 3600, -1),
    Kind.ROOM: _one_of(0, 20, 64, 4096, -1),
    Kind.NR_POLLED: _one_of(0, 1, 2, 5000, -1),
    Kind.NR_OF_SETS: _one_of(0, 1, 8, 64, 1024, -1),
    Kind.TIMEOUT: _one_of(0, 0, 10, -1),
    Kind.EVENTFD_COUNT: _one_of(0, 0, 1, 5, -1),
    Kind.EVENTFD_FLAGS: _one_of(0, 1, 0x800, 0x80800, 2),
    Kind.EPOLL_FLAGS: _one_of(0, 0, 0x80000, 1),
    Kind.EPOLL_OP: _one_of(1, 1, 1, 2, 3, 3, 4),
    Kind.NR_EVENTS: _one_of(0, 1, 2, 8, -1),
    Kind.TIMERFD_FLAGS: _one_of(0, 0x800, 0x80800, 1),
    Kind.SETTIME_FLAGS: _one_of(0, 0, 1, 2, 4),
    Kind.SIGNALFD_FLAGS: _one_of(0, 0x800, 0x80800, 1),
    Kind.SOCK_FAMILY: _one_of(1, 1, 1, 2, 99),
    Kind.SOCK_TYPE: _one_of(1, 1, 2, 5, 3, 0x801, 0x80805, 0x101, 7, 12),
    Kind.PROTOCOL: _one_of(0, 0, 0, 1, 2),
    Kind.MSG_FLAGS: _one_of(0, 0, 1, 2, 0x20, 0x40, 0x100, 0x4000),
    Kind.SHUT_HOW: _one_of(0, 1, 2, 3, -1),
    Kind.SOCK_LEVEL: _one_of(1, 1, 1, 6),
    Kind.SOCK_OPTION: _one_of(*SockOption, 99),
    Kind.ACCEPT_FLAGS: _one_of(0, 0, 0o4000, 1),
    Kind.BACKLOG: _one_of(0, 1, 5, -1),
    Kind.MQ_PRIO: _one_of(0, 1, 7, 32767, 32768),
    Kind.NAME_LENGTH: _one_of(0, 4, 16, 200, -1),
    Kind.CODE: _one_of(*_SMALL, 255, 256),
}
