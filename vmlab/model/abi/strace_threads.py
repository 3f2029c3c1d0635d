"""How strace writes arguments of calls of threads, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vmlab.model.abi.futex import FUTEX_CMD_MASK, Futex, FutexFlag
from vmlab.model.abi.kinds import Kind
from vmlab.model.abi.rseq import Rseq
from vmlab.model.abi.strace_numbers import format_flags, parse_symbols
from vmlab.model.abi.time import Timer


def _futex_op(op: int) -> str:
    cmd, flags = op & FUTEX_CMD_MASK, op & ~FUTEX_CMD_MASK
    name = Futex(cmd).name if cmd in tuple(Futex) else f"{cmd:#x}"
    # strace writes the private operations as names of their own.
    private = "_PRIVATE" if flags & FutexFlag.FUTEX_PRIVATE_FLAG and cmd in tuple(Futex) else ""
    rest = flags & ~FutexFlag.FUTEX_PRIVATE_FLAG if private else flags
    return name + private + (f"|{format_flags(FutexFlag, rest)}" if rest else "")


_OPS = {
    **{each.name: each.value for each in Futex},
    **{f"{each.name}_PRIVATE": each | FutexFlag.FUTEX_PRIVATE_FLAG.value for each in Futex},
    **{each.name or "": each.value for each in FutexFlag},
}

FORMATS: Mapping[Kind, Callable[[int], str]] = {
    Kind.FUTEX_OP: _futex_op,
    Kind.RSEQ_FLAGS: lambda flags: format_flags(Rseq, flags),
    Kind.TIMER_FLAGS: lambda flags: format_flags(Timer, flags),
}
PARSERS: Mapping[Kind, Callable[[str], int]] = {
    Kind.FUTEX_OP: lambda text: parse_symbols(text, _OPS),
    Kind.RSEQ_FLAGS: lambda text: parse_symbols(text, dict(Rseq.__members__)),
    Kind.TIMER_FLAGS: lambda text: parse_symbols(text, dict(Timer.__members__)),
}
