"""The one place that lays pictures out: DOT text in, SVG text out.

Graphviz is the vendored WebAssembly build, run by V8 under CPython and by the browser's own
engine under Pyodide, so the same DOT gives the same bytes everywhere. A `dot` program serves
only where the wheel `mini-racer` cannot be imported.
"""

from __future__ import annotations

import base64
import ctypes
import html
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from importlib import resources
from typing import Any

from vmlab.errors import DiagramError

Messages = list[tuple[str, str]]  # (level, text): what Graphviz complained about

CELL_WIDTH = 700  # points

# What the WebAssembly build expects of its host and bare V8 lacks.
SHIM = """
globalThis.location = {href: "http://localhost/"};
globalThis.crypto = {getRandomValues: bytes => bytes.fill(1)};
globalThis.performance = {now: () => 0};
globalThis.TextDecoder = class {
  decode(bytes) {
    let text = "";
    for (let i = 0; i < bytes.length; ) {
      let end = i; // nearly all is ASCII: taken in pieces, which is far faster than letters
      while (end < bytes.length && bytes[end] < 0x80 && end - i < 8192) end++;
      if (end > i) {
        text += String.fromCharCode.apply(null, bytes.subarray(i, end));
        i = end;
        continue;
      }
      const first = bytes[i++];
      const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
      let code = first & (0x3f >> more);
      for (let k = 0; k < more; k++) code = (code << 6) | (bytes[i++] & 0x3f);
      text += String.fromCodePoint(code);
    }
    return text;
  }
};
"""
# Compiled once, when it is loaded, and not while the first pictures are drawn.
FLAGS = ("--no-wasm-lazy-compilation",)
# `viz.render` tells of errors in HTML-like labels; `viz.renderString` would keep them to itself.
LOAD = "Viz.instance().then(viz => { globalThis.vmlabViz = viz; return viz.graphvizVersion; })"
DRAW = """dot => {
  const result = vmlabViz.render(dot, {format: "svg", engine: "dot"});
  return JSON.stringify([result.output || "", result.errors.map(e => [e.level || "", e.message])]);
}"""


class Engine:
    """Something that runs Graphviz."""

    name: str  # what it is, with its version

    def draw(self, dot: str) -> tuple[str, Messages]:
        """Return the SVG, or an empty text, and the complaints."""
        raise NotImplementedError

    def begin(self, dot: str) -> Callable[[], tuple[str, Messages]]:
        """Begin to draw, where Python can go on meanwhile; return what waits for the end."""
        return partial(self.draw, dot)


class V8Engine(Engine):
    """Graphviz inside V8, from the wheel `mini-racer`."""

    def __init__(self) -> None:
        from py_mini_racer import MiniRacer, init_mini_racer

        init_mini_racer(flags=FLAGS, ignore_duplicate_init=True)
        # A thread of its own, for it works without Python's lock; and inside a running event loop,
        # as in Jupyter, V8 would tie itself to that loop and then wait for it for ever.
        self._thread = ThreadPoolExecutor(1, "graphviz")
        v8: Any = self._thread.submit(MiniRacer).result()
        v8.eval(SHIM)
        v8.eval(_source() + ";0")
        version = v8.eval(LOAD).get(timeout=60)
        self.name = f"Graphviz {version} (WebAssembly in V8)"
        self._draw = v8.eval(DRAW)
        self._v8 = v8
        # Never freed: that would wait for the threads of V8, which stand still while Python ends.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self))

    def draw(self, dot: str) -> tuple[str, Messages]:
        try:
            svg, messages = json.loads(self._draw(dot))
        except Exception:
            self._v8.eval(LOAD).get(timeout=60)  # the old instance may be damaged
            raise
        return svg, [(level, text) for level, text in messages]

    def begin(self, dot: str) -> Callable[[], tuple[str, Messages]]:
        return self._thread.submit(self.draw, dot).result


class ChildEngine(Engine):
    """Graphviz in a Python of its own, for a process that was forked from one with a `V8Engine`.

    Neither the threads nor the locks of V8 survive a fork.
    """

    def __init__(self, parent: Engine) -> None:
        self.name = parent.name

    def draw(self, dot: str) -> tuple[str, Messages]:
        code = "import sys, json; from vmlab.diagrams import layout; "
        code += "json.dump(layout.engine().draw(json.load(sys.stdin)), sys.stdout)"
        ran = subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(dot),
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        svg, messages = json.loads(ran.stdout)
        return svg, [(level, text) for level, text in messages]


class WorkerEngine(Engine):
    """Graphviz inside the JavaScript engine that Pyodide itself runs in."""

    name = "Graphviz (WebAssembly in the browser)"

    def __init__(self) -> None:
        from pyodide.code import run_js  # type: ignore[import-not-found]

        run_js(_source() + ";0")
        self._loading = run_js(LOAD)
        self._draw = run_js(DRAW)

    async def ready(self) -> None:
        await self._loading

    def draw(self, dot: str) -> tuple[str, Messages]:
        from pyodide.code import run_js
        from pyodide.ffi import can_run_sync, run_sync  # type: ignore[import-not-found]

        if not run_js("!!globalThis.vmlabViz"):
            if not can_run_sync():
                raise DiagramError("Graphviz is still loading: run `await vmlab.ready()` first")
            run_sync(self.ready())
        try:
            svg, messages = json.loads(self._draw(dot))
        except Exception:
            run_js("delete globalThis.vmlabViz")  # the old instance may be damaged
            self._loading = run_js(LOAD)
            raise
        return svg, [(level, text) for level, text in messages]


