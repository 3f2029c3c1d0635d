"""Where a variable is: DWARF's expressions, in one frame of a call stack.

Left out: variables in several pieces, and those that only their caller's caller could tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from elftools.dwarf.dwarf_expr import DWARFExprParser

_MASK = (1 << 64) - 1
_WORD = 8  # bytes
_TLS = ("DW_OP_form_tls_address", "DW_OP_GNU_push_tls_address")
_BINARY: dict[str, Callable[[int, int], int]] = {
    "DW_OP_plus": lambda a, b: a + b,
    "DW_OP_minus": lambda a, b: a - b,
    "DW_OP_and": lambda a, b: a & b,
    "DW_OP_or": lambda a, b: a | b,
    "DW_OP_mul": lambda a, b: a * b,
    "DW_OP_shl": lambda a, b: a << b if b < 64 else 0,
    "DW_OP_ge": lambda a, b: int(_signed(a) >= _signed(b)),
}


class NotFound(Exception):
    """An expression that tells no place."""


class Location(NamedTuple):
    """Where something is: in memory, or its bytes if it is nowhere there."""

    addr: int | None
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Context:
    """What an expression is about.

    Attributes:
        unit: the compilation unit, which tells the form of expressions.
        registers: by DWARF's numbers.
        bias: bytes that addresses are higher than in the file.
        tls: bytes: where the thread's variables begin; None = they are not there yet.
        read: tells the word at an address of memory.
        cfa: bytes: the frame's canonical address; None = unknown.
        frame_base: expression of the function.
    """

    unit: Any
    registers: Mapping[int, int]
    bias: int
    tls: int | None
    read: Callable[[int], int]
    cfa: int | None = None
    frame_base: bytes | None = None


def locate(expression: bytes, context: Context) -> Location:
    """Return where the thing is that an expression tells.

    Raises:
        NotFound: it tells none, or is not understood.
    """
    if not expression:
        raise NotFound
    ops = parsed(expression, context.unit.structs)
    last = ops[-1].op_name
    if last.startswith("DW_OP_reg"):
        value = register(context, ops[-1].args[0] if last == "DW_OP_regx" else int(last[9:]))
        return Location(None, value.to_bytes(_WORD, "little"))
    if last == "DW_OP_implicit_value":
        return Location(None, bytes(ops[-1].args[0]))
    if last == "DW_OP_stack_value":
        return Location(None, evaluate(ops[:-1], context).to_bytes(_WORD, "little"))
    return Location(evaluate(ops, context))


def parsed(expression: bytes, structs: Any) -> list[Any]:
    """Return the operations of an expression."""
    return list(DWARFExprParser(structs).parse_expr(expression))


def evaluate(ops: list[Any], context: Context, stack: list[int] | None = None) -> int:
    """Return what operations leave on top of the stack.

    Raises:
        NotFound: one of them is not understood, or leads nowhere.
    """
    stack = stack or []
    for op in ops:
        name, args = op.op_name, op.args
        if name in _BINARY:
            second, first = stack.pop(), stack.pop()
            value = _BINARY[name](first, second)
        elif name == "DW_OP_deref":
            value = context.read(stack.pop())
        elif name == "DW_OP_plus_uconst":
            value = stack.pop() + args[0]
        elif name in _TLS and context.tls is not None:
            value = context.tls + stack.pop()
        else:
            value = _pushed(name, args, context)
        stack.append(value & _MASK)
    if not stack:
        raise NotFound
    return stack[-1]


def _pushed(name: str, args: list[int], context: Context) -> int:
    if name == "DW_OP_addr":
        return args[0] + context.bias
    if name == "DW_OP_addrx":
        found: int = context.unit.dwarfinfo.get_addr(context.unit, args[0])
        return found + context.bias
    if name == "DW_OP_call_frame_cfa" and context.cfa is not None:
        return context.cfa
    if name == "DW_OP_fbreg" and context.frame_base:
        ops = parsed(context.frame_base, context.unit.structs)
        only = ops[0].op_name
        if only.startswith("DW_OP_reg"):  # the register is the base, it does not hold the place
            return register(context, int(only[9:])) + args[0]
        return evaluate(ops, context) + args[0]
    if name.startswith("DW_OP_breg"):
        return register(context, int(name[10:])) + args[0]
    if name.startswith("DW_OP_lit"):
        return int(name[9:])
    if name.startswith("DW_OP_const"):
        return args[0]
    raise NotFound


def register(context: Context, number: int) -> int:
    """Return what a register holds.

    Raises:
        NotFound: nobody knows.
    """
    value = context.registers.get(number)
    if value is None:
        raise NotFound
    return value


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value
