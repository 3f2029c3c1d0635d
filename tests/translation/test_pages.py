"""Lessons and pages in another language: built from the English ones, and current."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.translation import pages
from tests.translation.catalogues import languages

SOURCES = [(source, code) for code in languages() for source in pages.sources()]

LESSONS = [(source, code) for source, code in SOURCES if source.suffix == ".ipynb"]


def named(value: object) -> str:
    return value.stem if isinstance(value, Path) else str(value)


@pytest.mark.parametrize(("source", "code"), SOURCES, ids=named)
def test_what_is_built_is_current(source: Path, code: str) -> None:
    built = pages.built(source, code).read_text(encoding="utf-8")
    how = f"run python -m tests.translation.build {code} {source.stem}"
    if source.suffix != ".ipynb":
        assert built == pages.document(source, code), how
        return
    lesson, wanted = json.loads(built), pages.notebook(source, code)
    assert pages.code_and_text(lesson) == pages.code_and_text(wanted), how
    assert lesson["metadata"]["vmlab"] == {"language": code}


@pytest.mark.parametrize(("source", "code"), SOURCES, ids=named)
def test_a_catalogue_has_the_paragraphs_of_its_page(source: Path, code: str) -> None:
    stored = pages.catalogue_of(source, code).read_text(encoding="utf-8")
    assert stored == pages.catalogue_text(source, code), "run python -m tests.translation --update"


@pytest.mark.parametrize(("source", "code"), SOURCES, ids=named)
def test_a_translation_keeps_links_and_code_fences(source: Path, code: str) -> None:
    for english, other in pages.translations(source, code).items():
        assert sorted(pages.links(other)) == sorted(pages.links(english)), other
        assert other.count("```") == english.count("```"), other
        assert other.count("<details>") == english.count("<details>"), other


def pictures(lesson: str) -> list[tuple[float, float]]:
    """The sizes of the pictures among the outputs of a lesson."""
    found = re.findall(r'<svg [^>]*?\bwidth=\\"([\d.]+)pt\\" height=\\"([\d.]+)pt\\"', lesson)
    return [(float(width), float(height)) for width, height in found]


@pytest.mark.parametrize(("source", "code"), LESSONS, ids=named)
def test_pictures_are_about_as_large_in_every_language(source: Path, code: str) -> None:
    english, other = (
        pictures(file.read_text(encoding="utf-8")) for file in (source, pages.built(source, code))
    )
    assert len(other) == len(english)
    for one, two in zip(english, other, strict=True):
        assert two == pytest.approx(one, rel=0.1)


def test_a_lesson_in_another_language_shares_code_and_ids() -> None:
    for source, code in LESSONS:
        english = pages.code_and_text(json.loads(source.read_text(encoding="utf-8")))
        other = pages.code_and_text(pages.notebook(source, code))
        assert [cell[:2] for cell in other] == [cell[:2] for cell in english]
        assert [c for c in other if c[0] == "code"] == [c for c in english if c[0] == "code"]
