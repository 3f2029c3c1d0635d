"""The JavaScript that engines run: the vendored Graphviz, and what gets it going."""

from __future__ import annotations

import json
from importlib import resources

from vmlab.diagrams.layout.engine import Messages
from vmlab.errors import DiagramError
from vmlab.words.language import say

VENDORED = "viz-global.js"

# Make the instance that `draw.js` uses; answers the version of Graphviz.
LOAD = "Viz.instance().then(viz => { globalThis.vmlabViz = viz; return viz.graphvizVersion; })"
LOAD_AT_ONCE = "(globalThis.vmlabViz = Viz.instance()).graphvizVersion"

# Where the vendored file waits for a promise, and what does the same at once. Its only slow part is
# to compile, and that may take its time: a worker, unlike a page, is allowed to compile at once.
_WAITS = {
    "async function r(A={})": "function r(A={})",
    "aA=await async function(){": "aA=function(){",
    "function(v){return A(v.instance)}(await s(0,f,v))": (
        "A(new WebAssembly.Instance(new WebAssembly.Module(f),v))"
    ),
    "await async function(){N&&await(async()=>T)(),E||": "function(){E||",
    "r().then(A=>new a(A))": "new a(r())",
}


def file(name: str) -> str:
    """Return the text of a JavaScript file of this folder."""
    return (resources.files("vmlab.diagrams.layout") / name).read_text(encoding="utf-8")


def answer(said: str) -> tuple[str, Messages]:
    """Return the SVG and the complaints that `draw.js` answers."""
    if not said.startswith("["):
        return said, []
    svg, messages = json.loads(said)
    return svg, [(level, text) for level, text in messages]


def graphviz() -> str:
    """Return the program that defines `Viz`, whose `instance` promises one."""
    return file(f"vendor/{VENDORED}")


def without_promises(program: str) -> str:
    """Return the program changed so that `Viz.instance` gives the instance itself.

    Python in a browser's worker can wait for a promise only where the browser has JSPI.

    Raises:
        DiagramError: it is not the program whose waits are known.
    """
    for waits, at_once in _WAITS.items():
        if program.count(waits) != 1:
            raise DiagramError(
                say("{file} is a different version: it lacks {text!r}", file=VENDORED, text=waits)
            )
        program = program.replace(waits, at_once)
    return program
