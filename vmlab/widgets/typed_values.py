"""Read what a person types into the fields of a call.

>>> hex(parse_address("7ffff7fc1000"))
'0x7ffff7fc1000'
>>> hex(parse_address("brk + 2 pages", names={"brk": 0x42d000}))
'0x42f000'
>>> parse_length("64K")
65536
>>> parse_flags("rw", Prot)
3
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from vmlab.errors import ArgumentError, UsageError
from vmlab.model import arguments
from vmlab.model.abi.mman import Map, Prot
from vmlab.model.abi.resource import RLIM_INFINITY
from vmlab.model.abi.signal import SIGNALS
from vmlab.words.language import N_, say
from vmlab.words.typed import narrow, plain

PAGE = 4096
_LONGEST = 200  # characters of a number; Python itself refuses numbers of some thousand digits
_SIZES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_TERM = re.compile(
    r"""\s*(?P<sign>[+-])?\s*
    (?:0x(?P<hex>[0-9a-f][0-9a-f_]*)
    |(?!0x)(?P<number>\d[\d_]*)(?:\s*(?P<unit>[a-z]+))?
    |(?P<name>\[?[a-z_][\w.]*\]?))\s*
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MAPS_LINE = re.compile(r"(?P<start>[0-9a-f]{8,16})-[0-9a-f]{8,16}(\s|$)", re.IGNORECASE)
_BARE_HEX = re.compile(r"(?:[0-9a-f]{8,16}|(?=\d*[a-f])[0-9a-f]{5,16})(?=$|[\s+-])", re.IGNORECASE)
_CUT_OFF = re.compile(r"0x(?P<digits>[0-9a-f]+)(?:\.\.+|…)", re.IGNORECASE)
_ESCAPE = re.compile(r"(\\x[0-9a-fA-F]{2}|\\[0ntr\\\"'])")
_ESCAPED = {"0": b"\0", "n": b"\n", "t": b"\t", "r": b"\r"}
_LETTERS = {"r": Prot.PROT_READ, "w": Prot.PROT_WRITE, "x": Prot.PROT_EXEC, "-": Prot.PROT_NONE}


class FieldError(UsageError):
    """What was typed cannot be read; the message says what can."""

    field = ""  # the name of the field it stands in


@dataclass(frozen=True, slots=True)
class _Messages:
    # What is said of a text that is no sum.
    missing: str
    wrong: str
    unnamed: str  # a name in it is none of those there are
    long: str


_ADDRESS = _Messages(
    N_("an address (such as 0x401000, stack, stack + 2 pages) is missing"),
    N_("{text!r} is not an address (such as 0x401000, stack, stack + 2 pages)"),
    N_(
        "{text!r} is not an address (such as 0x401000, stack, stack + 2 pages); the names are "
        "{names}"
    ),
    N_("{text!r}.. is too long for an address (such as 0x401000, stack, stack + 2 pages)"),
)
_LENGTH = _Messages(
    N_("a length (such as 2 pages, 64K, 0x2000, 8192) is missing"),
    N_("{text!r} is not a length (such as 2 pages, 64K, 0x2000, 8192)"),
    N_("{text!r} is not a length (such as 2 pages, 64K, 0x2000, 8192); the names are {names}"),
    N_("{text!r}.. is too long for a length (such as 2 pages, 64K, 0x2000, 8192)"),
)


def _unit(word: str, page: int) -> int:
    word = word.lower()
    if word in ("p", "page", "pages"):
        return page
    size = re.fullmatch(r"([kmgt]?)(i?b|bytes?)?", word)
    if size is None:
        raise FieldError(say("{word!r} is not a unit: use pages, K, M or G", word=word))
    return _SIZES[size[1]]


def _sum(
    text: str, typed: str, wanted: _Messages, page: int, names: Mapping[str, int], base: int
) -> int:
    """Add up terms such as `0x1000`, `2 pages`, `brk`; a leading sign counts from `base`.

    What is wrong is said of the text as it was typed.
    """
    if not text:
        raise FieldError(say(wanted.missing))
    if len(text) > _LONGEST:
        raise FieldError(say(wanted.long, text=typed[:20]))
    total: int | None = None
    at = 0
    while at < len(text):
        term = _TERM.match(text, at)
        if term is None or (total is not None and not term["sign"]):
            raise FieldError(say(wanted.wrong, text=typed))
        if term["hex"]:
            value = int(term["hex"].replace("_", ""), 16)
        elif term["number"]:
            value = int(term["number"].replace("_", "")) * _unit(term["unit"] or "", page)
        else:
            name = term["name"].strip("[]").lower()
            if name not in names:
                known = ", ".join(sorted(names))
                raise FieldError(
                    say(wanted.unnamed if known else wanted.wrong, text=typed, names=known)
                )
            value = names[name]
        if total is None:
            total = base if term["sign"] else 0
        total += -value if term["sign"] == "-" else value
        at = term.end()
    return total or 0


