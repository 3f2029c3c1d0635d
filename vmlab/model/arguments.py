"""What a caller may hand to the model, checked before anything happens.

A value that no program could hand to Linux is a mistake of the caller: ArgumentTypeError or
ArgumentError, a TypeError and a ValueError, which say what is wrong. Everything else is Linux's to
refuse. `what` is the name of the argument.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from reprlib import repr as short_repr

from vmlab.errors import ArgumentError, ArgumentTypeError
from vmlab.model.abi.calls import CALLS
from vmlab.model.abi.kinds import DECLARED, ULONG, Kind
from vmlab.model.abi.mman import ULONG_MAX

RUN_UNTIL = ("syscall", "fault", "signal", "line")
MOST_AT_ONCE = 1 << 26  # bytes that one access moves, or that are made up for a hole


def shown(value: object) -> str:
    """Return a wrong value as a message shows it: its repr, cut short."""
    return short_repr(value)


def instance(value: object, kind: type, what: str) -> None:
    """Check that a value is of a class."""
    if not isinstance(value, kind):
        raise ArgumentTypeError(
            "arg_not_instance", what=what, kind=kind.__name__, given=shown(value)
        )


def one_of(value: object, known: Collection[object], names: Iterable[str], what: str) -> None:
    """Check that a value is one of those known, which have these names."""
    if value not in known:
        raise ArgumentError("none_of", what=what, given=shown(value), names=", ".join(names))


def number(value: object, what: str) -> None:
    """Check that a value is an integer of at most 64 bits, with a sign or without."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ArgumentTypeError("arg_not_number", what=what, given=shown(value))
    if not -1 << 63 <= value <= ULONG_MAX:
        raise ArgumentError("arg_over_64_bits", what=what, bits=value.bit_length())


def text(value: object, what: str) -> None:
    """Check that a value is a string that C can hold: UTF-8, or other bytes as surrogates.

    Python itself reads names of files so: `errors="surrogateescape"`.
    """
    if not isinstance(value, str):
        raise ArgumentTypeError("arg_not_string", what=what, given=shown(value))
    if "\0" in value:
        raise ArgumentError("arg_zero_byte", what=what, given=shown(value))
    try:
        value.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        raise ArgumentError("arg_not_utf8", what=what, given=shown(value)) from None


def program(path: object, argv: object, env: object) -> tuple[list[str], list[str]]:
    """Return the arguments and the environment of a program as lists of strings.

    Args:
        path: the program.
        argv: its arguments; None = the path alone.
        env: its environment, by name; or its strings as they are.

    Raises:
        ArgumentTypeError, ArgumentError: one of them cannot be handed to a program.
    """
    text(path, "path")
    words = [path] if argv is None else argv
    named = [f"{name}={value}" for name, value in env.items()] if isinstance(env, Mapping) else env
    return strings(words, "argv"), strings(named, "env")


def strings(value: object, what: str) -> list[str]:
    """Return a list of strings, each of which C can hold."""
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise ArgumentTypeError("arg_not_strings", what=what, given=shown(value))
    strings = list(value)
    for place, string in enumerate(strings):
        text(string, f"{what}[{place}]")
    return strings


def data(value: object, what: str) -> None:
    """Check that a value is bytes, and still there."""
    if not isinstance(value, bytes | bytearray | memoryview):
        raise ArgumentTypeError("arg_not_bytes", what=what, given=shown(value))
    try:
        memoryview(value)
    except ValueError:
        raise ArgumentError("arg_released", what=what) from None


def until(value: object) -> tuple[str | int, ...]:
    """Return what a program is to be run up to: words of RUN_UNTIL and numbers of lines.

    Args:
        value: one of them, or several.

    Raises:
        ArgumentTypeError, ArgumentError: it is something else.
    """
    wanted = (
        tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    )
    for each in wanted:
        if isinstance(each, str):
            one_of(each, RUN_UNTIL, RUN_UNTIL, "until")
        else:
            number(each, "until")
            if each < 1:
                raise ArgumentError("arg_no_line", what="until", given=each)
    return wanted


def count(value: object, what: str, most: int = ULONG_MAX) -> None:
    """Check that a value is a number from 0 to `most`."""
    number(value, what)
    assert isinstance(value, int)
    if not 0 <= value <= most:
        raise ArgumentError("arg_out_of_range", what=what, low=0, most=most, given=value)


def _number_or_none(value: object, what: str) -> None:
    if value is not None:
        number(value, what)


def _text_or_none(value: object, what: str) -> None:
    if value is not None:
        text(value, what)


def _limits(value: object, what: str) -> None:
    if value is None:
        return
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise ArgumentTypeError("arg_not_limits", what=what, given=shown(value))
    for limit in value:
        number(limit, what)


def _any(value: object, what: str) -> None:
    pass


# What is not a number; strings of programs are checked by `program`, a handler is made a bool.
_CHECKS: dict[Kind, Callable[[object, str], None]] = {
    Kind.PATH: text,
    Kind.PATH_OR_NONE: _text_or_none,
    Kind.NAME: text,
    Kind.VECTOR: _number_or_none,
    Kind.HARD_LIMIT: _number_or_none,
    Kind.LIMITS: _limits,
    Kind.ARGV: _any,
    Kind.ENV: _any,
    Kind.HANDLER: _any,
}
_NOT_A_NUMBER = range(0)


def _declared(kind: Kind) -> range:
    is_number = _CHECKS.get(kind, number) in (number, _number_or_none, _limits)
    return DECLARED.get(kind, ULONG) if is_number else _NOT_A_NUMBER


_BY_CALL = {
    call.name: [(p.name, _CHECKS.get(p.kind, number), _declared(p.kind)) for p in call.parameters]
    for call in CALLS.values()
}
_DECLARED_BY_CALL = {name: [row[2] for row in rows] for name, rows in _BY_CALL.items()}


def received(call: str, args: tuple[object, ...]) -> tuple[object, ...]:
    """Check the arguments of a system call; return them as the kernel takes them from registers.

    Args:
        call: its name.
        args: its arguments.

    Raises:
        TypeError, ValueError: the message names the parameter that is wrong.

    >>> received("open", ("/a", 0x10_0000_0002, 0)), received("close", (0x1_0000_0003,))
    (('/a', 2, 0), (3,))
    """
    for value, declared in zip(args, _DECLARED_BY_CALL[call], strict=True):
        if type(value) is not int or value not in declared:  # nearly always they are as declared
            break
    else:
        return args
    rows = _BY_CALL[call]
    for value, (name, check, _) in zip(args, rows, strict=True):
        check(value, name)
    return tuple(
        _taken(value, declared) for value, (_, _, declared) in zip(args, rows, strict=True)
    )


def taken(call: str, name: str, value: int) -> int:
    """Return a number as the kernel takes a parameter of a call from its register.

    >>> taken("access", "mode", 0x10_0000_0004)
    4
    """
    declared = next(declared for each, _, declared in _BY_CALL[call] if each == name)
    return _cut(value, declared)


def _taken(value: object, declared: range) -> object:
    if not declared:
        return value
    if isinstance(value, tuple | list):  # two limits: the caller goes on with a list
        return tuple(_cut(limit, declared) for limit in value)
    return _cut(value, declared) if isinstance(value, int) else value


def _cut(value: int, declared: range) -> int:
    return (value - declared.start) % (declared.stop - declared.start) + declared.start
