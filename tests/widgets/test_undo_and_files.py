"""The Explorer's recording as a whole: undo, redo, go on, reset, save, load."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.widgets.played_values import text_of, values_of
from vmlab import Machine, Recorder, Snapshot, StateError
from vmlab.widgets import undo_and_files
from vmlab.widgets.explorer import Explorer
from vmlab.widgets.toolbar import Toolbar


@pytest.fixture
def machine() -> Machine:
    machine = Machine()
    machine.spawn()
    return machine


@pytest.fixture
def explorer(machine: Machine) -> Explorer:
    return Explorer(machine, show=["vma_tree"])


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The files that were handed out, by name."""
    files: dict[str, str] = {}
    monkeypatch.setattr(Toolbar, "give", lambda _, view, name, text: files.update({name: text}))
    return files


def press(explorer: Explorer, name: str) -> None:
    explorer.toolbar._handle_custom_msg({"type": "press", "name": name, "view": "v"}, [])
    assert explorer.output.outputs == ()


def choose(explorer: Explorer, text: str, name: str = "a.json") -> None:
    message = {"type": "load", "name": name, "piece": text, "first": True, "last": True}
    explorer.toolbar._handle_custom_msg(message, [])
    assert explorer.output.outputs == ()


def said(explorer: Explorer) -> str:
    """What was told of the last button, where answers of calls are."""
    return str(explorer.controls.answer["words"])


def able(explorer: Explorer) -> set[str]:
    does = explorer.toolbar.does.items()
    return {name for name, words in does if words and name != "real_kernel"}


def picture(explorer: Explorer) -> str:
    (view,) = explorer.pictures
    return str(view.svg)


def test_undo_and_redo(machine: Machine, explorer: Explorer) -> None:
    assert able(explorer) == set()
    start, drawn = machine.snapshot(), picture(explorer)
    explorer.mmap()
    mapped = machine.snapshot()
    assert explorer.toolbar.does["undo"] == "Undo mmap"
    press(explorer, "undo")
    assert machine.snapshot() == start
    assert picture(explorer) == drawn
    assert explorer.player.count == 1
    assert said(explorer) == "mmap is undone."
    assert able(explorer) == {"redo"}
    press(explorer, "redo")
    assert machine.snapshot() == mapped
    assert able(explorer) == {"undo", "reset"}


def test_a_call_of_several_is_undone_at_once(machine: Machine, explorer: Explorer) -> None:
    machine.fs.write("/a.dat", b"a")
    before = machine.snapshot()
    explorer.controls.fill({"mmap": {"fd": "/a.dat"}})
    explorer.mmap()
    assert [call.name for call in explorer.timeline.recorder.calls] == [
        *("fs.write", "open", "mmap", "close")
    ]
    assert explorer.toolbar.does["undo"] == "Undo mmap"
    press(explorer, "undo")
    assert machine.snapshot() == before


def test_a_process_that_is_gone_is_no_longer_chosen(machine: Machine, explorer: Explorer) -> None:
    explorer.fork()
    explorer.controls.pid = 1001
    press(explorer, "undo")
    assert explorer.controls.pid == 1000
    assert [entry["pid"] for entry in explorer.controls.processes] == [1000]


def test_going_on_from_an_earlier_step(machine: Machine, explorer: Explorer) -> None:
    explorer.mmap()
    mapped, count = machine.snapshot(), explorer.player.count
    explorer.fork()
    assert "go_on" not in able(explorer)
    explorer.player.step = count + 3  # in the middle of the fork
    assert "go_on" in able(explorer)
    press(explorer, "go_on")
    assert machine.snapshot() == mapped
    assert explorer.player.count == count
    assert "go_on" not in able(explorer)
    press(explorer, "undo")
    assert 1001 in machine.processes


def test_going_on_says_what_it_drops(explorer: Explorer) -> None:
    explorer.brk()
    first = explorer.player.step
    explorer.brk()
    explorer.brk()

    def drops(step: int) -> str:
        explorer.player.step = step
        return str(explorer.toolbar.does["go_on"])

    last = explorer.player.step
    assert drops(0) == "Drops 3 later calls. Undo brings them back."
    assert drops(1) == "Drops this call and 2 later ones. Undo brings them back."
    assert drops(first) == "Drops 2 later calls. Undo brings them back."
    assert drops(last - 1) == "Drops this call. Undo brings it back."
    assert drops(last) == ""


def test_reset_leads_to_when_it_was_opened(machine: Machine) -> None:
    recorder = Recorder(machine)
    machine[1000].fork()
    explorer = Explorer(machine, show=["vma_tree"])
    opened, steps = machine.snapshot(), len(recorder)
    explorer.exit_group()
    explorer.mmap()
    ended = machine.snapshot()
    press(explorer, "reset")
    assert machine.snapshot() == opened
    assert explorer.player.step == explorer.player.count - 1 == steps
    assert "reset" not in able(explorer)
    press(explorer, "undo")
    assert machine.snapshot() == ended
    press(explorer, "redo")
    assert machine.snapshot() == opened


def test_a_recording_is_saved_and_loaded(
    machine: Machine, explorer: Explorer, given: dict[str, str]
) -> None:
    explorer.fork()
    saved, sentence = machine.snapshot(), explorer.player.sentence
    press(explorer, "save_recording")
    assert said(explorer) == "It is saved as vmlab-recording.json."
    other = Explorer(Machine(), show=["vma_tree"])
    choose(other, given["vmlab-recording.json"], "fork.json")
    assert other.machine.snapshot() == saved
    assert other.player.sentence == sentence
    assert said(other) == f"fork.json is loaded: {explorer.timeline.last} steps. Undo goes back."
    assert other.controls.pid == 1000
    press(other, "undo")
    assert list(other.machine.processes) == []


