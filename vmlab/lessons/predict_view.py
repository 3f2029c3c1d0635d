"""A prediction as a widget: the question, a place for the answer, and what was said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Protocol

from ipywidgets import HTML, Button, HBox, VBox

from vmlab.lessons.answer_field import AnswerField, beside, marked, picture_of, verdict_html
from vmlab.lessons.answer_kinds import AnswerKind
from vmlab.lessons.answers_file import Guess
from vmlab.lessons.question import Verdict
from vmlab.state.snapshot import Snapshot
from vmlab.widgets.pictures import Focus
from vmlab.words.language import say

_FRAME = "line-height:1.5;padding:.3em 0"


class Predicted(Protocol):
    """What the view needs of a prediction: `vmlab.lessons.predict.predict` is one."""

    name: str
    text: str
    kind: AnswerKind
    picture: str
    state: Snapshot | None
    focus: Focus | None

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


class PredictView(VBox):
    """The question with a field and a picture to click; of several cases, one after the other."""

    def __init__(self, prediction: Predicted) -> None:
        self._prediction = prediction
        title = f"<b>{escape(say('Predict:'))}</b> {marked(prediction.text)}"
        self._question = HTML(f"<div style='{_FRAME}'>{title}</div>")
        self._question.layout.width = "100%"
        super().__init__()
        self.add_class("vm-predict")
        if prediction.cases:
            self._cases: list[CaseView] = []
            self._next()
            return
        row = CaseView(prediction, titled=False)
        asked = VBox((self._question, row))
        if prediction.picture and prediction.state is not None and prediction.focus is not None:
            picture = picture_of(
                prediction.state,
                prediction.picture,
                prediction.focus,
                row.point,
                of=prediction.name,
            )
            self.children = (beside(asked, picture),)
        else:
            self.children = (asked,)

    def __repr__(self) -> str:
        return f"PredictView({self._prediction.name!r})"

    def _next(self) -> None:
        # Show cases up to the first that is open.
        for case in self._prediction.cases[len(self._cases) :]:
            if self._cases and self._cases[-1].waits:
                break
            self._cases.append(CaseView(case, titled=True, then=self._next))
        self.children = (self._question, *self._cases)


class CaseView(VBox):
    """A field for one answer, and what is said of it.

    Args:
        prediction: what is asked.
        titled: whether it tells which case it is.
        then: called when the answer is known to the reader.
    """

    def __init__(
        self, prediction: Predicted, *, titled: bool, then: Callable[[], None] | None = None
    ) -> None:
        self._prediction = prediction
        self._then = then
        hidden = prediction.known  # so that answering shows it
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
            self.field.text = prediction.kind.shown(said.text)
            self._tell(prediction.verdict)

    def __repr__(self) -> str:
        return f"CaseView({self._prediction.name!r})"

    def answer(self) -> None:
        """Take what stands in the field."""
        verdict = self._prediction.guess(self.field.text)
        self._tell(verdict)
        if verdict.outcome not in ("empty", "unread"):
            self._close()

    def point(self, element_id: str) -> None:
        """Take what was clicked, if it is an answer."""
        answer = self._prediction.kind.pointed(element_id)
        if answer:
            self.field.text = self._prediction.kind.shown(answer)
            self._tell(self._prediction.guess(answer))

    def show(self) -> None:
        """Show the outcome without an answer."""
        self._tell(self._prediction.verdict)
        self._close()

    def _close(self) -> None:
        self.waits = False
        if self._then is not None:
            self._then()

    def _tell(self, verdict: Verdict) -> None:
        self.verdict.value = verdict_html(verdict)
