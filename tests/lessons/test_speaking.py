"""Another language is chosen: what a lesson shows already is said again, and nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ipywidgets import Widget
from ipywidgets.widgets.widget import _instances

from tests.lessons.test_words import seen
from tests.translation.latin import english_words
from tests.translation.test_no_english import DATA
from vmlab import Exercise, Machine, language, predict, progress
from vmlab.lessons.answers_file import Answers
from vmlab.lessons.exercise_view import ExerciseView
from vmlab.lessons.generators import GENERATORS
from vmlab.lessons.predict_view import PredictView
from vmlab.lessons.question import variant

HANGUL = re.compile("[가-힣]")
QUESTION = "How many frames does the fork copy?"  # of a lesson, so that it is in the catalogue


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    language("en")


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return Answers(tmp_path / "answers.json")


def twice(widget: Widget) -> tuple[str, str]:
    """What is read in Korean, and then in English again."""
    language("ko")
    korean = seen(widget)
    language("en")
    return korean, seen(widget)


def shown_by(value: Any) -> Widget:
    """The widget that a cell shows for a value."""
    bundle = value._repr_mimebundle_()["application/vnd.jupyter.widget-view+json"]
    return _instances[bundle["model_id"]]


@pytest.mark.parametrize("name", GENERATORS)
def test_an_exercise(name: str, answers: Answers) -> None:
    view = ExerciseView(Exercise(name, 1, answers))
    kind = variant(GENERATORS[name], name, 1).kind
    for text in ("", kind.shown(variant(GENERATORS[name], name, 1).answer)):
        view.field.text = text
        view.check()
        english = seen(view)
        assert not HANGUL.search(english)
        korean, again = twice(view)
        assert "정답 보기" in korean or "답" in korean
        assert english_words(korean.replace(name, ""), "ko", {*DATA, "Type", "Offset"}) == []
        assert again == english


def test_a_prediction_with_its_outcome(answers: Answers) -> None:
    machine = Machine()
    machine.spawn()
    guess = predict(QUESTION, QUESTION, "page", machine=machine, answers=answers)
    view = PredictView(guess)
    (case,) = view._cases
    case.field.text = "401"
    english = seen(view)
    korean, again = twice(view)
    assert "예측" in korean
    assert "401" in korean
    assert again == english
    shown = shown_by(guess.outcome((1000, 0x401000), "frame {pfn}", pfn=3))
    view._cases[0].answer()
    english = seen(view), seen(shown)
    korean, again = twice(view)
    assert "읽을 수 없습니다" in korean
    language("ko")
    assert HANGUL.search(seen(shown))
    language("en")
    assert (again, seen(shown)) == english


def test_cases_that_are_open_stay_open(answers: Answers) -> None:
    guess = predict("c", QUESTION, "yes/no", answers=answers)
    for number in range(3):
        guess.case("page {n}", True, n=number)
    view = PredictView(guess)
    view._cases[0].show()
    view._cases[1].field.text = "no"
    view._cases[1].answer()
    assert len(view._cases) == 3
    english = seen(view)
    korean, again = twice(view)
    assert len(view._cases) == 3
    assert "아니요" in korean
    assert again == english


def test_a_table_of_what_was_answered(answers: Answers) -> None:
    exercise = Exercise("rights", 1, answers)
    exercise.check(exercise.question.answer)
    table = shown_by(progress(answers))
    english = seen(table)
    korean, again = twice(table)
    assert HANGUL.search(korean)
    assert again == english


def test_who_closes_all_widgets_can_still_choose_a_language(answers: Answers) -> None:
    view = ExerciseView(Exercise("find", 1, answers))
    before = seen(view)
    Widget.close_all()
    assert twice(view) == (before, before)
