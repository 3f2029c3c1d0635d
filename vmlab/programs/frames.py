"""The call stack of a task: which function was called from which line, up to the first one.

How to get from a frame to its caller's is told by .eh_frame; without, rbp is taken to lead there.

Left out: frames of libraries that are files of their own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vmlab.model.linux.include.structs import MmStruct, TaskStruct
from vmlab.model.look import look
from vmlab.programs.debug import Debug, Function, Loaded, of
from vmlab.programs.locations import Context, NotFound, evaluate, parsed
from vmlab.record.site import Line

_MOST = 64  # frames
_WORD = 8  # bytes
_BP, _SP, _RA = 6, 7, 16  # DWARF's numbers
_NAMES = ("ax", "dx", "cx", "bx", "si", "di", "bp", "sp", *(f"r{each}" for each in range(8, 16)))


@dataclass(frozen=True, slots=True)
class Frame:
    """A function that was called and has not returned.

    Attributes:
        addr: bytes: the next instruction there.
        at: bytes: in the one that it is at, which in all but the innermost frame is a call.
        function: of the program's own; None = another one.
        line: it is on.
        registers: what they hold there, by DWARF's numbers.
        cfa: bytes: DWARF's canonical address of the frame; None = unknown.
    """

    addr: int
    at: int
    function: Function | None
    line: Line | None
    registers: dict[int, int]
    cfa: int | None


def call_stack(task: TaskStruct) -> list[Frame]:
    """Return the frames of a task, the innermost first. Nothing changes.

    Raises:
        ProgramError: the program has no debug information.
    """
    return list(frames_of(task))


def frames_of(task: TaskStruct) -> Iterator[Frame]:
    """Return the frames one by one, each when it is asked for; see `call_stack`.

    Raises:
        ProgramError: the program has no debug information.
    """
    mm = task.mm
    if mm is None:
        return
    loaded = of(mm)
    registers = {number: getattr(task.regs, name) for number, name in enumerate(_NAMES)}
    addr = task.rip
    for depth in range(_MOST):
        at = addr - bool(depth)  # a return address may be past the end of the function
        cfa, caller = _unwound(mm, loaded, at, registers)
        function, line = loaded.function_at(at), loaded.line_at(at)
        yield Frame(addr, at, function, line, registers, cfa)
        if cfa is None or cfa <= registers[_SP] or not caller.get(_RA):
            break
        addr, registers = caller.pop(_RA), caller


def own_frames(task: TaskStruct) -> Iterator[Frame]:
    """Return those of functions of the program's own; see `call_stack`.

    Raises:
        ProgramError: the program has no debug information.
    """
    return (frame for frame in frames_of(task) if frame.function is not None)


def word(mm: MmStruct, addr: int) -> int:
    """Return the word at an address (bytes).

    Raises:
        NotFound: nothing is mapped there.
    """
    data = look(mm, addr, _WORD)
    if len(data) < _WORD:
        raise NotFound
    return int.from_bytes(data, "little")


def _unwound(
    mm: MmStruct, loaded: Loaded, addr: int, registers: dict[int, int]
) -> tuple[int | None, dict[int, int]]:
    # The canonical address of a frame, and the registers of its caller.
    debug, bias = loaded
    context = Context(_Unit(debug), registers, bias, None, lambda place: word(mm, place))
    row = _row(debug, addr - bias)
    try:
        if row is None:
            return _by_top(context, debug) or _by_bp(context)
        rule = row["cfa"]
        if rule.expr is None:
            cfa = registers[rule.reg] + rule.offset
        else:
            cfa = evaluate(parsed(rule.expr, debug.dwarf.structs), context)
        caller = registers | {_SP: cfa}
        for number, each in row.items():
            if isinstance(number, int):
                caller[number] = _saved(each, cfa, context)
    except (KeyError, NotFound):
        return None, {}
    return cfa, caller


@dataclass(frozen=True, slots=True)
class _Unit:
    # The form of expressions outside of any compilation unit.
    debug: Debug

    @property
    def structs(self) -> Any:
        return self.debug.dwarf.structs


def _by_top(context: Context, debug: Debug) -> tuple[int, dict[int, int]] | None:
    # Code that is not told of may just have been called, as where clone3 enters the kernel.
    sp = context.registers[_SP]
    addr = context.read(sp)
    if _row(debug, addr - 1 - context.bias) is None:
        return None
    cfa = sp + _WORD
    return cfa, {**context.registers, _RA: addr, _SP: cfa}


def _by_bp(context: Context) -> tuple[int, dict[int, int]]:
    bp = context.registers[_BP]
    cfa = bp + 2 * _WORD
    saved = {_BP: context.read(bp), _RA: context.read(bp + _WORD), _SP: cfa}
    return cfa, {**context.registers, **saved}


def _saved(rule: Any, cfa: int, context: Context) -> int:
    # What a register held in the caller.
    if rule.type == "OFFSET":
        return context.read(cfa + rule.arg)
    if rule.type == "VAL_OFFSET":
        return cfa + int(rule.arg)
    if rule.type == "REGISTER":
        return context.registers[rule.arg]
    if rule.type in ("EXPRESSION", "VAL_EXPRESSION"):
        value = evaluate(parsed(rule.arg, context.unit.structs), context, [cfa])
        return context.read(value) if rule.type == "EXPRESSION" else value
    return 0  # undefined: there is no caller


def _row(debug: Debug, addr: int) -> dict[Any, Any] | None:
    # How to unwind from an address.
    entries = debug.unwinding
    place = bisect_right(entries, addr, key=lambda entry: entry["initial_location"]) - 1
    if place < 0:
        return None
    entry = entries[place]
    if addr >= entry["initial_location"] + entry["address_range"]:
        return None
    rows = [row for row in entry.get_decoded().table if row["pc"] <= addr]
    return rows[-1] if rows else None
