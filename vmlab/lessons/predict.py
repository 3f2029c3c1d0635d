"""A question above a cell, which the outcome of the cell judges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from vmlab.diagrams.layout import as_output
from vmlab.errors import StateError, UsageError
from vmlab.lessons.answer_field import marked, verdict_html
from vmlab.lessons.answer_kinds import (
    NONE,
    AnswerKind,
    Choice,
    MapsLineAnswer,
    Names,
    Number,
    Numbers,
)
from vmlab.lessons.answers_file import Answers, Guess, given_or_here, verdict_kept
from vmlab.lessons.generators.translation import BITS
from vmlab.lessons.pointing import POINTED, Pointed
from vmlab.lessons.predict_view import PredictView
from vmlab.lessons.question import Question, Verdict, judge, understand
from vmlab.lessons.rulers import Ruler
from vmlab.lessons.show import focus_on
from vmlab.model import arguments
from vmlab.model.mmu.pte import X86_64
from vmlab.model.process import Process
from vmlab.state.machine import Machine
from vmlab.widgets.pictures import PICTURES
from vmlab.widgets.speakers import SaidHTML
from vmlab.words.language import N_, say

YES, NO = N_("yes"), N_("no")
KINDS: dict[str, AnswerKind] = {
    "yes/no": Choice((YES, NO)),
    "number": Number(N_("the number")),
    "address": Number(N_("the address"), hexadecimal=True),
    "line": MapsLineAnswer(),
    "bits": Names(BITS),
    "indexes": Numbers(X86_64.level_names),
    "ruler": Ruler(),
}


class Outcome:
    """What came of a cell, beside what was predicted; it follows a later answer."""

    def __init__(self, prediction: predict) -> None:
        self._prediction = prediction

    def __repr__(self) -> str:
        return self._prediction.answer_words

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        box = SaidHTML(lambda: verdict_html(self._prediction.verdict))
        self._prediction.on_change(box.speak)
        data: dict[str, Any] = box._repr_mimebundle_(**kwargs)
        return {**data, "text/plain": repr(self)}


class predict:
    """Ask for a prediction; `outcome`, called by the cell that does it, judges what was said.

    In a notebook it shows itself with a field, choices or a picture to click; what is answered
    there is kept beside the notebook. Who answers nothing just reads the outcome.

    Args:
        name: under which name the answer is kept.
        question: what is asked, with `code` in backquotes; said in the reader's language.
        answer: 'number', 'address', 'line' (of maps), 'bits', 'indexes', 'ruler' or 'yes/no';
            a tuple of choices; or what to click: 'page', 'region', 'frame', 'process'.
        machine: whose state, as it is now, is shown beside the question.
        picture: which picture of it; of what is to be clicked, the one that shows it best.
        processes: those to show; all unless given.
        addr: the address whose way through the page tables is shown.
        answers: where answers are kept.

    Raises:
        UsageError: there is no such kind of answer or picture, or what is to be clicked is in no
            machine.

    >>> guess = predict("frames", "How many frames does a fork copy?", "number")
    >>> guess.outcome(0)
    The answer: 0.
    """

    def __init__(
        self,
        name: str,
        question: str,
        answer: str | Sequence[str] | AnswerKind = "yes/no",
        *,
        machine: Machine | None = None,
        picture: str = "",
        processes: Sequence[Process | int] = (),
        addr: int | None = None,
        answers: Answers | None = None,
    ) -> None:
        arguments.text(name, "name")
        arguments.text(question, "question")
        self.name = name
        self._asked: tuple[str, Mapping[str, object]] = question, {}
        self.answers = given_or_here(answers)
        pointed = isinstance(answer, str) and answer in POINTED
        self.picture = picture or (POINTED[str(answer)] if pointed else "")
        if self.picture and machine is None:
            raise UsageError(say("give the machine whose picture is shown"))
        if self.picture and self.picture not in PICTURES:
            names = ", ".join(PICTURES)
            raise UsageError(
                say("no picture is named {name!r}; there are {names}", name=picture, names=names)
            )
        self.state = machine.snapshot() if machine is not None else None
        self.focus = focus_on(machine, processes, addr=addr) if machine is not None else None
        mms = self.focus.mms if self.focus is not None else None
        if pointed and self.state is not None:
            self.kind: AnswerKind = Pointed(str(answer), self.state, mms or ())
        else:
            self.kind = _kind(answer)
        self.cases: list[predict] = []
        self._said: Guess | None = None  # what could not be saved
        self._answer: str | None = None  # in canonical form; None = it is not there
        self._why: tuple[str, Mapping[str, object]] = "", {}
        self._callbacks: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return f"<prediction {self.name}>"

    def outcome(self, value: object, why: str = "", **values: object) -> Outcome:
        """Say what it came to, and judge what was predicted.

        Called before the question is shown, it stays hidden until the reader has answered.

        Args:
            value: the answer; what is clicked is a frame's number, a process, an address, or a
                process and an address.
            why: what shows that it is so, for example lines of maps.
            values: what stands in `why` by name, in braces.

        Raises:
            UsageError: it is no answer of the kind that was asked for.
        """
        self._answer = self.kind.read(_text(value))
        self._why = why, values
        said = self.said
        if said is not None:
            self._keep(Guess(said.text, self.judged(said.text).right))
        self._changed()
        return Outcome(self)

    def case(self, text: str, value: object, why: str = "", **values: object) -> None:
        """Add one of several cases with its outcome; a reader sees it after predicting it.

        Args:
            text: which case it is, with `code` in backquotes.
            value: its outcome, as of `outcome`.
            why: what shows that it is so.
            values: what stands in `text` and `why` by name, in braces.
        """
        arguments.text(text, "text")
        name = f"{self.name}.{len(self.cases) + 1}"
        case = predict(name, text, self.kind, answers=self.answers)
        case._asked = text, values
        case.outcome(value, why, **values)
        self.cases.append(case)

    def guess(self, text: str) -> Verdict:
        """Keep what is predicted; once the outcome is there, judge it instead.

        The file keeps what was said first about an outcome.
        """
        given = understand(self.kind, text)
        if isinstance(given, Verdict):
            return given
        said = self.said
        verdict = self.judged(given)
        right = verdict.right if self.known else None
        if not self.known or said is None or said.right is None:
            words = self._keep(Guess(given, right), verdict.words)
            verdict = Verdict(verdict.outcome, words)
        self._changed()
        return verdict

    @property
    def said(self) -> Guess | None:
        """Return what was predicted, perhaps before the notebook was closed."""
        try:
            return self.answers.guesses().get(self.name, self._said)
        except StateError:
            return self._said

    @property
    def known(self) -> bool:
        """Say if the outcome is there."""
        return self._answer is not None

    @property
    def text(self) -> str:
        """Return the question, in the reader's language of now."""
        question, values = self._asked
        return say(question, **values)

    @property
    def verdict(self) -> Verdict:
        """Return what is to be said now; without an answer, only the outcome if there is one."""
        said = self.said
        if said is not None:
            return self.judged(said.text)
        return Verdict("shown", self.answer_words)

    @property
    def answer_words(self) -> str:
        """Say what the outcome is; '' before it is there."""
        outcome = self._outcome
        return outcome.hint if outcome is not None else ""

    @property
    def shown(self) -> str:
        """Return the outcome alone, in the reader's language; '' before it is there."""
        return self.kind.shown(self._answer) if self._answer is not None else ""

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call `callback` when something was predicted or the outcome came."""
        self._callbacks.append(callback)

    @property
    def plain(self) -> str:
        """Return the question, and the outcomes of its cases, as plain text."""
        lines = [say("Predict: {question}", question=self.text)]
        for case in self.cases:
            lines.append(f"{case.text}: {case.shown}")
        if self.known:
            lines.append(self.answer_words)
        elif not self.cases:
            lines.append(say("Answer: {form}", form=self.kind.form))
        return "\n".join(lines)

    @property
    def markdown(self) -> str:
        """Return the question for who reads without a kernel."""
        title = say("Predict:")
        cases = "".join(f"\n- {case.text}: {case.shown}" for case in self.cases)
        return f"**{title}** {self.text}\n{cases}\n{self.answer_words}".rstrip()

    def judged(self, given: str) -> Verdict:
        """Say what an answer in canonical form comes to, without keeping it."""
        outcome = self._outcome
        if outcome is not None:
            return judge(outcome, given)
        shown = self.kind.shown(given)
        return Verdict("kept", say("You say: {answer}. Now run the next cell.", answer=shown))

    @property
    def _outcome(self) -> Question | None:
        if self._answer is None:
            return None
        message, values = self._why
        why = say(message, **values)
        told = say("The answer: {answer}.", answer=self.kind.shown(self._answer))
        return Question(self.text, "", self.kind, self._answer, f"{told}\n{why}".rstrip(), why)

    def _keep(self, guess: Guess, verdict: str = "") -> str:
        # Returns the words of the verdict, with what there is to say of keeping it.
        self._said = guess
        return verdict_kept(verdict, self.answers, lambda: self.answers.put_guess(self.name, guess))

    def _changed(self) -> None:
        for callback in self._callbacks:
            callback()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        data: dict[str, Any] = PredictView(self)._repr_mimebundle_(**kwargs)
        data = {**data, "text/plain": self.plain, "text/markdown": self.markdown}
        if self.picture and self.state is not None and self.focus is not None:
            kind = PICTURES[self.picture]
            drawn = as_output(kind.svg(self.state, self.focus), kind.text(self.state, self.focus))
            title = f"<p><b>{escape(say('Predict:'))}</b> {marked(self.text)}</p>"
            data["text/html"] = title + drawn["text/html"]
        return data


def _kind(answer: str | Sequence[str] | AnswerKind) -> AnswerKind:
    if isinstance(answer, str):
        if answer in POINTED:
            raise UsageError(say("give the machine in which it is clicked"))
        if answer not in KINDS:
            names = ", ".join((*KINDS, *POINTED))
            raise UsageError(
                say("no kind of answer is {name!r}; there are {names}", name=answer, names=names)
            )
        return KINDS[answer]
    if isinstance(answer, Sequence):
        return Choice(tuple(answer))
    return answer


def _text(value: object) -> str:
    # An outcome as it would be typed.
    if value is None:
        return NONE
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, Process):
        return str(value.pid)
    if isinstance(value, tuple | list):
        return " ".join(map(_text, value))
    return str(value)
