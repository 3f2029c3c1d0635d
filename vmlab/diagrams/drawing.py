"""SVG text for pictures in which there is nothing to lay out: written as Graphviz writes it.

So it is shown, compared with the picture before and made harmless as any other picture is.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from vmlab.diagrams.dot import TIP_LIMIT, clean
from vmlab.diagrams.palette import INK
from vmlab.diagrams.wide import FONTS
from vmlab.words.columns import columns

Point = tuple[float, float]

FONT = "Courier,monospace"
SIZE = 10  # points
LETTER = 0.6 * SIZE  # width of a letter

_HEAD = """\
<svg width="{width}pt" height="{height}pt"
 viewBox="0.00 0.00 {width}.00 {height}.00" xmlns="http://www.w3.org/2000/svg" \
xmlns:xlink="http://www.w3.org/1999/xlink">
<g id="{name}" class="graph" transform="scale(1 1) rotate(0) translate(0 0)">
"""


def width_of(words: str) -> float:
    """Return how wide a text is, in points."""
    return columns(words) * LETTER


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


class Drawing:
    """A picture under construction; what is drawn later lies above.

    Args:
        name: its id, for example 'memory_over_time'.
        width: points.
    """

    def __init__(self, name: str, width: int) -> None:
        self._name = name
        self._width = width
        self._lines: list[str] = []

    @contextmanager
    def object(self, key: str, tip: str) -> Iterator[None]:
        """Let what is drawn in a block be one object, which can be pointed at; never empty."""
        words = html.escape(clean(tip, TIP_LIMIT))
        self._lines.append(f'<g id="{key}" class="node"><a xlink:title="{words}">')
        yield
        self._lines += ("</a>", "</g>")

    def area(
        self, points: Iterable[Point], fill: str, line: str, width: float = 1, dashes: str = ""
    ) -> None:
        """Draw a polygon; `fill` and `line` are colours, or 'none'."""
        self._lines.append(
            f'<polygon fill="{fill}" stroke="{line}" stroke-width="{_number(width)}"'
            f'{_dashed(dashes)} points="{_points(points)}"/>'
        )

    def box(
        self,
        *place: float,
        fill: str,
        line: str,
        width: float = 1,
        dashes: str = "",
    ) -> None:
        """Draw a rectangle; its place is left, top, right, bottom."""
        left, top, right, bottom = place
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        self.area(corners, fill, line, width, dashes)

    def line(
        self, points: Iterable[Point], colour: str, width: float = 1, dashes: str = ""
    ) -> None:
        """Draw a line through points."""
        self._lines.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="{_number(width)}"'
            f'{_dashed(dashes)} points="{_points(points)}"/>'
        )

    def circle(
        self, x: float, y: float, radius: float, fill: str, line: str, width: float = 1
    ) -> None:
        """Draw a circle."""
        r = _number(radius)
        self._lines.append(
            f'<ellipse fill="{fill}" stroke="{line}" stroke-width="{_number(width)}" '
            f'cx="{_number(x)}" cy="{_number(y)}" rx="{r}" ry="{r}"/>'
        )

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        anchor: str = "start",
        colour: str = INK.light,
        bold: bool = False,
        italic: bool = False,
    ) -> None:
        """Write words on the line `y`; 'start', 'middle' or 'end' of them is at `x`."""
        style = ' font-weight="bold"' if bold else ""
        style += ' font-style="italic"' if italic else ""
        font = FONT if words.isascii() else FONTS
        self._lines.append(
            f'<text xml:space="preserve" text-anchor="{anchor}" x="{_number(x)}" '
            f'y="{_number(y)}" font-family="{font}"{style} font-size="{SIZE}.00" '
            f'fill="{colour}">{html.escape(clean(words, TIP_LIMIT), quote=False)}</text>'
        )

    def svg(self, height: float) -> str:
        """Return the picture, so many points high."""
        head = _HEAD.format(name=self._name, width=self._width, height=round(height))
        return head + "\n".join((*self._lines, "</g>", "</svg>\n"))


def _dashed(dashes: str) -> str:
    return f' stroke-dasharray="{dashes}"' if dashes else ""
