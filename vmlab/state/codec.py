"""Frozen dataclasses to JSON data and back, by their annotations; every field is checked.

Numbers that are addresses or bits are written in hexadecimal, bytes as runs without the zeros
between them; a reason as its code, or as an object if it has values. Reading accepts exactly the
fields and types there are.
"""

from __future__ import annotations

import functools
import re
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from vmlab.codes import Reason, Value, because
from vmlab.errors import StateError
from vmlab.state.rows import Frames, Rows

_HEX_FIELDS = frozenset(
    (
        *("vm_start", "vm_end", "vm_flags", "vm_page_prot", "rb_left", "rb_right"),
        *("rb_subtree_gap", "task_size", "mm_rb", "def_flags", "vdso"),
        *("mmap_base", "mmap_legacy_base", "personality", "random_state"),
        *("start_code", "end_code", "start_data", "end_data", "start_brk", "brk", "start_stack"),
        *("arg_start", "arg_end", "env_start", "env_end", "saved_auxv", "regs"),
        *("fsbase", "gsbase", "clear_child_tid", "robust_list", "rseq"),
        *("vmacache", "i_mmap", "vmas", "vpn", "flags", "mmap_min_addr", "stack_guard_gap"),
        *("addr", "new_addr", "entry", "vma", "other", "end", "start", "args"),
        *("old_start", "old_end", "old", "new"),
    )
)
_HEX = re.compile(r"-?0x[0-9a-f]{1,16}")
_FROM_HEX = 0x1000  # smaller numbers read better in decimal
_RUN = 16  # zeros that end a run of bytes
FRAME = 4096  # bytes
MAX_FRAMES = 1 << 16
_EMPTY = bytes(FRAME)
_LIMIT = 1 << 64
_DEEPEST = 8  # reasons in one another
_JSON_TYPES = {
    dict: "json_object",
    list: "json_list",
    str: "json_text",
    bool: "json_bool",
    int: "json_number",
}


@functools.cache
def field_types(kind: Any) -> dict[str, Any]:
    """Return the fields of a dataclass with their types."""
    known = typing.get_type_hints(kind)
    return {field.name: known[field.name] for field in fields(kind)}


def encode(value: Any, name: str = "") -> Any:
    """Return JSON data for a value.

    Args:
        value: a frozen dataclass, tuple, number, string, None, reason or frames by number.
        name: the field it stands in.

    Raises:
        StateError: there are more frames than a file may have.
    """
    if isinstance(value, Reason):
        return _encode_reason(value) if value.values else value.code
    if is_dataclass(value):
        kind: Any = type(value)
        return {field: encode(getattr(value, field), field) for field in field_types(kind)}
    if isinstance(value, tuple | list | Rows):
        return [encode(item, name) for item in value]
    if isinstance(value, Mapping):
        if len(value) > MAX_FRAMES:
            raise StateError.at_field(name, "too_many_frames", n=len(value), most=MAX_FRAMES)
        return {str(pfn): runs(data) for pfn, data in value.items()}
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:#x}" if name in _HEX_FIELDS and abs(value) >= _FROM_HEX else int(value)
    return value


def _encode_reason(reason: Reason) -> dict[str, Any]:
    # A reason in a reason is always an object: a bare code would be taken for text.
    values = {
        name: _encode_reason(value) if isinstance(value, Reason) else value
        for name, value in reason.values
    }
    return {"code": reason.code, "values": values}


def runs(data: bytes) -> dict[str, str]:
    """Return the parts of some bytes that are not zero, by offset, both in hexadecimal.

    >>> runs(bytes(32) + b"hello" + bytes(4059))
    {'0x20': '68656c6c6f'}
    """
    found = {}
    for part in re.finditer(rb"[^\0](?:.{0,%d}[^\0])*" % (_RUN - 1), data, re.DOTALL):
        found[f"{part.start():#x}"] = part.group().hex()
    return found


def decode(kind: Any, data: Any, field: str, low: int = 0) -> Any:
    """Return the value of a type that JSON data stands for.

    Args:
        kind: a dataclass, or the annotation of a field.
        data: what the JSON parser gave.
        field: where it stands, for the message.
        low: the smallest number that is allowed.

    Raises:
        StateError: names the field that is wrong.
    """
    origin = typing.get_origin(kind)
    if kind is Reason:
        return Reason(_str(data, field)) if type(data) is str else _reason(data, field, 0)
    if is_dataclass(kind):
        return _object(kind, data, field, low)
    if origin is tuple:
        return _tuple(typing.get_args(kind), data, field, low)
    if origin is Sequence:
        return Rows(_tuple((*typing.get_args(kind), ...), data, field, low))
    if origin in (types.UnionType, typing.Union):
        inner = next(part for part in typing.get_args(kind) if part is not type(None))
        return None if data is None else decode(inner, data, field, low)
    if origin is Mapping:
        return Frames(_frames(data, field))
    if kind is int:
        return _int(data, field, low)
    if kind is bool:
        if type(data) is not bool:
            raise StateError.at_field(field, "must_be_bool", given=_what(data))
        return data
    assert kind is str
    return _str(data, field)


