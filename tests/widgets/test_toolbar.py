"""The buttons of the whole recording: what they ask, how files come and go."""

from __future__ import annotations

from typing import Any

import pytest

from vmlab.widgets.toolbar import Toolbar


def test_it_tells_which_button_and_which_view() -> None:
    toolbar = Toolbar()
    told: list[tuple[str, str]] = []
    toolbar.on_press(lambda *press: told.append(press))
    toolbar._handle_custom_msg({"type": "press", "name": "undo", "view": "vmv3"}, [])
    toolbar._handle_custom_msg({"type": "press", "name": "__init__"}, [])
    toolbar._handle_custom_msg({"type": "something else"}, [])
    assert told == [("undo", "vmv3")]


def test_a_file_comes_in_pieces() -> None:
    toolbar = Toolbar()
    told: list[tuple[str, str]] = []
    toolbar.on_load(lambda *file: told.append(file))

    def piece(text: str, **more: bool) -> None:
        toolbar._handle_custom_msg({"type": "load", "name": "a.json", "piece": text, **more}, [])

    piece("lost", first=True)
    piece("one, ", first=True)
    piece("two")
    assert told == []
    piece(".", last=True)
    piece("whole", first=True, last=True)
    assert told == [("a.json", "one, two."), ("a.json", "whole")]


def test_a_file_goes_to_the_view_that_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(Toolbar, "send", lambda self, content: sent.append(content))
    Toolbar().give("vmv3", "a.txt", "hello")
    assert sent == [{"type": "file", "view": "vmv3", "name": "a.txt", "text": "hello"}]


def test_it_knows_whether_anybody_sees_it() -> None:
    toolbar = Toolbar()
    seen: list[bool] = []
    toolbar.on_seen(lambda: seen.append(toolbar.is_hidden))

    def tell(what: str, view: str) -> bool:
        toolbar._handle_custom_msg({"type": what, "view": view}, [])
        return toolbar.is_hidden

    assert not toolbar.is_hidden, "it was on no page yet"
    assert not tell("shown", "a")
    assert not tell("shown", "b")
    assert not tell("hidden", "a")
    assert tell("hidden", "b")
    assert not tell("shown", "c")
    assert seen == [False, False, False]