def _written_out(text: str, names: Mapping[str, int]) -> str:
    """Turn the ways in which addresses are printed into `0x...`."""
    line = _MAPS_LINE.match(text)
    cut = _CUT_OFF.fullmatch(text)
    if line:
        return f"0x{line['start']}"
    if cut:
        digits = cut["digits"].lower()
        fits = sorted({value for value in names.values() if f"{value:x}".startswith(digits)})
        if len(fits) != 1:
            found = ", ".join(f"{value:#x}" for value in fits)
            message = N_("{text!r} must begin exactly one known address, but it begins {found}")
            if not fits:
                message = N_("{text!r} must begin exactly one known address, but none begins so")
            raise FieldError(say(message, text=text, found=found))
        return f"{fits[0]:#x}"
    if re.fullmatch(r"\d\d+", text) and not _BARE_HEX.match(text):
        raise FieldError(say("{text!r} may be decimal or hexadecimal: write 0x{text}", text=text))
    return f"0x{text}" if _BARE_HEX.match(text) else text


def parse_address(
    text: str, *, page: int = PAGE, names: Mapping[str, int] | None = None, base: int = 0
) -> int:
    """Read an address in bytes.

    Args:
        text: `0x401000`, `00401000` as /proc/PID/maps prints it (or a whole line of it: its start
            counts), a name, a known address that begins so (`0x7ffff7..`), or a sum of them:
            `heap + 2 pages`.
        page: bytes of a page.
        names: addresses by name, in lower case and without brackets: `{"heap": 0x40c000}`.
        base: what a leading `+` or `-` counts from.

    Raises:
        FieldError: it is none of these, or lies outside 64 bits.
    """
    typed = text.strip()
    names = names or {}
    value = _sum(_written_out(plain(typed), names), typed, _ADDRESS, page, names, base)
    if not 0 <= value < 1 << 64:
        raise FieldError(say("{text!r} is outside the 64 bits of an address", text=typed))
    return value


def parse_length(text: str, *, page: int = PAGE) -> int:
    """Read a number of bytes: `8192`, `0x2000`, `2 pages`, `64K`, `1M + 1 page`.

    Raises:
        FieldError: it is none of these, or negative.
    """
    typed = text.strip()
    value = _sum(plain(typed), typed, _LENGTH, page, {}, 0)
    if not 0 <= value < 1 << 64:
        raise FieldError(say("{text!r} is outside the 64 bits of a length", text=typed))
    return value


def parse_number(text: str) -> int:
    """Read a whole number, decimal or `0x..`, negative too.

    Raises:
        FieldError: it is not one, or has more than 64 bits.
    """
    typed = text.strip()[:_LONGEST]
    try:
        value = int(plain(typed), 0)
    except ValueError:
        raise FieldError(say("{text!r} is not a whole number", text=typed)) from None
    if not -1 << 63 <= value < 1 << 64:
        raise FieldError(say("{text!r} is outside the 64 bits of a number", text=typed))
    return value


def parse_flags(text: str, family: type[IntFlag] | type[IntEnum]) -> int:
    """Read flags by name, in full or short, joined by anything: `PROT_READ|PROT_WRITE`, `rw`.

    Args:
        text: `private anonymous`, `MAP_SHARED`, `rw-`, a number.
        family: `Prot`, `Map`, `Madv`, ... whose names count.

    Raises:
        FieldError: a name that the family does not have, or a number of more than 64 bits.
    """
    members = {name.lower(): int(value) for name, value in family.__members__.items()}
    prefix = next(iter(members)).partition("_")[0] + "_"
    value = 0
    words = re.findall(r"[^\s|,]+", narrow(text))
    if not words:
        raise FieldError(say("{prefix}.. is missing", prefix=prefix.upper()))
    for word in words:
        name = plain(word).lower()
        if name in members or prefix + name in members:
            value |= members.get(name, members.get(prefix + name, 0))
        elif family is Prot and set(name) <= set(_LETTERS):
            value |= sum({_LETTERS[letter] for letter in name})
        elif re.fullmatch(r"0x[0-9a-f]{1,32}|0|[1-9]\d{0,31}", name):
            value |= int(name, 0)
        else:
            short = [member.removeprefix(prefix) for member in members]
            known = ", ".join([*("rwx" if family is Prot else ""), *short])
            raise FieldError(say("{word!r} is none of: {known}", word=word, known=known))
    if value >= 1 << 64:
        raise FieldError(say("{text!r} is outside the 64 bits of a number", text=text.strip()))
    return value


