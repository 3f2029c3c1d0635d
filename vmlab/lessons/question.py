"""Exercises: questions about a state, with endless variants, each checked against the model."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from vmlab.lessons.answer_kinds import AnswerError, Kind
from vmlab.state.machine import Machine


@dataclass(frozen=True, slots=True)
class Question:
    """One variant of an exercise.

    Its answer was read off `machine` after the calls of the question were made on it.
    """

    text: str  # what is asked, with `code` in backquotes
    given: str  # what is known, as plain lines
    kind: Kind
    answer: str  # in canonical form
    hint: str  # what to think of after a wrong answer
    why: str  # the explanation
    machine: Machine


Generator = Callable[[random.Random], Question]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer is worth."""

    outcome: str  # 'right', 'wrong', 'unread' (not of the kind that was asked for), 'empty'
    words: str

    @property
    def right(self) -> bool:
        """Say if the answer is right."""
        return self.outcome == "right"

    def __str__(self) -> str:
        return self.words


def check(question: Question, text: str) -> Verdict:
    """Judge an answer: a wrong one is told the first thing that is wrong, and a hint."""
    if not text.strip():
        return Verdict("empty", f"Type {question.kind.form}.")
    try:
        given = question.kind.read(text)
    except AnswerError as problem:
        return Verdict("unread", f"This cannot be read: {problem}.")
    wrong = question.kind.wrong(given, question.answer)
    if wrong:
        return Verdict("wrong", f"Not yet: {wrong}. {question.hint}")
    return Verdict("right", f"Right: {question.answer}. {question.why}")


def variant(generator: Generator, name: str, seed: int) -> Question:
    """Return the variant of an exercise with a seed; the same seed gives the same question."""
    return generator(random.Random(f"{name} {seed}"))
