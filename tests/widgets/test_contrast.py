"""Every text of the widgets is legible on every ground that it may stand on, in both themes."""

import re
from pathlib import Path

import pytest

import vmlab.widgets
from tests.contrast import GRAPHICS, TEXT, contrast, veiled
from vmlab.diagrams.palette import HEAD_INK, INK, NIGHT_INK, SOFT, TONES, Colour

FOLDER = Path(vmlab.widgets.__path__[0]) / "frontend"
CSS = "\n".join(
    re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    for file in sorted(FOLDER.glob("*.css"))
)
PAIR = r"light-dark\((#\w{6}), (#\w{6})\)"
TOKENS = {
    name: {"light": light, "dark": dark}
    for name, light, dark in re.findall(rf"--vm-([\w-]+):[^;]*?{PAIR}", CSS)
}
JUPYTER_PAPER = {"light": "#ffffff", "dark": "#111111"}  # what JupyterLab's own themes say
THEMES = pytest.mark.parametrize("theme", ["light", "dark"])

GROUNDS = ("paper", "shade", "accent-shade", "bad-shade")
# Which texts stand on which grounds, as the stylesheets combine them.
INKS = {
    "ink": GROUNDS,
    "soft": GROUNDS,
    "accent": ("paper", "shade", "accent-shade"),
    "good": ("paper", "shade"),
    "bad": ("paper", "shade", "bad-shade"),
    "paper": ("accent", "ink"),
}


def used(property_: str) -> set[str]:
    """Return the tokens that a property is given anywhere."""
    return set(re.findall(rf"(?<![\w-]){property_}: var\(--vm-([\w-]+)\)", CSS))


def test_every_colour_of_a_text_and_of_a_ground_is_looked_at():
    assert used("color") <= set(INKS)
    assert used("background") <= {*GROUNDS, "accent", "ink", "edge", "line"}


@THEMES
def test_texts_are_legible_on_their_grounds(theme: str):
    for ink, grounds in INKS.items():
        for ground in grounds:
            found = contrast(TOKENS[ink][theme], TOKENS[ground][theme])
            assert found >= TEXT, (ink, ground)
    for ink in ("ink", "soft", "accent", "good", "bad"):
        assert contrast(TOKENS[ink][theme], JUPYTER_PAPER[theme]) >= TEXT, ink
    assert contrast(JUPYTER_PAPER[theme], TOKENS["accent"][theme]) >= TEXT


@THEMES
def test_texts_are_legible_on_the_lines_that_changed(theme: str):
    marks = re.findall(rf"background: {PAIR}", CSS)
    assert marks
    for light, dark in marks:
        ground = {"light": light, "dark": dark}[theme]
        for ink in ("ink", "soft"):
            assert contrast(TOKENS[ink][theme], ground) >= TEXT, (ink, ground)


@THEMES
def test_what_can_be_operated_is_seen(theme: str):
    for line in ("edge", "accent", "bad"):
        for ground in ("paper", "shade"):
            assert contrast(TOKENS[line][theme], TOKENS[ground][theme]) >= GRAPHICS, (line, ground)
        assert contrast(TOKENS[line][theme], JUPYTER_PAPER[theme]) >= GRAPHICS, line


@THEMES
def test_what_is_pointed_at_stays_legible(theme: str):
    ring = re.search(r"\.vm-ring-hover \{.*?fill-opacity: ([\d.]+)", CSS, re.DOTALL)
    assert ring is not None

    def seen(colour: Colour) -> str:  # the ring lies over text and ground alike
        return veiled(getattr(colour, theme), TOKENS["accent"][theme], float(ring[1]))

    for name, tone in TONES.items():
        inks = {"head": (HEAD_INK,), "black": (NIGHT_INK,)}.get(name, (INK, SOFT))
        for ink in inks:
            assert contrast(seen(ink), seen(tone.fill)) >= TEXT, (name, ink)