def parse_map_flags(text: str) -> int:
    """Read mmap's flags; the type is private unless said, and what has no file is anonymous.

    Raises:
        FieldError: a name that mmap does not have.
    """
    value = parse_flags(text, Map) if text.strip() else 0
    return value if value & Map.MAP_SHARED_VALIDATE else value | Map.MAP_PRIVATE


def _piece(text: str) -> bytes:
    """One escape is one byte; everything else is UTF-8."""
    if not _ESCAPE.fullmatch(text):
        return text.encode()
    return bytes.fromhex(text[2:]) if text[1] == "x" else _ESCAPED.get(text[1], text[1].encode())


def parse_bytes(text: str) -> bytes:
    r"""Read bytes: `A`, `"two words"`, `line\n`, `\x41`, or `0x4142` in the order of memory.

    Raises:
        FieldError: nothing was typed, or the hexadecimal digits are not whole bytes.
    """
    typed = text.strip()
    if typed.lower().startswith("0x"):
        digits = re.sub(r"[\s_]", "", typed[2:])
        if len(digits) % 2 or not re.fullmatch(r"[0-9a-fA-F]+", digits):
            raise FieldError(
                say(
                    "{text!r} is not whole bytes: write two hexadecimal digits for each", text=typed
                )
            )
        return bytes.fromhex(digits)
    if len(typed) > 1 and typed[0] == typed[-1] and typed[0] in "\"'":
        typed = typed[1:-1]
    value = b"".join(_piece(part) for part in _ESCAPE.split(typed))
    if not value:
        raise FieldError(say("what to write (such as A, hello, 0x41) is missing"))
    return value


def parse_text(text: str) -> str:
    """Read a text that C can hold: the path of a file, a word of a program.

    Raises:
        FieldError: there is a zero byte in it, or half a letter of UTF-16.
    """
    if "\0" in text:
        raise FieldError(say("{text!r} has a zero byte, which ends every text in C", text=text))
    try:
        arguments.text(text, "text")
    except ArgumentError as wrong:
        raise FieldError(str(wrong)) from None
    return text


def parse_words(text: str) -> list[str]:
    """Read words as a shell does: `a.out "two words"`.

    Raises:
        FieldError: a quotation mark is not closed, or there is a zero byte.

    >>> parse_words('a.out "two words"')
    ['a.out', 'two words']
    """
    parse_text(text)
    try:
        return shlex.split(text)
    except ValueError:
        raise FieldError(
            say("{text!r} has a quotation mark that is not closed", text=text)
        ) from None


def parse_limit(text: str, *, page: int = PAGE) -> int:
    """Read a limit: a length, or `unlimited`.

    Raises:
        FieldError: it is neither.
    """
    if plain(text).strip().lower() in ("unlimited", "infinity"):
        return RLIM_INFINITY
    return parse_length(text, page=page)


def parse_signal(text: str) -> int:
    """Read a signal by name or number: `SIGSEGV`, `segv`, `11`.

    Raises:
        FieldError: no signal has that name.
    """
    name = plain(text).strip().upper()
    number = SIGNALS.get(name, SIGNALS.get(f"SIG{name}"))
    if number is None and not re.fullmatch(r"[0-9]{1,9}", name):
        raise FieldError(say("{text!r} is not a signal (such as SIGSEGV)", text=text.strip()))
    return int(name) if number is None else number


def parse_truth(text: str) -> bool:
    """Read `yes` or `no`.

    Raises:
        FieldError: it is neither.
    """
    word = plain(text).strip().lower()
    if word not in ("yes", "no", "1", "0", "true", "false"):
        raise FieldError(say("{text!r} is neither yes nor no", text=text.strip()))
    return word in ("yes", "1", "true")
