"""What the widgets say comes from the catalogue, whenever it is said."""

from __future__ import annotations

import gettext
from collections.abc import Iterator

import pytest

from vmlab import Machine
from vmlab.widgets.diagram_view import DiagramView
from vmlab.widgets.explorer import Explorer
from vmlab.widgets.pictures import PICTURES
from vmlab.widgets.player import Player
from vmlab.words import language


class Marked(gettext.NullTranslations):
    """A language in which every message has brackets around it."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, one: str, many: str, n: int) -> str:
        return f"⟦{one if n == 1 else many}⟧"


@pytest.fixture(autouse=True)
def marked() -> Iterator[None]:
    language.use(Marked())
    yield
    language.language("en")


@pytest.fixture
def machine() -> Machine:
    machine = Machine()
    machine.spawn()
    return machine


@pytest.fixture
def explorer(machine: Machine) -> Explorer:
    return Explorer(machine)


def is_marked(text: str) -> bool:
    return text.startswith("⟦") and text.endswith("⟧")


def test_names_of_pictures(explorer: Explorer) -> None:
    views = list(explorer.pictures)
    assert all(is_marked(tab) for view in views for tab in view.tabs)
    for tab in views[1].tabs:
        views[1].tab = tab
        assert is_marked(views[1].label)
        assert views[1].hint == "" or is_marked(views[1].hint)
    assert is_marked(DiagramView().label)


def test_what_buttons_would_do_and_did(explorer: Explorer) -> None:
    steps = (
        explorer.fork,
        explorer.undo,
        explorer.redo,
        explorer.player.first,
        explorer.go_on,
        explorer.undo,
        explorer.redo,
        explorer.reset,
        lambda: explorer.load_file(explorer.timeline.now.to_json()),
        lambda: explorer.load_file("no file"),
        lambda: explorer.save("save_state", ""),
    )
    able, told = set(), set()
    for step in steps:
        step()
        able |= {*explorer.toolbar.does.values()}
        told |= {explorer.toolbar.said, explorer.toolbar.problem}
    assert len(able) > 5
    assert len(told) > 7
    assert {text for text in able | told if not is_marked(text)} == {""}


def test_what_stands_beside_the_calls(machine: Machine, explorer: Explorer) -> None:
    explorer.fork()
    machine[1001].exit(0)
    explorer.refresh()
    assert is_marked(explorer.controls.processes[1]["label"])
    explorer.player.first()
    assert is_marked(explorer.controls.note)
    assert is_marked(explorer.narration.sentence)
    assert is_marked(Explorer(Machine()).maps.title)


def test_what_is_refused(machine: Machine) -> None:
    for arguments in ({"show": ["tree"]}, {"show": [()]}):
        with pytest.raises(ValueError, match=r"^⟦.*⟧$"):
            Explorer(machine, **arguments)
    with pytest.raises(TypeError, match=r"^⟦.*⟧$"):
        Player(steps=3)


def test_another_language_is_spoken_from_then_on(explorer: Explorer) -> None:
    language.language("en")
    explorer.fork()
    assert explorer.toolbar.does["undo"].startswith("Undo fork: ")
    assert next(iter(explorer.pictures)).label == PICTURES["address_space"].label
