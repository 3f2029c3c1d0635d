"""Types of C as debug information tells them, and how their values are written.

Values read as gdb prints them: `{x = 1, y = 2}`, `"text"`, `65 'A'`, pointers in hexadecimal.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vmlab.programs.debug import attribute, text

_MOST_ELEMENTS = 32  # of an array that are written; "..." stands for the others
_POINTERS = ("DW_TAG_pointer_type", "DW_TAG_reference_type")
_SAME = {
    "DW_TAG_typedef": "",
    "DW_TAG_const_type": "const ",
    "DW_TAG_volatile_type": "volatile ",
    "DW_TAG_restrict_type": "",
    "DW_TAG_atomic_type": "_Atomic ",
}
_GROUPS = {"DW_TAG_structure_type": "struct", "DW_TAG_union_type": "union"}
_FLOATS = {4: "<f", 8: "<d"}
_ESCAPES = {0: "\\0", 9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 39: "\\'", 92: "\\\\"}
_BOOLEAN, _FLOAT, _SIGNED, _SIGNED_CHAR, _UNSIGNED_CHAR = 2, 4, 5, 6, 8  # DW_ATE_*


class Member(NamedTuple):
    """A member of a struct or union."""

    name: str
    type: CType
    offset: int  # bytes
    bits: tuple[int, int] | None = None  # of a bit field: the first, from offset 0; how many


@dataclass(frozen=True, slots=True)
class CType:
    """A type.

    Attributes:
        name: as C writes it.
        size: bytes; 0 = unknown.
        kind: 'signed', 'unsigned', 'char', 'uchar', 'bool', 'float', 'pointer', 'enum', 'array',
            'struct', 'union', 'other'.
        element: of an array.
        members: of a struct or union.
        names: of the values of an enum.
        target: of a pointer: what DWARF says of it.
    """

    name: str
    size: int
    kind: str
    element: CType | None = None
    members: tuple[Member, ...] = ()
    names: tuple[tuple[int, str], ...] = ()
    target: Any = field(default=None, repr=False, compare=False)

    def value(self, data: bytes) -> str:
        """Return how C would write a value.

        Args:
            data: the bytes of it, as they stand in memory.
        """
        show = _SHOWN.get(self.kind)
        return "?" if show is None or len(data) < self.size else show(self, data)


def type_of(die: Any) -> CType:
    """Return the type that something has: a variable, a member, a pointer, a function."""
    kind = _type_die(die)
    return CType("void", 0, "other") if kind is None else _type(kind)


def _type_die(die: Any) -> Any:
    while "DW_AT_type" not in die.attributes:
        origin = next((each for each in _ORIGINS if each in die.attributes), None)
        if origin is None:
            return None
        die = die.get_DIE_from_attribute(origin)
    return die.get_DIE_from_attribute("DW_AT_type")


_ORIGINS = ("DW_AT_abstract_origin", "DW_AT_specification")


def _type(die: Any) -> CType:
    name, tag, size = name_of(die), die.tag, attribute(die, "DW_AT_byte_size") or 0
    if tag in _SAME:
        inner = type_of(die)
        return CType(name, *(getattr(inner, field) for field in _BEHIND_NAME))
    if tag == "DW_TAG_base_type":
        return CType(name, size, _base_kind(attribute(die, "DW_AT_encoding"), size))
    if tag in _POINTERS:
        return CType(name, size or 8, "pointer", target=die)
    if tag == "DW_TAG_enumeration_type":
        values = [each for each in die.iter_children() if each.tag == "DW_TAG_enumerator"]
        names = [
            (attribute(each, "DW_AT_const_value"), text(attribute(each, "DW_AT_name")))
            for each in values
        ]
        return CType(name, size, "enum", names=tuple(names))
    if tag in _GROUPS:
        return CType(name, size, _GROUPS[tag], members=_members(die))
    if tag == "DW_TAG_array_type":
        return _array(type_of(die), _counts(die))
    return CType(name, size, "other")


_BEHIND_NAME = ("size", "kind", "element", "members", "names", "target")


def _base_kind(encoding: int, size: int) -> str:
    if encoding in (_SIGNED_CHAR, _UNSIGNED_CHAR) and size == 1:
        return "char" if encoding == _SIGNED_CHAR else "uchar"
    if encoding == _FLOAT:
        return "float" if size in _FLOATS else "other"
    return {_BOOLEAN: "bool", _SIGNED: "signed", _SIGNED_CHAR: "signed"}.get(encoding, "unsigned")


def _members(die: Any) -> tuple[Member, ...]:
    found = []
    for each in die.iter_children():
        if each.tag != "DW_TAG_member":
            continue
        name = attribute(each, "DW_AT_name")
        offset = attribute(each, "DW_AT_data_member_location") or 0
        bits = None
        if "DW_AT_bit_size" in each.attributes:
            first = attribute(each, "DW_AT_data_bit_offset") or 0
            bits = (first, attribute(each, "DW_AT_bit_size"))
        found.append(Member(text(name) if name else "", type_of(each), offset, bits))
    return tuple(found)


def _counts(die: Any) -> list[int]:
    counts = []
    for each in die.iter_children():
        if each.tag == "DW_TAG_subrange_type":
            count, upper = attribute(each, "DW_AT_count"), attribute(each, "DW_AT_upper_bound")
            # What is no number is told by another variable: an array of variable length.
            if not isinstance(count, int):
                count = upper + 1 if isinstance(upper, int) else 0
            counts.append(count)
    return counts or [0]


def _array(element: CType, counts: list[int]) -> CType:
    size, suffix = element.size, ""
    found = element
    for count in reversed(counts):
        size, suffix = size * count, f"[{count}]{suffix}"
        found = CType(f"{element.name}{suffix}", size, "array", element=found)
    return found


def name_of(die: Any) -> str:
    """Return the name of a type, as C writes it."""
    name, tag = attribute(die, "DW_AT_name"), die.tag
    if tag in _GROUPS or tag == "DW_TAG_enumeration_type":
        return f"{_GROUPS.get(tag, 'enum')} {text(name) if name else '{...}'}"
    if name:
        return text(name)
    inner = _type_die(die)
    target = "void" if inner is None else name_of(inner)
    if tag in _POINTERS:
        if target.endswith(")"):  # of a function
            return target.replace("(", "(*)(", 1)
        return f"{target}*" if target.endswith("*") else f"{target} *"
    if tag == "DW_TAG_subroutine_type":
        taken = [each for each in die.iter_children() if each.tag == "DW_TAG_formal_parameter"]
        return f"{target} ({', '.join(name_of(_type_die(each)) for each in taken) or 'void'})"
    if tag == "DW_TAG_array_type":
        return target + "".join(f"[{count}]" for count in _counts(die))
    if inner is not None and inner.tag == "DW_TAG_array_type":
        return target  # its elements are what is const
    return f"{_SAME.get(tag, '')}{target}"


# Values


def _character(code: int) -> str:
    known = _ESCAPES.get(code)
    return known or (chr(code) if 32 <= code < 127 else f"\\{code:03o}")


def _shown_char(type: CType, data: bytes) -> str:
    code = data[0]
    number = code - 256 if type.kind == "char" and code >= 128 else code
    return f"{number} '{_character(code)}'"


def _shown_enum(type: CType, data: bytes) -> str:
    # An enum is unsigned unless one of its values is negative.
    signed = any(value < 0 for value, _ in type.names)
    number = int.from_bytes(data[: type.size], "little", signed=signed)
    return dict(type.names).get(number, str(number))


def _shown_array(type: CType, data: bytes) -> str:
    element = type.element
    assert element is not None
    if element.kind in ("char", "uchar"):
        data = data[: type.size]
        filled = data.rstrip(b"\0")
        shown = "".join("\\0" if code == 0 else _character(code) for code in filled)
        return f'"{shown}"'
    count = type.size // element.size if element.size else 0
    few = [
        element.value(data[place * element.size :][: element.size])
        for place in range(min(count, _MOST_ELEMENTS))
    ]
    return f"{{{', '.join(few + ['...'] * (count > _MOST_ELEMENTS))}}}"


def _shown_group(type: CType, data: bytes) -> str:
    shown = []
    for name, inner, offset, bits in type.members:
        if bits is None:
            value = inner.value(data[offset : offset + inner.size])
        else:
            value = _shown_bits(inner, data, *bits)
        shown.append(f"{name} = {value}" if name else value)
    return f"{{{', '.join(shown)}}}"


def _shown_bits(type: CType, data: bytes, first: int, count: int) -> str:
    number = int.from_bytes(data, "little") >> first & (1 << count) - 1
    if type.kind == "signed" and number >> count - 1:
        number -= 1 << count
    return str(number)


def _integer(signed: bool) -> Callable[[CType, bytes], str]:
    return lambda type, data: str(int.from_bytes(data[: type.size], "little", signed=signed))


_SHOWN: dict[str, Callable[[CType, bytes], str]] = {
    "signed": _integer(True),
    "unsigned": _integer(False),
    "char": _shown_char,
    "uchar": _shown_char,
    "bool": lambda type, data: "true" if any(data[: type.size]) else "false",
    "float": lambda type, data: f"{struct.unpack(_FLOATS[type.size], data[: type.size])[0]:.9g}",
    "pointer": lambda type, data: f"{int.from_bytes(data[: type.size], 'little'):#x}",
    "enum": _shown_enum,
    "array": _shown_array,
    "struct": _shown_group,
    "union": _shown_group,
}
