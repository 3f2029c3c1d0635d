"""Graphviz inside V8, from the wheel `mini-racer`."""

from __future__ import annotations

import ctypes
import os
import threading
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
        # A thread of its own, for what need not be waited for; and inside a running event loop, as
        # in Jupyter, V8 would tie itself to that loop and then wait for it for ever.
        self._thread = ThreadPoolExecutor(1, "graphviz")
        self._one_at_a_time = threading.Lock()
        v8: Any = self._thread.submit(MiniRacer).result()
        v8.eval(javascript.file("shim.js"))
        v8.eval(javascript.graphviz() + ";0")
        version = v8.eval(javascript.LOAD).get(timeout=60)
        self.name = f"Graphviz {version} (V8)"
        v8.eval(f"globalThis.vmlabDraw = {javascript.file('draw.js')}; 0")
        self._desk = v8.eval(javascript.file("desk.js"))
        self._v8 = v8
        # Never freed: that would wait for the threads of V8, which stand still while Python ends.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self))

    def draw(self, dot: str) -> tuple[str, Messages]:
        self._must_not_be_forked()
        return self._lay_out(dot)

    def begin(self, dot: str) -> Callable[[], tuple[str, Messages]]:
        self._must_not_be_forked()
        drawing = self._thread.submit(self._lay_out, dot)

        def result() -> tuple[str, Messages]:
            if not drawing.done():
                self._must_not_be_forked()
            return drawing.result()

        return result

    def _lay_out(self, dot: str) -> tuple[str, Messages]:
        with self._one_at_a_time:
            said = self._desk[dot or " "]  # the empty text is not DOT either
            if said:
                return javascript.answer(said)
            self._v8.eval(javascript.LOAD).get(timeout=60)  # the old instance may be damaged
            raise RuntimeError(self._desk[""])

    def _must_not_be_forked(self) -> None:
        # Neither the threads nor the locks of V8 survive a fork: it would wait for ever.
        if os.getpid() != self._process:
            raise DiagramError(
                say(
                    "a forked process cannot draw after its parent has drawn: draw in the parent, "
                    "or start the child with multiprocessing's `spawn`"
                )
            )
