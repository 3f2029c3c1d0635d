"""Fields for answers that are more than a line: a form, toggles, arrows that are drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from ipywidgets import HTML, Button, HBox, Text, VBox

from vmlab.diagrams.arrows import arrows_dot, arrows_text
from vmlab.diagrams.layout import render_svg
from vmlab.lessons.answer_kinds import NONE, AnswerError, AnswerKind
from vmlab.lessons.arrows import Arrows
from vmlab.lessons.fields import Fields
from vmlab.lessons.toggles import EntryBits, PageSet
from vmlab.widgets.clickable_view import Pick
from vmlab.widgets.diagram_view import DiagramView
from vmlab.words.language import say


class Part(Protocol):
    """A widget that holds an answer as its reader would type it."""

    text: str


def on_enter(line: Text, done: Callable[[], None]) -> None:
    """Call `done` when Enter is pressed in a line."""

    def told(_widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("event") == "submit":
            done()

    line.on_msg(told)


class FieldsForm(VBox):
    """A line for each value of `Fields`, with its name before it."""

    def __init__(self, kind: Fields, done: Callable[[], None]) -> None:
        self.lines: list[Text] = []
        rows = []
        for name, form in zip(kind.names, kind.forms, strict=True):
            line = Text(placeholder=form, layout={"width": "16em"})
            on_enter(line, done)
            self.lines.append(line)
            label = HTML(f"<b>{name}</b>", layout={"width": "9em"})
            rows.append(HBox((label, line), layout={"flex_flow": "wrap"}))
        super().__init__(rows)

    def __repr__(self) -> str:
        return f"FieldsForm({len(self.lines)})"

    @property
    def text(self) -> str:
        """Return what was typed; a line that is empty makes the answer too short."""
        return " ".join(line.value.strip() for line in self.lines).strip()

    @text.setter
    def text(self, text: str) -> None:
        words = text.split()
        for number, line in enumerate(self.lines):
            line.value = words[number] if number < len(words) else ""


class Toggles(HBox):
    """A button for each bit or page, and one for none of them."""

    def __init__(self, kind: EntryBits | PageSet, _done: Callable[[], None]) -> None:
        self.buttons: dict[str, Button] = {}
        self._set: frozenset[str] = frozenset()
        boxes = []
        for name, label in {**kind.labels, NONE: ""}.items():
            button = Button(description=say(name), layout={"width": "auto", "min_width": "3.2em"})
            button.on_click(partial(self._press, name))
            self.buttons[name] = button
            above = HTML(f"<div style='text-align:center;font-size:85%'>{label or '&nbsp;'}</div>")
            boxes.append(VBox((above, button)) if any(kind.labels.values()) else button)
        super().__init__(boxes, layout={"flex_flow": "wrap", "max_width": "100%"})

    def __repr__(self) -> str:
        return f"Toggles({len(self.buttons) - 1})"

    @property
    def text(self) -> str:
        """Return what is set, by name; '' = nothing was pressed."""
        return " ".join(name for name in self.buttons if name in self._set)

    @text.setter
    def text(self, text: str) -> None:
        words = {NONE} if text in (NONE, say(NONE)) else set(text.split())
        self._show(frozenset(words & {*self.buttons}))

    def _press(self, name: str, _button: Button) -> None:
        if name == NONE:
            self._show(frozenset({NONE} - self._set))
        else:
            self._show((self._set ^ {name}) - {NONE})

    def _show(self, names: frozenset[str]) -> None:
        self._set = names
        for name, button in self.buttons.items():
            button.icon = "check" if name in names else ""
            button.button_style = "primary" if name in names else ""


class ArrowsField(VBox):
    """A picture to draw arrows in, and a line that has the same as text."""

    def __init__(self, kind: Arrows, done: Callable[[], None]) -> None:
        self._kind = kind
        self._chosen = ""
        self.view = DiagramView(label=say("Arrows"), hint=kind.request)
        self.view.on_click(self._clicked)
        self.view.layout.max_width = "28em"
        self.line = Text(placeholder=kind.form, layout={"width": "auto"})
        on_enter(self.line, done)
        self.line.observe(lambda _change: self._draw(), "value")
        self._draw()
        super().__init__((self.view, self.line))

    def __repr__(self) -> str:
        return f"ArrowsField({len(self._kind.tails)})"

    @property
    def text(self) -> str:
        """Return the arrows as text."""
        return str(self.line.value)

    @text.setter
    def text(self, text: str) -> None:
        self.line.value = text

    def _arrows(self) -> dict[str, str]:
        # What the line says as far as it can be read.
        try:
            return self._kind.drawn(self._kind.read(self.line.value))
        except AnswerError:
            return {}

    def _clicked(self, pick: Pick) -> None:
        what, _, place = pick.id.partition("_")
        if what == "tail":
            self._chosen = self._kind.tails[int(place)]
            self._draw()
        elif what == "head" and self._chosen:
            arrows, head = self._arrows(), self._kind.heads[int(place)]
            if arrows.pop(self._chosen, "") != head:
                arrows[self._chosen] = head
            self._chosen = ""
            self.line.value = self._kind.shown(self._kind.joined(arrows))
            self._draw()

    def _draw(self) -> None:
        arrows = self._arrows()
        kind = self._kind
        self.view.svg = render_svg(arrows_dot(kind.tails, kind.heads, arrows, chosen=self._chosen))
        self.view.description = arrows_text(arrows)


def part_for(kind: AnswerKind, done: Callable[[], None]) -> Part | None:
    """Return the field for a kind of answer that a line is not enough for."""
    if isinstance(kind, Fields):
        return FieldsForm(kind, done)
    if isinstance(kind, EntryBits | PageSet):
        return Toggles(kind, done)
    if isinstance(kind, Arrows):
        return ArrowsField(kind, done)
    return None
