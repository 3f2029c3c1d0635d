"""Programs about signals with values, and timers that send them. All signals wait."""

from __future__ import annotations

import random
import struct

from tests.answers.ipc import TOLD, A, mapped, put
from tests.answers.program import PAGE, VICTIM_PID, Step

_SET, _NONE = A + 500, A + 600  # all signals, and no time at all
_SIGNALS = [10, 34, 34, 35, 64, 12, 17, 0, 65, -1]
_CODES = [-1, -1, -1, -1, -2, -6, -7, -8, -60, -61, 0, 1, 2, 6, 7, 128]
_FAR = 10**6  # seconds: nothing comes meanwhile
_HALF = 500_000_000


def _waiting() -> list[Step]:
    return [
        *mapped(),
        *put(_SET, b"\xff" * 8),
        ["rt_sigprocmask", 2, _SET, 0, 8],
        *put(_NONE, bytes(16), zeros=False),
    ]


def _take() -> list[Step]:
    return [
        *(["store", TOLD + at, 0] for at in (0, 16, 24)),
        ["rt_sigtimedwait", _SET, TOLD, _NONE, 8],
        ["bytes", TOLD, 12],
        ["bytes", TOLD + 16, 112],
    ]


def sigqueue(rng: random.Random) -> list[Step]:
    """Signals that are sent with what is told of them, and taken."""
    steps = _waiting()
    for _ in range(14):
        steps += _send(rng) if rng.random() < 0.6 else _take()
    return [*steps, *_take(), *_take()]


def _send(rng: random.Random) -> list[Step]:
    info = struct.pack("<3i4x4I2q", 99, 5, rng.choice(_CODES), 77, 3, 8, 9, 11, 12)
    rest = rng.choice([b"", b"", bytes(79) + b"\1"])
    steps = [*put(A, info + bytes(80)), *put(A + len(info), rest, zeros=False)]
    where = rng.choice([A] * 12 + [0, A + 8 * PAGE - 40])
    signal = rng.choice(_SIGNALS)
    match rng.randrange(8):
        case 0:
            return [*steps, ["rt_sigqueueinfo", rng.choice([0, -1, 1 << 22]), signal, where]]
        case 1:
            numbers = rng.choice([(0, 5), (5, 0), (-1, 3), (1 << 22, 1 << 22)])
            return [*steps, ["rt_tgsigqueueinfo", *numbers, signal, where]]
    return [*steps, ["rt_sigqueueinfo", VICTIM_PID, signal, where]]


def timers(rng: random.Random) -> list[Step]:
    """Timers: made, set, over, asked, deleted; what they send is taken."""
    steps = _waiting()
    for _ in range(18):
        steps += _timer(rng)
    return [*steps, *_take()]


def ignored(rng: random.Random) -> list[Step]:
    """Timers whose signal is ignored for a while, before or after it was sent."""
    steps = _waiting()
    for _ in range(2):
        event = struct.pack("<Q3i44x", rng.getrandbits(64), rng.choice([10, 34, 64]), 0, 0)
        steps += [*put(A, event), ["timer_create", rng.choice([0, 1]), A, A + 200]]
    for _ in range(16):
        match rng.randrange(6):
            case 0 | 1:
                steps += _act(rng)
            case 2:
                steps += _take()
            case _:
                steps += _set(rng, rng.choice([0, 0, 1]))[:-1]  # what is left depends on the clock
        steps += [["rt_sigpending", TOLD + 400, 8], ["bytes", TOLD + 400, 8]]
    return [*steps, *_act(rng), *_take(), *_take()]


def _act(rng: random.Random) -> list[Step]:
    # Real-time signals too: what is sent twice waits twice, but of a timer.
    action = struct.pack("<Q24x", rng.choice([0, 1, 1]))
    sig = rng.choice([10, 34, 64])
    return [*put(A, action), ["rt_sigaction", sig, A, 0, 8]]


def _timer(rng: random.Random) -> list[Step]:
    timer = rng.choice([0, 0, 0, 1, 1, 2, 9, -1])
    match rng.randrange(11):
        case 0 | 1 | 2:
            return _create(rng)
        case 3 | 4 | 5 | 6:
            return _set(rng, timer)
        case 7:
            where = rng.choice([TOLD + 300] * 4 + [0])
            # What is left of a second is not the same each time.
            told = [["bytes", TOLD + 300, 24]]
            return [*_clear(TOLD + 300), ["timer_gettime", timer, where], *told]
        case 8:
            return [["timer_getoverrun", timer]]
        case 9:
            return [["timer_delete", timer]]
    return _take()


def _create(rng: random.Random) -> list[Step]:
    clock = rng.choice([0, 0, 1, 1, 1, 4, 7, 8, 10, 11, 12])
    event = struct.pack(
        "<Q3i44x",
        *(0x1234567890, rng.choice([10, 34, 34, 64, 0, 65, -1])),
        *(rng.choice([0, 0, 0, 1, 2, 3, 4, 5]), rng.choice([0, 1])),
    )
    given = rng.choice([A, A, A, 0, 0, 1 << 62])
    where = rng.choice([A + 200] * 8 + [8])
    steps = put(A, event)
    return [*steps, ["timer_create", clock, given, where], ["bytes", A + 200, 4]]


def _set(rng: random.Random, timer: int) -> list[Step]:
    interval = rng.choice([(0, 0), (0, 0), (5 * 10**9, 7), (-1, 0), (0, 10**9)])
    value, flags = rng.choice([((0, 0), 0), ((_FAR, _HALF), 0), ((0, 1), 1), ((0, 1), 1)])
    steps = [*put(A, struct.pack("<4q", *interval, *value)), *_clear(TOLD + 300)]
    old = rng.choice([TOLD + 300, TOLD + 300, 0, 1 << 62])
    new = rng.choice([A] * 9 + [0, 1 << 62])
    call = ["timer_settime", timer, rng.choice([flags, flags, flags | 2]), new, old]
    return [*steps, call, ["bytes", TOLD + 300, 24]]


def _clear(addr: int) -> list[Step]:
    return put(addr, bytes(32))
