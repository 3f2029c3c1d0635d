"""The widget with one button a call, its argument fields, and the choice of a process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ipywidgets.widgets.trait_types import TypedTuple
from traitlets import Dict, Int, Unicode, validate

from vmlab.model.arguments import instance
from vmlab.widgets.base import View
from vmlab.widgets.call_field import CallField, Meaning
from vmlab.widgets.call_forms import (
    FORMS,
    USUAL,
    CallForm,
    arguments,
    group_of,
    unknown_call,
)
from vmlab.words.language import say
from vmlab.words.typed import in_words


def _described(form: CallForm, *, with_button: bool) -> dict[str, Any]:
    return {
        "name": form.name,
        "does": say(form.does),
        "group": "" if with_button else group_of(form.name),
        "fields": [_field(field) for field in form.fields],
    }


def _field(field: CallField) -> dict[str, Any]:
    # Every saved notebook holds it: what is empty is left out.
    described = {
        "name": field.name,
        "hint": in_words(say(field.hint)),
        "width": field.width,
        "options": [in_words(option) for option in field.options],
    }
    return {name: value for name, value in described.items() if value}


def _inside(value: Any, name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _text(texts: Mapping[str, Any], name: str, otherwise: str) -> str:
    text = texts.get(name, otherwise)
    return text if isinstance(text, str) else otherwise


class Controls(View, script="controls"):
    """Buttons for calls, and the fields of one of them as C writes it: `munmap(addr, length)`.

    A call without arguments is made at once; the button of one that has some opens its fields.
    It only collects: `on_call` tells which call is to be made, `arguments` reads its fields.

    Args:
        calls: names of the calls, or forms of one's own; every one gets a button. None = all that
            there are, the usual ones as buttons, the others behind "more".

    Raises:
        UsageError: no call has one of these names.
    """

    from_page = frozenset(("pid", "chosen", "texts"))

    forms = TypedTuple(Dict(), help="the calls and their fields, as the page draws them").tag(
        sync=True
    )
    texts = Dict(help="what stands in the fields: call -> field -> text").tag(sync=True)
    processes = TypedTuple(Dict(), help="pid and label of each process to choose from").tag(
        sync=True
    )
    pid = Int(0, help="the chosen process").tag(sync=True)
    chosen = Unicode(help="the call whose fields are open; empty = none").tag(sync=True)
    answer = Dict(help="what the last call answered: call, answer, outcome, words").tag(sync=True)
    problem = Dict(help="the field that could not be read: call, field, words").tag(sync=True)
    note = Unicode(help="what to know before a call").tag(sync=True)

    def __init__(self, calls: Iterable[str | CallForm] | None = None, **traits: Any) -> None:
        self.calls: dict[str, CallForm] = {}
        # The usual ones first: a row of buttons has its order.
        every = (*USUAL, *(name for name in FORMS if name not in USUAL))
        for place, call in enumerate(every if calls is None else calls):
            if isinstance(call, str) and call not in FORMS:
                raise unknown_call(call, FORMS)
            form = FORMS[call] if isinstance(call, str) else call
            instance(form, CallForm, f"calls[{place}]")
            self.calls[form.name] = form
        self._callbacks: list[Callable[[str], None]] = []
        self._all_have_buttons = calls is not None
        self._first = self._first_texts()
        super().__init__(
            forms=self._described_forms(),
            texts=self._first,
            **traits,
        )
        self.on_msg(self._told)

    def _first_texts(self) -> dict[str, dict[str, str]]:
        # What stands in the fields until somebody types.
        return {
            call.name: {field.name: in_words(field.text) for field in call.fields}
            for call in self.calls.values()
        }

    def _described_forms(self) -> tuple[dict[str, Any], ...]:
        return tuple(
            _described(call, with_button=self._all_have_buttons or call.name in USUAL)
            for call in self.calls.values()
        )

    def speak(self) -> None:
        """Say in the present language what calls do; what the last one answered is left out.

        What somebody typed stays.
        """
        before, self._first = self._first, self._first_texts()
        with self.hold_sync():
            super().speak()
            self.forms = self._described_forms()
            self.texts = {
                call: {
                    field: self._first[call][field] if text == before[call][field] else text
                    for field, text in fields.items()
                }
                for call, fields in self.texts.items()
            }
            self.problem, self.answer = {}, {}

    @validate("texts")
    def _known_texts(self, proposal: Any) -> dict[str, dict[str, str]]:
        # A text for each field that there is, whatever a page makes of it.
        given = proposal["value"]
        return {
            call: {
                field: _text(_inside(given, call), field, text) for field, text in fields.items()
            }
            for call, fields in self._first.items()
        }

    def arguments(self, name: str, meaning: Meaning) -> dict[str, Any]:
        """Read the fields of a call.

        Raises:
            FieldError: a text cannot be read.
        """
        return arguments(self.calls[name], self.texts[name], meaning)

    def show_answer(self, call: str, answer: str, outcome: str, words: str = "") -> None:
        """Show what a call answered, as strace writes it.

        Args:
            call: `munmap(0x7ffff7fc2000, 4096)`.
            answer: `0`, `-EINVAL (Invalid argument)`, `SIGSEGV ...`.
            outcome: 'good', 'error' or 'signal'.
            words: the check that failed, or why the signal came.
        """
        with self.hold_sync():
            self.problem = {}
            self.answer = {"call": call, "answer": answer, "outcome": outcome, "words": words}

    def tell(self, words: str, *, is_problem: bool = False) -> None:
        """Tell in the place of an answer what was done to the recording, or why it was not."""
        self.show_answer("", "", "error" if is_problem else "none", words)

    def show_problem(self, call: str, field: str, words: str) -> None:
        """Mark a field that cannot be read, among the fields of its call."""
        with self.hold_sync():
            self.chosen = call
            self.problem = {"call": call, "field": field, "words": words}

    def fill(self, texts: Mapping[str, Mapping[str, str]]) -> None:
        """Put texts into fields: call -> field -> text. What has no such field is left out."""
        self.texts = {
            call: {field: texts.get(call, {}).get(field, text) for field, text in fields.items()}
            for call, fields in self.texts.items()
        }

    def on_call(self, callback: Callable[[str], None]) -> None:
        """Call `callback` with the name of the call whose button was pressed."""
        self._callbacks.append(callback)

    def _told(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        if content.get("type") != "call" or content.get("name") not in self.calls:
            return
        name = str(content["name"])
        # What was typed comes with the press: a trait of its own might come too late.
        if isinstance(texts := content.get("texts"), dict):
            self.fill({name: texts})
        for callback in self._callbacks:
            callback(name)

    def __repr__(self) -> str:
        return f"Controls({', '.join(form['name'] for form in self.forms if not form['group'])})"
