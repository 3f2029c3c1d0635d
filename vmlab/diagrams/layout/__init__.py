"""Lays pictures out: DOT text in, SVG text out; the one room of the pictures that needs a host.

Graphviz is the vendored WebAssembly build, run by V8 under CPython (`v8.py`) and by the browser's
own engine under Pyodide (`worker.py`), so the same DOT gives the same bytes everywhere.
"""

from vmlab.diagrams.layout.engine_choice import engine_name
from vmlab.diagrams.layout.output import as_output, on_paper
from vmlab.diagrams.layout.svg import begin, render, render_svg

__all__ = ["as_output", "begin", "engine_name", "on_paper", "render", "render_svg"]
