"""A picture as the output of a cell, which stays when the notebook is read without a kernel."""

from __future__ import annotations

from typing import Any

from vmlab.diagrams.layout import as_output


class StaticPicture:
    """An SVG picture with its name, and what it shows in words."""

    def __init__(self, name: str, svg: str, text: str) -> None:
        self.name = name
        self.svg = svg
        self.text = text

    def __repr__(self) -> str:
        return f"<picture {self.name}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return {"text/plain": self.text, **as_output(self.svg, self.text)}
