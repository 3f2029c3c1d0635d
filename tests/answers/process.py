"""Programs about what a process asks of itself: signals, clocks, futexes, limits, names.

Nothing sleeps, and all signals wait. Signals go to the first process only.
"""

from __future__ import annotations

import random
import struct

from tests.answers.ipc import TOLD, A, mapped, put
from tests.answers.program import PAGE, VICTIM_PID, Step
from vmlab.model.abi.prctl import (
    PR_SET_MM_AUXV,
    PR_SET_MM_MAP,
    PR_SET_MM_MAP_SIZE,
    PR_THP_DISABLE_EXCEPT_ADVISED,
    Arch,
    Pr,
)
from vmlab.model.abi.resource import Rlimit

_ALL = A + 500  # all signals
_SOME = A + 600  # some
_NONE = A + 700  # no time at all
_END = A + 8 * PAGE
_NOWHERE = [0, 1, _END - 4, 1 << 47, (1 << 47) - 8, 1 << 62, -8]
_NO_PID = 1 << 22
_INT_MIN = -(1 << 31)


def _place(rng: random.Random, place: int, some: float = 0.15) -> int:
    return place if rng.random() > some else rng.choice(_NOWHERE)


def _told(place: int, length: int) -> list[Step]:
    return [["bytes", place, length]]


# Signals

_SIGNALS = [1, 10, 10, 12, 17, 18, 18, 20, 21, 22, 23, 28, 33, 34, 34, 35, 64, 0, 65, -1]
_MASKS = [b"\xff" * 8, bytes(8), struct.pack("<Q", 1 << 9), struct.pack("<Q", 0xAAAAAAAA << 16)]
_HANDLERS = [0, 0, 1, 1, 1, 0x401000, -1]
_SA_FLAGS = [0, 0, 1, 2, 4, 0x04000000, 0x800, 0x400, 0x10000000, 0xFFFFFFFF, 1 << 40]
_STACK = A + 4 * PAGE
_USED_STACK = (0x7FFFFFFDE000, 0x21000)  # where every stack of a program is


def signals(rng: random.Random) -> list[Step]:
    """Which signals wait, which are ignored and forgotten, in which order they are taken."""
    steps = [*mapped(), *put(_ALL, b"\xff" * 8), ["rt_sigprocmask", 2, _ALL, 0, 8]]
    for _ in range(18):
        steps += rng.choice(_ON_SIGNALS)(rng)
    return [*steps, *_pending(rng), *_take(rng, _ALL), *_take(rng, _ALL)]


def _send(rng: random.Random) -> list[Step]:
    sig = rng.choice(_SIGNALS)
    match rng.randrange(8):
        case 0:
            return [["kill", rng.choice([_NO_PID, -_NO_PID, _INT_MIN]), sig]]
        case 1:
            return [["kill", 0, rng.choice([0, 65, -1])]]
        case 2:
            return [["tkill", rng.choice([_NO_PID, 0, -1]), sig]]
        case 3:
            numbers = rng.choice([(0, 1), (1, 0), (-1, 2), (1, -1), (_NO_PID, _NO_PID)])
            return [["tgkill", *numbers, sig]]
        case 4 | 5:
            return [["tkill", VICTIM_PID, sig]]
    return [["kill", VICTIM_PID, sig]]


def _pending(rng: random.Random) -> list[Step]:
    size = rng.choice([8, 8, 8, 8, 4, 0, 9, -1])
    pending: Step = ["rt_sigpending", _place(rng, TOLD + 8, 0.1), size]
    return [*put(TOLD + 8, b"\x55" * 8), pending, *_told(TOLD + 8, 8)]


def _block(rng: random.Random) -> list[Step]:
    # What was blocked and told, and all again: none comes.
    how, size = rng.choice([0, 0, 1, 2, 2, 3, -1]), rng.choice([8, 8, 8, 8, 8, 7, 9, 0])
    given = struct.pack("<Q", rng.getrandbits(64) if how else 1 << 8)
    if how in (1, 2):
        given = b"\xff" * 8 if how == 2 else struct.pack("<Q", 1 << 8 | 1 << 18)
    steps = [*put(A, given), ["rt_sigprocmask", how, _place(rng, A), _place(rng, TOLD + 400), size]]
    return [*steps, *_told(TOLD + 400, 8)]


