"""How many columns a text takes in letters of one width: a letter of Hangul takes two."""

from __future__ import annotations

from itertools import accumulate
from unicodedata import east_asian_width


def columns(text: str) -> int:
    """Return how many columns a text takes.

    >>> columns("page"), columns("페이지 3")
    (4, 8)
    """
    if text.isascii():
        return len(text)
    return sum(2 if is_wide(letter) else 1 for letter in text)


def is_wide(letter: str) -> bool:
    """Whether a letter takes two columns."""
    return east_asian_width(letter) in ("W", "F")


def first(text: str, width: int) -> str:
    """Return as much of the beginning of a text as so many columns hold.

    >>> first("페이지 3", 5), first("page", 2)
    ('페이', 'pa')
    """
    if text.isascii():
        return text[:width]
    ends = accumulate(map(columns, text))
    return "".join(letter for letter, end in zip(text, ends, strict=True) if end <= width)


def cut(text: str, limit: int) -> str:
    """Return a text that is at most so many columns long, without its middle if it is longer.

    >>> cut("/a/very/long/path/to/some/file.dat", 20)
    '/a/ve...ome/file.dat'
    """
    if columns(text) <= limit:
        return text
    head = (limit - 3) // 3
    end = first(text[::-1], limit - 3 - head)[::-1]
    return f"{first(text, head)}...{end}"


def padded(text: str, width: int, *, left: bool = False) -> str:
    """Return a text with spaces behind it, or on its left, up to a number of columns.

    >>> padded("힙", 4) + "|", padded("힙", 4, left=True) + "|"
    ('힙  |', '  힙|')
    """
    spaces = " " * (width - columns(text))
    return spaces + text if left else text + spaces
