"""Where an answer is typed, chosen or clicked; exercises and predictions share it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from html import escape

from ipywidgets import Button, HBox, Text, VBox

from vmlab.lessons.answer_kinds import AnswerKind, Choice
from vmlab.lessons.answer_parts import on_enter, part_for
from vmlab.lessons.question import Verdict
from vmlab.state.snapshot import Snapshot
from vmlab.widgets.clickable_view import Pick
from vmlab.widgets.diagram_view import DiagramView
from vmlab.widgets.pictures import PICTURES, Focus
from vmlab.words.language import say

_SIGNS = {"right": "✓", "wrong": "✗", "unread": "?", "empty": "…", "kept": "✎", "shown": "•"}
_COLOURS = {"right": "--jp-success-color1", "wrong": "--jp-error-color1"}
_NARROW = 20  # em: what a question needs at least beside its picture


def marked(text: str) -> str:
    """Return text as HTML, with what stands in backquotes as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def verdict_html(verdict: Verdict) -> str:
    """Return a verdict as HTML that screen readers tell."""
    colour = _COLOURS.get(verdict.outcome, "--jp-warn-color0")
    return (
        f"<div role='status' style='white-space:pre-wrap;line-height:1.5;padding-left:.6em;"
        f"border-left:4px solid var({colour})'><b>{_SIGNS[verdict.outcome]}</b> "
        f"{marked(verdict.words)}</div>"
    )


class AnswerField(HBox):
    """A line to type into, a button for each choice (the chosen one has a tick), or what else fits.

    Buttons, since JupyterLab keeps the arrow keys, which radio buttons need, for itself.

    Args:
        kind: the kind of answer.
        done: called when the reader has answered: Enter in the line, or a choice.
        at_once: whether choosing is answering; otherwise a button beside it is for that.
    """

    def __init__(self, kind: AnswerKind, done: Callable[[], None], *, at_once: bool) -> None:
        self._kind = kind
        self.buttons: dict[str, Button] = {}  # by choice
        self._chosen = ""
        self._read = "", ""  # what stood here, and its canonical form
        self._part = part_for(kind, done)
        super().__init__(layout={"flex_flow": "wrap", "max_width": "100%"})
        if isinstance(kind, Choice):
            for option, words in zip(kind.options, kind.words, strict=True):
                button = Button(description=words, layout={"width": "auto"})
                button.on_click(partial(self._choose, option, done if at_once else None))
                self.buttons[option] = button
            self.children = tuple(self.buttons.values())
        elif self._part is not None:
            self.children = (self._part,)
        else:
            self.line = Text(placeholder=kind.form, layout={"width": "24em", "max_width": "100%"})
            on_enter(self.line, done)
            self.children = (self.line,)

    def __repr__(self) -> str:
        return "AnswerField()"

    @property
    def text(self) -> str:
        """Return what was answered, as the reader would type it."""
        if self.buttons:
            return self._kind.shown(self._chosen) if self._chosen else ""
        return self._part.text if self._part is not None else str(self.line.value)

    @text.setter
    def text(self, text: str) -> None:
        if self.buttons:
            self._mark(self._kind.read(text) if text else "")
        elif self._part is not None:
            self._part.text = text
        else:
            self.line.value = text

    def show(self, answer: str) -> None:
        """Show an answer in canonical form, in the reader's language."""
        self.text = self._kind.shown(answer)
        self.was_read_as(answer)

    def was_read_as(self, answer: str) -> None:
        """Remember the canonical form of what stands here."""
        self._read = self.text, answer

    def take(self, other: AnswerField) -> None:
        """Take over what stands in another field for the same answer."""
        typed, answer = other._read
        if self.buttons:
            self._mark(other._chosen)
        elif answer and other.text == typed:
            self.show(answer)
        else:
            self.text = other.text

    def _choose(self, option: str, done: Callable[[], None] | None, _button: Button) -> None:
        self._mark(option)
        if done is not None:
            done()

    def _mark(self, chosen: str) -> None:
        self._chosen = chosen
        for option, button in self.buttons.items():
            button.icon = "check" if option == chosen else ""
            button.button_style = "primary" if option == chosen else ""


def picture_of(
    snap: Snapshot, name: str, focus: Focus, pointed: Callable[[str], None], *, of: str
) -> DiagramView:
    """Return the picture of a state; what is clicked in it is passed on, a fold is opened.

    Args:
        snap: the state.
        name: a key of PICTURES.
        focus: what of it is shown.
        pointed: called with the id of what was clicked.
        of: whose picture it is; several of a page must be told apart.
    """
    kind = PICTURES[name]
    view = DiagramView(
        label=f"{kind.title(snap, focus)} · {of}",
        svg=kind.svg(snap, focus),
        description=kind.text(snap, focus),
        hint=say("The state before what is asked."),
    )

    def clicked(pick: Pick) -> None:
        nonlocal focus
        if pick.id.startswith("more_"):
            focus = replace(focus, unfold=focus.unfold | {pick.id})
            view.svg = kind.svg(snap, focus)
        else:
            pointed(pick.id)

    view.on_click(clicked)
    view.layout.width = f"{_width(view.svg)}px"
    return view


def beside(question: VBox, picture: DiagramView) -> HBox:
    """Put a picture beside a question, or below it where there is no room for both."""
    question.layout.flex = f"1 1 {_NARROW}em"
    picture.layout.flex = "initial"
    picture.layout.max_width = "100%"
    return HBox((question, picture), layout={"flex_flow": "wrap", "align_items": "flex-start"})


def _width(svg: str) -> int:
    # As wide as it is drawn, in CSS pixels, with the margins of its frame.
    found = re.search(r'<svg[^>]* width="([\d.]+)pt"', svg)
    return max(round(float(found[1]) * 4 / 3) + 28, 320) if found else 600