class ProgramEngine(Engine):
    """The `dot` program of the system."""

    def __init__(self, program: str) -> None:
        said = subprocess.run([program, "-V"], capture_output=True, text=True, check=False)
        found = re.search(r"version (\S+)", said.stderr)
        self.name = f"Graphviz {found.group(1) if found else '?'} ({program})"
        self._program = program

    def draw(self, dot: str) -> tuple[str, Messages]:
        ran = subprocess.run(
            [self._program, "-Tsvg"], input=dot.encode(), capture_output=True, check=False
        )
        messages = []
        for line in ran.stderr.decode(errors="replace").splitlines():
            level, colon, text = line.partition(": ")
            known = colon and level in ("Error", "Warning")
            messages.append((level.lower(), text) if known else ("", line))
        if ran.returncode and not any(level == "error" for level, _ in messages):
            messages.append(("error", f"dot ended with {ran.returncode}"))
        return ran.stdout.decode(), messages


_engines: dict[int, Engine] = {}  # by process: a forked child needs another one
_loading = threading.Lock()


def _source() -> str:
    file = resources.files("vmlab.diagrams") / "vendor" / "viz-global.js"
    return file.read_text(encoding="utf-8")


def engine() -> Engine:
    """Return what draws in this process."""
    found = _engines.get(os.getpid())
    if found is None:
        with _loading:
            found = _engines.get(os.getpid()) or _load()
            _engines[os.getpid()] = found
    return found


def _load() -> Engine:
    parent = next(iter(_engines.values()), None)
    if parent is not None:
        return ChildEngine(parent) if isinstance(parent, V8Engine) else parent
    if sys.platform == "emscripten":
        return WorkerEngine()
    try:
        return V8Engine()
    except (ImportError, OSError, RuntimeError) as failure:
        program = shutil.which("dot")
        if program is None:
            raise DiagramError(
                "no Graphviz: `pip install mini-racer`, or install a `dot` program"
            ) from failure
        return ProgramEngine(program)


def engine_name() -> str:
    """Return which Graphviz draws here, and its version."""
    return engine().name


async def ready() -> None:
    """Wait until pictures can be drawn; only a browser ever needs to."""
    here = engine()
    if isinstance(here, WorkerEngine):
        await here.ready()


def begin(dot: str) -> Callable[[], tuple[str, Messages]]:
    """Begin to lay DOT text out; what it returns waits for the end and gives what `render` gives.

    Raises:
        DiagramError: the text is malformed. What is wrong in it is said when one waits.
    """
    if "\0" in dot:
        raise DiagramError("DOT text with a NUL character")
    try:
        dot.encode()
    except UnicodeEncodeError as failure:
        raise DiagramError(f"DOT text with half a character: {failure.reason}") from failure
    return cache(partial(_finish, engine().begin(dot)))


def _finish(wait: Callable[[], tuple[str, Messages]]) -> tuple[str, Messages]:
    try:
        svg, messages = wait()
    except DiagramError:
        raise
    except Exception as failure:
        # V8 quotes the whole program in its messages.
        found = re.search(r"\w*Error: [^\n]*", str(failure))
        raise DiagramError(f"Graphviz failed: {found[0] if found else type(failure)}") from None
    errors = [text for level, text in messages if level == "error"]
    if errors or not svg:
        raise DiagramError("; ".join(errors) or "DOT text without a graph")
    return svg[svg.index("<svg") :], messages


def render(dot: str) -> tuple[str, Messages]:
    """Lay DOT text out; return the SVG and what Graphviz warned of.

    Raises:
        DiagramError: the text, or a label in it, is malformed.
    """
    return begin(dot)()


def render_svg(dot: str) -> str:
    """Lay DOT text out with Graphviz and return one `<svg>` element.

    The same text gives the same bytes on every machine. Nodes and edges carry the `id` that the
    DOT text gave them; Graphviz puts the id of a table cell on a group called `a_ID`.

    Raises:
        DiagramError: the text, or a label in it, is malformed.
    """
    return render(dot)[0]


def on_paper(svg: str) -> str:
    """Return a picture for a page of any theme: on white, and no wider than a notebook's cell.

    An image knows nothing of the page around it, and JupyterLab does not shrink an SVG.
    """
    paper = '<rect width="100%" height="100%" fill="white"/>'
    svg = re.sub("(<svg[^>]*>)", rf"\1{paper}", svg, count=1)
    size = re.search(r'width="(\d+)pt" height="(\d+)pt"', svg)
    if size is None or int(size[1]) <= CELL_WIDTH:
        return svg
    height = int(size[2]) * CELL_WIDTH // int(size[1])
    return svg.replace(size[0], f'width="{CELL_WIDTH}pt" height="{height}pt"', 1)


def as_output(svg: str, words: str) -> dict[str, str]:
    """Return a picture as the output of a cell that is read without a kernel, by mime type.

    JupyterLab draws SVG only in a notebook that it trusts, which one from somebody else is not.
    In an image nothing can run, so it is always drawn, and the words stand in its `alt`.
    """
    paper = on_paper(svg)
    data = base64.b64encode(paper.encode()).decode()
    image = f'<img alt="{html.escape(words)}" src="data:image/svg+xml;base64,{data}">'
    return {"text/html": image, "image/svg+xml": paper}
