"""The glossary has the same terms in every language, and finds a translation without them."""

from __future__ import annotations

import pytest

from tests.translation.catalogues import languages
from tests.translation.glossary import ENGLISH, left, page, rows, strayed


@pytest.mark.parametrize("code", languages())
def test_every_language_has_all_terms(code: str) -> None:
    english, other = (rows(file.read_text(encoding="utf-8")) for file in (ENGLISH, page(code)))
    assert [row[0] for row in other] == [row[0] for row in english]
    assert all(row[1] and row[3] for row in other)
    assert len(english) == len({row[0].lower() for row in english})


@pytest.mark.parametrize(
    ("english", "korean", "found"),
    [
        ("The page is mapped.", "페이지를 매핑했습니다.", []),
        ("The page is mapped.", "쪽을 매핑했습니다.", ["page: 페이지"]),
        ("Two Pages", "페이지 2개", []),
        ("its children", "자식들", []),
        ("its children", "아이들", ["child: 자식"]),
        ("the page table", "페이지 테이블", []),  # not a page as well
        ("the page table", "페이지 표", ["page table: 페이지 테이블"]),
        ("`page` of {page} in page_table, mm/page.c", "", []),
        ("[x](page.md)", "", []),
        ("a process and its entries", "프로세스와 그 항목", []),  # the second word for it
    ],
)
def test_other_words_than_the_glossarys_are_found(
    english: str, korean: str, found: list[str]
) -> None:
    assert strayed(english, korean, "ko") == [*map(_with_others, found)]


@pytest.mark.parametrize(
    ("korean", "words"),
    [
        ("페이지 폴트(page fault)가 났습니다", []),
        ("inode 3을 mmap으로 매핑합니다", []),  # kept by the page; a call
        ("`any code`, {pfn}, VMA, do_page_fault, /bin/true, a.out, rw-p", []),
        ("커널이 page를 봅니다", ["page"]),
        ("The 커널", ["The"]),
    ],
)
def test_words_that_were_left_are_found(korean: str, words: list[str]) -> None:
    assert left(korean, "ko") == words


def _with_others(told: str) -> str:
    # As the page has it, with what may stand besides.
    term = told.split(":")[0]
    row = next(
        row for row in rows(page("ko").read_text(encoding="utf-8")) if row[0].split(",")[0] == term
    )
    return f"{term}: {' / '.join([row[1], *filter(None, row[2].split(', '))])}"
