"""Strings and lists as strace writes them, both ways."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vmlab.errors import ArgumentError

STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\.\.\.)?', re.DOTALL)
_SHOWN = 32  # bytes of a string that are shown, as strace does
_LETTERS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
_ESCAPES = {code: letter for letter, code in _LETTERS.items()}
_ESCAPE = re.compile(r"\\([0-7]{1,3}|x[0-9a-fA-F]{2}|.)", re.DOTALL)


def _quoted(pieces: Iterable[str | int]) -> str:
    # Text that is written as it is, and bytes that are not.
    text = ""
    octal = False  # whether a digit after it would be read as a part of it
    for piece in pieces:
        if isinstance(piece, str):
            if octal and piece in "01234567":
                text = re.sub(r"\\([0-7]+)$", lambda found: f"\\{int(found[1], 8):03o}", text)
            text += piece
            octal = False
        else:
            octal = piece not in _ESCAPES
            text += "\\" + (f"{piece:o}" if octal else _ESCAPES[piece])
    return f'"{text}"'


def _encoded(text: str) -> bytes:
    # A surrogate is a byte that was no UTF-8, or has no business in a text.
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return text.encode(errors="surrogatepass")


def format_bytes(data: bytes) -> str:
    r"""Return bytes in quotes, those that are no ASCII text in octal; only the first 32.

    >>> format_bytes(b"a\xff\x011")
    '"a\\377\\0011"'
    """
    pieces = (
        chr(byte) if 32 <= byte < 127 and byte not in _ESCAPES else byte for byte in data[:_SHOWN]
    )
    return _quoted(pieces) + "..." * (len(data) > _SHOWN)


def format_text(text: str) -> str:
    r"""Return a text in quotes; what would break the line, or turn it round, byte by byte in octal.

    >>> print(format_text("/a\n\u202e가"))
    "/a\n\342\200\256가"
    """
    pieces: list[str | int] = []
    for letter in text:
        if letter.isprintable() and letter not in '"\\':
            pieces.append(letter)
        else:
            pieces.extend(_encoded(letter))
    return _quoted(pieces)


def parse_bytes(text: str) -> bytes:
    r"""Return the bytes that a string in quotes stands for, with escapes as C has them.

    Raises:
        ArgumentError: it is not such a string, or only its beginning.

    >>> parse_bytes(r'"a\0\x41\12"')
    b'a\x00A\n'
    """
    found = STRING.fullmatch(text)
    if found is None:
        raise ArgumentError("string_unreadable", text=text)
    if found[2]:
        raise ArgumentError("string_cut")
    data = b""
    for place, part in enumerate(_ESCAPE.split(found[1])):
        if place % 2 == 0:
            data += _encoded(part)
        elif part[0] in "01234567":
            data += bytes((int(part, 8) & 0xFF,))
        elif part[0] == "x" and len(part) == 3:
            data += bytes.fromhex(part[1:])
        elif part in _LETTERS:
            data += bytes((_LETTERS[part],))
        else:
            raise ArgumentError("string_unreadable", text=text)
    return data


def parse_text(text: str) -> str:
    """Return the text that a string in quotes stands for; bytes that are not UTF-8 as surrogates.

    Raises:
        ArgumentError: it is not such a string.
    """
    return parse_bytes(text).decode(errors="surrogateescape")


def parse_list(text: str) -> list[str]:
    """Return what stands in brackets, one text an item.

    Raises:
        ArgumentError: it is not a list, or only its beginning.

    >>> parse_list('["a, b", 3]')
    ['"a, b"', '3']
    """
    inside = text.removeprefix("[").removesuffix("]")
    if len(inside) != len(text) - 2:
        raise ArgumentError("list_unreadable", text=text)
    items = [item.strip() for item in re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^,"])+', inside)]
    if any(item.endswith("...") for item in items):
        raise ArgumentError("list_cut")
    return items
