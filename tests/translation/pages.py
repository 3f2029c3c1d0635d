"""Lessons and pages of documentation in another language: the same, but for their paragraphs.

A paragraph is what stands between blank lines (a table, a list, a fence is one), and a message of
the catalogue of its page, `docs/ko/NAME.po`. Code cells, the ids of cells and links are shared, so
that a change of code needs no translator. `python -m tests.translation.build ko` builds them all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.catalogue import ROOT, Message, lessons
from tests.translation.catalogues import entries, forms, head, read, renewed, text_of

DOCUMENTS = ("README.md", "docs/export.md", "docs/instructor_guide.md")
_BLANK = re.compile(r"(\n{2,})")
_WORDS = re.compile(r"[A-Za-z]{2}")
_SHARED = re.compile(r"\s*(?:`[^`]*`|</?\w+>|!\[\]\([^)]*\))?\s*\Z")  # a line of code alone
_FENCE = "```"


def sources() -> list[Path]:
    """Return all lessons and pages in English."""
    return [*lessons(), *(ROOT / name for name in DOCUMENTS)]


def catalogue_of(source: Path, code: str) -> Path:
    """Return the catalogue of a page in a language."""
    return ROOT / "docs" / code / f"{source.stem}.po"


def built(source: Path, code: str) -> Path:
    """Return the file of a page in a language."""
    if source.suffix == ".ipynb":
        return ROOT / "notebooks" / code / source.relative_to(ROOT / "notebooks")
    return source.with_suffix(f".{code}{source.suffix}")


def pieces(text: str) -> list[str]:
    """Divide Markdown into its paragraphs and the blank lines between them.

    >>> pieces("a b\\n\\n```\\nx\\n\\ny\\n```\\n\\nc")
    ['a b', '\\n\\n', '```\\nx\\n\\ny\\n```', '\\n\\n', 'c']
    """
    found: list[str] = []
    fenced = False
    for piece in _BLANK.split(text):
        if fenced:
            found[-1] += piece
        else:
            found.append(piece)
        fenced ^= piece.count(_FENCE) % 2 == 1
    return found


def is_said(piece: str) -> bool:
    """Whether a piece says something to people: a fence of code or a source does not.

    >>> [is_said(text) for text in ("## Fork", "`Source: mm/mmap.c`", "```\\nls\\n```", "\\n")]
    [True, False, False, False]
    """
    indented = all(line.startswith("    ") for line in piece.splitlines())
    fence = piece.startswith(_FENCE) and piece.rstrip().endswith(_FENCE)
    return bool(_WORDS.search(piece)) and not _SHARED.match(piece) and not (fence or indented)


def texts_of(source: Path) -> Iterator[str]:
    """Return the texts of a page, in their order: of each Markdown cell, or the whole."""
    text = source.read_text(encoding="utf-8")
    if source.suffix != ".ipynb":
        yield text
        return
    for cell in json.loads(text)["cells"]:
        if cell["cell_type"] == "markdown":
            yield "".join(cell["source"])


def said_in(source: Path) -> dict[Message, list[str]]:
    """Return the paragraphs of a page."""
    name = source.relative_to(ROOT).as_posix()
    return {
        piece.strip("\n"): [name]
        for text in texts_of(source)
        for piece in pieces(text)
        if is_said(piece)
    }


def catalogue_text(source: Path, code: str) -> str:
    """Return the catalogue of a page in a language, brought up to date."""
    file = catalogue_of(source, code)
    known = entries([read(file, code)]) if file.is_file() else {}
    said = said_in(source)
    gone = [entry for message, entry in known.items() if message not in said and any(forms(entry))]
    name = source.relative_to(ROOT).as_posix()
    return head(f"The paragraphs of {name}", code) + text_of(renewed(said, known, gone, code))


def update(code: str) -> None:
    """Bring the catalogues of all pages in a language up to date."""
    (ROOT / "docs" / code).mkdir(exist_ok=True)
    for source in sources():
        catalogue_of(source, code).write_text(catalogue_text(source, code), encoding="utf-8")


def translations(source: Path, code: str) -> dict[str, str]:
    """Return the paragraphs of a page that have a translation which nobody doubts."""
    known = entries([read(catalogue_of(source, code), code)])
    return {str(m): str(e.string) for m, e in known.items() if e.string and not e.fuzzy}


def in_other_words(text: str, words: Mapping[str, str]) -> str:
    """Return Markdown with other paragraphs; what has no translation stays as it is.

    >>> in_other_words("# One\\n\\n`x`\\n", {"# One": "# Unum"})
    '# Unum\\n\\n`x`\\n'
    """
    parts = []
    for piece in pieces(text):
        said = piece.strip("\n")
        parts.append(piece.replace(said, words.get(said, said)) if said else piece)
    return "".join(parts)


def notebook(source: Path, code: str) -> dict[str, Any]:
    """Return a lesson in a language: its paragraphs, and the code of the English one, not run."""
    lesson: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    words = translations(source, code)
    for cell in lesson["cells"]:
        if cell["cell_type"] == "markdown":
            text = in_other_words("".join(cell["source"]), words)
            cell["source"] = text.splitlines(keepends=True)
        else:
            cell["outputs"], cell["execution_count"] = [], None
    lesson["metadata"]["vmlab"] = {"language": code}
    return lesson


def document(source: Path, code: str) -> str:
    """Return a page of documentation in a language."""
    return in_other_words(source.read_text(encoding="utf-8"), translations(source, code))


def code_and_text(lesson: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the cells of a lesson as they are before a run: kind, id, text."""
    return [(cell["cell_type"], cell["id"], "".join(cell["source"])) for cell in lesson["cells"]]


def links(text: str) -> list[str]:
    """Return where the links of a text lead.

    >>> links("[one](a.md), [two](b.md)")
    ['a.md', 'b.md']
    """
    return re.findall(r"\]\(([^)]*)\)", text)
