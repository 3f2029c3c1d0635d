"""Contrast as WCAG 2.2 computes it, and one meaning for each colour."""

import itertools

import pytest

from tests.contrast import GRAPHICS, TEXT, contrast
from vmlab.diagrams.palette import (
    FAINT,
    HEAD_INK,
    HOT,
    INK,
    LINE,
    NIGHT_INK,
    PAPER,
    SOFT,
    TONES,
    Colour,
    theme_css,
)

GROUNDS = [name for name in TONES if name not in ("head", "black")]


def test_the_formula_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ink", [INK, SOFT])
def test_text_is_legible_on_every_ground(ink: Colour, theme: str):
    for ground in (PAPER, *(TONES[name].fill for name in GROUNDS)):
        assert contrast(getattr(ink, theme), getattr(ground, theme)) >= TEXT, ground


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_legible_on_dark_grounds(theme: str):
    assert contrast(getattr(HEAD_INK, theme), getattr(TONES["head"].fill, theme)) >= TEXT
    assert contrast(getattr(NIGHT_INK, theme), getattr(TONES["black"].fill, theme)) >= TEXT


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_are_seen_on_paper_and_around_their_area(theme: str):
    paper = getattr(PAPER, theme)
    for colour in (LINE, FAINT, HOT):
        assert contrast(getattr(colour, theme), paper) >= GRAPHICS, colour
    for name, tone in TONES.items():
        assert contrast(getattr(tone.line, theme), paper) >= GRAPHICS, name
        if name not in ("head", "black"):
            assert contrast(getattr(tone.line, theme), getattr(tone.fill, theme)) >= GRAPHICS, name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_hot_stands_out_from_every_ground(theme: str):
    for name in GROUNDS:
        assert contrast(getattr(HOT, theme), getattr(TONES[name].fill, theme)) >= GRAPHICS, name


def test_each_colour_has_one_meaning():
    colours = [PAPER, INK, SOFT, LINE, FAINT, HOT, HEAD_INK, NIGHT_INK]
    for name, tone in TONES.items():
        colours += [tone.fill] if name == "hot" else [tone.fill, tone.line]
    for one, other in itertools.combinations(colours, 2):
        assert one.light != other.light


def test_colours_have_six_digits():
    for tone in TONES.values():
        for colour in (tone.fill, tone.line):
            assert len(colour.light) == len(colour.dark) == 7


def test_the_style_rules_name_every_colour_once():
    css = theme_css(".stage")
    assert css.startswith(".stage {\n")
    for tone in TONES.values():
        assert css.count(f'[fill="{tone.fill.light}"]') == 1
        assert f"light-dark({tone.line.light}, {tone.line.dark})" in css
    assert PAPER.light not in css
