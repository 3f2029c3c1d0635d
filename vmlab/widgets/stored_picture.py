"""The picture that a notebook keeps of a widget, for pages where nothing brings it to life."""

from __future__ import annotations

from typing import Any

from IPython.display import display

from vmlab.diagrams.layout import as_output


class StoredPicture:
    """A widget with a picture behind it, as an output of its own.

    The two cannot be one output: a page made by nbconvert takes the widget of an output and
    nothing else, and it stays an empty box where no network is. What the widget brings to a page
    hides the picture again (base.css).
    """

    def _stored(self) -> tuple[str, str]:
        """Return the picture as SVG, empty if there is none, and the same in words."""
        raise NotImplementedError

    def outputs(self) -> list[dict[str, Any]]:
        """Return what a cell shows of it, each by mime type."""
        bundle: Any = self._repr_mimebundle_()  # type: ignore[attr-defined]
        outputs = [bundle[0] if isinstance(bundle, tuple) else bundle]
        svg, words = self._stored()
        if svg:
            stored = as_output(svg, words)
            stored["text/html"] = f'<div class="vm-stored">{stored["text/html"]}</div>'
            outputs.append(stored)
        return outputs

    def _ipython_display_(self) -> None:
        for output in self.outputs():
            display(output, raw=True)  # type: ignore[no-untyped-call]
