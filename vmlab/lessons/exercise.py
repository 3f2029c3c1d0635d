"""One exercise as a notebook has it: a question, a place for the answer, a next one."""

from __future__ import annotations

from typing import Any

from vmlab.errors import StateError
from vmlab.lessons.answers_file import Answers, Saved
from vmlab.lessons.exercise_view import ExerciseView
from vmlab.lessons.generators import GENERATORS
from vmlab.lessons.question import Question, Verdict, check, variant


class Exercise:
    """A variant of an exercise.

    `exercise.check("...")` judges an answer, `exercise.another()` gives the next variant. In a
    notebook it shows itself with a field for the answer.

    Args:
        name: which exercise.
        seed: which variant.
        answers: where answers are kept.

    >>> Exercise("indexes", 1)
    <exercise indexes 1>
    """

    def __init__(self, name: str, seed: int = 1, answers: Answers | None = None) -> None:
        if name not in GENERATORS:
            raise ValueError(f"no exercise is named {name!r}; there are {', '.join(GENERATORS)}")
        self.name = name
        self.seed = seed
        self.answers = answers or Answers()
        self.question: Question = variant(GENERATORS[name], name, seed)

    def __repr__(self) -> str:
        return f"<exercise {self.name} {self.seed}>"

    def check(self, text: str) -> Verdict:
        """Judge an answer and keep it; an empty or unreadable one is not kept."""
        verdict = check(self.question, text)
        if verdict.outcome not in ("right", "wrong"):
            return verdict
        try:
            self.answers.put(self.name, self.seed, text, verdict.right)
        except (OSError, StateError) as problem:
            return Verdict(verdict.outcome, f"{verdict.words} (Not saved: {problem}.)")
        return verdict

    def another(self) -> Exercise:
        """Return the next variant."""
        return Exercise(self.name, self.seed + 1, self.answers)

    @property
    def saved(self) -> Saved | None:
        """Return the answer given earlier, perhaps before the notebook was closed."""
        try:
            return self.answers.get(self.name, self.seed)
        except StateError:
            return None

    @property
    def progress(self) -> str:
        """Say how many variants were answered right."""
        try:
            solved = self.answers.solved(self.name)
        except StateError as problem:
            return str(problem)
        return f"{solved} variant{'' if solved == 1 else 's'} answered right"

    @property
    def plain(self) -> str:
        """Return the question as plain text."""
        return f"{self.question.given}\n\n{self.question.text}\n\nAnswer: {self.question.kind.form}"

    @property
    def markdown(self) -> str:
        """Return the question with its answer folded, for who reads without a kernel."""
        question = self.question
        return (
            f"**Exercise: {self.name}**\n\n```\n{question.given}\n```\n\n{question.text}\n\n"
            f"<details><summary>Answer</summary>\n\n`{question.answer}`\n\n{question.why}\n"
            "</details>"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        data: dict[str, Any] = ExerciseView(self)._repr_mimebundle_(**kwargs)
        return {**data, "text/plain": self.plain, "text/markdown": self.markdown}
