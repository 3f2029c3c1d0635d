"""Is an exercise sound? Each variant is the same twice, has one right answer, found two ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

from vmlab.lessons.answer_kinds import NONE, AnswerError, Choice, MapsLineAnswer, Names, Number
from vmlab.lessons.arrows import Arrows
from vmlab.lessons.fields import Fields
from vmlab.lessons.misconceptions import MISCONCEPTIONS
from vmlab.lessons.question import Generator, Question, judge, variant
from vmlab.lessons.registry import SecondWay
from vmlab.lessons.toggles import PageSet
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.words.language import say

ENOUGH = 20  # variants after which two must differ, and some misconception be spoken to


def others(question: Question) -> list[str]:
    """Return answers that look like the right one and are not; some may not be readable."""
    kind, answer = question.kind, question.answer
    if isinstance(kind, Choice):
        found = [*kind.options]
    elif isinstance(kind, Names):
        most = len(kind.names) + 1
        sets = (" ".join(n) for k in range(most) for n in combinations(kind.names, k))
        found = [names or NONE for names in sets]
    elif isinstance(kind, Number):
        value = int(answer, 0)
        near = (value - 1, value + 1, value + PAGE_SIZE, value * 2 + 1)
        form = "#x" if kind.hexadecimal else "d"
        found = [format(each, form) for each in near if each >= 0]
    elif isinstance(kind, MapsLineAnswer):
        found = [*_lines(answer)]
    elif isinstance(kind, Fields):
        found = [*_values(answer)]
    elif isinstance(kind, PageSet):
        mine = frozenset(answer.split()) - {NONE}
        found = [" ".join(sorted(mine ^ {page}, key=int)) or NONE for page in kind.labels]
    elif isinstance(kind, Arrows):
        drawn = kind.drawn(answer)
        found = [kind.joined({**drawn, tail: head}) for tail in kind.tails for head in kind.heads]
    else:
        first, *rest = answer.split() or [""]
        more = [str(int(first) + 1)] if first.isdigit() else []
        found = [" ".join([*more, *rest]), " ".join([*rest, first, "1"])]
    return [each for each in [*found, *question.distractors] if each != answer]


def _lines(answer: str) -> Iterator[str]:
    yield NONE
    span, rights = ("10000000-10001000", "rw-p") if answer == NONE else answer.split()
    start, end = (int(part, 16) for part in span.split("-"))
    yield f"{start:08x}-{end:08x} {rights}"
    yield f"{start + PAGE_SIZE:08x}-{end + PAGE_SIZE:08x} {rights}"
    yield f"{start:08x}-{end + PAGE_SIZE:08x} {rights}"
    yield f"{start:08x}-{end:08x} {rights[:3]}{'s' if rights[3] == 'p' else 'p'}"


def _values(answer: str) -> Iterator[str]:
    values = answer.split()
    for place, value in enumerate(values):
        other = {"yes": "no", "no": "yes", "-": "0x1"}.get(value, "-")
        yield " ".join([*values[:place], other, *values[place + 1 :]])


@dataclass(slots=True)
class Check:
    """What was found out about an exercise so far."""

    name: str
    generator: Generator
    second_way: SecondWay | None
    problems: list[str] = field(default_factory=list)  # one sentence each
    heard: set[str] = field(default_factory=set)  # misconceptions that answers speak of
    _questions: set[tuple[str, str]] = field(default_factory=set)
    _answers: set[str] = field(default_factory=set)
    _tried: int = 0

    def try_variant(self, seed: int) -> None:
        """Try one variant, and remember what is wrong with it."""
        question = variant(self.generator, self.name, seed)
        again = variant(self.generator, self.name, seed)
        self._tried += 1
        self._questions.add((question.text, question.given))
        self._answers.add(question.answer)
        if (question.text, question.given, question.answer) != (
            again.text,
            again.given,
            again.answer,
        ):
            self._tell(seed, say("the same seed gives another question"))
        found = [*_of_answer(question)] or [*_of_others(question)]
        found += self._of_misconceptions(question)
        if self.second_way is not None:
            second = self.second_way(question.given, question.text)
            if second != question.answer:
                found.append(
                    say(
                        "the answer is {answer!r}, and by the second way {second!r}",
                        answer=question.answer,
                        second=second,
                    )
                )
        for problem in found:
            self._tell(seed, problem)

    def _tell(self, seed: int, problem: str) -> None:
        self.problems.append(say("variant {seed}: {problem}", seed=seed, problem=problem))

    def finish(self) -> None:
        """Remember what is wrong with all variants together."""
        if self.second_way is None:
            self.problems.append(say("there is no second way to the answer"))
        if self._tried < ENOUGH:
            return
        if len(self._questions) < ENOUGH:
            self.problems.append(say("too many variants are the same"))
        if len(self._answers) < 2:
            self.problems.append(say("all variants have the same answer"))
        if not self.heard:
            self.problems.append(say("no wrong answer stands for a misconception"))

    def _of_misconceptions(self, question: Question) -> Iterator[str]:
        for given, name in question.distractors.items():
            if name not in MISCONCEPTIONS:
                yield say("no misconception is named {name!r}", name=name)
                continue
            self.heard.add(name)
            try:
                canonical = question.kind.read(given) == given
            except AnswerError:
                canonical = False
            if not canonical or given == question.answer:
                yield say("{given!r} is no wrong answer in canonical form", given=given)


def _of_answer(question: Question) -> Iterator[str]:
    kind, answer = question.kind, question.answer
    try:
        read = kind.read(answer)
    except AnswerError as problem:
        yield say("its own answer cannot be read: {problem}", problem=problem)
        return
    if read != answer or kind.read(kind.shown(answer)) != answer:
        yield say("its answer {answer!r} is not in canonical form", answer=answer)
    elif not judge(question, answer).right:
        yield say("its own answer {answer!r} counts as wrong", answer=answer)


def _of_others(question: Question) -> Iterator[str]:
    for wrong in others(question):
        try:
            read = question.kind.read(wrong)
        except AnswerError:
            continue
        verdict = judge(question, wrong)
        if read == question.answer or verdict.outcome != "wrong":
            yield say("{given!r} counts as right, too", given=wrong)
        elif question.hint not in verdict.words:
            yield say("{given!r} is not told the hint", given=wrong)
