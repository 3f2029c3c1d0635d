"""Programs about semaphores and messages of System V. None sleeps without end."""

from __future__ import annotations

import random
import struct

from tests.answers.program import PAGE, Step
from vmlab.model.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE
from vmlab.model.abi.msg import Msgctl, Msgrcv
from vmlab.model.abi.sem import Semctl, Semop

A = 0x10000000  # where operations and messages are told
TOLD = A + PAGE  # where answers stand
IDS = [0, 0, 0, 0, 0, 1, 1, 2, 32768, -1]
KEYS = [0, 0, 1, 1, 2, 0x12345678, -1]
HOW = [0, 0o600, 0o1600, 0o1600, 0o1777, 0o3600]
_NOWAIT = Semop.IPC_NOWAIT.value
_NOWHERE = [0, 1 << 62, A - 2]
_VALUES = [0, 0, 1, 2, 3, 5, 32767, 32768, -1, 1 << 32, 1 << 31]
_TYPES = [1, 1, 1, 2, 2, 3, 7, 0, -1, 1 << 62]
_WANTED = [0, 0, 0, 1, 2, 3, -1, -2, -3, -9, (1 << 63) - 1, -(1 << 63), 7]
_SIZES = [0, 1, 5, 30, 300, 8192, 8193, 16384, 1 << 40, -1]
_TIMES = [(0, 0), (0, 1), (0, 1000), (0, 10**9), (-1, 0), (0, -1)]


def put(addr: int, data: bytes, *, zeros: bool = True) -> list[Step]:
    """Return what stores bytes; zeros may stand there already."""
    return [["store", addr + at, byte] for at, byte in enumerate(data) if byte or zeros]


def mapped() -> list[Step]:
    """Return what maps room for a message that is as long as can be, and for an answer."""
    flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
    return [["mmap", A, 8 * PAGE, 3, flags, -1, 0], ["store", A, 0, 8]]


def sem(rng: random.Random) -> list[Step]:
    """Sets of semaphores: made, changed, waited for, undone at the end of a child, removed."""
    steps = [*mapped(), ["semget", 0, rng.choice([1, 2, 3, 5]), 0o1600]]
    for _ in range(16):
        steps += _sem(rng, children=1)
    return [*steps, *_sem_told()]


def _sem(rng: random.Random, children: int) -> list[Step]:
    semid, semnum = rng.choice(IDS), rng.choice([0, 0, 1, 2, 4, 9, -1])
    match rng.randrange(20):
        case 0 | 1:
            nsems = rng.choice([0, 1, 2, 2, 3, 32000, 32001, -1])
            return [["semget", rng.choice(KEYS), nsems, rng.choice(HOW)]]
        case 2 | 3:
            value = rng.choice(_VALUES)
            return [["semctl", semid, semnum, Semctl.SETVAL.value, value], *_sem_told()]
        case 4:
            data = struct.pack("<5H", *(rng.choice([0, 1, 2, 32767, 32768]) for _ in range(5)))
            where = rng.choice([A, A, A, *_NOWHERE])
            return [*put(A, data), ["semctl", semid, 0, Semctl.SETALL.value, where], *_sem_told()]
        case 5:
            commands = (Semctl.GETVAL, Semctl.GETNCNT, Semctl.GETZCNT)
            return [["semctl", semid, semnum, each.value, 0] for each in commands]
        case 6:
            command = rng.choice([0, 99, -1, 10, 21])
            return [["semctl", semid, 0, command, 0], *_sem_told()]
        case 7:
            commands = [Semctl.IPC_INFO, Semctl.SEM_INFO]
            where = rng.choice([TOLD, TOLD, 0])
            info = ["semctl", rng.choice([0, 5, -1]), 0, rng.choice(commands).value, where]
            return [info, ["bytes", TOLD, 40]]
        case 8:
            stats = [Semctl.IPC_STAT, Semctl.SEM_STAT, Semctl.SEM_STAT_ANY]
            where = rng.choice([TOLD, TOLD, 1 << 62])
            return [["semctl", semid, 0, rng.choice(stats).value, where], *_perm(80, 8)]
        case 9:
            return [*_set_perm(rng, b""), ["semctl", semid, 0, Semctl.IPC_SET.value, A]]
        case 10 | 11 if children:
            inside = [step for _ in range(4) for step in _sem(rng, children - 1)]
            return [["fork", inside], *_sem_told()]
    return _operate(rng, semid)


