"""A prediction as a widget: the question, a place for the answer, and what was said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Protocol

from ipywidgets import HTML, Button, HBox, VBox

from vmlab.lessons.answer_field import AnswerField, beside, marked, picture_of, verdict_html
from vmlab.lessons.answer_kinds import AnswerKind
from vmlab.lessons.answers_file import Guess
from vmlab.lessons.question import Verdict, understand
from vmlab.state.snapshot import Snapshot
from vmlab.widgets.pictures import Focus
from vmlab.widgets.speakers import add_speaker
from vmlab.words.language import say

_FRAME = "line-height:1.5;padding:.3em 0"


class Predicted(Protocol):
    """What the view needs of a prediction: `vmlab.lessons.predict.predict` is one."""

    name: str
    kind: AnswerKind
    picture: str
    state: Snapshot | None
    focus: Focus | None

    @property
    def text(self) -> str:
        """What is asked, in the reader's language of now."""

    @property
    def cases(self) -> Sequence[Predicted]:
        """Its cases; none = it is a single one."""

    @property
    def said(self) -> Guess | None:
        """What was predicted."""

    @property
    def known(self) -> bool:
        """Whether the outcome is there."""

    @property
    def verdict(self) -> Verdict:
        """What is to be said now."""

    def guess(self, text: str) -> Verdict:
        """Keep or judge what is predicted."""

    def judged(self, given: str) -> Verdict:
        """Say what an answer in canonical form comes to."""


class PredictView(VBox):
    """The question with a field and a picture to click; of several cases, one after the other."""

    def __init__(self, prediction: Predicted) -> None:
        self._prediction = prediction
        self._cases: list[CaseView] = []
        super().__init__()
        self.add_class("vm-predict")
        self.speak()
        add_speaker(self)

    def __repr__(self) -> str:
        return f"PredictView({self._prediction.name!r})"

    def speak(self) -> None:
        """Say everything in the present language; what was answered stays."""
        prediction, before, self._cases = self._prediction, self._cases, []
        title = f"<b>{escape(say('Predict:'))}</b> {marked(prediction.text)}"
        self._question = HTML(f"<div style='{_FRAME}'>{title}</div>")
        self._question.layout.width = "100%"
        asked = prediction.cases[: max(len(before), 1)] or (prediction,)
        for number, case in enumerate(asked):
            then = self._next if prediction.cases else None
            old = before[number] if number < len(before) else None
            hidden = old.hidden if old is not None else case.known
            view = CaseView(case, titled=bool(prediction.cases), hidden=hidden, then=then)
            if old is not None:
                view.take(old)
            self._cases.append(view)
        if prediction.cases:
            self._next()
        else:
            self.children = (self._with_picture(self._cases[0]),)

    def _with_picture(self, row: CaseView) -> HBox | VBox:
        prediction = self._prediction
        asked = VBox((self._question, row))
        if prediction.picture and prediction.state is not None and prediction.focus is not None:
            picture = picture_of(
                prediction.state,
                prediction.picture,
                prediction.focus,
                row.point,
                of=prediction.name,
            )
            return beside(asked, picture)
        return asked

    def _next(self) -> None:
        # Show cases up to the first that is open.
        for case in self._prediction.cases[len(self._cases) :]:
            if self._cases and self._cases[-1].waits:
                break
            self._cases.append(CaseView(case, titled=True, hidden=True, then=self._next))
        self.children = (self._question, *self._cases)


class CaseView(VBox):
    """A field for one answer, and what is said of it.

    Args:
        prediction: what is asked.
        titled: whether it tells which case it is.
        hidden: whether there is an outcome that answering shows.
        then: called when the answer is known to the reader.
    """

    def __init__(
        self,
        prediction: Predicted,
        *,
        titled: bool,
        hidden: bool,
        then: Callable[[], None] | None = None,
    ) -> None:
        self._prediction = prediction
        self._then = then
        self._said: Callable[[], Verdict] | None = None  # says again what stands as the verdict
        self.hidden = hidden
        self.field = AnswerField(prediction.kind, self.answer, at_once=not hidden)
        self.verdict = HTML()
        self.waits = titled and prediction.said is None
        parts = [self.field]
        if hidden or not self.field.buttons:
            words = say("Check") if hidden else say("Keep")
            tip = say("judge the answer") if hidden else say("keep the answer")
            button = Button(description=words, button_style="primary", tooltip=tip)
            button.on_click(lambda _: self.answer())
            parts.append(button)
        if hidden:
            skip = Button(description=say("Just show"), tooltip=say("see it without an answer"))
            skip.on_click(lambda _: self.show())
            parts.append(skip)
        title = HTML(f"<div style='{_FRAME}'>{marked(prediction.text)}</div>") if titled else None
        row = HBox(parts, layout={"flex_flow": "wrap", "align_items": "center"})
        super().__init__((*((title,) if title else ()), row, self.verdict))
        if (said := prediction.said) is not None:
            self.field.show(said.text)
            self._tell(lambda: prediction.verdict)

    def __repr__(self) -> str:
        return f"CaseView({self._prediction.name!r})"

    def answer(self) -> None:
        """Take what stands in the field."""
        verdict = self._take(self.field.text)
        if verdict.outcome not in ("empty", "unread"):
            self._close()

    def point(self, element_id: str) -> None:
        """Take what was clicked, if it is an answer."""
        answer = self._prediction.kind.pointed(element_id)
        if answer:
            self.field.show(answer)
            self._take(answer)

    def show(self) -> None:
        """Show the outcome without an answer."""
        self._tell(lambda: self._prediction.verdict)
        self._close()

    def take(self, other: CaseView) -> None:
        """Take over what was answered in another view of the same question."""
        self.field.take(other.field)
        self.waits = other.waits
        if other._said is not None:
            self._tell(other._said)

    def _close(self) -> None:
        self.waits = False
        if self._then is not None:
            self._then()

    def _take(self, text: str) -> Verdict:
        given = understand(self._prediction.kind, text)
        if not isinstance(given, Verdict):
            self.field.was_read_as(given)
        verdict = self._prediction.guess(text)
        self._tell(lambda: _said_of(self._prediction, given, text), verdict)
        return verdict

    def _tell(self, say_again: Callable[[], Verdict], verdict: Verdict | None = None) -> None:
        self._said = say_again
        self.verdict.value = verdict_html(verdict or say_again())


def _said_of(prediction: Predicted, given: str | Verdict, text: str) -> Verdict:
    # The words for an answer, in the present language; its text may be readable in another only.
    if not isinstance(given, Verdict):
        return prediction.judged(given)
    again = understand(prediction.kind, text)
    return again if isinstance(again, Verdict) else given
