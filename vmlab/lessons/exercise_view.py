"""An exercise as a widget: it shows the question, passes the answer on, shows the verdict."""

from __future__ import annotations

import re
from html import escape
from typing import Any, Protocol

from ipywidgets import HTML, Button, Combobox, HBox, Text, VBox

from vmlab.lessons.answer_kinds import Choice
from vmlab.lessons.answers_file import Saved
from vmlab.lessons.question import Question, Verdict, judge
from vmlab.words.language import say

_SIGNS = {"right": "✓", "wrong": "✗", "unread": "?", "empty": "…"}
_TITLE = "border-top:1px solid var(--jp-border-color2);padding-top:.5em;font-weight:bold"
_FORM = "line-height:1.5;margin:0;color:var(--jp-ui-font-color2)"
_COLOURS = {"right": "--jp-success-color1", "wrong": "--jp-error-color1"}


def _marked(text: str) -> str:
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


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
    """The question, a field, the buttons `check`, `another` and the folded answer."""

    def __init__(self, exercise: Asked) -> None:
        self._question = HTML()
        self._verdict = HTML()
        self._progress = HTML()
        self._solution = HTML()
        self._field = HBox()
        button = Button(
            description=say("Check"), button_style="primary", tooltip=say("judge the answer")
        )
        more = Button(description=say("Another"), tooltip=say("a new variant of this exercise"))
        button.on_click(lambda _: self.check())
        more.on_click(lambda _: self.another())
        row = HBox((self._field, button, more, self._progress))
        super().__init__((self._question, row, self._verdict, self._solution))
        self.add_class("vm-exercise")
        self.show(exercise)

    def __repr__(self) -> str:
        return f"ExerciseView({self.exercise.name!r}, {self.exercise.seed})"

    def show(self, exercise: Asked) -> None:
        """Show an exercise, with the answer that was given to it earlier."""
        self.exercise = exercise
        question = exercise.question
        title = say("Exercise {name}, variant {seed}", name=exercise.name, seed=exercise.seed)
        asked = (
            f"<div style='{_TITLE}'>{escape(title)}</div>"
            f"<pre style='margin:0 0 .5em;line-height:1.35'>{escape(question.given)}</pre>"
            f"<p style='line-height:1.5;margin:0'>{_marked(question.text)}</p>"
        )
        width = {"width": "27em"}
        kind = question.kind
        if isinstance(kind, Choice):
            options = ", ".join(kind.words)
            form = escape(say("Answer with one of: {options}", options=options))
            asked += f"<p style='{_FORM}'>{form}</p>"
            self.text = Combobox(
                options=kind.words, placeholder=say("choose or type"), layout=width
            )
        else:
            self.text = Text(placeholder=kind.form, layout=width)
        self._question.value = asked
        self.text.on_msg(self._told)
        self._field.children = (self.text,)
        self._verdict.value = ""
        self._solution.value = (
            f"<details><summary>{escape(say('Show the answer'))}</summary>"
            f"<p><code>{escape(kind.shown(question.answer))}</code> "
            f"<span style='white-space:pre-wrap'>{_marked(question.why)}</span></p></details>"
        )
        saved = exercise.saved
        if saved is not None:
            self.text.value = kind.shown(saved.text)
            self._judge(judge(question, saved.text))
        self._tell()

    def check(self) -> None:
        """Judge what stands in the field."""
        self._judge(self.exercise.check(self.text.value))
        self._tell()

    def _told(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("event") == "submit":  # Enter
            self.check()

    def another(self) -> None:
        """Show the next variant."""
        self.show(self.exercise.another())

    def _judge(self, verdict: Verdict) -> None:
        colour = _COLOURS.get(verdict.outcome, "--jp-warn-color0")
        self._verdict.value = (
            f"<div role='status' style='white-space:pre-wrap;line-height:1.5;padding-left:.6em;"
            f"border-left:4px solid var({colour})'><b>{_SIGNS[verdict.outcome]}</b> "
            f"{_marked(verdict.words)}</div>"
        )

    def _tell(self) -> None:
        self._progress.value = (
            f"<span style='padding-left:.6em'>{escape(self.exercise.progress)}</span>"
        )
