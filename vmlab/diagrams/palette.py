"""The colours of all pictures: one meaning each, in a light and a dark version.

The hues are those of Okabe and Ito, which people with any colour vision can tell apart. Colour
is never alone: whatever it says stands in words, in a shape or in a line style too.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour in light surroundings, and what the same thing wears in dark ones."""

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class Tone:
    """What one kind of thing wears: the area and the line around it."""

    fill: Colour
    line: Colour


PAPER = Colour("#ffffff", "#14171c")  # what pictures lie on; never drawn
INK = Colour("#1c2330", "#e6e9ef")  # text
SOFT = Colour("#4e586a", "#b3bbc9")  # text of lesser weight
LINE = Colour("#5d6878", "#8b94a5")  # arrows between things
FAINT = Colour("#8a93a1", "#697386")  # borders of what is not there: gaps, absent pages
HOT = Colour("#c44f00", "#ffa057")  # what this step is about
HEAD_INK = Colour("#fffffe", "#10151b")  # text on the head of a structure
NIGHT_INK = Colour("#fdfdfd", "#f3f5f8")  # text on a black tree node

TONES = {
    # What is behind a page or a region.
    "code": Tone(Colour("#d3e9f9", "#143c58"), Colour("#0a5d93", "#6fc1f2")),
    "file": Tone(Colour("#d2efe2", "#113f30"), Colour("#0b6b4f", "#4fd0a4")),
    "anon": Tone(Colour("#fde5bd", "#4b3510"), Colour("#8a5200", "#f2b44c")),
    "shared": Tone(Colour("#f6dcec", "#4a2140"), Colour("#8d2f69", "#e79bc6")),
    "lent": Tone(Colour("#e1e5ea", "#31373f"), Colour("#56606b", "#a7b0bb")),
    "zero": Tone(Colour("#f2f1ec", "#2a2a26"), Colour("#67665c", "#b8b7aa")),
    "paper": Tone(Colour("#fffffd", "#171b21"), Colour("#3d4654", "#b9c1ce")),
    # What may be done with a region. Each is kin to what mostly has these rights.
    "readable": Tone(Colour("#dcece0", "#1c392b"), Colour("#2c6649", "#7ccfa5")),
    "writable": Tone(Colour("#fde4c4", "#493414"), Colour("#875000", "#f1b150")),
    "executable": Tone(Colour("#d5e7fa", "#163a59"), Colour("#0f5994", "#74bef3")),
    "writable_code": Tone(Colour("#f5dce8", "#48213d"), Colour("#8b2e66", "#e699c4")),
    # The kernel's own things.
    "table": Tone(Colour("#f7f1b4", "#3d390f"), Colour("#6b6200", "#e3d757")),
    "struct": Tone(Colour("#f5f7fa", "#20262e"), Colour("#44546a", "#9fb0c3")),
    "head": Tone(Colour("#44546b", "#9fb0c4"), Colour("#44546c", "#9fb0c5")),
    # The two colours of a red-black tree.
    "red": Tone(Colour("#fbd9dd", "#5c1a24"), Colour("#b00024", "#ff8a97")),
    "black": Tone(Colour("#23282f", "#0a0c0f"), Colour("#23282e", "#dfe4eb")),
    # What this step is about.
    "hot": Tone(Colour("#ffe4d2", "#57290b"), HOT),
}


def theme_css(scope: str) -> str:
    """Return the style rules that make pictures follow the `color-scheme` of their surroundings.

    Args:
        scope: a CSS selector of the element that holds the `<svg>`.
    """
    loose = (INK, SOFT, LINE, FAINT, HOT, HEAD_INK, NIGHT_INK)
    fills = [tone.fill for tone in TONES.values()]
    lines = [tone.line for tone in TONES.values()]
    rules = []
    for colour in dict.fromkeys((*loose, *fills, *lines)):
        pair = f"light-dark({colour.light}, {colour.dark})"
        rules.append(f'[fill="{colour.light}"] {{ fill: {pair}; }}')
        rules.append(f'[stroke="{colour.light}"] {{ stroke: {pair}; }}')
    return "\n".join((f"{scope} {{", *rules, "}\n"))