def _operate(rng: random.Random, semid: int) -> list[Step]:
    nsops = rng.choice([1, 1, 1, 2, 2, 3])
    timed = rng.random() < 0.3
    sops = b""
    for _ in range(nsops):
        flags = rng.choice([0, 0, Semop.SEM_UNDO.value]) | (0 if timed else _NOWAIT)
        change = rng.choice([-1, -1, -2, 0, 1, 1, 2, 3, 32767, -32768, 20000])
        sops += struct.pack("<Hhh", rng.choice([0, 0, 0, 1, 1, 2, 9]), change, flags)
    where = rng.choice([A] * 9 + _NOWHERE)
    count = rng.choice([nsops] * 12 + [0, 500, 501, 1 << 32])
    if count == 500:
        where = 0
    steps = put(A, sops)
    if not timed:
        return [*steps, ["semop", semid, where, count], *_sem_told()]
    seconds, rest = rng.choice(_TIMES)
    steps += put(A + 100, struct.pack("<2q", seconds, rest))
    time = rng.choice([A + 100] * 9 + [1 << 62])
    return [*steps, ["semtimedop", semid, where, count, time], *_sem_told()]


def _sem_told() -> list[Step]:
    steps: list[Step] = []
    for semid in (0, 1):
        steps += [["semctl", semid, 0, Semctl.GETALL.value, TOLD + 200], ["bytes", TOLD + 200, 10]]
    return steps


def _perm(start: int, length: int) -> list[Step]:
    # Key, owners, rights, and what else is neither a time nor a pid.
    return [["bytes", TOLD, 48], ["bytes", TOLD + start, length]]


def _set_perm(rng: random.Random, rest: bytes) -> list[Step]:
    owner = (rng.choice([0, 5, 0xFFFFFFFF]), rng.choice([0, 7]))
    return put(A, struct.pack("<6I24x", 0, *owner, 1, 1, rng.choice([0o600, 0o7777])) + rest)


def msg(rng: random.Random) -> list[Step]:
    """Queues of messages: made, filled, emptied in some order, removed."""
    steps = [*mapped(), ["msgget", 0, 0o1600]]
    for _ in range(20):
        steps += _msg(rng, children=1)
    return steps


def _msg(rng: random.Random, children: int) -> list[Step]:
    msqid = rng.choice(IDS)
    match rng.randrange(20):
        case 0:
            return [["msgget", rng.choice(KEYS), rng.choice(HOW)]]
        case 1 | 2 | 3 | 4 | 5 | 6 | 7:
            return _send(rng, msqid)
        case 8 | 9 | 10 | 11 | 12 | 13:
            return _receive(rng, msqid)
        case 14:
            stats = [Msgctl.IPC_STAT, Msgctl.MSG_STAT, Msgctl.MSG_STAT_ANY]
            where = rng.choice([TOLD, TOLD, 1 << 62])
            return [["msgctl", msqid, rng.choice(stats).value, where], *_perm(72, 24)]
        case 15:
            commands = [Msgctl.IPC_INFO, Msgctl.MSG_INFO]
            where = rng.choice([TOLD, TOLD, 0])
            info = ["msgctl", rng.choice([0, 5, -1]), rng.choice(commands).value, where]
            return [info, ["bytes", TOLD, 30]]
        case 16:
            qbytes = rng.choice([0, 5, 40, 16384, 1 << 20])
            rest = struct.pack("<24xQQQ24x", 0, 0, qbytes)
            return [*_set_perm(rng, rest), ["msgctl", msqid, Msgctl.IPC_SET.value, A]]
        case 17:
            return [["msgctl", msqid, rng.choice([0, 0, 99, -1, 10]), 0]]
        case 18 if children:
            inside = [step for _ in range(4) for step in _msg(rng, children - 1)]
            return [["fork", inside]]
    return _send(rng, msqid)


def _send(rng: random.Random, msqid: int) -> list[Step]:
    data = struct.pack("<q", rng.choice(_TYPES)) + bytes([rng.randrange(1, 255)]) * 3
    where = rng.choice([A] * 12 + _NOWHERE + [A + 8 * PAGE - 8])
    size = rng.choice(_SIZES)
    return [*put(A, data), ["msgsnd", msqid, where, size, Msgrcv.IPC_NOWAIT.value]]


def _receive(rng: random.Random, msqid: int) -> list[Step]:
    flags = Msgrcv.IPC_NOWAIT.value
    for flag in (Msgrcv.MSG_NOERROR, Msgrcv.MSG_EXCEPT, Msgrcv.MSG_COPY):
        flags |= flag.value if rng.random() < 0.25 else 0
    if flags & Msgrcv.MSG_COPY and rng.random() < 0.1:
        flags &= ~Msgrcv.IPC_NOWAIT
    where = rng.choice([TOLD] * 12 + _NOWHERE + [A + 8 * PAGE - 12])
    receive = ["msgrcv", msqid, where, rng.choice(_SIZES), rng.choice(_WANTED), flags]
    return [receive, ["bytes", TOLD, 16]]
