"""Answers that are filled in, pressed or drawn: read, compared, and taken from their widgets."""

import pytest

from vmlab.lessons.answer_field import AnswerField
from vmlab.lessons.answer_kinds import AnswerError, AnswerKind
from vmlab.lessons.answer_parts import ArrowsField, FieldsForm, Toggles
from vmlab.lessons.arrows import Arrows
from vmlab.lessons.fields import Fields
from vmlab.lessons.toggles import EntryBits, PageSet
from vmlab.widgets.clickable_view import Pick

FORM = Fields((("VPN", "hex"), ("hit?", "yes/no"), ("count", "number")))
BITS, PAGES = EntryBits(), PageSet(5)
ARROWS = Arrows(("P0", "C0"), ("12", "14"))


@pytest.mark.parametrize(
    ("kind", "typed", "canonical"),
    [
        (FORM, "16, Y, 0x3", "0x10 yes 3"),
        (FORM, "- no -", "- no -"),
        (BITS, "us p", "P US"),
        (PAGES, "3 0-1", "0 1 3"),
        (PAGES, "None", "none"),
        (ARROWS, "c0 > 12, P0 -> 14", "P0->14 C0->12"),
        (ARROWS, "none", "none"),
    ],
)
def test_read(kind: AnswerKind, typed: str, canonical: str) -> None:
    assert kind.read(typed) == canonical
    assert kind.read(kind.shown(canonical)) == canonical
    assert kind.wrong(canonical, canonical) == ""


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        (FORM, "1 yes", "that is 2 values, not 3 values"),
        (FORM, "x yes 1", "'x' does not fit VPN"),
        (FORM, "1 perhaps 1", "'perhaps' does not fit hit"),
        (FORM, "1 no -2", "'-2' does not fit count"),
        (PAGES, "a", "is not pages such as"),
        (PAGES, "3-5", "none of the pages 0 to 4"),
        (PAGES, "3-1", "none of the pages 0 to 4"),
        (ARROWS, "P1->12", "'P1->12' is not an arrow"),
        (ARROWS, "P0->12 P0->14", "two arrows begin at P0"),
    ],
)
def test_what_cannot_be_read_is_said(kind: AnswerKind, typed: str, words: str) -> None:
    with pytest.raises(AnswerError, match=words):
        kind.read(typed)


@pytest.mark.parametrize(
    ("kind", "given", "right", "words"),
    [
        (FORM, "0x1 no 1", "0x1 yes 2", "hit? is not no"),
        (FORM, "- no 1", "0x1 no 1", "there is a value for VPN"),
        (PAGES, "1 2", "1", "page 2 is not one of them"),
        (PAGES, "none", "1", "page 1 is missing"),
        (ARROWS, "P0->12", "C0->12", "no arrow begins at P0"),
        (ARROWS, "none", "C0->12", "an arrow from C0 is missing"),
        (ARROWS, "P0->12", "P0->14", "the arrow from P0 does not lead to 12"),
    ],
)
def test_the_first_thing_wrong_is_named(
    kind: AnswerKind, given: str, right: str, words: str
) -> None:
    assert kind.wrong(given, right) == words


def field(kind: AnswerKind) -> AnswerField:
    return AnswerField(kind, lambda: None, at_once=False)


def test_a_form_has_a_line_for_each_value() -> None:
    whole = field(FORM)
    (form,) = whole.children
    assert isinstance(form, FieldsForm)
    assert whole.text == ""
    for line, value in zip(form.lines, ("0x10", "yes", "3"), strict=True):
        line.value = value
    assert whole.text == "0x10 yes 3"
    whole.show("0x1 no 2")
    assert [line.value for line in form.lines] == ["0x1", "no", "2"]


@pytest.mark.parametrize(("kind", "names"), [(BITS, ["P", "US"]), (PAGES, ["0", "3"])])
def test_toggles_are_set_and_taken_back(kind: AnswerKind, names: list[str]) -> None:
    whole = field(kind)
    (toggles,) = whole.children
    assert isinstance(toggles, Toggles)
    for name in names:
        toggles.buttons[name].click()
    assert kind.read(whole.text) == " ".join(names)
    toggles.buttons["none"].click()
    assert whole.text == "none"
    toggles.buttons[names[0]].click()
    toggles.buttons[names[0]].click()
    assert whole.text == ""


def test_arrows_are_drawn_by_two_clicks_and_taken_back() -> None:
    whole = field(ARROWS)
    (arrows,) = whole.children
    assert isinstance(arrows, ArrowsField)
    for id_ in ("head_0", "tail_0", "head_1", "tail_1", "head_1"):
        arrows._clicked(Pick(id_))
    assert ARROWS.read(whole.text) == "P0->14 C0->14"
    assert "edge_tail_1_head_1" in arrows.view.svg
    assert "An arrow leads from C0 to frame 14." in arrows.view.description
    for id_ in ("tail_1", "head_1", "tail_0", "head_0"):
        arrows._clicked(Pick(id_))
    assert whole.text == "P0->12"
    whole.text = "C0->12"
    assert "edge_tail_1_head_0" in arrows.view.svg
