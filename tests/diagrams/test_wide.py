"""Hangul in pictures: boxes that fit it, and the letters themselves."""

from __future__ import annotations

import re

import pytest

from vmlab.diagrams.dot import clean
from vmlab.diagrams.drawing import Drawing, width_of
from vmlab.diagrams.layout import begin, render, render_svg
from vmlab.diagrams.wide import FONTS, narrowed
from vmlab.words.columns import columns


def dot(label: str) -> str:
    """A box that is as wide as its label."""
    shape = "shape=box fontname=Courier margin=0 height=0 width=0"
    return f'digraph {{ node [{shape}] a [label="{label}" tooltip="{label}"] }}'


def width(svg: str) -> int:
    found = re.search(r'width="(\d+)pt"', svg)
    assert found
    return int(found[1])


@pytest.mark.parametrize(
    "label", ["주소 공간", "물리 메모리", "페이지 테이블", "프레임 14", "가", "힣 x"]
)
def test_a_box_is_as_wide_as_its_columns(label: str) -> None:
    assert abs(width(render_svg(dot(label))) - width(render_svg(dot("x" * columns(label))))) <= 1


def test_all_letters_of_hangul_come_back() -> None:
    for start in range(ord("가"), ord("힣") + 1, 400):
        label = "".join(map(chr, range(start, min(start + 400, ord("힣") + 1))))
        svg = render_svg(dot(label))
        assert svg.count(label) == 2  # the label and its tip
        assert begin(dot(label))()[0] == svg


def test_letters_that_could_stand_in_are_kept() -> None:
    assert "Ąж힙Ā" in render_svg(dot("Ąж힙Ā"))


def test_what_graphviz_says_of_a_text_has_its_letters() -> None:
    (_, warning), *_ = render("digraph { a [shape=힙] }")[1]
    assert "힙" in warning


def test_fonts_of_korea_are_asked_for_where_there_is_hangul() -> None:
    assert FONTS in render_svg(dot("힙"))
    assert FONTS not in render_svg(dot("heap é"))


def test_text_without_wide_letters_is_left_alone() -> None:
    for label in ("heap", "é", "Ąж"):
        text, restored = narrowed(dot(label))
        assert text == dot(label)
        assert restored("Ā") == "Ā"


def test_a_long_text_is_cut_by_columns() -> None:
    assert clean("가" * 20) == "가" * 20
    cut = clean("가나다" * 10)
    assert cut.startswith("가나다가나다...")
    assert cut.endswith("가나다")
    assert 38 <= columns(cut) <= 40
    assert clean("x" * 50) == f"{'x' * 12}...{'x' * 25}"


def test_a_drawing_counts_columns_too() -> None:
    assert width_of("힙 x") == width_of("abcd")
    drawing = Drawing("x", 10)
    drawing.text(0, 0, "힙")
    drawing.text(0, 0, "heap")
    assert drawing.svg(10).count(FONTS) == 1