def _action(rng: random.Random) -> list[Step]:
    action = struct.pack(
        "<4Q",
        rng.choice(_HANDLERS) % (1 << 64),
        *(rng.choice(_SA_FLAGS), rng.choice([0, 0x402000]), rng.getrandbits(64)),
    )
    sig, size = rng.choice([*_SIGNALS, 9, 19, 17]), rng.choice([8, 8, 8, 8, 8, 8, 16, 0])
    new = _place(rng, rng.choice([A, A, 0]), 0.1)
    call: Step = ["rt_sigaction", sig, new, _place(rng, TOLD + 100, 0.1), size]
    return [*put(A, action), call, *_told(TOLD + 100, 32)]


def _take(rng: random.Random, these: int) -> list[Step]:
    size = rng.choice([8, 8, 8, 8, 8, 8, 4])
    call: Step = ["rt_sigtimedwait", these, _place(rng, TOLD, 0.1), _NONE, size]
    return [*(["store", TOLD + at, 0] for at in (0, 8)), call, *_told(TOLD, 12)]


def _take_some(rng: random.Random) -> list[Step]:
    return [*put(_SOME, rng.choice(_MASKS)), *_take(rng, _place(rng, _SOME, 0.1))]


def _stack(rng: random.Random) -> list[Step]:
    place = rng.choice([(_STACK, 2 * PAGE), (_STACK, 2047), (_STACK, 2048), (0, 0), _USED_STACK])
    flags = rng.choice([0, 0, 0, 1, 2, 2, 3, 4, 1 << 31, 1 << 31 | 2])
    new = struct.pack("<QI4xQ", place[0], flags, place[1])
    given, told = _place(rng, rng.choice([A, A, 0]), 0.1), _place(rng, TOLD + 200, 0.1)
    return [*put(A, new), ["sigaltstack", given, told], *_told(TOLD + 200, 24)]


_ON_SIGNALS = [_send, _send, _send, _send, _pending, _block, _action, _action]
_ON_SIGNALS += [_take_some, _take_some, _stack, _stack]


# Clocks

_CLOCKS = [*range(13), 99]
_FAR = 10**6  # seconds: nothing comes meanwhile
_MORE = 600_000  # microseconds
_TIMES = [(0, 0), (0, 0), (-1, 0), (0, -1), (0, 10**9), (1 << 62, 10**9), (-1, 10**9)]


def clocks(rng: random.Random) -> list[Step]:
    """What clocks there are, sleeping until what is over, and the timers of a process."""
    steps = [*mapped(), *put(_ALL, b"\xff" * 8), ["rt_sigprocmask", 2, _ALL, 0, 8]]
    for _ in range(20):
        steps += rng.choice(_ON_CLOCKS)(rng)
    return steps


def _clock(rng: random.Random) -> list[Step]:
    clock = rng.choice(_CLOCKS)
    if rng.random() < 0.3:
        return [["clock_gettime", clock, _place(rng, TOLD, 0.4)]]
    return [*put(TOLD, b"\x55" * 16), ["clock_getres", clock, _place(rng, TOLD)], *_told(TOLD, 16)]


def _sleep(rng: random.Random) -> list[Step]:
    seconds, rest = rng.choice(_TIMES)
    clock, flags = rng.choice(_CLOCKS), rng.choice([0, 0, 1, 1, 2, 3])
    if flags & 1 and (seconds, rest) == (0, 0) and clock not in (2, 3):
        rest = rng.choice([0, 1, 999_999_999])  # of the first second: over
    given = _place(rng, A)
    steps = put(A, struct.pack("<2q", seconds, rest))
    if rng.random() < 0.2:
        return [*put(A, bytes(16)), ["nanosleep", given, 0]]
    return [*steps, ["clock_nanosleep", clock, flags, given, rng.choice([0, TOLD, 1 << 62])]]


def _itimer(rng: random.Random) -> list[Step]:
    # What is left of a second is not the same each time.
    interval = rng.choice([(0, 0), (5, 7), (0, 999_999), (0, 10**6), (-1, 0), (1 << 62, 5)])
    value = rng.choice([(0, 0), (_FAR, _MORE), (_FAR, _MORE), (_FAR, 10**6), (0, -1), (-1, 5)])
    which, new = rng.choice([0, 0, 0, 1, 2, 3, -1]), _place(rng, rng.choice([A, A, A, 0]), 0.1)
    steps = [*put(A, struct.pack("<4q", *interval, *value)), *put(TOLD, bytes(32))]
    if rng.random() < 0.4:
        return [*steps, ["getitimer", which, _place(rng, TOLD)], *_told(TOLD, 24)]
    return [*steps, ["setitimer", which, new, _place(rng, TOLD)], *_told(TOLD, 24)]


