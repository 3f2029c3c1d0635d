"""Numbers and names of bits as strace writes them, both ways."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntFlag

from vmlab.errors import ArgumentError

LONGEST_NUMBER = 64  # characters; Python itself refuses numbers of some thousand digits
_NUMBER = re.compile(r"-?(?:0x[0-9a-fA-F]+|(0[0-7]+)|0|[1-9][0-9]*)")


def parse_number(text: str) -> int:
    """Return the number that a text is: decimal, hexadecimal, or octal as C writes it.

    Raises:
        ArgumentError: it is none.

    >>> parse_number("0x10"), parse_number("010"), parse_number("-1"), parse_number("8*1024")
    (16, 8, -1, 8192)
    """
    product = 1
    for factor in text.split("*"):
        found = _NUMBER.fullmatch(factor)
        if found is None or len(factor) > LONGEST_NUMBER:
            raise ArgumentError("number_unreadable", text=text[:LONGEST_NUMBER])
        product *= int(factor, 8 if found[1] else 0)
    return product


def parse_symbols(text: str, symbols: Mapping[str, int]) -> int:
    """Return the bits that names and numbers joined by `|` stand for.

    Raises:
        ArgumentError: a name is none of the symbols.
    """
    bits = 0
    for word in text.split("|"):
        word = word.strip()
        if word in symbols:
            bits |= symbols[word]
        elif re.match(r"-?\d", word):
            bits |= parse_number(word)
        else:
            raise ArgumentError("symbol_unknown", symbol=word)
    return bits


def format_flags(family: type[IntFlag], bits: int, none: str = "0") -> str:
    """Return bits by name; those without one as a number.

    >>> from vmlab.model.abi.mman import Prot
    >>> format_flags(Prot, 3), format_flags(Prot, 0x41), format_flags(Prot, 0, "PROT_NONE")
    ('PROT_READ|PROT_WRITE', 'PROT_READ|0x40', 'PROT_NONE')
    """
    text = []
    for name, member in family.__members__.items():  # one of several bits stands before its parts
        if member.value and member.value & bits == member.value:
            text.append(name)
            bits &= ~member.value
    if bits:
        text.append(f"{bits:#x}")
    return "|".join(text) or none
