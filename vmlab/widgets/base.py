"""What every vmlab widget shares: how its files are put together, and its manners."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import anywidget
from ipywidgets import widget_serialization
from traitlets import Dict, Instance, TraitError, Unicode

from vmlab.diagrams.palette import theme_css
from vmlab.errors import ArgumentTypeError
from vmlab.words.language import spoken, translated

_FOLDER = Path(__file__).parent / "frontend"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w.]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)
_COMMENT = re.compile(r"^ *//.*\n|^ */\*\*(?:.|\n)*?\*/\n", re.MULTILINE)
_SPACE = re.compile(r"(?<=[{};,])\s+|^\s+| (?={$)", re.MULTILINE)  # that means nothing
_CSS_COMMENT = re.compile(r"^ */\*(?:.|\n)*?\*/\n| /\*.*\*/(?=\n)", re.MULTILINE)
_SAY = re.compile(r'\bsay\(\s*("(?:[^"\\\n]|\\.)*")')


def module(*names: str) -> str:
    """Return the files `names`, with the files they import put before them, as one text.

    Code reaches the browser as a single text, so a relative import has nothing to be relative
    to. Every file is put in once, after what it imports, and without its comments.
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

    for name in names:
        add(name)
    return "\n".join(parts)


def views() -> tuple[str, ...]:
    """Return the names of the files that show a view."""
    files = ((path.stem, path.read_text(encoding="utf-8")) for path in _FOLDER.glob("*.js"))
    return tuple(sorted(name for name, text in files if _DEFAULT.search(text)))


def bundle(first: str, names: Iterable[str], last: str) -> str:
    """Return one ES module with some views, each under its name in `views`.

    What they share stands once; each view is a scope of its own, and what it exports by default
    is what it has under its name.

    Args:
        first: a file that stands before the views, with what it imports.
        names: the files that show the views.
        last: what is done with the views.
    """
    texts = {name: (_FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in names}
    shared = dict.fromkeys(file for text in texts.values() for file in _IMPORT.findall(text))
    parts = [module(first, *shared), "const views = {};\n"]
    for name, text in texts.items():
        own = _DEFAULT.sub("return ", _COMMENT.sub("", _IMPORT.sub("", text))).strip()
        parts.append(f"views.{name} = (() => {{\n{own}\n}})();\n")
    return "\n".join([*parts, last])


def styles(*names: str) -> str:
    """Return stylesheets as one, after the one that all share, and the colours of pictures."""
    sheets = [(_FOLDER / name).read_text(encoding="utf-8") for name in ("base.css", *names)]
    texts = (_SPACE.sub("", _CSS_COMMENT.sub("", sheet)) for sheet in sheets)
    return "\n".join([*texts, theme_css(".vm-diagram .vm-stage")])


def _sheets() -> list[str]:
    # All but those of pages without Jupyter.
    return sorted(
        {path.name for path in _FOLDER.glob("*.css")} - {"base.css", "played.css", "seen.css"}
    )


def messages(esm: str) -> tuple[str, ...]:
    """Return what a module says to people, in English.

    >>> messages('say("Undo"); say("{n} / s", { n });')
    ('Undo', '{n} / s')
    """
    return tuple(dict.fromkeys(json.loads(message) for message in _SAY.findall(esm)))


def own_words(said: Iterable[str]) -> dict[str, str]:
    """Return messages in the reader's language, by the English ones, where they differ."""
    return {english: text for english in said if (text := translated(english)) != english}


class Frontend(anywidget.AnyWidget):
    """The code and styles of all views, in the state of one widget that is never shown.

    There is one for each language, with the words for what views say.
    """

    _esm = f"{module('packed.js')}\nexport default packed();\n"
    _css = styles(*_sheets())

    code = Unicode(help="the module with all views, by gzip and base64").tag(sync=True)
    key = Unicode(help="by which views find it").tag(sync=True)
    language = Unicode(help="its code, as HTML has it").tag(sync=True)
    _words = Dict(help="English -> the reader's language, if that is not English").tag(sync=True)

    def __init__(self, words: Mapping[str, str], language: str) -> None:
        # It has its key from the first, for the page may begin with it before it hears more.
        name = uuid4().hex
        key = f"IPY_MODEL_{name}"
        super().__init__(
            model_id=name, key=key, code=_PACKED, language=language, _words=dict(words)
        )


CODE = bundle("frontend.js", views(), "export default frontend(views);\n")
MESSAGES = messages(CODE)  # what views say
_PACKED = base64.b64encode(gzip.compress(CODE.encode(), mtime=0)).decode()
_frontends: dict[tuple[str, ...], Frontend] = {}  # by language


def frontend() -> Frontend:
    """Return the one that speaks the present language."""
    words = own_words(MESSAGES)
    said = tuple(words.values())
    known = _frontends.get(said)
    if known is None or known.comm is None:  # somebody closed all widgets
        known = _frontends[said] = Frontend(words, spoken().replace("_", "-"))
    return known


def sendable(value: Any) -> Any:
    """Return a value whose texts a page can be sent: no half of a character stands alone.

    >>> sendable({"a": ["\\ud800b", 1]})
    {'a': ['\ufffdb', 1]}
    """
    if isinstance(value, str):
        if value.isascii():
            return value
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {sendable(name): sendable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(sendable, value))
    return value


class View(anywidget.AnyWidget):
    """A widget of vmlab: rejects keyword arguments it does not know, has a stable repr.

    It speaks the language of its making until it is told to `speak` another one. A subclass gives
    the name of the file that shows it.

    Attributes:
        from_page: the traits that a page may change; whatever else it says of others is not heard.
    """

    from_page: ClassVar[frozenset[str]] = frozenset()

    _frontend = Instance(Frontend, help="its code and words").tag(sync=True, **widget_serialization)

    def __init_subclass__(cls, *, script: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if script:
            cls._esm = f'{module("entry.js")}\nexport default entry("{script}");\n'

    def __init__(self, **traits: Any) -> None:
        known = sorted(name for name in self.trait_names(sync=True) if not name.startswith("_"))
        for name in traits:
            if name not in known:
                kind, names = type(self).__name__, ", ".join(known)
                raise ArgumentTypeError("keyword_unknown", kind=kind, name=name, known=names)
        self._states: dict[str, dict[str, Any]] | None = None  # by model, sent by somebody else
        self._frontend = frontend()
        super().__init__(**traits)

    def speak(self) -> None:
        """Speak the present language from now on; what is shown is shown anew."""
        self._frontend = frontend()

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

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a page changed; what it may not say, or is no value, is put right there."""
        said = {name: sendable(sync_data[name]) for name in sync_data if name in self.from_page}
        untrue = set(sync_data) & set(self.keys) - set(said)
        for name, value in said.items():
            try:
                super().set_state({name: value})
            except TraitError:
                untrue.add(name)
        if untrue:
            self.send_state(untrue)

    def _handle_custom_msg(self, content: Any, buffers: Any) -> None:
        if isinstance(content, dict):
            super()._handle_custom_msg(sendable(content), buffers)

    def _send(self, msg: dict[str, Any], buffers: Any = None) -> None:
        super()._send(sendable(msg), buffers)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
