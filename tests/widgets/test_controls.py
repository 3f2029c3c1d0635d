"""The fields of calls: filled, read, marked."""

from __future__ import annotations

import pytest

from vmlab.widgets.calls import CALLS, Call, Meaning
from vmlab.widgets.controls import Controls
from vmlab.widgets.typed_values import FieldError

MEANING = Meaning(page=4096, names={"heap": 0x40C000}, brk=0x42D000)


def test_the_fields_are_read() -> None:
    controls = Controls(["munmap", "mmap", "brk"])
    controls.fill({"munmap": {"addr": "heap + 1 page", "length": "64K"}})
    assert controls.arguments("munmap", MEANING) == {"addr": 0x40D000, "length": 65536}
    assert controls.arguments("brk", MEANING) == {"addr": 0x42E000}
    assert controls.arguments("mmap", MEANING) == {
        "addr": None,
        "length": 16384,
        "prot": 3,
        "flags": 2,
        "file": None,
        "offset": 0,
    }


def test_what_cannot_be_read_names_its_field() -> None:
    controls = Controls(["munmap"])
    with pytest.raises(FieldError, match=r"an address .* is missing") as caught:
        controls.arguments("munmap", MEANING)
    assert caught.value.field == "addr"


def test_filling_leaves_other_fields_alone() -> None:
    controls = Controls(["munmap", "mprotect", "write"])
    range_ = {"addr": "0x1000", "length": "3 pages", "colour": "red"}
    controls.fill({"munmap": range_, "mprotect": range_, "madvise": range_})
    assert controls.texts["munmap"] == {"addr": "0x1000", "length": "3 pages"}
    assert controls.texts["mprotect"] == {"addr": "0x1000", "length": "3 pages", "prot": "rw"}
    assert controls.texts["write"]["addr"] == ""


def test_a_press_brings_what_was_typed() -> None:
    controls = Controls(["munmap", "fork"])
    pressed: list[str] = []
    controls.on_call(pressed.append)
    controls._handle_custom_msg(
        {"type": "call", "name": "munmap", "texts": {"addr": "0x1000", "length": "1 page"}}, []
    )
    controls._handle_custom_msg({"type": "call", "name": "rm"}, [])
    assert pressed == ["munmap"]
    assert controls.texts["munmap"]["addr"] == "0x1000"


def test_an_answer_takes_the_place_of_a_problem() -> None:
    controls = Controls(["brk"])
    controls.show_problem("brk", "addr", "no")
    assert controls.problem == {"call": "brk", "field": "addr", "words": "no"}
    controls.show_answer("brk(0)", "0", "good")
    assert controls.problem == {}
    assert controls.answer["outcome"] == "good"


def test_calls_of_ones_own() -> None:
    controls = Controls(["fork", Call("fly", "leave the ground")])
    assert repr(controls) == "Controls(fork, fly)"
    with pytest.raises(ValueError, match="no call is named 'fly'; there are fork, "):
        Controls(["fly"])


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_stands_in_a_field_at_first_can_be_read(call: Call) -> None:
    for field in call.fields:
        if field.text:
            field.read(field.text, MEANING)
        for option in field.options:
            field.read(option, MEANING)
