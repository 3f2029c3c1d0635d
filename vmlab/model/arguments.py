"""What a caller may hand to the model, checked before anything happens.

A value that no program could hand to Linux is a mistake of the caller: TypeError or ValueError,
which say what is wrong. Everything else is Linux's to refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from reprlib import repr as short_repr

from vmlab.model.abi.mman import ULONG_MAX


def instance(value: object, kind: type, what: str) -> None:
    """Check that a value is of a class."""
    if not isinstance(value, kind):
        raise TypeError(f"{what} must be a {kind.__name__}, not {short_repr(value)}")


def number(value: object, what: str) -> None:
    """Check that a value is an integer of at most 64 bits, with a sign or without."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{what} must be a whole number, not {short_repr(value)}")
    if not -1 << 63 <= value <= ULONG_MAX:
        raise ValueError(f"{what} must fit into 64 bits; this number has {value.bit_length()}")


def text(value: object, what: str) -> None:
    """Check that a value is a string that C can hold."""
    if not isinstance(value, str):
        raise TypeError(f"{what} must be a string, not {short_repr(value)}")
    if "\0" in value:
        raise ValueError(f"{what} must not contain a zero byte: {short_repr(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{what} cannot be written as UTF-8: {short_repr(value)}") from None


def program(path: object, argv: object, env: object) -> tuple[list[str], list[str]]:
    """Return the arguments and the environment of a program as lists of strings.

    Args:
        path: the program.
        argv: its arguments; None = the path alone.
        env: its environment, by name; or its strings as they are.

    Raises:
        TypeError, ValueError: one of them cannot be handed to a program.
    """
    text(path, "path")
    words = [path] if argv is None else argv
    named = [f"{name}={value}" for name, value in env.items()] if isinstance(env, Mapping) else env
    return _strings(words, "argv"), _strings(named, "env")


def _strings(value: object, what: str) -> list[str]:
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise TypeError(f"{what} must be a list of strings, not {short_repr(value)}")
    strings = list(value)
    for string in strings:
        text(string, f"each string of {what}")
    return strings


def data(value: object, what: str) -> None:
    """Check that a value is bytes."""
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"{what} must be bytes, not {short_repr(value)}")


def count(value: object, what: str, most: int = ULONG_MAX) -> None:
    """Check that a value is a number from 0 to `most`."""
    number(value, what)
    if not 0 <= value <= most:  # type: ignore[operator]
        raise ValueError(f"{what} must be from 0 to {most}, not {value}")


_TEXT = {"open": 0, "memfd_create": 0}  # call -> place of the argument
_TRUTH = {"rt_sigaction": 1}
_OPTIONAL = {"mincore": 2}


def check_call(call: str, args: tuple[object, ...]) -> None:
    """Check the arguments of a system call: numbers, but for the strings of some calls.

    Args:
        call: its name.
        args: its arguments.

    Raises:
        TypeError, ValueError: the message says which argument is wrong.
    """
    if call == "execve":
        return  # what `program` made of them
    for place, value in enumerate(args):
        if _TEXT.get(call) == place:
            text(value, f"argument {place + 1} of {call}")
        elif type(value) is int and not value >> 63:
            continue  # nearly all of them: that is soon said
        elif _TRUTH.get(call) != place and not (value is None and _OPTIONAL.get(call) == place):
            number(value, f"argument {place + 1} of {call}")
