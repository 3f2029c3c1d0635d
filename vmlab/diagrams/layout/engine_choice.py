"""Which engine draws here."""

from __future__ import annotations

import shutil
import sys
import threading

from vmlab.diagrams.layout.engine import Engine
from vmlab.diagrams.layout.engine_browser import WorkerEngine
from vmlab.diagrams.layout.engine_dot import ProgramEngine
from vmlab.diagrams.layout.engine_v8 import V8Engine
from vmlab.errors import DiagramError
from vmlab.words.language import say

_engines: list[Engine] = []  # one at most: it is loaded when it is first needed
_loading = threading.Lock()


def engine() -> Engine:
    """Return what draws here.

    Raises:
        DiagramError: there is no Graphviz.
    """
    if not _engines:
        with _loading:
            if not _engines:
                _engines.append(_load())
    return _engines[0]


def _load() -> Engine:
    if sys.platform == "emscripten":
        return WorkerEngine()
    try:
        return V8Engine()
    except (ImportError, OSError, RuntimeError) as failure:
        program = shutil.which("dot")
        if program is None:
            raise DiagramError(
                say("no Graphviz here: run `pip install mini-racer`, or install a `dot` program")
            ) from failure
        return ProgramEngine(program)


def engine_name() -> str:
    """Return which Graphviz draws here, and its version."""
    return engine().name
