"""The fields of calls: filled, read, marked."""

from __future__ import annotations

import pytest

from vmlab.model.abi.calls import ACTIONS
from vmlab.widgets.call_field import CallField, Meaning
from vmlab.widgets.call_forms import FORMS, GROUPS, USUAL, CallForm, arguments
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
        "fd": None,
        "offset": 0,
    }


def test_what_cannot_be_read_names_its_field() -> None:
    controls = Controls(["munmap"])
    with pytest.raises(FieldError, match=r"an address .* is missing") as caught:
        controls.arguments("munmap", MEANING)
    assert caught.value.field == "addr"


def test_filling_leaves_other_fields_alone() -> None:
    controls = Controls(["munmap", "mprotect", "store"])
    range_ = {"addr": "0x1000", "length": "3 pages", "colour": "red"}
    controls.fill({"munmap": range_, "mprotect": range_, "madvise": range_})
    assert controls.texts["munmap"] == {"addr": "0x1000", "length": "3 pages"}
    assert controls.texts["mprotect"] == {"addr": "0x1000", "length": "3 pages", "prot": "rw"}
    assert controls.texts["store"]["addr"] == ""


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


def test_half_a_letter_is_no_text() -> None:
    controls = Controls(["open"])
    texts = {"path": "/\ud83d"}
    controls._handle_custom_msg({"type": "call", "name": "open", "texts": texts}, [])
    assert controls.texts["open"]["path"] == "/\ufffd", "what can be sent back to the page"


@pytest.mark.parametrize(
    ("call", "field", "text"),
    [
        ("load", "n", "65M"),
        ("exit", "code", "9" * 30),
        ("close", "fd", "0x10000000000000000"),
        ("mmap", "fd", "/a\0"),
        ("open", "path", "/a\0"),
        ("memfd_create", "name", "a\0"),
        ("execve", "argv", "a\0"),
    ],
)
def test_what_no_program_hands_over_marks_its_field(call: str, field: str, text: str) -> None:
    controls = Controls([call])
    controls.fill({call: {"addr": "0x1000", "path": "/a", "length": "1", field: text}})
    with pytest.raises(FieldError) as raised:
        controls.arguments(call, MEANING)
    assert raised.value.field == field


def test_an_answer_takes_the_place_of_a_problem() -> None:
    controls = Controls(["brk"])
    controls.show_problem("brk", "addr", "no")
    assert controls.problem == {"call": "brk", "field": "addr", "words": "no"}
    controls.show_answer("brk(0)", "0", "good")
    assert controls.problem == {}
    assert controls.answer["outcome"] == "good"


def test_all_calls_are_there_and_the_usual_ones_have_a_button() -> None:
    controls = Controls()
    assert set(controls.calls) == set(ACTIONS)
    assert repr(controls) == f"Controls({', '.join(USUAL)})"
    behind = [name for calls in GROUPS.values() for name in calls if name not in USUAL]
    assert {form["name"] for form in controls.forms if form["group"]} == set(behind)


def test_every_call_stands_in_one_group() -> None:
    assert sorted(name for calls in GROUPS.values() for name in calls) == sorted(ACTIONS)


def test_a_problem_opens_the_fields_of_its_call() -> None:
    controls = Controls()
    controls.show_problem("munmap", "addr", "no")
    assert controls.chosen == "munmap"


def test_calls_of_ones_own() -> None:
    controls = Controls(["fork", CallForm("fly", "leave the ground")])
    assert repr(controls) == "Controls(fork, fly)"
    with pytest.raises(ValueError, match="no call is named 'fly'; there are fork, "):
        Controls(["fly"])


@pytest.mark.parametrize("name", ACTIONS)
def test_every_call_has_a_button_and_a_field_for_each_parameter(name: str) -> None:
    form = Controls([name]).calls[name]
    assert [field.name for field in form.fields] == [p.name for p in ACTIONS[name].parameters]
    assert form.does == ACTIONS[name].does


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_what_stands_in_a_field_at_first_can_be_read(form: CallForm) -> None:
    for field in form.fields:
        for text in (field.text, *field.options):
            if text:
                field.read(text, MEANING)


@pytest.mark.parametrize(
    ("call", "texts", "wanted"),
    [
        (
            "execve",
            {"path": "/a", "argv": 'a "b c"'},
            {"path": "/a", "argv": ["a", "b c"], "env": None},
        ),
        ("open", {"path": " /a ", "flags": "rdwr creat"}, {"path": "/a", "flags": 0o102}),
        ("mmap", {"fd": "/a.txt"}, {"fd": "/a.txt"}),
        ("mmap", {"fd": "3"}, {"fd": 3}),
        ("mmap", {"fd": "-1"}, {"fd": -1}),
        (
            "setrlimit",
            {"resource": "as", "soft": "unlimited"},
            {"resource": 9, "soft": (1 << 64) - 1},
        ),
        ("rt_sigaction", {"signum": "bus", "handler": "no"}, {"signum": 7, "handler": False}),
        ("clone", {"flags": "vm files"}, {"flags": 0x500}),
        ("clone", {"flags": ""}, {"flags": 0}),
        ("mincore", {"addr": "heap", "vec": ""}, {"addr": 0x40C000, "length": 4096, "vec": None}),
        ("read", {"buf": "heap", "count": "1 page"}, {"fd": 3, "buf": 0x40C000, "count": 4096}),
    ],
)
def test_each_kind_of_field_is_read(
    call: str, texts: dict[str, str], wanted: dict[str, object]
) -> None:
    form = FORMS[call]
    typed = {field.name: field.text for field in form.fields} | texts
    found = arguments(form, typed, MEANING)
    assert {name: found[name] for name in wanted} == wanted


def test_a_field_of_ones_own() -> None:
    form = CallForm(
        "fly", "leave the ground", (CallField("height", lambda text, _: int(text), "3"),)
    )
    assert Controls([form]).arguments("fly", MEANING) == {"height": 3}
