"""The widget with the buttons for the recording as a whole: undo, reset, save, load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ipywidgets.widgets.trait_types import TypedTuple
from traitlets import Bool, Dict, Unicode

from vmlab.widgets.base import View
from vmlab.words.language import language, languages, name_of, prefer, spoken

BUTTONS = (
    *("undo", "redo", "go_on", "reset", "real_kernel"),
    *("save_recording", "save_state", "save_transcript", "save_page", "share"),
)


def _others() -> tuple[dict[str, str], ...]:
    codes = (code for code in languages() if code != spoken())
    return tuple({"code": code, "name": name_of(code)} for code in codes)


class Toolbar(View, script="toolbar"):
    """Buttons that act on a whole recording, and files from and to the reader's own disk.

    It only asks: `on_press` tells which button was pressed, `on_load` which file was chosen,
    `give` hands the reader a file, `give_link` a link. Files travel in messages, so it does not
    matter where the kernel runs.

    Args:
        does: 'undo', 'redo', 'reset', 'go_on', 'real_kernel' -> what it would do now; empty =
            nothing.
        languages: those that can be chosen, each with its code and its own name.
        site: the address of the site that the page belongs to, which opens links; empty = none.
        wide: whether the page has room for two pictures side by side.
    """

    from_page = frozenset(("site", "wide"))

    does = Dict(help="button -> what it would do now").tag(sync=True)
    languages = TypedTuple(Dict(), help="code and name of each").tag(sync=True)
    site = Unicode("", help="where links are opened").tag(sync=True)
    wide = Bool(False, help="whether there is room for two pictures").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(languages=_others(), **traits)
        self._press: list[Callable[[str, str], None]] = []
        self._load: list[Callable[[str, str], None]] = []
        self._seen: list[Callable[[], None]] = []
        self._pieces: list[str] = []  # of the file that is coming in
        self._views: set[str] = set()  # those on a page
        self.is_hidden = False  # whether it was on a page and is no longer
        self.on_msg(self._told)

    def on_press(self, callback: Callable[[str, str], None]) -> None:
        """Call `callback` with the button's name, and the view that a file must be given to."""
        self._press.append(callback)

    def on_load(self, callback: Callable[[str, str], None]) -> None:
        """Call `callback` with the name and the text of the file that was chosen."""
        self._load.append(callback)

    def give(self, view: str, name: str, text: str) -> None:
        """Let the reader's browser save a file."""
        self.send({"type": "file", "view": view, "name": name, "text": text})

    def give_link(self, view: str, link: str) -> None:
        """Let the reader copy a link."""
        self.send({"type": "link", "view": view, "link": link})

    def on_seen(self, callback: Callable[[], None]) -> None:
        """Call `callback` when it comes onto a page."""
        self._seen.append(callback)

    def _told(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        kind, name = content.get("type"), str(content.get("name", ""))
        if kind == "press" and name in BUTTONS:
            for callback in self._press:
                callback(name, str(content.get("view", "")))
        elif kind == "load":
            # In pieces, for a server refuses long messages.
            if content.get("first"):
                self._pieces.clear()
            self._pieces.append(str(content.get("piece", "")))
            if content.get("last"):
                text = "".join(self._pieces)
                self._pieces.clear()
                for callback in self._load:
                    callback(name, text)
        elif kind == "speak" and content.get("code") in languages():
            language(str(content["code"]))
        elif kind in ("shown", "hidden"):
            view = {str(content.get("view", ""))}
            self._views = self._views | view if kind == "shown" else self._views - view
            self.is_hidden = not self._views
            if isinstance(wanted := content.get("languages"), list):
                prefer(wanted)
            for seen in self._seen if kind == "shown" else ():
                seen()

    def speak(self) -> None:
        """Speak the present language, and offer the others."""
        with self.hold_sync():
            super().speak()
            self.languages = _others()

    def __repr__(self) -> str:
        return "Toolbar()"
