"""What a page without Python plays: the pictures and the words of an Explorer, each once."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from tests.pseudo_language import marked, plain_words, pseudo_language
from tests.widgets.played_values import text_of
from vmlab import LinuxError, Machine, Map, Prot, Recorder
from vmlab.widgets.explorer import Explorer
from vmlab.widgets.played import Data, Texts, played
from vmlab.widgets.scenes import Scenes

RW, ANON = Prot.PROT_READ | Prot.PROT_WRITE, Map.MAP_PRIVATE | Map.MAP_ANONYMOUS
SHOWN = ("sharing", "address_space")


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    """A fork and a copy on write, by a recorder that listens no more."""
    machine = Machine()
    process = machine.spawn()
    with Recorder(machine) as recorder:
        addr = process.mmap(None, 8192, RW, ANON)
        process.store(addr, b"one")
        process.fork().store(addr, b"two")
    return recorder


@pytest.fixture(scope="module")
def data(recorder: Recorder) -> Data:
    return played(Scenes(recorder), pictures=SHOWN)


def first_line(text: str) -> str:
    return text.split("\n", 1)[0]


def test_texts_are_put_together_again() -> None:
    texts = Texts()
    some = ["a\nb\nc", "a\nx\nc", "a\nb\nc", "", "x\n\nx", "a\nb\nc\nd"]
    numbers = [texts.number(text) for text in some]
    assert numbers == [0, 1, 0, 2, 3, 4]
    lines, rows = texts.kept()
    data = {"lines": lines, "texts": rows}
    assert [text_of(data, number) for number in numbers] == some
    assert lines == ["a", "b", "c", "x", "", "d"]
    assert rows[0] == [0, 0, 0]
    assert json.loads(json.dumps(data)) == data


def test_texts_of_a_kind_are_together() -> None:
    texts = Texts()
    assert [texts.number(text, text[:1]) for text in ("b1", "a1", "b2", "a2")] == [0, 1, 2, 3]
    assert texts.kept() == (["a1", "a2", "b1", "b2"], [[2], [0], [3], [1]])


def test_it_shows_what_an_explorer_shows(recorder: Recorder, data: Data) -> None:
    again = Recorder.from_json(recorder.to_json())
    explorer = Explorer(again.machine, show=SHOWN)
    views = dict(zip(SHOWN, explorer.pictures, strict=True))
    explorer.controls.pid = 1000
    assert len(data["scenes"]) == explorer.player.count == len(recorder) + 1
    compared = 0
    for by_steps in (True, False):
        explorer.player.by_steps = by_steps
        for at, scene in enumerate(data["scenes"]):
            if at % 5 if by_steps else "whole" not in scene:
                continue
            if scene["story"] and data["stories"][scene["story"]]["headline"].startswith("1001"):
                continue  # the reader would have chosen the other process
            explorer.player.step = at
            seen = scene if by_steps else scene["whole"]
            story = data["stories"][scene["story"]]
            player = explorer.player
            assert player.headline == story["headline"]
            assert player.rest == seen.get("rest", story["rest"])
            assert [*player.chapters] == [*story["chapters"]]
            assert (player.chapter, [*player.stops]) == (scene["chapter"], [*scene["stops"]])
            assert (player.event, player.sentence) == (scene["event"], scene["sentence"])
            for name, view in views.items():
                picture = seen["pictures"][name]
                assert text_of(data, picture["svg"]) == view.svg
                assert first_line(text_of(data, picture["words"])) == first_line(view.description)
                assert (picture["label"], picture["highlight"]) == (
                    view.label,
                    list(view.highlight),
                )
                compared += 1
    assert compared > 60


def test_marks_and_calls_are_those_of_the_explorer(recorder: Recorder, data: Data) -> None:
    scenes = Scenes(recorder)
    assert data["marks"] == list(scenes.marks)
    assert data["calls"] == scenes.past_calls()["calls"]
    assert [call["call"].split("(")[0] for call in reversed(data["calls"])] == [
        *("1000 mmap", "1000 store", "1000 fork", "1001 store"),
    ]
    assert data["title"] == "Recording: mmap, store, fork"
    assert data["tabs"] == {"sharing": "Sharing", "address_space": "Address space"}


def test_a_picture_that_lacks_the_step_tells_where_it_is(data: Data) -> None:
    offered = [
        picture["elsewhere"]
        for scene in data["scenes"]
        for picture in scene["pictures"].values()
        if "elsewhere" in picture
    ]
    assert ["address_space"] in offered
    assert all(set(names) <= set(SHOWN) for names in offered)


def test_only_where_chapters_end(recorder: Recorder, data: Data) -> None:
    short = played(Scenes(recorder), pictures=SHOWN, by_steps=False)
    ends = [0]
    for number in range(len(recorder.calls)):
        ends += (chapter.last + 1 for chapter in recorder.story(number).chapters)
    assert len(short["scenes"]) == len(ends) < len(data["scenes"]) / 3
    for place, position in enumerate(ends):
        scene, long = short["scenes"][place], data["scenes"][position]
        whole = long.get("whole", long)
        assert scene["sentence"] == long["sentence"]
        for name in SHOWN:
            assert text_of(short, scene["pictures"][name]["svg"]) == text_of(
                data, whole["pictures"][name]["svg"]
            )
        assert [ends[stop] for stop in scene["stops"]] == list(long["stops"])
        chapters, all_chapters = short["stories"][scene["story"]], data["stories"][long["story"]]
        assert [ends[chapter["last"]] for chapter in chapters["chapters"]] == [
            chapter["last"] for chapter in all_chapters["chapters"]
        ]
    assert [ends[call["at"]] for call in short["calls"]] == [call["at"] for call in data["calls"]]
    for mark, long_mark in zip(short["marks"], data["marks"], strict=True):
        assert ends[mark - 1] + 1 == long_mark


def names_of(data: Data, call: int) -> Sequence[str]:
    (found,) = (
        [*scene["pictures"]] for scene in data["scenes"][data["calls"][::-1][call]["at"] :][:1]
    )
    return found


def test_the_picture_is_the_one_that_shows_most(recorder: Recorder) -> None:
    data = played(Scenes(recorder))
    assert data["tabs"] == {}
    assert all(len(scene["pictures"]) == 1 for scene in data["scenes"])
    mmap, store, fork, copied = (names_of(data, call) for call in range(4))
    assert (mmap, store, fork, copied) == (["address_space"], *3 * (["sharing"],))
    # A step that it shows nothing of has another one.
    assert {name for scene in data["scenes"] for name in scene["pictures"]} > {"frames", *SHOWN}


def test_a_recorder_that_is_closed_stays_closed(recorder: Recorder, data: Data) -> None:
    assert not recorder.listening
    assert recorder.machine.system.trace.sink is None


def test_only_some_processes(recorder: Recorder) -> None:
    data = played(Scenes(recorder), pictures=["address_space"], pids=[1001])
    (fork,) = (call["at"] for call in data["calls"] if "fork" in call["call"])
    words = text_of(data, data["scenes"][fork]["pictures"]["address_space"]["words"])
    assert re.search(r"\b1001\b", words)
    assert not re.search(r"\b1000\b", words)


def test_an_empty_recording() -> None:
    recorder = Recorder(Machine())
    for by_steps in (True, False):
        data = played(Scenes(recorder), by_steps=by_steps)
        assert data["title"] == "An empty recording"
        assert (len(data["scenes"]), data["marks"], data["calls"]) == (1, [], [])
        (picture,) = data["scenes"][0]["pictures"].values()
        assert text_of(data, picture["svg"]).startswith("<svg")


def test_a_call_without_a_step_is_no_position() -> None:
    machine = Machine()
    recorder = Recorder(machine)
    machine.spawn()
    with pytest.raises(LinuxError, match="ENOENT"):
        machine.fs.write("", b"")
    assert recorder.calls[-1].first == len(recorder)
    for by_steps in (True, False):
        data = played(Scenes(recorder), by_steps=by_steps)
        assert {call["at"] for call in data["calls"]} <= set(range(len(data["scenes"])))


def test_names_are_legible_and_can_be_sent() -> None:
    machine = Machine()
    process = machine.spawn()
    recorder = Recorder(machine)
    for name in ("</a\u202eb>", "\udcff", "a\nb"):
        machine.fs.write("/" + name, b"x" * 4096)
        process.load(process.mmap(0, 4096, 1, 1, process.open("/" + name)))
    data = played(Scenes(recorder), title="\u202e\n<b>")
    text = json.dumps(data, ensure_ascii=False)
    text.encode()  # no half of a character stands alone
    assert data["title"] == r"\u202e\x0a<b>"
    assert "\u202e" not in json.dumps([data[name] for name in data if name != "lines"])
    shown = "\n".join(story["headline"] for story in data["stories"])
    assert r"</a\u202eb>" in shown


def test_it_speaks_the_reader_s_language(recorder: Recorder) -> None:
    with pseudo_language():
        data = played(Scenes(recorder), pictures=["process_tree"])
    assert data["tabs"] == {"process_tree": marked("Processes")}
    said = [*(story["headline"] for story in data["stories"])]
    said += (scene["sentence"] for scene in data["scenes"])
    names = {"mmap", "store", "fork", "anon", "stack", "text", "vvar", "vdso"}
    left = plain_words(" ".join(said)) - names
    assert not {"the", "page", "frame", "is", "process"} & left


def test_it_tells_how_far_it_has_come(recorder: Recorder) -> None:
    seen: list[int] = []

    def progress(positions: Sequence[int]) -> Any:
        for position in positions:
            seen.append(position)
            yield position

    played(Scenes(recorder), pictures=["process_tree"], by_steps=False, progress=progress)
    assert seen[0] == 0
    assert seen[-1] == len(recorder)
    assert seen == sorted(seen)
