"""The rows that structures in pictures are made of: heads, fields, remarks, what is folded away."""

from __future__ import annotations

from typing import Any

from vmlab.diagrams.dot import SHOW_THEM, SMALL, TIP_LIMIT, Markup, cell, lines, row, soft, text
from vmlab.diagrams.folds import More
from vmlab.diagrams.palette import HEAD_INK
from vmlab.words.columns import padded
from vmlab.words.language import say, say_n


def head(title: str, *, note: str = "", columns: int = 1, port: str = "") -> Markup:
    """Return the first row of a structure: its name on a dark ground."""
    words = text(title, bold=True, colour=HEAD_INK.light)
    if note:
        words = Markup(f"{words} {text(note, colour=HEAD_INK.light, size=SMALL)}")
    return row(cell(words, tone="head", padding=2, columns=columns, port=port))


def fields(*values: tuple[str, str], width: int, key: str = "", port: str = "") -> Markup:
    """Return a row with fields of a structure, each in a line: its name, then its value.

    Args:
        values: names and values.
        width: characters that the names take.
        key: id of the object that the fields show.
        port: where edges may begin.
    """
    each = (text(f" {padded(name, width)} {value} ", limit=TIP_LIMIT) for name, value in values)
    said = lines(*each, align="LEFT")
    inner = Markup(f'<FONT POINT-SIZE="{SMALL}">{said}</FONT>')
    return row(cell(inner, key=key, port=port, border=0, align="LEFT", padding=0))


def foot() -> Markup:
    """Return a row that keeps fields off the line below them."""
    return row(cell(border=0, padding=0, height=3))


def remark(words: str) -> Markup:
    """Return a row of words of lesser weight."""
    return row(cell(soft(words), border=0))


def elided(words: str) -> str:
    """Return words that stand for what is left out there."""
    return f"... {words} ..."


def folded_words(count: int) -> str:
    """Say in a list of words how many members are left out there."""
    return elided(say_n(count, "{n} more", "{n} more"))


def more_row(more: More[Any], words: str, port: str = "") -> Markup:
    """Return the row of a structure that says how much is folded away there."""
    said = soft(elided(words))
    return row(cell(said, key=more.key, tip=say(SHOW_THEM), port=port, border=0, padding=2))
