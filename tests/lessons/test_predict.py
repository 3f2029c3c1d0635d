"""A prediction: asked, kept, judged by the outcome of a cell."""

import json
from pathlib import Path

import pytest
from ipywidgets import Button, Widget

from tests.pseudo_language import marked, pseudo_language
from vmlab import Machine, Process, predict
from vmlab.errors import UsageError
from vmlab.lessons.answers_file import Answers, Guess
from vmlab.lessons.predict_view import CaseView, PredictView


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return Answers(tmp_path / "answers.json")


@pytest.fixture
def family() -> tuple[Machine, Process, Process]:
    machine = Machine()
    parent = machine.spawn()
    parent.store(0x404000, b"A")
    return machine, parent, parent.fork()


def number(answers: Answers, name: str = "n") -> predict:
    return predict(name, "How many frames?", "number", answers=answers)


def test_a_right_guess_is_told_so(answers: Answers) -> None:
    guess = number(answers)
    assert guess.guess(" 0x2 ").outcome == "kept"
    guess.outcome(2)
    assert guess.verdict.words == "Right: 2."
    assert answers.guesses() == {"n": Guess("2", right=True)}


def test_a_wrong_guess_is_told_the_first_thing_that_is_wrong_and_the_outcome(
    answers: Answers,
) -> None:
    guess = number(answers)
    guess.guess("3")
    guess.outcome(2)
    assert guess.verdict.words == "Not yet: the number is less than 3. The answer: 2."
    assert answers.guesses() == {"n": Guess("3", right=False)}


def test_who_says_nothing_is_told_the_outcome_and_nothing_more(answers: Answers) -> None:
    guess = number(answers)
    assert repr(guess.outcome(2)) == "The answer: 2."
    assert guess.verdict.words == "The answer: 2."
    assert not answers.path.exists()


@pytest.mark.parametrize(("text", "outcome"), [("", "empty"), (" ", "empty"), ("many", "unread")])
def test_what_is_no_answer_is_not_kept(answers: Answers, text: str, outcome: str) -> None:
    assert number(answers).guess(text).outcome == outcome
    assert not answers.path.exists()


def test_a_guess_survives_and_can_be_changed_before_the_outcome(answers: Answers) -> None:
    number(answers).guess("3")
    again = number(Answers(answers.path))
    assert again.said == Guess("3")
    again.guess("2")
    again.outcome(2)
    assert again.said == Guess("2", right=True)


def test_after_the_outcome_a_new_answer_is_judged_but_the_first_one_is_kept(
    answers: Answers,
) -> None:
    guess = number(answers)
    guess.guess("3")
    guess.outcome(2)
    assert guess.guess("2").right
    assert answers.guesses() == {"n": Guess("3", right=False)}


def test_an_outcome_can_come_twice(answers: Answers) -> None:
    guess = number(answers)
    guess.guess("3")
    guess.outcome(2)
    guess.outcome(3)
    assert guess.verdict.right


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("number", 3, "3"),
        ("address", 0x1000, "0x1000"),
        ("yes/no", True, "yes"),
        ("yes/no", False, "no"),
        ("line", None, "none"),
        ("line", "10000000-10001000 rw-p", "10000000-10001000 rw-p"),
        ("indexes", (0, 0, 128, 3), "0 0 128 3"),
        ("bits", "RW P", "P RW"),
        ("ruler", "XX..yy", "AA..bb"),
        (("the parent", "the child"), "the child", "the child"),
    ],
)
def test_values_of_a_cell_are_answers(
    answers: Answers, kind: str, value: object, shown: str
) -> None:
    guess = predict("n", "What?", kind, answers=answers)
    guess.outcome(value)
    assert guess.shown == shown


def test_an_outcome_that_is_no_answer_is_the_authors_mistake(answers: Answers) -> None:
    with pytest.raises(UsageError, match="is not a number"):
        number(answers).outcome("two")


