"""The Explorer of a large machine: little is sent, what is in focus is there, nothing is redone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vmlab import Machine, Process
from vmlab.diagrams.folds import LINES
from vmlab.record import history
from vmlab.record.replay import Replica
from vmlab.widgets.clickable_view import Pick
from vmlab.widgets.explorer import Explorer

PAGE, BASE, FAR = 4096, 0x10000000, 0x20000000000
STRIDE = 3 * PAGE
VMAS = 3000
MOST = 150_000  # bytes that a page is told of all views


@pytest.fixture
def process() -> Process:
    process = Machine().spawn()
    for number in range(VMAS):
        process.mmap(BASE + number * STRIDE, PAGE, number % 2, 0x32)
    return process


@pytest.fixture
def explorer(process: Process) -> Explorer:
    explorer = Explorer(process.machine)
    explorer.toolbar.wide = True
    return explorer


def told(explorer: Explorer) -> int:
    """Return the bytes of the state of all views, without their scripts."""
    parts: tuple[Any, ...] = (explorer.controls, explorer.toolbar, explorer.player, explorer.maps)
    states = [part.get_state() for part in (*parts, *explorer.pictures)]
    values = [each[name] for each in states for name in each if not name.startswith("_")]
    return sum(len(json.dumps(value, default=str)) for value in values)


def press(explorer: Explorer, call: str, **texts: str) -> None:
    explorer.controls.fill({call: texts})
    getattr(explorer, call)()
    assert explorer.controls.answer["outcome"] == "good"


def lines(explorer: Explorer) -> dict[str, str]:
    """Return the lines of the maps: what changed, by where they begin; a fold by its words."""
    return {line["text"].partition("-")[0]: line["change"] for line in explorer.maps.lines}


def test_little_is_sent(explorer: Explorer) -> None:
    assert told(explorer) < MOST
    press(explorer, "mmap", addr=hex(FAR), length="4 pages")
    press(explorer, "munmap", addr=hex(BASE), length=hex(VMAS * STRIDE))
    assert told(explorer) < MOST


def test_the_maps_are_folded_but_for_what_the_call_changed(explorer: Explorer) -> None:
    assert LINES < len(explorer.maps.lines) < LINES + 20
    assert any("more" in line["text"] for line in explorer.maps.lines)
    addr = BASE + VMAS // 2 * STRIDE
    assert f"{addr:08x}" not in lines(explorer)
    press(explorer, "munmap", addr=hex(addr), length="1 page")
    found = lines(explorer)
    assert found[f"{addr:08x}"] == "gone"
    assert found[f"{addr - STRIDE:08x}"] == found[f"{addr + STRIDE:08x}"] == ""
    press(explorer, "mmap", addr=hex(addr), length="1 page")
    assert lines(explorer)[f"{addr:08x}"] == "new"


def test_the_lines_around_the_address_in_focus_are_there(explorer: Explorer) -> None:
    addr = BASE + VMAS // 2 * STRIDE
    explorer.point(Pick(f"vma_1_{addr:x}"))
    found = lines(explorer)
    assert {f"{addr + beside * STRIDE:08x}" for beside in range(-3, 4)} <= found.keys()


def test_a_click_on_the_fold_of_the_maps_opens_it(explorer: Explorer) -> None:
    before = len(explorer.maps.lines)
    (key,) = [line["id"] for line in explorer.maps.lines if "more" in line["text"]]
    explorer.point(Pick(key))
    assert len(explorer.maps.lines) > 5 * before


def test_a_short_text_is_whole() -> None:
    machine = Machine()
    process = machine.spawn()
    explorer = Explorer(machine)
    assert len(explorer.maps.lines) == process.mm.map_count


def test_a_press_does_nothing_over_again(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    plain = Replica.__init__

    def init(self: Replica, *args: Any) -> None:
        made.append(self)
        plain(self, *args)

    monkeypatch.setattr(Replica, "__init__", init)
    press(explorer, "mmap", addr=hex(FAR), length="4 pages")
    press(explorer, "store", addr=hex(FAR), data="x")
    press(explorer, "munmap", addr=hex(FAR), length="1 page")
    assert not made


def test_many_processes_are_folded_but_for_the_chosen_one() -> None:
    machine = Machine()
    parent = machine.spawn()
    children = [parent.fork() for _ in range(LINES + 50)]
    explorer = Explorer(machine)
    assert len(explorer.controls.processes) < LINES + 5
    (more,) = [each for each in explorer.controls.processes if not each["pid"]]
    assert "more" in more["label"]
    hidden = children[LINES - 20].pid
    assert hidden not in [each["pid"] for each in explorer.controls.processes]
    explorer.controls.pid = hidden
    assert hidden in [each["pid"] for each in explorer.controls.processes]


def test_the_reader_is_told_when_states_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()
    process = machine.spawn()
    explorer = Explorer(machine, show="tlb")
    process.mmap(FAR, PAGE, 3, 0x32)
    explorer.refresh()
    assert not explorer.controls.note
    monkeypatch.setattr(history, "MEMORY", 100_000)
    for turn in range(40):
        process.store(FAR, bytes([turn]) * PAGE)
        explorer.refresh()
    recording = explorer.timeline.recorder.steps
    assert recording.dropped
    assert sum(recording._weights.values()) + sum(recording._weights_found.values()) <= 100_000
    assert "dropped" in explorer.controls.note
    explorer.player.step = 20  # it is found again
    assert explorer.player.sentence
