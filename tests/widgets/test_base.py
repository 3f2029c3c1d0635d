"""A widget is one self-contained ES module, and takes only what it knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import traitlets

import vmlab.widgets
from vmlab.widgets.base import View, module, styles
from vmlab.widgets.batching import Post
from vmlab.widgets.controls import Controls
from vmlab.widgets.diagram_view import DiagramView
from vmlab.widgets.maps_view import MapsView
from vmlab.widgets.narration import Narration
from vmlab.widgets.player import Player
from vmlab.widgets.toolbar import Toolbar

FOLDER = Path(vmlab.widgets.__file__).parent / "frontend"
VIEWS = [Controls, DiagramView, MapsView, Narration, Player, Toolbar]


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
    texts = [view._esm + view._css for view in VIEWS] + [Post._esm]
    for path in sorted(FOLDER.glob("*.css")):
        assert any(path.read_text(encoding="utf-8") in text for text in texts), path.name
    for path in sorted(FOLDER.glob("*.js")):
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert any(first in text for text in texts), path.name


def test_files_stay_short() -> None:
    for path in sorted([*FOLDER.glob("*.js"), *FOLDER.glob("*.css")]):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path.name


def test_shared_styles_come_first() -> None:
    assert styles("player.css").startswith((FOLDER / "base.css").read_text(encoding="utf-8"))


@pytest.mark.parametrize("view", VIEWS)
def test_unknown_keywords_are_refused(view: type[View]) -> None:
    with pytest.raises(TypeError, match=rf"{view.__name__} takes no 'colour'; it takes "):
        view(colour="red")


@pytest.mark.parametrize("view", VIEWS)
def test_the_repr_is_short_and_stable(view: type[View]) -> None:
    assert repr(view()) == repr(view())
    assert "0x" not in repr(view())
    assert len(repr(view())) < 100


def test_wrong_values_are_refused() -> None:
    with pytest.raises(traitlets.TraitError):
        DiagramView(highlight=[1])