def _alarm(rng: random.Random) -> list[Step]:
    # Rounded: half a second more or less is told.
    microseconds = rng.choice([100_000, 400_000, 700_000, 999_000])
    value = struct.pack("<4q", 0, 0, rng.choice([0, 0, 7]), microseconds)
    steps = [*put(A, value), ["setitimer", 0, A, 0]] if rng.random() < 0.5 else []
    return [
        *steps,
        ["alarm", rng.choice([0, 1, 100, 1 << 31, (1 << 32) - 1])],
        ["alarm", _FAR],
        ["alarm", 0],
    ]


_ON_CLOCKS = [_clock, _sleep, _itimer, _itimer, _alarm]


# Futexes

_PLACES = [A, A, A + 4, A + 4, A + 2, A + PAGE, A + 8 * PAGE, A + 9 * PAGE, A + 9 * PAGE + 4]
_PLACES += [A + 10 * PAGE, A + 12 * PAGE, A + 13 * PAGE, 1 << 47, (1 << 47) - 4, 0]
_OPS = [0, 1, 1, 3, 4, 4, 5, 5, 5, 5, 9, 9, 10, 10, 2, 127]


def futexes(rng: random.Random) -> list[Step]:
    """Futexes where nobody waits: what is checked, compared and changed."""
    steps = [*mapped(), *_futex_memory()]
    for _ in range(18):
        steps += rng.choice([_futex, _futex, _futex, _robust, _rseq])(rng)
    return steps


def _futex_memory() -> list[Step]:
    # Behind A: shared, private but only to be read, never touched, of a file.
    rest = [(9, 3, 0x31, -1), (10, 1, 0x32, -1), (11, 3, 0x32, -1), (12, 1, 0x12, 4)]
    steps: list[Step] = [["memfd_create", "m", 0], ["ftruncate", 4, PAGE]]
    steps += [["mmap", A + page * PAGE, PAGE, prot, how, fd, 0] for page, prot, how, fd in rest]
    return steps


def _futex(rng: random.Random) -> list[Step]:
    value = rng.choice([0, 1, 5, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x800])
    first, second = rng.choice(_PLACES), rng.choice([A + 4, A + 4, *_PLACES])
    steps = [*put(A, struct.pack("<2I", value, value))]
    op = rng.choice(_OPS) | rng.choice([0, 128]) | rng.choice([0, 0, 0, 0, 256])
    val = rng.choice([0, 1, 2, value + 1, -1])
    what, last = rng.choice([0, 0, 1, 2, -1]), rng.choice([0, value, value + 1])
    match op & 127:
        case 0 | 9:
            val = rng.choice([2, 3, 4])  # other than there is: none sleeps
            what = rng.choice([0, 0, A + 300, 1 << 62])
            steps += put(A + 300, struct.pack("<2q", *rng.choice([*_TIMES, (5, 5)])))
            last = rng.choice([0, 1, -1])
        case 5:
            operands = [0, 1, 31, 0x7FF, 0x800, 0xFFF, 5]
            last = rng.choice([*range(8), 8, 9, 10, 11, 12, 15]) << 28
            last |= rng.randrange(8) << 24
            last |= rng.choice(operands) << 12 | rng.choice(operands)
    call: Step = ["futex", first, op, val, what, second, last]
    return [*steps, call, *_told(A, 8)]


def _robust(rng: random.Random) -> list[Step]:
    length = rng.choice([24, 24, 24, 0, 23, 25, -1])
    steps: list[Step] = [["set_robust_list", rng.choice([A + 100, 0]), length]]
    who = rng.choice([0, 0, VICTIM_PID, _NO_PID])
    get: Step = ["get_robust_list", who, _place(rng, TOLD), _place(rng, TOLD + 8)]
    return [*put(TOLD, b"\x55" * 16), *steps, get, *_told(TOLD, 16), ["set_robust_list", 0, 24]]


def _rseq(rng: random.Random) -> list[Step]:
    places = [A + 0x400, A + 0x400, A + 0x400, A + 0x420, A + 0x410, 1 << 47, -32, 0]
    length, flags = rng.choice([32, 32, 32, 64, 31, 0]), rng.choice([0, 0, 1, 1, 2, 3])
    return [["rseq", rng.choice(places), length, flags, rng.choice([5, 5, 5, 6])]]


# What a process is and may

_SOFT = [0, 5, 10, 10, 11, -1]  # where the hard limit is 10
_NOT_LIMITED = ("DATA", "STACK", "AS", "CPU", "FSIZE", "RTTIME")  # a program needs some


def itself(rng: random.Random) -> list[Step]:
    """Groups, priorities, limits, names and segments of a process."""
    steps = mapped()
    for _ in range(20):
        steps += rng.choice(_ON_ITSELF)(rng)
    return steps