def _object(kind: Any, data: Any, field: str, low: int) -> Any:
    wanted = field_types(kind)
    items = members(data, field, set(wanted))
    return kind(
        **{
            name: decode(inner, items[name], f"{field}.{name}" if field else name, low)
            for name, inner in wanted.items()
        }
    )


def _reason(data: Any, field: str, depth: int) -> Reason:
    if type(data) is not dict:
        raise StateError.at_field(field, "must_be_reason", given=_what(data))
    if depth == _DEEPEST:
        raise StateError.at_field(field, "nested_too_deeply")
    given = members(data, field, {"code", "values"})
    code = _str(given["code"], f"{field}.code")
    values = given["values"]
    if type(values) is not dict:
        raise StateError.at_field(f"{field}.values", "must_be_object", given=_what(values))
    return Reason(
        code,
        tuple(
            (_str(name, f"{field}.values"), _value(value, f"{field}.values.{name[:40]}", depth))
            for name, value in values.items()
        ),
    )


def _value(data: Any, field: str, depth: int) -> Value:
    if type(data) is dict:
        return _reason(data, field, depth + 1)
    if type(data) is bool:
        return data
    if type(data) is int:
        return _int(data, field, -_LIMIT)
    if type(data) is str:
        return _str(data, field)
    raise StateError.at_field(field, "must_be_value", given=_what(data))


def members(data: Any, field: str, wanted: set[str]) -> dict[str, Any]:
    """Return the members of a JSON object that must have exactly these names.

    Raises:
        StateError: names the member that is missing or unknown.
    """
    if type(data) is not dict:
        if not field:
            raise StateError("file_must_be_object", given=_what(data))
        raise StateError.at_field(field, "must_be_object", given=_what(data))
    before = f"{field}." if field else ""
    for name in sorted(wanted - data.keys()):
        raise StateError.at_field(f"{before}{name}", "field_missing")
    for name in sorted(data.keys() - wanted):
        raise StateError.at_field(f"{before}{name[:40]}", "field_unknown")
    return data


def items(data: Any, field: str) -> list[Any]:
    """Return the items of a JSON array.

    Raises:
        StateError: it is none.
    """
    if type(data) is not list:
        raise StateError.at_field(field, "must_be_list", given=_what(data))
    return data


def _tuple(kinds: tuple[Any, ...], data: Any, field: str, low: int) -> tuple[Any, ...]:
    values = items(data, field)
    if kinds[-1] is Ellipsis:
        kind = kinds[0]
        return tuple(decode(kind, item, f"{field}[{i}]", low) for i, item in enumerate(values))
    if len(values) != len(kinds):
        raise StateError.at_field(field, "nr_items_wrong", n=len(kinds), given=len(values))
    return tuple(
        decode(kind, item, f"{field}[{i}]", low)
        for i, (kind, item) in enumerate(zip(kinds, values, strict=True))
    )


def _int(data: Any, field: str, low: int) -> int:
    if type(data) is str and _HEX.fullmatch(data):
        data = int(data, 16)
    if type(data) is not int:
        raise StateError.at_field(field, "must_be_number", given=_what(data))
    if not low <= data < _LIMIT:
        raise StateError.at_field(field, "out_of_range", number=data)
    return data


def _str(data: Any, field: str) -> str:
    if type(data) is not str:
        raise StateError.at_field(field, "must_be_text", given=_what(data))
    try:
        data.encode(errors="surrogateescape")  # a path need not be UTF-8
    except UnicodeEncodeError:
        raise StateError.at_field(field, "not_valid_text") from None
    return data


def _frames(data: Any, field: str) -> dict[int, bytes]:
    if type(data) is not dict:
        raise StateError.at_field(field, "must_be_object", given=_what(data))
    if len(data) > MAX_FRAMES:
        raise StateError.at_field(field, "too_many_frames", n=len(data), most=MAX_FRAMES)
    frames = {}
    last = 0
    for name, parts in data.items():
        if not re.fullmatch(r"[1-9][0-9]{0,14}", name) or int(name) <= last:
            raise StateError.at_field(field, "not_frame_number", name=name[:40])
        last = int(name)
        # One object for all that are empty: a short text may hold very many.
        frames[last] = from_runs(parts, f"{field}[{name}]", FRAME) if parts != {} else _EMPTY
    return frames


def from_runs(data: Any, field: str, size: int) -> bytes:
    """Return `size` bytes from what `runs` gave.

    Raises:
        StateError: names the run that is wrong.
    """
    if type(data) is not dict:
        raise StateError.at_field(field, "must_be_object", given=_what(data))
    whole: list[bytes] = []
    end = 0
    for name, text in data.items():
        where = f"{field}[{name[:20]}]"
        start = _int(name, where, end)
        try:
            part = bytes.fromhex(_str(text, where))
        except ValueError:
            raise StateError.at_field(where, "not_hexadecimal") from None
        if start + len(part) > size:
            raise StateError.at_field(where, "leaves_bytes", nr_bytes=size)
        whole += (bytes(start - end), part)
        end = start + len(part)
    return b"".join((*whole, bytes(size - end)))


def _what(data: Any) -> Reason:
    return because(_JSON_TYPES.get(type(data), "json_null"))
