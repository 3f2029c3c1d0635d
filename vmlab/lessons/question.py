"""Exercises: questions about a state, with endless variants, each checked against the model."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from vmlab.lessons.answer_kinds import AnswerError, AnswerKind
from vmlab.state.machine import Machine
from vmlab.words.language import say


@dataclass(frozen=True, slots=True)
class Question:
    """One variant of an exercise, in the language that was spoken when it was made.

    Its answer was read off `machine` after the calls of the question were made on it.
    """

    text: str  # what is asked, with `code` in backquotes
    given: str  # what is known, as plain lines
    kind: AnswerKind
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


def judge(question: Question, text: str) -> Verdict:
    """Judge an answer: a wrong one is told the first thing that is wrong, and a hint."""
    if not text.strip():
        return Verdict("empty", question.kind.request)
    try:
        given = question.kind.read(text)
    except AnswerError as problem:
        return Verdict("unread", say("This cannot be read: {problem}.", problem=problem))
    wrong = question.kind.wrong(given, question.answer)
    if wrong:
        return Verdict("wrong", say("Not yet: {wrong}. {hint}", wrong=wrong, hint=question.hint))
    answer = question.kind.shown(question.answer)
    return Verdict("right", say("Right: {answer}. {why}", answer=answer, why=question.why))


def variant(generator: Generator, name: str, seed: int) -> Question:
    """Return the variant of an exercise with a seed; the same seed gives the same question."""
    return generator(random.Random(f"{name} {seed}"))
