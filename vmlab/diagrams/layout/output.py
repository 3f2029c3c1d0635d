"""A picture as the output of a cell, which stays when there is no kernel."""

from __future__ import annotations

import base64
import html
import re

CELL_WIDTH = 700  # points
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_FONT = re.compile(r'(?<=<text)([^>]*) (font-family="[^"]*")')


def on_paper(svg: str) -> str:
    """Return a picture for a page of any theme: on white, and no wider than a notebook's cell.

    An image knows nothing of the page around it, and JupyterLab does not shrink an SVG. The font
    that all texts have is said once: said with each, it was nearly half of the picture.
    """
    svg = _common(svg)
    paper = '<rect width="100%" height="100%" fill="white"/>'
    svg = re.sub("(<svg[^>]*>)", rf"\1{paper}", svg, count=1)
    size = re.search(r'width="(\d+)pt" height="(\d+)pt"', svg)
    if size is None or int(size[1]) <= CELL_WIDTH:
        return svg
    height = int(size[2]) * CELL_WIDTH // int(size[1])
    return svg.replace(size[0], f'width="{CELL_WIDTH}pt" height="{height}pt"', 1)


def _common(svg: str) -> str:
    # A font is inherited; `xml:space` is not, in Chromium, and stays where it is.
    svg = _COMMENT.sub("", svg)
    fonts = {font for _, font in _FONT.findall(svg)}
    if len(fonts) != 1 or len(_FONT.findall(svg)) != svg.count("<text"):
        return svg
    return _FONT.sub(r"\1", svg).replace("<svg", " ".join(("<svg", *fonts)), 1)


def as_output(svg: str, words: str) -> dict[str, str]:
    """Return a picture as the output of a cell that is read without a kernel, by mime type.

    JupyterLab draws SVG only in a notebook that it trusts, which one from somebody else is not.
    In an image nothing can run, so it is always drawn, and the words stand in its `alt`.
    """
    paper = on_paper(svg)
    data = base64.b64encode(paper.encode()).decode()
    image = f'<img alt="{html.escape(words)}" src="data:image/svg+xml;base64,{data}">'
    return {"text/html": image, "image/svg+xml": paper}
