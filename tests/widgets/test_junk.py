"""Whatever a page sends, an Explorer goes on, and what is wrong is told at the field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vmlab import Explorer, Machine
from vmlab.widgets.base import View
from vmlab.widgets.call_forms import FORMS

TYPED = (
    *("\0", "\ud800", "a\ud800b", "/\udcff", "0x" + "f" * 17, "-0x8000000000000001"),
    *("18446744073709551616", "9" * 5000, "x" * 100_000, "١٢٣", "1.5", "nan", "\u202e", "'", "\n"),
    *("stack - 999t", "brk + 99999999999t", "rw|", "🦖", "[", "--1", "0x", "(1)", "None", ""),
)
JUNK: tuple[Any, ...] = (
    *(None, True, -1, 1 << 80, 1.5, "", "x", "\ud800", [], [1], {}, {"a": 1}, {"fork": 5}),
    *({"mmap": {"length": 5}}, {"mmap": {"length": "\ud800"}}, [{"\ud800": []}], "x" * 100_000),
)


@pytest.fixture(scope="module")
def bench() -> Explorer:
    machine = Machine()
    machine.spawn()
    return Explorer(machine, show="address_space")


def views(bench: Explorer) -> list[View]:
    return [bench.controls, bench.toolbar, bench.player, bench.maps, *bench.pictures]


def check(bench: Explorer) -> None:
    """Nothing went wrong in vmlab itself, and all that a page is sent can be sent."""
    assert bench.output.outputs == ()
    for view in views(bench):
        json.dumps(view.get_state(), default=str, ensure_ascii=False).encode()


def press(bench: Explorer, name: str, texts: dict[str, str]) -> None:
    bench.controls._handle_custom_msg({"type": "call", "name": name, "texts": texts}, [])


@pytest.mark.parametrize(
    ("name", "field"),
    [(form.name, field.name) for form in FORMS.values() for field in form.fields],
)
def test_whatever_is_typed_is_answered_or_told_at_its_field(
    bench: Explorer, name: str, field: str
) -> None:
    snap = bench.machine.snapshot()
    usual = {each.name: each.text for each in FORMS[name].fields}
    for text in TYPED:
        press(bench, name, {**usual, field: text})
        check(bench)
        assert bench.controls.problem.get("field", field) in usual
        assert bench.controls.problem or bench.controls.answer
        if bench.machine.snapshot() != snap:
            bench.machine.restore(snap)
            bench.refresh()


def test_no_trait_that_a_page_sends_stops_an_explorer(bench: Explorer) -> None:
    traits = [(view, name) for view in views(bench) for name in view.keys if name[0] != "_"]
    for view, name in traits:
        for junk in JUNK:
            before = getattr(view, name)
            view.set_state({name: junk})
            if name not in view.from_page:
                assert getattr(view, name) is before, f"{view!r}.{name}"
        bench.controls.pid = 1000
        bench.call("getpid")
        assert bench.controls.answer["answer"] == "1000", f"{view!r}.{name}"
        bench.player.step = bench.player.count - 1
        check(bench)


def test_no_message_that_a_page_sends_stops_an_explorer(bench: Explorer) -> None:
    for view in views(bench):
        for junk in JUNK:
            view._handle_custom_msg(junk, [])
            for kind in ("call", "press", "load", "click", "hover", "menu", "choose", "shown"):
                view._handle_custom_msg({"type": kind, "name": junk, "id": junk, "view": junk}, [])
        bench.controls.pid = 1000
        bench.call("getpid")
        assert bench.controls.answer["answer"] == "1000"
        check(bench)


@pytest.mark.parametrize(
    "text",
    [
        '{"\\ud800": 1}',
        '"\\ud800"',
        '{"format": "\\ud800", "version": 1}',
        '{"format": "vmlab-state", "version": 1, "\\ud800": {}}',
        '{"format": "vmlab-recording", "version": 1, "start": {"\\ud800": 1}}',
        "\ud800",
    ],
)
def test_a_file_with_half_a_character_is_refused_in_words_that_can_be_sent(
    bench: Explorer, text: str
) -> None:
    before = bench.machine.snapshot()
    bench.toolbar._handle_custom_msg(
        {"type": "load", "name": "a\ud800.json", "piece": text, "first": True, "last": True}, []
    )
    assert "was not loaded" in bench.controls.answer["words"]
    check(bench)
    assert bench.machine.snapshot() == before
