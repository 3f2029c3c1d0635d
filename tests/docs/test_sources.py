"""What becomes a page of the documentation site, and where its links lead."""

import doctest
from pathlib import Path
from types import ModuleType

import pytest

from docs import korean_search, lesson_pages, sources


@pytest.mark.parametrize("module", [korean_search, lesson_pages, sources])
def test_examples(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)
    assert tried
    assert not failed


def page(tmp_path: Path, language: str, name: str) -> str:
    sources.gather(language, tmp_path)
    return (tmp_path / name).read_text("utf-8")


def test_every_lesson_and_document_is_a_page(tmp_path: Path) -> None:
    sources.gather("en", tmp_path)
    found = {path.relative_to(tmp_path).with_suffix("").as_posix() for path in tmp_path.rglob("*")}
    folder = sources.ROOT / "notebooks"
    lessons = {f"lessons/{path.stem}" for path in folder.glob("*.ipynb")}
    lessons |= {f"lessons/incidents/{path.stem}" for path in folder.glob("incidents/*.ipynb")}
    assert lessons | {"differences", "events", "evidence", "howto/read_maps", "index"} <= found
    assert not any(name.endswith(".ko") for name in found)


def test_links_to_lessons_lead_to_their_pages(tmp_path: Path) -> None:
    text = page(tmp_path, "en", "subjects.md")
    assert "](lessons/07_fork.ipynb)" in text
    assert "notebooks/07" not in text


def test_a_korean_page_links_to_english_where_there_is_no_other(tmp_path: Path) -> None:
    text = page(tmp_path, "ko", "instructor_guide.md")
    assert "](english:../subjects.html)" in text
    assert "](english:../glossary.html)" in page(tmp_path, "ko", "glossary.md")


def test_every_korean_page_has_an_english_one() -> None:
    assert set(sources.documents(".ko")) <= set(sources.documents())
