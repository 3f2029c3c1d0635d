"""The glossary, `docs/glossary.md`, and what each language says for its terms.

A page of a language, `docs/glossary.ko.md`, is both read by people and data: a translation has what
the page says for each term of the English, or one of the words that it names besides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from vmlab.model.abi.calls import ACTIONS

ROOT = Path(__file__).parent.parent.parent
ENGLISH = ROOT / "docs" / "glossary.md"

_LATIN = re.compile(r"(?<![A-Za-z0-9_./<-])[A-Za-z][a-z]+(?![A-Za-z0-9_/.(>=]|-[A-Za-z])")
_CODE = re.compile(
    r"pip install \S+|(?<!\*)\*[a-z_]+\*(?!\*)|```.*?```|`[^`]*`|\{[^}]*\}|\]\([^)]*\)", re.DOTALL
)


@dataclass(frozen=True)
class Term:
    """A row: the English forms of a term, and the words of a language for it."""

    english: tuple[str, ...]
    words: tuple[str, ...]


def page(code: str) -> Path:
    """Return the glossary of a language."""
    return ENGLISH.with_suffix(f".{code}.md")


def rows(text: str) -> list[list[str]]:
    """Return the rows of the table of a page, cell by cell, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in cell.split(",") if word.strip())


@cache
def terms(code: str) -> tuple[Term, ...]:
    """Return the terms of a language, the longest first."""
    told = rows(page(code).read_text(encoding="utf-8"))
    found = [Term(_listed(row[0]), (row[1], *_listed(row[2]))) for row in told]
    return tuple(sorted(found, key=lambda term: -max(map(len, term.english))))


@cache
def _pattern(term: Term) -> re.Pattern[str]:
    forms = [form for english in term.english for form in (english, _plural(english))]
    words = "|".join(re.escape(form).replace(r"\ ", r"\s+") for form in forms)
    return re.compile(rf"(?<![\w/.-])(?:{words})(?![\w/])", re.IGNORECASE)


def _plural(noun: str) -> str:
    if re.search("[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if re.search("(s|sh|ch|x)$", noun) else "s")


@cache
def kept(code: str) -> frozenset[str]:
    # What the last paragraph of the page lists, and the names of calls.
    listed = page(code).read_text(encoding="utf-8").strip().rpartition("\n\n")[2]
    return frozenset(_listed(listed.replace("\n", " "))) | ACTIONS.keys()


def left(translation: str, code: str) -> list[str]:
    """Return the words that a translation left in Latin letters, though nothing says that it may.

    Code, places for values and what stands in parentheses count for nothing, nor do names that
    have more than letters in them, or capitals within.
    """
    rest = re.sub(r"\([^()]*\)", " ", _CODE.sub(" ", translation))
    return [word for word in _LATIN.findall(rest) if word not in kept(code)]


def strayed(english: str, translation: str, code: str) -> list[str]:
    """Return the terms of a message for which its translation has other words.

    Code, places for values, addresses of links and single words in italics, which are names of
    fields, count for nothing. A long term is none of the
    short ones within it.
    """
    rest, missing = _CODE.sub(" ", english), []
    translation = " ".join(translation.split())  # a line may end within a term
    for term in terms(code):
        rest, found = _pattern(term).subn(" ; ", rest)
        if found and not any(word in translation for word in term.words):
            missing.append(f"{term.english[0]}: {' / '.join(term.words)}")
    return missing
