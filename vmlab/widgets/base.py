"""What every vmlab widget shares: how its files are put together, and its manners."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Dict, default

from vmlab.errors import ArgumentTypeError
from vmlab.words.language import translated

_FOLDER = Path(__file__).parent / "frontend"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w.]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)
_COMMENT = re.compile(r"^ *//.*\n|^ */\*\*(?:.|\n)*?\*/\n", re.MULTILINE)
_SAY = re.compile(r'\bsay\(\s*("(?:[^"\\\n]|\\.)*")')


def module(name: str) -> str:
    """Return one ES module: the file `name` with the files it imports put before it.

    A widget reaches the browser as a single text, so a relative import has nothing to be
    relative to. Every file is put in once, after what it imports, and without its comments: every
    view has the text in its state.
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
        parts.append(_COMMENT.sub("", _EXPORT.sub("", _IMPORT.sub("", text))).strip() + "\n")

    add(name)
    return "\n".join(parts)


def styles(*names: str) -> str:
    """Return the named stylesheets as one, after the one that all share."""
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in ("base.css", *names))


def messages(esm: str) -> tuple[str, ...]:
    """Return what a module says to people, in English.

    >>> messages('say("Undo"); say("{n} / s", { n });')
    ('Undo', '{n} / s')
    """
    return tuple(dict.fromkeys(json.loads(message) for message in _SAY.findall(esm)))


class View(anywidget.AnyWidget):
    """A widget of vmlab: rejects keyword arguments it does not know, has a stable repr.

    It speaks the language of its making: its module gets the words for what it says.
    """

    _messages: tuple[str, ...] = ()  # what its module says
    _words = Dict(help="English -> the reader's language, if that is not English").tag(sync=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if isinstance(esm := cls.__dict__.get("_esm"), str):
            cls._messages = messages(esm)

    def __init__(self, **traits: Any) -> None:
        known = sorted(name for name in self.trait_names(sync=True) if not name.startswith("_"))
        for name in traits:
            if name not in known:
                kind, names = type(self).__name__, ", ".join(known)
                raise ArgumentTypeError("keyword_unknown", kind=kind, name=name, known=names)
        self._states: dict[str, dict[str, Any]] | None = None  # by model, sent by somebody else
        words = {message: translated(message) for message in self._messages}
        self._words = {english: text for english, text in words.items() if text != english}
        super().__init__(**traits)

    @default("keys")
    def _default_keys(self) -> list[str]:
        # In English there is nothing to send, and so it is not part of the state.
        keys: list[str] = super()._default_keys()
        return [name for name in keys if name != "_words" or self._words]

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
