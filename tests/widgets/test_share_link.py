"""The link that an Explorer gives opens the same machine elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.refused import refused
from vmlab import Explorer, Machine, StateError, from_link
from vmlab.state import link
from vmlab.widgets.toolbar import Toolbar

SITE = "https://example.org/site/"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the toolbar told the page."""
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(Toolbar, "send", lambda _, content: messages.append(content))
    return messages


@pytest.fixture
def explorer() -> Explorer:
    machine = Machine()
    machine.spawn()
    explorer = Explorer(machine, show=["vma_tree"])
    explorer.toolbar.set_state({"site": SITE})
    return explorer


def share(explorer: Explorer) -> str:
    """Press the button; return what was told of it."""
    explorer.toolbar._handle_custom_msg({"type": "press", "name": "share", "view": "v"}, [])
    assert explorer.output.outputs == ()
    return str(explorer.controls.answer["words"])


def test_it_holds_the_recording(explorer: Explorer, sent: list[dict[str, Any]]) -> None:
    explorer.call("fork")
    assert share(explorer) == "The link holds the recording."
    (message,) = sent
    assert (message["type"], message["view"]) == ("link", "v")
    assert message["link"].startswith(f"{SITE}#vmlab=")
    other = from_link(message["link"])
    assert other.machine.snapshot() == explorer.machine.snapshot()
    assert other.player.count == explorer.player.count
    other.undo()
    assert other.machine.snapshot() == explorer.timeline.recorder.start


def test_a_recording_that_is_too_long_gives_way_to_the_state(
    explorer: Explorer, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    explorer.call("fork")
    size = len(link.encode(explorer.timeline.now.to_json()))
    monkeypatch.setattr(link, "MOST", size)
    assert share(explorer).startswith("The link holds the present state")
    other = from_link(sent[0]["link"])
    assert other.machine.snapshot() == explorer.machine.snapshot()
    assert other.player.count == 1


def test_what_is_too_long_altogether_is_a_file(
    explorer: Explorer, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "MOST", 100)
    assert share(explorer) == "It is too large for a link: the recording is saved as a file."
    (message,) = sent
    assert (message["type"], message["name"]) == ("file", "vmlab-recording.json")


def test_the_environment_names_the_site_where_the_page_has_none(
    explorer: Explorer, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    explorer.toolbar.site = ""
    monkeypatch.delenv("VMLAB_SITE", raising=False)
    assert "VMLAB_SITE" in share(explorer)
    assert explorer.controls.answer["outcome"] == "error"
    assert sent == []
    monkeypatch.setenv("VMLAB_SITE", "https://example.org/other")
    share(explorer)
    assert sent[0]["link"].startswith("https://example.org/other/#vmlab=")


def test_what_no_recording_tells_is_shared_as_a_state(
    explorer: Explorer, sent: list[dict[str, Any]]
) -> None:
    explorer.timeline.recorder.close()
    explorer.machine[1000].fork()
    explorer.refresh()
    assert share(explorer) == "The link holds the present state, but not the recording."
    assert from_link(sent[0]["link"]).machine.snapshot() == explorer.machine.snapshot()


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: "nothing at all", "link_holds_nothing"),
        (lambda: link.encode("{}"), "not_vmlab_file"),
        (lambda: re.sub("=.", "=_", f"{SITE}#vmlab={link.encode('{}')}"), "link_damaged"),
    ],
)
def test_a_link_without_a_machine_is_refused(made: Callable[[], str], code: str) -> None:
    with refused(StateError, code):
        from_link(made())
