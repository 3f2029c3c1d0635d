"""A widget is one self-contained ES module, and takes only what it knows."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import traitlets
from babel.messages.extract import extract

import vmlab.widgets
from tests.catalogue import KEYWORDS
from tests.pseudo_language import marked, pseudo_language
from vmlab.errors import ArgumentTypeError
from vmlab.widgets.base import View, module, styles
from vmlab.widgets.batching import Batching
from vmlab.widgets.controls import Controls
from vmlab.widgets.diagram_view import DiagramView
from vmlab.widgets.maps_view import MapsView
from vmlab.widgets.player import Player
from vmlab.widgets.story_strip import StoryStrip
from vmlab.widgets.toolbar import Toolbar

FOLDER = Path(vmlab.widgets.__file__).parent / "frontend"
VIEWS = [Controls, DiagramView, MapsView, Player, StoryStrip, Toolbar]


@pytest.mark.parametrize("view", VIEWS)
def test_a_module_needs_nothing_else(view: type[View]) -> None:
    esm = view._esm
    assert re.findall(r"^import\b", esm, re.MULTILINE) == []
    assert re.findall(r"^export\b.*", esm, re.MULTILINE) == re.findall(
        r"^export default .*", esm, re.MULTILINE
    )
    assert esm.count("export default") == 1
    names = re.findall(r"^(?:async )?(?:function|class|const) (\w+)", esm, re.MULTILINE)
    assert sorted(set(names)) == sorted(names), "two files define the same name"


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_comes_from_a_network(view: type[View]) -> None:
    found = set(re.findall(r"https?://[^\s\"']+", view._esm + view._css))
    assert found <= {"http://www.w3.org/2000/svg"}, "the name of a namespace, not an address"


def test_what_is_imported_stands_before_what_imports_it() -> None:
    esm = module("diagram_view.js")
    assert (
        esm.index("function make(") < esm.index("function menu(") < esm.index("class DiagramView")
    )
    assert esm.count("function make(") == 1


def test_every_file_is_used() -> None:
    texts = [view._esm + view._css for view in VIEWS] + [Batching._esm]
    for path in sorted(FOLDER.glob("*.css")):
        assert any(path.read_text(encoding="utf-8") in text for text in texts), path.name
    for path in sorted(FOLDER.glob("*.js")):
        lines = re.findall("^export .*", path.read_text(encoding="utf-8"), re.MULTILINE)
        exported = [re.sub("^export (?!default)", "", line) for line in lines]
        assert exported
        assert any(all(line in text for line in exported) for text in texts), path.name


def test_comments_stay_in_the_files() -> None:
    for view in VIEWS:
        assert re.findall(r"^\s*(?://|/\*|\*).*", view._esm, re.MULTILINE) == []


def test_files_stay_short() -> None:
    for path in sorted([*FOLDER.glob("*.js"), *FOLDER.glob("*.css")]):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path.name


def test_shared_styles_come_first() -> None:
    assert styles("player.css").startswith((FOLDER / "base.css").read_text(encoding="utf-8"))


@pytest.mark.parametrize("view", VIEWS)
def test_unknown_keywords_are_refused(view: type[View]) -> None:
    with pytest.raises(ArgumentTypeError, match=rf"{view.__name__} takes no 'colour'; it takes "):
        view(colour="red")


@pytest.mark.parametrize("view", VIEWS)
def test_the_repr_is_short_and_stable(view: type[View]) -> None:
    assert repr(view()) == repr(view())
    assert "0x" not in repr(view())
    assert len(repr(view())) < 100


def test_wrong_values_are_refused() -> None:
    with pytest.raises(traitlets.TraitError):
        DiagramView(highlight=[1])


@pytest.mark.parametrize("view", VIEWS)
def test_what_a_module_says_is_what_translators_see(view: type[View]) -> None:
    found = extract("javascript", io.BytesIO(view._esm.encode()), KEYWORDS)
    assert {message for _, message, _, _ in found} == set(view._messages)
    assert view._messages


@pytest.mark.parametrize("view", VIEWS)
def test_a_module_gets_the_words_for_what_it_says(view: type[View]) -> None:
    with pseudo_language():
        words = view().get_state()["_words"]
    assert words == {message: marked(message) for message in view._messages}


@pytest.mark.parametrize("view", VIEWS)
def test_english_words_are_not_sent(view: type[View]) -> None:
    assert "_words" not in view().get_state()


def test_a_view_keeps_the_language_of_its_making() -> None:
    with pseudo_language():
        player = Player()
    assert player.get_state()["_words"]["Play"] == marked("Play")
    assert "_words" not in Player().get_state()
