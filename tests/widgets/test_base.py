"""A widget is one self-contained ES module, and takes only what it knows."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import traitlets
from babel.messages.extract import extract
from ipywidgets.embed import dependency_state

import vmlab.widgets
from tests.catalogue import KEYWORDS
from tests.pseudo_language import marked, pseudo_language
from vmlab import Machine
from vmlab.errors import ArgumentTypeError
from vmlab.host import page as seen_page
from vmlab.widgets import played_page
from vmlab.widgets.base import CODE, MESSAGES, Frontend, View, frontend, module, views
from vmlab.widgets.batching import Batching
from vmlab.widgets.controls import Controls
from vmlab.widgets.diagram_view import DiagramView
from vmlab.widgets.explorer import Explorer
from vmlab.widgets.maps_view import MapsView
from vmlab.widgets.player import Player
from vmlab.widgets.story_strip import StoryStrip
from vmlab.widgets.toolbar import Toolbar

FOLDER = Path(vmlab.widgets.__file__).parent / "frontend"
VIEWS = [Controls, DiagramView, MapsView, Player, StoryStrip, Toolbar]


def test_the_code_of_all_views_is_one_module() -> None:
    assert re.findall(r"^import\b", CODE, re.MULTILINE) == []
    assert re.findall(r"^export\b.*", CODE, re.MULTILINE) == ["export default frontend(views);"]
    assert set(re.findall(r"^views\.(\w+) = ", CODE, re.MULTILINE)) == set(views())
    unpacked = gzip.decompress(base64.b64decode(frontend().code)).decode()
    assert unpacked == CODE


@pytest.mark.parametrize("code", [CODE, played_page.code(), seen_page.code()])
def test_no_two_files_define_the_same_name(code: str) -> None:
    shared = code[: code.index("const views = {};")]
    names = re.findall(r"^(?:async )?(?:function\*?|class|const|let) (\w+)", shared, re.MULTILINE)
    assert len(names) > 20
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("view", [*VIEWS, Batching])
def test_a_view_is_one_of_the_code(view: type[View]) -> None:
    (name,) = re.findall(r'^export default entry\("(\w+)"\);$', view._esm, re.MULTILINE)
    assert name in views()
    assert len(view._esm) < 1500
    state = view().get_state()
    assert state["_frontend"] == frontend().key == f"IPY_MODEL_{frontend().model_id}"


def test_the_page_hears_at_once_by_which_key_the_code_is_found() -> None:
    opened: list[dict[str, Any]] = []

    class Watched(Frontend):
        def open(self) -> None:
            opened.append(self.get_state())
            super().open()

    watched = Watched({}, "en")
    assert [state["key"] for state in opened] == [f"IPY_MODEL_{watched.model_id}"]


def test_all_that_an_explorer_needs_in_the_page_is_small() -> None:
    machine = Machine()
    machine.spawn()
    needed = dependency_state([Explorer(machine)], drop_defaults=False)
    assert frontend().model_id in needed
    assert len(json.dumps(needed)) < 214_000  # of which the fields of 200 calls are a third


def test_who_closes_all_widgets_gets_new_ones() -> None:
    before = frontend()
    assert frontend() is before
    before.close()
    assert frontend() is not before
    assert Player().get_state()["_frontend"] == frontend().key


def test_nothing_comes_from_a_network() -> None:
    found = set(re.findall(r"https?://[^\s\"']+", CODE + Frontend._esm + Frontend._css))
    assert found <= {"http://www.w3.org/2000/svg"}, "the name of a namespace, not an address"


def test_what_is_imported_stands_before_what_imports_it() -> None:
    for esm in (module("diagram_view.js"), CODE):
        assert (
            esm.index("function make(") < esm.index("function menu(") < esm.index("class Diagram")
        )
        assert esm.count("function make(") == 1


def test_every_file_is_used() -> None:
    styles = Frontend._css + played_page.style() + seen_page.style()
    for path in sorted(FOLDER.glob("*.css")):
        first = re.search(r"^\.vm[^{]*\{", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert first
        assert re.sub(r"\s+(?=\{)|(?<=,)\s+", "", first[0]) in styles, path.name
    texts = CODE + Frontend._esm + Player._esm + played_page.code() + seen_page.code()
    for path in sorted(FOLDER.glob("*.js")):
        lines = re.findall("^export .*", path.read_text(encoding="utf-8"), re.MULTILINE)
        exported = [re.sub("^export (default )?", "", line) for line in lines]
        assert exported
        assert all(line in texts for line in exported), path.name


@pytest.mark.parametrize(
    "text", [CODE, played_page.code(), seen_page.code()], ids=["notebook", "played", "seen"]
)
def test_what_files_share_has_a_name_of_its_own(text: str) -> None:
    shared = text.partition("const views = {};")[0]
    declared = r"^(?:const|let|class|(?:async )?function) (\w+)"
    names = Counter(re.findall(declared, shared, re.MULTILINE))
    assert len(names) > 20
    assert [name for name, times in names.items() if times > 1] == []


def test_comments_stay_in_the_files() -> None:
    for text in (CODE, Frontend._esm, Player._esm, Frontend._css):
        assert re.findall(r"^\s*(?://|/\*|\*).*", text, re.MULTILINE) == []


def test_files_stay_short() -> None:
    for path in sorted([*FOLDER.glob("*.js"), *FOLDER.glob("*.css")]):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path.name


def test_shared_styles_come_first() -> None:
    assert Frontend._css.startswith(".vm{")


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


def test_what_the_code_says_is_what_translators_see() -> None:
    found = extract("javascript", io.BytesIO(CODE.encode()), KEYWORDS)
    assert {message for _, message, _, _ in found} == set(MESSAGES)


def test_the_code_gets_the_words_for_what_it_says() -> None:
    with pseudo_language():
        words = frontend().get_state()["_words"]
    assert words == {message: marked(message) for message in MESSAGES}


def test_english_words_are_not_sent() -> None:
    assert frontend().get_state()["_words"] == {}


def test_a_view_keeps_the_language_of_its_making() -> None:
    with pseudo_language():
        player, speaks = Player(), frontend()
    assert player.get_state()["_frontend"] == speaks.key
    assert speaks.get_state()["_words"]["Play"] == marked("Play")
    assert Player().get_state()["_frontend"] == frontend().key != speaks.key
