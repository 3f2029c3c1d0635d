"""Marks for what people read where it cannot be said yet: below `vmlab.words`, or once for all.

What is marked stands in the catalogue; `vmlab.words.language` says it, in the reader's language.
"""

from __future__ import annotations


def N_(message: str) -> str:
    """Mark a message that is said later, by `say`."""
    return message


def Nn_(one: str, many: str) -> tuple[str, str]:
    """Mark a message about a number of things that is said later, by `say_n`."""
    return one, many