def _group(rng: random.Random) -> list[Step]:
    match rng.randrange(6):
        case 0 | 1:
            numbers = rng.choice([(0, 0), (0, 0), (0, -1), (0, _NO_PID), (_NO_PID, 0), (1, 0)])
            return [["setpgid", *numbers]]
        case 2:
            return [["setpgid", VICTIM_PID, rng.choice([0, 0, 1, -1])]]
        case 3:
            return [["setsid"]]
    call = rng.choice(["getpgid", "getsid"])
    return [[call, rng.choice([0, 0, VICTIM_PID, _NO_PID, -1])]]


def _priority(rng: random.Random) -> list[Step]:
    return [["getpriority", rng.choice([0, 1, 2, 3, -1]), rng.choice([_NO_PID, _NO_PID, -1])]]


def _limit(rng: random.Random) -> list[Step]:
    some = [int(each) for each in Rlimit if each.name[len("RLIMIT_") :] not in _NOT_LIMITED]
    resource = rng.choice([*some, *some, 16, 99, -1])
    first, new = struct.pack("<2q", 3, 10), struct.pack("<2q", rng.choice(_SOFT), 10)
    if rng.random() < 0.2:
        new = struct.pack("<2q", 5, rng.choice([11, 1 << 30, (1 << 30) + 1, -1]))
    who, given = rng.choice([0, 0, 0, VICTIM_PID, _NO_PID]), rng.choice([A + 16] * 6 + _NOWHERE)
    return [
        *put(A, first + new),
        ["prlimit64", 0, resource, A, 0],
        ["prlimit64", who, resource, given, _place(rng, TOLD)],
        *_told(TOLD, 16),
        ["getrlimit", resource, _place(rng, TOLD + 16, 0.1)],
        *_told(TOLD + 16, 16),
    ]


_NAMES = [b"\0", b"short\0", b"fifteen-letters\0", b"sixteen--letters\0"]


def _option(rng: random.Random) -> list[Step]:
    option = rng.choice([*Pr, Pr.PR_SET_NAME, Pr.PR_SET_PDEATHSIG, Pr.PR_SET_DUMPABLE, 0, 999, -1])
    args = [rng.choice([0, 1, 2, 3, 64, 65, -1]), *(rng.choice([0, 0, 0, 1, 2]) for _ in range(3))]
    place = _place(rng, TOLD + 8)
    steps: list[Step] = []
    match option:
        case Pr.PR_GET_PDEATHSIG | Pr.PR_GET_NAME:
            args[0] = place
        case Pr.PR_SET_NAME:
            args[0] = _place(rng, A)
            steps = put(
                A, rng.choice([b"", b"short", b"fifteen-letters", b"sixteen--letters"]) + b"\0"
            )
        case Pr.PR_SET_VMA:
            return []
        case Pr.PR_SET_MM:
            args[0] = rng.choice([0, 1, PR_SET_MM_AUXV, PR_SET_MM_MAP, PR_SET_MM_MAP_SIZE, 99])
            args[1] = place if args[0] == PR_SET_MM_MAP_SIZE else _place(rng, A)
            args[2] = rng.choice([0, 8, 104, 104]) if args[0] == PR_SET_MM_MAP else args[2]
            steps = put(A, struct.pack("<11Q", *(rng.choice([1, 5, 1 << 47]) for _ in range(11))))
        case Pr.PR_SET_THP_DISABLE:
            args[1] = rng.choice([0, 0, PR_THP_DISABLE_EXCEPT_ADVISED, 1, 3])
        case Pr.PR_GET_THP_DISABLE | Pr.PR_GET_DUMPABLE:
            args[0] = rng.choice([0, 0, 0, 1])
    return [
        *steps,
        *put(TOLD + 8, b"\x55" * 16),
        ["prctl", int(option), *args],
        *_told(TOLD + 8, 16),
    ]


def _segment(rng: random.Random) -> list[Step]:
    code = rng.choice([*Arch, 0x1000, 0x1005, 0])
    addr = _place(rng, TOLD, 0.3)
    return [*put(TOLD, b"\x55" * 8), ["arch_prctl", int(code), addr], *_told(TOLD, 8)]


def _cpu(rng: random.Random) -> list[Step]:
    return [["getcpu", _place(rng, TOLD + 500, 0.5), _place(rng, TOLD + 508, 0.5)]]


_ON_ITSELF = [_group, _group, _priority, _limit, _limit, _option, _option, _option, _segment, _cpu]
