"""Graphviz inside the JavaScript engine that Pyodide itself runs in."""

from __future__ import annotations

from vmlab.diagrams.layout import javascript
from vmlab.diagrams.layout.engine import Engine, Messages


class WorkerEngine(Engine):
    """Graphviz in the worker of a browser."""

    def __init__(self) -> None:
        from pyodide.code import run_js  # type: ignore[import-not-found]

        run_js(javascript.without_promises(javascript.graphviz()) + ";0")
        version = run_js(javascript.LOAD_AT_ONCE)
        self.name = f"Graphviz {version} (Pyodide)"
        self._draw = run_js(javascript.file("draw.js"))
        self._run = run_js

    def draw(self, dot: str) -> tuple[str, Messages]:
        try:
            return javascript.answer(self._draw(dot))
        except Exception:
            self._run(javascript.LOAD_AT_ONCE)  # the old instance may be damaged
            raise