@pytest.mark.parametrize(
    ("kind", "picture", "words"),
    [
        ("cat", "", "no kind of answer is 'cat'; there are yes/no, number"),
        ("page", "", "give the machine"),
        ("number", "frames", "give the machine"),
    ],
)
def test_a_slip_is_named(answers: Answers, kind: str, picture: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        predict("n", "What?", kind, picture=picture, answers=answers)


def test_an_unknown_picture_is_named(answers: Answers) -> None:
    with pytest.raises(UsageError, match="no picture is named 'cat'"):
        predict("n", "What?", machine=Machine(), picture="cat", answers=answers)


def test_a_page_of_a_process_is_pointed_at(
    answers: Answers, family: tuple[Machine, Process, Process]
) -> None:
    machine, parent, child = family
    guess = predict("n", "Which page?", "page", machine=machine, answers=answers)
    guess.guess(f"pte_{parent.mm.number}_404000")
    guess.outcome((child, 0x404000))
    assert guess.verdict.words == (
        "Not yet: it is not page 0 of bss in 1000. The answer: page 0 of bss in 1001."
    )


def test_the_state_is_that_of_the_question(
    answers: Answers, family: tuple[Machine, Process, Process]
) -> None:
    machine, _, child = family
    guess = predict("n", "Which page?", "page", machine=machine, answers=answers)
    child.exit(0)
    assert guess.guess("1001 0x404000").outcome == "kept"


def test_a_damaged_file_is_set_aside(answers: Answers) -> None:
    answers.path.write_text("{")
    guess = number(answers)
    assert "was damaged" in guess.guess("2").words
    guess.outcome(2)
    assert guess.verdict.right
    aside = answers.path.with_name(f"{answers.path.stem}-damaged{answers.path.suffix}")
    assert aside.read_text() == "{"
    assert answers.guesses() == {"n": Guess("2", right=True)}


def test_cases_are_kept_one_by_one(answers: Answers) -> None:
    guess = number(answers)
    guess.case("first", 1)
    guess.case("second", 2, "since two")
    guess.cases[1].guess("2")
    assert guess.cases[1].verdict.words == "Right: 2. since two"
    assert answers.guesses() == {"n.2": Guess("2", right=True)}


def test_what_is_stored_in_a_notebook_is_the_same_for_everyone(answers: Answers) -> None:
    before = number(answers)._repr_mimebundle_()
    number(answers).guess("3")
    after = number(answers)._repr_mimebundle_()
    assert before["text/plain"] == after["text/plain"]
    assert before["text/plain"].startswith("Predict: How many frames?")
    assert before["text/markdown"] == after["text/markdown"]
    guess = number(answers)
    assert guess.outcome(2)._repr_mimebundle_()["text/plain"] == "The answer: 2."


def test_a_page_without_a_kernel_has_the_picture(
    answers: Answers, family: tuple[Machine, Process, Process]
) -> None:
    guess = predict("n", "Which page?", "page", machine=family[0], answers=answers)
    html = guess._repr_mimebundle_()["text/html"]
    assert "Which page?" in html
    assert "<img" in html


def parts(widget: Widget, kind: type) -> list[Widget]:
    """Return the widgets of a kind in another, from the top."""
    found = [widget] if isinstance(widget, kind) else []
    return found + [one for child in getattr(widget, "children", ()) for one in parts(child, kind)]


def test_the_view_keeps_what_is_typed(answers: Answers) -> None:
    guess = number(answers)
    (row,) = parts(PredictView(guess), CaseView)
    row.field.text = "3"
    row.field.line._handle_custom_msg({"event": "submit"}, [])
    assert "You say: 3." in row.verdict.value
    assert json.loads(answers.path.read_text())["guesses"] == {"n": {"text": "3", "right": None}}
    (again,) = parts(PredictView(number(answers)), CaseView)
    assert again.field.text == "3"


def test_the_view_keeps_a_choice_at_once(answers: Answers) -> None:
    guess = predict("n", "Who?", ("the parent", "the child"), answers=answers)
    (row,) = parts(PredictView(guess), CaseView)
    row.field.buttons["the child"].click()
    assert guess.said == Guess("the child")
    assert [button.icon for button in parts(row, Button)] == ["", "check"]


def test_the_view_takes_what_is_clicked(
    answers: Answers, family: tuple[Machine, Process, Process]
) -> None:
    machine, _, child = family
    guess = predict("n", "Which page?", "page", machine=machine, answers=answers)
    (row,) = parts(PredictView(guess), CaseView)
    row.point(f"mm_{child.mm.number}")
    assert guess.said is None
    row.point(f"pte_{child.mm.number}_404000")
    assert guess.said == Guess(f"pte_{child.mm.number}_404000")
    assert row.field.text == "page 0 of bss in 1001"


def test_a_case_is_shown_when_the_one_before_is_answered_or_left_out(answers: Answers) -> None:
    guess = number(answers)
    for value in (1, 2, 3):
        guess.case(f"case {value}", value)
    view = PredictView(guess)
    (first,) = parts(view, CaseView)
    first.field.text = "x"
    first.answer()
    assert len(parts(view, CaseView)) == 1
    first.field.text = "2"
    first.answer()
    assert "is less than 2" in first.verdict.value
    _, second = parts(view, CaseView)
    second.show()
    assert "The answer: 2." in second.verdict.value
    assert len(parts(view, CaseView)) == 3
    assert len(parts(PredictView(guess), CaseView)) == 2  # the first was answered


def test_an_outcome_known_beforehand_stays_hidden(answers: Answers) -> None:
    guess = number(answers)
    guess.outcome(2, "since two")
    (row,) = parts(PredictView(guess), CaseView)
    assert row.verdict.value == ""
    row.show()
    assert "The answer: 2.\nsince two" in row.verdict.value


def test_the_outcome_follows_a_later_answer(answers: Answers) -> None:
    guess = number(answers)
    outcome = guess.outcome(2)
    shown: list[str] = []
    outcome._repr_mimebundle_()
    guess.on_change(lambda: shown.append(guess.verdict.words))
    guess.guess("2")
    assert shown == ["Right: 2."]


def test_it_speaks_the_language_of_the_reader(answers: Answers) -> None:
    with pseudo_language():
        guess = predict("n", "?", "yes/no", answers=answers)
        guess.guess(marked("yes"))
        assert guess.said == Guess("yes")
        guess.outcome(True)
        assert marked("yes") in guess.verdict.words


def test_values_stand_in_cases_and_reasons_by_name(answers: Answers) -> None:
    guess = predict("c", "How many {braces}?", "number", answers=answers)
    guess.case("page {n}", 1, "frame {pfn:#x}", n=3, pfn=16)
    assert guess.text == "How many {braces}?"
    (case,) = guess.cases
    assert (case.text, case.answer_words) == ("page 3", "The answer: 1.\nframe 0x10")
    with pseudo_language():
        guess.case("page {n}", 1, n=4)
        assert guess.cases[-1].text == marked("page {n}").format(n=4)
    assert guess.cases[-1].text == "page 4"
