"""The calls that a learner can make by hand, and the fields of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vmlab.model.abi.mman import Madv, Mremap, Ms, Prot
from vmlab.widgets.typed_values import (
    FieldError,
    parse_address,
    parse_bytes,
    parse_flags,
    parse_length,
    parse_map_flags,
    parse_number,
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the text of a field may refer to."""

    page: int = 4096  # bytes
    names: Mapping[str, int] | None = None  # addresses by name
    brk: int = 0  # what `+1 page` counts from


@dataclass(frozen=True, slots=True)
class Field:
    """One argument of a call."""

    name: str  # as the manual page calls it
    read: Callable[[str, Meaning], Any]  # turns what was typed into the argument
    text: str = ""  # what stands in it at first
    hint: str = ""  # what may be typed, shown while it is empty
    width: int = 10  # characters
    options: tuple[str, ...] = ()  # what is offered
    optional: bool = False  # empty means None


@dataclass(frozen=True, slots=True)
class Call:
    """One button: a call and its arguments."""

    name: str
    does: str  # what it does, in a few words
    fields: tuple[Field, ...] = ()


def _address(text: str, meaning: Meaning) -> int:
    return parse_address(text, page=meaning.page, names=meaning.names, base=meaning.brk)


def _length(text: str, meaning: Meaning) -> int:
    return parse_length(text, page=meaning.page)


def _word(text: str, meaning: Meaning) -> str:
    if not text.strip():
        raise FieldError("a name is missing")
    return text.strip()


_PROTS = ("r", "rw", "rx", "rwx", "none")
_ADDR = Field("addr", _address, hint="0x… or stack", width=16)
_HINT = Field("addr", _address, hint="any", width=14, optional=True)
_LENGTH = Field("length", _length, "1 page", "2 pages", 8)
_PROT = Field("prot", lambda text, _: parse_flags(text, Prot), "rw", "rw", 4, _PROTS)
_FLAGS = Field(
    "flags",
    lambda text, _: parse_map_flags(text),
    "private",
    "private",
    14,
    ("private", "shared", "private fixed", "private noreserve", "private growsdown"),
)
_MMAP_LENGTH = Field("length", _length, "4 pages", "4 pages", 8)
_PATH = Field("file", _word, hint="none", width=8, optional=True)
_OFFSET = Field("offset", _length, "0", "0", 5)
_DATA = Field("data", lambda text, _: parse_bytes(text), "A", "A or 0x41", 6)
_COUNT = Field("n", _length, "1", "1", 3)
_ADVICE = Field(
    "advice",
    lambda text, _: parse_flags(text, Madv),
    "dontneed",
    "dontneed",
    12,
    ("dontneed", "free", "willneed", "populate_read", "populate_write", "dontfork", "wipeonfork"),
)

CALLS: dict[str, Call] = {
    call.name: call
    for call in (
        Call("fork", "make a child process that shares every page until one of them writes"),
        Call("vfork", "make a child that borrows the address space until it calls execve or exit"),
        Call("write", "store bytes to memory", (_ADDR, _DATA)),
        Call("read", "load bytes from memory", (_ADDR, _COUNT)),
        Call("fetch", "execute at an address", (_ADDR,)),
        Call("mmap", "make a mapping", (_HINT, _MMAP_LENGTH, _PROT, _FLAGS, _PATH, _OFFSET)),
        Call("munmap", "remove what is mapped in a range", (_ADDR, _LENGTH)),
        Call("mprotect", "change the protection of a range", (_ADDR, _LENGTH, _PROT)),
        Call(
            "mremap",
            "resize or move a mapping",
            (
                Field("old_address", _address, hint="0x…", width=16),
                Field("old_size", _length, "1 page", "1 page", 8),
                Field("new_size", _length, "2 pages", "2 pages", 8),
                Field(
                    "flags",
                    lambda text, _: parse_flags(text, Mremap) if text.strip() else 0,
                    "maymove",
                    "none",
                    9,
                    ("maymove", "maymove fixed", "maymove dontunmap"),
                ),
                Field("new_address", _address, hint="any", width=14, optional=True),
            ),
        ),
        Call("madvise", "say how a range will be used", (_ADDR, _LENGTH, _ADVICE)),
        Call(
            "msync",
            "write a mapped file back",
            (
                _ADDR,
                _LENGTH,
                Field("flags", lambda text, _: parse_flags(text, Ms), "sync", "sync", 6),
            ),
        ),
        Call("mlock", "keep a range in memory", (_ADDR, _LENGTH)),
        Call("munlock", "let a locked range go", (_ADDR, _LENGTH)),
        Call(
            "brk", "move the end of the heap", (Field("addr", _address, "+1 page", "+1 page", 14),)
        ),
        Call("execve", "replace the program", (Field("path", _word, hint="/bin/true", width=14),)),
        Call(
            "exit",
            "end the process",
            (Field("code", lambda text, _: parse_number(text), "0", "0", 3),),
        ),
        Call("wait", "collect a child that has ended"),
    )
}

DEFAULT = ("fork", "write", "read", "mmap", "munmap", "mprotect", "brk", "exit")


def arguments(call: Call, texts: Mapping[str, str], meaning: Meaning) -> dict[str, Any]:
    """Turn what stands in the fields of `call` into its arguments, by name.

    Raises:
        FieldError: a text cannot be read; `.field` names its field.
    """
    values: dict[str, Any] = {}
    for field in call.fields:
        text = texts.get(field.name, "")
        try:
            values[field.name] = (
                None if field.optional and not text.strip() else field.read(text, meaning)
            )
        except FieldError as error:
            error.field = field.name
            raise
    return values
