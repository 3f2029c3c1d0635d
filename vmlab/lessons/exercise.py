"""One exercise as a notebook has it: a question, a place for the answer, a next one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vmlab.errors import StateError
from vmlab.lessons.answers_file import Answers, Saved, given_or_here, verdict_kept
from vmlab.lessons.exercise_view import ExerciseView
from vmlab.lessons.question import Question, Verdict, judge, variant
from vmlab.lessons.registry import generator_of
from vmlab.model import arguments
from vmlab.words.language import say, say_n
from vmlab.words.typed import narrow


class Exercise:
    """A variant of an exercise.

    `exercise.check("...")` judges an answer, `exercise.another()` gives the next variant. In a
    notebook it shows itself with a field for the answer.

    Args:
        name: which exercise.
        seed: which variant.
        answers: where answers are kept.

    Raises:
        UsageError: no exercise has that name, or it cannot be loaded.

    >>> Exercise("indexes", 1)
    <exercise indexes 1>
    """

    def __init__(self, name: str, seed: int = 1, answers: Answers | None = None) -> None:
        arguments.text(name, "name")
        self._generator = generator_of(name)
        arguments.number(seed, "seed")
        self.name = name
        self.seed = seed
        self.answers = given_or_here(answers)

    def __repr__(self) -> str:
        return f"<exercise {self.name} {self.seed}>"

    @property
    def question(self) -> Question:
        """Return the question, in the reader's language of now."""
        return variant(self._generator, self.name, self.seed)

    def check(self, text: str) -> Verdict:
        """Judge an answer and keep it; an empty or unreadable one is not kept."""
        arguments.instance(text, str, "text")
        question = self.question
        verdict = judge(question, text)
        if verdict.outcome not in ("right", "wrong"):
            return verdict
        read = question.kind.read(narrow(text))
        words = verdict_kept(
            verdict.words,
            self.answers,
            lambda: self.answers.put(self.name, self.seed, read, verdict.right),
        )
        return replace(verdict, words=words)

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
        return say_n(solved, "{n} variant answered right", "{n} variants answered right")

    @property
    def plain(self) -> str:
        """Return the question as plain text."""
        question = self.question
        answer = say("Answer: {form}", form=question.kind.form)
        return f"{question.given}\n\n{question.text}\n\n{answer}"

    @property
    def markdown(self) -> str:
        """Return the question with its answer folded, for who reads without a kernel."""
        question = self.question
        title = say("Exercise: `{name}`", name=self.name)
        answer = question.kind.shown(question.answer)
        return (
            f"**{title}**\n\n```\n{question.given}\n```\n\n{question.text}\n\n"
            f"<details><summary>{say('Answer')}</summary>\n\n`{answer}`\n\n{question.why}\n"
            "</details>"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        data: dict[str, Any] = ExerciseView(self)._repr_mimebundle_(**kwargs)
        return {**data, "text/plain": self.plain, "text/markdown": self.markdown}
