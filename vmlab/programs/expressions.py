"""What C would write for an address: `g`, `table[3]`, `*p`, `node->next`, `m[4096]`.

A variable at the address is named; or else a pointer that leads there, if the line names it. What a
function without lines touches for the line, it does through a pointer that the line does not set;
and in the heap, where other blocks of memory are too, in the block that the pointer leads to. Where
nothing is sure, there is no answer.

Left out: pointers into what lies below the address they hold, elements of unions, and pointers
that lie in an array which only a pointer leads to.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from vmlab.model.linux.include.structs import MmStruct
from vmlab.model.linux.mm.vma import find_vma_in_tree
from vmlab.model.look import look
from vmlab.programs.types import CType, type_of
from vmlab.programs.variables import Variable

LONGEST = 80  # characters
_WORD = 8  # bytes
_MOST_BYTES = 1 << 12  # of a variable, in which pointers are looked for
_MOST_ELEMENTS = 64  # of an array, the same
_ALIGN, _MARKS = 16, 7  # of glibc's blocks: bytes, and bits in the word with their size
_MOST_POINTERS = 256  # that are followed
_DEEPEST = 3  # pointers, one leading to the other
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")


class _Pointer(NamedTuple):
    text: str  # what C writes for it
    target: CType
    value: int


def identifiers(line: str) -> frozenset[str]:
    """Return the names in a line of a source."""
    return frozenset(_IDENTIFIER.findall(line))


def expression(
    mm: MmStruct, variables: Iterable[Variable], line: str, addr: int, *, direct: bool
) -> str:
    """Return what C would write for what stands at an address; '' if that is not sure.

    Args:
        mm: the address space.
        variables: those that can be seen at the line; a later one hides another of its name.
        line: the text of the line, which tells which pointers it uses.
        addr: bytes.
        direct: whether it is the line that touches it; else a function without lines.
    """
    seen = {each.name: each for each in variables if _NAME.fullmatch(each.name)}
    for each in seen.values():
        start = each.location.addr
        if start is not None and start <= addr < start + each.type.size:
            return _bounded(each.name + _within(each.type, addr - start))
    names = identifiers(line)
    pointers = [
        pointer
        for each in seen.values()
        if each.name in names and (direct or not _sets(line, each.name))
        for pointer in _pointers_in(each.name, each.type, _bytes_of(mm, each), names)
    ]
    found = [
        (addr - pointer.value, _from_pointer(pointer, line, addr - pointer.value))
        for pointer in _followed(mm, pointers, names)
        if _leads_to(mm, pointer, addr, direct)
    ]
    return _bounded(min(found)[1]) if found else ""


def _sets(line: str, name: str) -> bool:
    return re.search(rf"\b{name}\s*=(?!=)", line) is not None


def _bounded(text: str) -> str:
    return text if len(text) <= LONGEST else ""


def _bytes_of(mm: MmStruct, variable: Variable) -> bytes:
    addr, size = variable.location.addr, min(variable.type.size, _MOST_BYTES)
    return look(mm, addr, size) if addr is not None else variable.location.data


def _within(kind: CType, offset: int) -> str:
    # Which part of a value stands at an offset.
    if kind.kind == "array" and kind.element is not None and kind.element.size:
        number, rest = divmod(offset, kind.element.size)
        return f"[{number}]{_within(kind.element, rest)}"
    if kind.kind == "struct":
        for member in kind.members:
            if member.bits is None and 0 <= offset - member.offset < member.type.size:
                inner = _within(member.type, offset - member.offset)
                if not member.name:
                    return inner
                return f".{member.name}{inner}" if _NAME.fullmatch(member.name) else ""
    return ""


def _pointers_in(text: str, kind: CType, data: bytes, names: Collection[str]) -> Iterator[_Pointer]:
    # The pointers in a value; of members only those that the line names.
    if kind.kind == "pointer":
        if len(data) >= _WORD and kind.target is not None:
            value = int.from_bytes(data[:_WORD], "little")
            yield _Pointer(text, type_of(kind.target), value)
    elif kind.kind == "array" and kind.element is not None and kind.element.size:
        size = kind.element.size
        for number in range(min(len(data) // size, _MOST_ELEMENTS)):
            part = data[number * size : (number + 1) * size]
            yield from _pointers_in(f"{text}[{number}]", kind.element, part, names)
    elif kind.kind == "struct":
        for member in kind.members:
            if member.name in names and member.bits is None and _NAME.fullmatch(member.name):
                part = data[member.offset : member.offset + member.type.size]
                yield from _pointers_in(f"{text}.{member.name}", member.type, part, names)


def _followed(mm: MmStruct, pointers: list[_Pointer], names: Collection[str]) -> Iterator[_Pointer]:
    # Pointers, and those in the structs that they lead to.
    for _ in range(_DEEPEST):
        yield from pointers
        further = []
        for pointer in pointers[:_MOST_POINTERS]:
            if pointer.target.kind == "struct":
                data = look(mm, pointer.value, min(pointer.target.size, _MOST_BYTES))
                inner = _pointers_in("", pointer.target, data, names)
                further += [each._replace(text=_arrow(pointer.text, each.text)) for each in inner]
        pointers = further


def _leads_to(mm: MmStruct, pointer: _Pointer, addr: int, direct: bool) -> bool:
    # Is the address in what it points to, or behind that in the same region?
    start = pointer.value
    if start <= addr < start + max(pointer.target.size, 1):
        return True
    vma = find_vma_in_tree(mm, start)
    if vma is None or not vma.vm_start <= start <= addr < vma.vm_end:
        return False
    in_heap = vma.vm_start < mm.brk and mm.start_brk < vma.vm_end
    return direct or not in_heap or addr < start + _block(mm, start)


def _block(mm: MmStruct, start: int) -> int:
    # The bytes of a block of the heap, as glibc notes them before it; 0 = it does not look so.
    size = int.from_bytes(look(mm, start - _WORD, _WORD), "little") & ~_MARKS
    is_one = not start % _ALIGN and not size % _ALIGN and start + size <= mm.brk
    return size - _WORD if is_one else 0


def _from_pointer(pointer: _Pointer, line: str, offset: int) -> str:
    text, target = pointer.text, pointer.target
    if not target.size:  # a pointer to void, or to what is not told
        return f"{text} + {offset}" if offset else text
    number, rest = divmod(offset, target.size)
    inner = _within(target, rest)
    if number or f"{text}[" in line.replace(" ", ""):
        return f"{text}[{number}]{inner}"
    if inner.startswith("."):
        return _arrow(text, inner)
    return f"(*{text}){inner}" if inner else f"*{text}"


def _arrow(text: str, member: str) -> str:
    # What a member is called that a pointer leads to; the member begins with a point.
    return f"{text}->{member[1:]}"
