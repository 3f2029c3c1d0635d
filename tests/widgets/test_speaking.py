"""Another language is chosen: an Explorer says everything again, and loses nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from vmlab import Explorer, Machine, language
from vmlab.widgets.base import View, frontend
from vmlab.widgets.speaking import _views
from vmlab.widgets.toolbar import Toolbar
from vmlab.words import language as words


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Begin and end in English, which nobody chose."""
    language("en")
    words._is_chosen = False
    yield
    language("en")


@pytest.fixture
def explorer() -> Explorer:
    machine = Machine()
    machine.spawn()
    explorer = Explorer(machine)
    explorer.controls.pid = 1000
    explorer.fork()
    return explorer


def shown(explorer: Explorer) -> str:
    """All that is sent to the page."""
    return json.dumps(
        [view.get_state() for view in _views(explorer)], ensure_ascii=False, default=str
    )


def test_every_view_speaks_the_language_that_is_chosen(explorer: Explorer) -> None:
    hangul = re.compile("[가-힣]")
    assert not hangul.search(shown(explorer).replace("한국어", ""))
    language("ko")
    assert {view._frontend for view in _views(explorer)} == {frontend()}
    assert "주소 공간" in shown(explorer)
    assert "프레임" in explorer.player.headline
    language("en")
    assert not hangul.search(shown(explorer).replace("한국어", ""))


def test_what_the_reader_did_stays(explorer: Explorer) -> None:
    first = next(iter(explorer.pictures))
    first.tab = first.tabs[2]
    explorer.controls.fill({"munmap": {"addr": "0x2000"}})
    step, chosen = explorer.player.step, set(explorer._chosen)
    language("ko")
    assert first.tab == first.tabs[2] == "VMA 트리"
    assert explorer.controls.texts["munmap"]["addr"] == "0x2000"
    assert (explorer.player.step, explorer._chosen) == (step, chosen)


def test_a_list_of_calls_that_is_open_is_told_again(explorer: Explorer) -> None:
    explorer._list_calls(0, 200)
    language("ko")
    assert "프레임" in explorer.player.history["calls"][0]["headline"]


def test_a_new_explorer_speaks_the_present_language() -> None:
    language("ko")
    explorer = Explorer(Machine())
    assert explorer.toolbar.languages == ({"code": "en", "name": "English"},)


def test_the_toolbar_chooses_a_language() -> None:
    toolbar = Toolbar()
    assert toolbar.languages == ({"code": "ko", "name": "한국어"},)
    for code in ("fr", 1, None, ["ko"]):
        toolbar._handle_custom_msg({"type": "speak", "code": code}, [])
        assert words.spoken() == "en"
    toolbar._handle_custom_msg({"type": "speak", "code": "ko"}, [])
    assert words.spoken() == "ko"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (["ko-KR", "ko", "en-US"], "ko"),
        (["fr-FR", "ko"], "ko"),
        (["en-US", "ko"], "en"),
        (["fr"], "en"),
        ([], "en"),
        ([1, None], "en"),
        ("ko", "en"),
    ],
)
def test_the_language_of_the_browser_is_spoken(wanted: object, code: str) -> None:
    Toolbar()._handle_custom_msg({"type": "shown", "view": "a", "languages": wanted}, [])
    assert words.spoken() == code


def test_what_somebody_chose_stays_whatever_the_browser_speaks() -> None:
    language("en")
    Toolbar()._handle_custom_msg({"type": "shown", "view": "a", "languages": ["ko"]}, [])
    assert words.spoken() == "en"


def test_all_views_of_an_explorer_are_told(explorer: Explorer) -> None:
    parts = {explorer.controls, explorer.toolbar, explorer.player, explorer.maps}
    assert explorer.program is not None
    parts |= {*explorer.pictures, *explorer.program.views}
    assert {*_views(explorer)} == parts
    assert all(isinstance(view, View) for view in _views(explorer))


def test_fields_have_units_in_the_language_that_is_chosen(explorer: Explorer) -> None:
    controls = explorer.controls
    controls.fill({"munmap": {"length": "3 pages"}})
    language("ko")
    assert controls.texts["mmap"]["length"] == "4 페이지"
    assert controls.texts["munmap"]["length"] == "3 pages"  # somebody typed it
    explorer.call("mmap")
    assert controls.answer["outcome"] == "good"
    language("en")
    assert controls.texts["mmap"]["length"] == "4 pages"
