"""What every vmlab widget shares: how its files are put together, and its manners."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anywidget

_FOLDER = Path(__file__).parent / "frontend"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w.]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def module(name: str) -> str:
    """Return one ES module: the file `name` with the files it imports put before it.

    A widget reaches the browser as a single text, so a relative import has nothing to be
    relative to. Every file is put in once, after what it imports.
    """
    parts: list[str] = []
    done: set[str] = set()

    def add(file: str) -> None:
        if file in done:
            return
        done.add(file)
        text = (_FOLDER / file).read_text(encoding="utf-8")
        for imported in _IMPORT.findall(text):
            add(imported)
        parts.append(_EXPORT.sub("", _IMPORT.sub("", text)))

    add(name)
    return "\n".join(parts)


def styles(*names: str) -> str:
    """Return the named stylesheets as one, after the one that all share."""
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in ("base.css", *names))


class View(anywidget.AnyWidget):
    """A widget of vmlab: rejects keyword arguments it does not know, has a stable repr."""

    def __init__(self, **traits: Any) -> None:
        known = sorted(name for name in self.trait_names(sync=True) if not name.startswith("_"))
        for name in traits:
            if name not in known:
                raise TypeError(
                    f"{type(self).__name__} takes no {name!r}; it takes {', '.join(known)}"
                )
        self._states: dict[str, dict[str, Any]] | None = None  # by model, sent by somebody else
        super().__init__(**traits)

    @contextmanager
    def held(self, states: dict[str, dict[str, Any]] | None) -> Iterator[None]:
        """Send nothing until the end of a block, and then put it into `states` if there is one.

        A block within a block changes nothing.
        """
        before = self._states
        self._states = states if before is None else before
        try:
            with self.hold_sync():
                yield
        finally:
            self._states = before

    def send_state(self, key: Any = None) -> None:
        """Send what changed to the page, or put it where it is sent from."""
        if self._states is None:
            super().send_state(key)
        elif self.comm is not None and (state := self.get_state(key)):
            self._states.setdefault(self.comm.comm_id, {}).update(state)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
