"""Graphviz inside V8, from the wheel `mini-racer`."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from vmlab.diagrams.layout import javascript
from vmlab.diagrams.layout.engine import Engine, Messages
from vmlab.errors import DiagramError
from vmlab.words.language import say

# Compiled once, when it is loaded, and not while the first pictures are drawn.
FLAGS = ("--no-wasm-lazy-compilation",)


class V8Engine(Engine):
    """Graphviz inside V8."""

    def __init__(self) -> None:
        from py_mini_racer import MiniRacer, init_mini_racer

        init_mini_racer(flags=FLAGS, ignore_duplicate_init=True)
        self._process = os.getpid()
        # A thread of its own, for it works without Python's lock; and inside a running event loop,
        # as in Jupyter, V8 would tie itself to that loop and then wait for it for ever.
        self._thread = ThreadPoolExecutor(1, "graphviz")
        v8: Any = self._thread.submit(MiniRacer).result()
        v8.eval(javascript.file("shim.js"))
        v8.eval(javascript.graphviz() + ";0")
        version = v8.eval(javascript.LOAD).get(timeout=60)
        self.name = f"Graphviz {version} (V8)"
        # To set a property and to run a program that V8 knows takes half of what a call takes.
        v8.eval(f"globalThis.vmlabWork = {{}}; vmlabWork.draw = {javascript.file('draw.js')}; 0")
        self._work = v8.eval("vmlabWork")
        self._v8 = v8
        # Never freed: that would wait for the threads of V8, which stand still while Python ends.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self))

    def draw(self, dot: str) -> tuple[str, Messages]:
        return self.begin(dot)()

    def begin(self, dot: str) -> Callable[[], tuple[str, Messages]]:
        self._must_not_be_forked()
        drawing = self._thread.submit(self._lay_out, dot)

        def result() -> tuple[str, Messages]:
            if not drawing.done():
                self._must_not_be_forked()
            return drawing.result()

        return result

    def _lay_out(self, dot: str) -> tuple[str, Messages]:
        self._work["dot"] = dot
        try:
            return javascript.answer(self._v8.eval("vmlabWork.draw(vmlabWork.dot)"))
        except Exception:
            self._v8.eval(javascript.LOAD).get(timeout=60)  # the old instance may be damaged
            raise

    def _must_not_be_forked(self) -> None:
        # Neither the threads nor the locks of V8 survive a fork: it would wait for ever.
        if os.getpid() != self._process:
            raise DiagramError(
                say(
                    "a forked process cannot draw after its parent has drawn: draw in the parent, "
                    "or start the child with multiprocessing's `spawn`"
                )
            )
