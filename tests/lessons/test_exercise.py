"""An exercise in a notebook: judged, kept, shown."""

import json
from pathlib import Path

import pytest

from tests.refused import refused
from vmlab import Exercise, StateError
from vmlab.lessons.answers_file import Answers
from vmlab.lessons.exercise_view import ExerciseView


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return Answers(tmp_path / "answers.json")


def test_an_unknown_exercise_is_named() -> None:
    with pytest.raises(ValueError, match="no exercise is named 'cat'; there are rights"):
        Exercise("cat")


def test_another_goes_on(answers: Answers) -> None:
    first = Exercise("unmap", 1, answers)
    second = first.another()
    assert (second.name, second.seed, second.answers) == ("unmap", 2, answers)
    assert second.question.text != first.question.text


def test_answers_survive(answers: Answers) -> None:
    exercise = Exercise("mapcount", 1, answers)
    assert exercise.saved is None
    wrong = str(int(exercise.question.answer) + 1)
    assert not exercise.check(wrong).right
    assert exercise.progress == "0 variants answered right"
    assert exercise.check(exercise.question.answer).right
    again = Exercise("mapcount", 1, Answers(answers.path)).saved
    assert again is not None
    assert (again.text, again.right, again.tries) == (exercise.question.answer, True, 2)
    assert exercise.progress == "1 variant answered right"


def test_a_right_answer_is_not_lost_to_a_wrong_one(answers: Answers) -> None:
    exercise = Exercise("mapcount", 1, answers)
    exercise.check(exercise.question.answer)
    exercise.check("99")
    assert exercise.saved is not None
    assert exercise.saved.right


def test_what_cannot_be_judged_is_not_kept(answers: Answers) -> None:
    exercise = Exercise("mapcount", 1, answers)
    exercise.check("")
    exercise.check("many")
    assert not answers.path.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"answers": {"x": 1}}', '{"answers": []}'])
def test_a_damaged_file_is_named_and_set_aside(answers: Answers, text: str) -> None:
    answers.path.write_text(text)
    with pytest.raises(StateError, match=r"answers\.json"):
        answers.all()
    exercise = Exercise("mapcount", 1, answers)
    assert exercise.saved is None
    assert "answers.json" in exercise.progress
    verdict = exercise.check(exercise.question.answer)
    assert verdict.right
    assert "answers-damaged.json" in verdict.words
    assert exercise.saved is not None
    assert answers.path.with_name("answers-damaged.json").read_text() == text
    assert "damaged" not in exercise.check(exercise.question.answer).words


def test_a_file_of_a_later_version_is_refused_and_left_alone(answers: Answers) -> None:
    text = '{"version": 3, "answers": {}}'
    answers.path.write_text(text)
    with refused(StateError, "answers_too_new"):
        answers.put("mapcount", 1, "2", True)
    with pytest.raises(StateError, match="version 3"):
        answers.all()
    assert answers.path.read_text() == text


def test_what_is_kept_is_in_canonical_form(answers: Answers) -> None:
    exercise = Exercise("mapcount", 1, answers)
    exercise.check(f" {int(exercise.question.answer):#x}")
    assert exercise.saved is not None
    assert exercise.saved.text == exercise.question.answer


def test_the_file_is_readable(answers: Answers) -> None:
    exercise = Exercise("mapcount", 7, answers)
    exercise.check(exercise.question.answer)
    data = json.loads(answers.path.read_text())
    assert data["answers"]["mapcount/7"]["right"] is True
    assert [path.name for path in answers.path.parent.iterdir()] == ["answers.json"]


def test_a_page_without_a_kernel_has_the_question_and_the_folded_answer(answers: Answers) -> None:
    exercise = Exercise("unmap", 1, answers)
    data = exercise._repr_mimebundle_()
    assert exercise.question.text in data["text/plain"]
    assert exercise.question.why not in data["text/plain"]
    folded = data["text/markdown"].partition("<details>")[2]
    assert exercise.question.answer in folded


def test_the_view_passes_answers_on(answers: Answers) -> None:
    view = ExerciseView(Exercise("mapcount", 1, answers))
    view.field.text = ""
    view.check()
    assert "Type a number" in view.verdict.value
    view.field.text = "99"
    view.check()
    assert "is less than 99" in view.verdict.value
    view.field.text = view.exercise.question.answer
    view.field.line._handle_custom_msg({"event": "submit"}, [])
    assert "✓" in view.verdict.value
    assert "1 variant answered right" in view.progress.value
    view.another()
    assert view.exercise.seed == 2
    assert view.verdict.value == ""


def test_the_view_shows_an_earlier_answer(answers: Answers) -> None:
    Exercise("rights", 1, answers).check(Exercise("rights", 1).question.answer)
    view = ExerciseView(Exercise("rights", 1, answers))
    assert view.field.text == view.exercise.question.answer
    assert "✓" in view.verdict.value
    assert repr(view) == "ExerciseView('rights', 1)"


def test_the_view_says_which_exercise_it_is_and_what_may_be_answered(answers: Answers) -> None:
    view = ExerciseView(Exercise("rights", 3, answers))
    assert "Exercise <code>rights</code>, variant 3" in view.question.value
    assert list(view.field.buttons) == ["allowed", "not allowed", "no region"]
    view.another()
    assert "variant 4" in view.question.value


def test_what_is_shown_is_escaped(answers: Answers) -> None:
    view = ExerciseView(Exercise("mapcount", 1, answers))
    view.field.text = "<script>"
    view.check()
    assert "<script>" not in view.verdict.value
