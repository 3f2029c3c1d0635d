"""An exercise as a widget: it shows the question, passes the answer on, shows the verdict."""

from __future__ import annotations

from html import escape
from typing import Protocol

from ipywidgets import HTML, Button, HBox, VBox

from vmlab.lessons.answer_field import AnswerField, beside, marked, picture_of, verdict_html
from vmlab.lessons.answers_file import Saved
from vmlab.lessons.question import Question, Verdict, judge, understand
from vmlab.widgets.pictures import Focus
from vmlab.widgets.speakers import add_speaker
from vmlab.words.language import say

_TITLE = "border-top:1px solid var(--jp-border-color2, #bdbdbd);padding-top:.5em;font-weight:bold"


class Asked(Protocol):
    """What the view needs of an exercise: `vmlab.lessons.exercise.Exercise` is one."""

    name: str
    seed: int

    @property
    def question(self) -> Question:
        """The question, in the reader's language."""

    @property
    def saved(self) -> Saved | None:
        """The answer given earlier."""

    @property
    def progress(self) -> str:
        """How many variants were answered right."""

    def check(self, text: str) -> Verdict:
        """Judge an answer and keep it."""

    def another(self) -> Asked:
        """Return the next variant."""


class ExerciseView(VBox):
    """The question, a field, the buttons `check`, `another` and the folded answer; its picture."""

    def __init__(self, exercise: Asked) -> None:
        self.question = HTML(layout={"width": "100%"})
        self.verdict = HTML()
        self.progress = HTML()
        self.solution = HTML()
        self._check, self._more = Button(button_style="primary"), Button()
        self._check.on_click(lambda _: self.check())
        self._more.on_click(lambda _: self.another())
        super().__init__()
        self.add_class("vm-exercise")
        self.show(exercise)
        add_speaker(self)

    def __repr__(self) -> str:
        return f"ExerciseView({self.exercise.name!r}, {self.exercise.seed})"

    def show(self, exercise: Asked) -> None:
        """Show an exercise, with the answer that was given to it earlier."""
        self.exercise = exercise
        self._judged: str | None = None  # the answer that the verdict is about, as it was typed
        self._check.description, self._check.tooltip = say("Check"), say("judge the answer")
        self._more.description = say("Another")
        self._more.tooltip = say("a new variant of this exercise")
        question = exercise.question
        title = say("Exercise `{name}`, variant {seed}", name=exercise.name, seed=exercise.seed)
        self.question.value = (
            f"<div style='{_TITLE}'>{marked(title)}</div>"
            f"<pre style='margin:0 0 .5em;line-height:1.35;white-space:pre-wrap'>"
            f"{escape(question.given)}</pre>"
            f"<p style='line-height:1.5;margin:0'>{marked(question.text)}</p>"
        )
        kind = question.kind
        self.field = AnswerField(kind, self.check, at_once=False)
        self.verdict.value = ""
        self.solution.value = (
            f"<details><summary>{escape(say('Show the answer'))}</summary>"
            f"<p><code>{escape(kind.shown(question.answer))}</code><br>"
            f"<span style='white-space:pre-wrap'>{marked(question.why)}</span></p></details>"
        )
        buttons = HBox((self._check, self._more, self.progress), layout={"flex_flow": "wrap"})
        asked = VBox((self.question, self.field, buttons, self.verdict, self.solution))
        self.children = (self._with_picture(question, asked),)
        saved = exercise.saved
        if saved is not None:
            self.field.show(saved.text)
            self._judge(question, saved.text)
        self._tell()

    def speak(self) -> None:
        """Say everything in the present language; what was answered stays."""
        field, judged = self.field, self._judged
        self.show(self.exercise)
        self.field.take(field)
        if judged is not None:
            self._judge(self.exercise.question, judged)

    def _with_picture(self, question: Question, asked: VBox) -> HBox | VBox:
        if not question.picture or question.state is None:
            return asked
        # Any region may be what is asked about.
        folds = frozenset(f"more_regions_{mm.mm}" for mm in question.state.mms)
        picture = picture_of(
            question.state,
            question.picture,
            Focus(unfold=folds),
            self.point,
            of=f"{self.exercise.name} {self.exercise.seed}",
        )
        return beside(asked, picture)

    def check(self) -> None:
        """Judge what stands in the field."""
        text = self.field.text
        given = understand(self.exercise.question.kind, text)
        self._judged = text if isinstance(given, Verdict) else given
        if not isinstance(given, Verdict):
            self.field.was_read_as(given)
        self.verdict.value = verdict_html(self.exercise.check(text))
        self._tell()

    def point(self, element_id: str) -> None:
        """Put what was clicked into the field, if it may be an answer."""
        kind = self.exercise.question.kind
        answer = kind.pointed(element_id)
        if answer:
            self.field.show(answer)

    def _judge(self, question: Question, text: str) -> None:
        self._judged = text
        self.verdict.value = verdict_html(judge(question, text))

    def another(self) -> None:
        """Show the next variant."""
        self.show(self.exercise.another())

    def _tell(self) -> None:
        self.progress.value = (
            f"<span style='padding-left:.6em'>{escape(self.exercise.progress)}</span>"
        )