def test_a_state_is_saved_and_loaded(
    machine: Machine, explorer: Explorer, given: dict[str, str]
) -> None:
    explorer.fork()
    explorer.player.first()
    press(explorer, "save_state")
    text = given["vmlab-state.json"]
    assert Snapshot.from_json(text) == machine.snapshot(), "the present, not what is looked at"
    explorer.exit_group()
    choose(explorer, text)
    assert machine.snapshot() == Snapshot.from_json(text)
    assert explorer.player.count == 1
    press(explorer, "reset")
    assert list(machine.processes) == [1000]


def test_the_recording_is_saved_as_text(explorer: Explorer, given: dict[str, str]) -> None:
    explorer.fork()
    press(explorer, "save_transcript")
    assert given["vmlab-transcript.txt"].startswith("1000 fork() = 1001\n  ")


def test_the_recording_is_saved_as_a_page(explorer: Explorer, given: dict[str, str]) -> None:
    explorer.fork()
    press(explorer, "save_page")
    assert said(explorer) == "It is saved as vmlab-recording.html."
    values = values_of(given["vmlab-recording.html"])
    assert len(values["scenes"]) == explorer.player.count
    assert values["tabs"] == {"vma_tree": "VMA tree"}, "what its author shows"
    svg = values["scenes"][-1]["pictures"]["vma_tree"]["svg"]
    assert text_of(values, svg) == picture(explorer)


def test_a_page_has_the_pictures_of_the_story_where_nobody_asked_for_some(
    machine: Machine, given: dict[str, str]
) -> None:
    child = machine[1000].fork()
    explorer = Explorer(machine, processes=child)
    explorer.mmap(addr=None, length=8192, prot=3, flags=0x22)
    press(explorer, "save_page")
    values = values_of(given["vmlab-recording.html"])
    assert values["tabs"] == {}
    (shown,) = values["scenes"][-1]["pictures"].values()
    words = text_of(values, shown["words"])
    assert "1001" in words
    assert "1000 a.out" not in words, "only the processes that it is about"


def test_of_a_long_recording_a_page_has_the_chapters(
    explorer: Explorer, given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    explorer.fork()
    monkeypatch.setattr(undo_and_files, "MOST_STEPS", explorer.timeline.last - 1)
    press(explorer, "save_page")
    values = values_of(given["vmlab-recording.html"])
    assert values["steps"] is False
    assert len(values["scenes"]) == len(explorer.player.chapters) + 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: "", StateError.at_line(1, "not_json")),
        (lambda data: "[1]", StateError.at_field("format", "not_vmlab_file")),
        (
            lambda data: json.dumps(data | {"version": 10}),
            StateError.at_field("version", "version_unknown", reads=9, given="10"),
        ),
        (
            lambda data: json.dumps(data | {"calls": []}),
            StateError.at_field("sha256", "file_altered"),
        ),
    ],
)
def test_a_broken_file_changes_nothing(
    machine: Machine, explorer: Explorer, given: dict[str, str], change: Any, why: StateError
) -> None:
    explorer.fork()
    press(explorer, "save_recording")
    before, drawn = machine.snapshot(), picture(explorer)
    choose(explorer, change(json.loads(given["vmlab-recording.json"])), "broken.json")
    assert said(explorer) == f"broken.json was not loaded: {why}"
    assert explorer.controls.answer["outcome"] == "error"
    assert machine.snapshot() == before
    assert picture(explorer) == drawn
    explorer.mmap()
    assert explorer.controls.answer["outcome"] == "good"


def test_what_was_done_behind_its_back_cannot_be_saved(
    machine: Machine, explorer: Explorer, given: dict[str, str]
) -> None:
    explorer.timeline.recorder.close()
    machine[1000].fork()
    explorer.refresh()
    assert len(explorer.controls.processes) == 2
    explorer.mmap()
    press(explorer, "save_recording")
    assert given == {}
    assert said(explorer).startswith("Not saved: ")


def test_a_saved_state_has_what_was_done_behind_its_back(
    machine: Machine, explorer: Explorer, given: dict[str, str]
) -> None:
    explorer.timeline.recorder.close()
    machine[1000].fork()
    explorer.refresh()
    press(explorer, "save_state")
    assert Snapshot.from_json(given["vmlab-state.json"]) == machine.snapshot()


def test_another_explorer_follows(machine: Machine, explorer: Explorer) -> None:
    other = Explorer(machine, show=["process_tree"], calls=["fork"])
    explorer.fork()
    explorer.fork()
    other.refresh()
    other.controls.pid = 1002
    press(explorer, "undo")
    press(explorer, "undo")
    other.player.step = 3  # of a recording that is gone
    assert other.player.count == 1
    assert other.controls.pid == 1000
    other.fork()
    assert other.controls.answer["answer"] == "1001"
    explorer.refresh()
    assert explorer.player.count == other.player.count > 1
    press(other, "undo")
    explorer.mmap()
    assert list(machine.processes) == [1000]


def test_a_call_clears_what_the_last_button_said(explorer: Explorer) -> None:
    explorer.mmap()
    press(explorer, "undo")
    explorer.mmap()
    assert explorer.controls.answer["call"].startswith("mmap(")
