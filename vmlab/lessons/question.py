"""Questions about a state, each checked against the model: of exercises and predictions."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vmlab.lessons.answer_kinds import AnswerError, AnswerKind
from vmlab.lessons.misconceptions import MISCONCEPTIONS
from vmlab.state.machine import Machine
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import say
from vmlab.words.typed import narrow


@dataclass(frozen=True, slots=True)
class Question:
    """One variant of an exercise or one prediction, in the language of when it was made.

    Its answer was read off `machine` after the calls of the question were made on it.
    """

    text: str  # what is asked, with `code` in backquotes
    given: str  # what is known, as plain lines
    kind: AnswerKind
    answer: str  # in canonical form
    hint: str = ""  # what to think of after a wrong answer
    why: str = ""  # the explanation
    machine: Machine | None = None  # in the state after them
    picture: str = ""  # which picture shows `state`; '' = none
    state: Snapshot | None = None  # what is known, before what is asked for happens
    distractors: Mapping[str, str] = field(default_factory=dict)  # wrong answers: misconceptions


Generator = Callable[[random.Random], Question]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer is worth."""

    # 'right', 'wrong', 'unread' (not of the kind that was asked for), 'empty'; of a prediction
    # also 'kept' (not judged yet), 'shown' (the outcome, of which nothing was said)
    outcome: str
    words: str
    misconception: str = ""  # the name of what a wrong answer speaks of; '' = nothing known

    @property
    def right(self) -> bool:
        """Say if the answer is right."""
        return self.outcome == "right"

    def __str__(self) -> str:
        return self.words


def understand(kind: AnswerKind, text: str) -> str | Verdict:
    """Bring an answer into canonical form; a verdict says why one is empty or cannot be read."""
    if not text.strip():
        return Verdict("empty", kind.request)
    try:
        return kind.read(narrow(text))
    except AnswerError as problem:
        return Verdict("unread", say("This cannot be read: {problem}.", problem=problem))


def judge(question: Question, text: str) -> Verdict:
    """Judge an answer: a wrong one is told what is wrong first, what it may come from, a hint."""
    given = understand(question.kind, text)
    if isinstance(given, Verdict):
        return given
    wrong = question.kind.wrong(given, question.answer)
    if wrong:
        name = question.distractors.get(given, "")
        heard = f"{MISCONCEPTIONS[name].words} " if name else ""
        words = say("Not yet: {wrong}. {hint}", wrong=wrong, hint=f"{heard}{question.hint}")
        return Verdict("wrong", words.rstrip(), name)
    answer = question.kind.shown(question.answer)
    words = say("Right: {answer}. {why}", answer=answer, why=question.why)
    return Verdict("right", words.rstrip())


def variant(generator: Generator, name: str, seed: int) -> Question:
    """Return the variant of an exercise with a seed; the same seed gives the same question."""
    return generator(random.Random(f"{name} {seed}"))
