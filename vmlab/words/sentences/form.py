"""The form of what is said of an event: which sentences there are, and which one fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vmlab.model.trace.event import Event
from vmlab.words.language import say, say_n

Message = str | tuple[str, str]  # a pair: of one thing, of several
Choose = Callable[[Any], str]
Values = Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences for one class of events, whole ones, each with places for values."""

    messages: Mapping[str, Message]  # form -> English
    choose: Choose  # the form that an event has
    values: Values  # what stands in the places
    counted: str = ""  # the field whose number chooses from a pair

    def tell(self, event: Event) -> str:
        """Say what happened, in the reader's language."""
        message = self.messages[self.choose(event)]
        values = self.values(event)
        if isinstance(message, str):
            return say(message, **values)
        return say_n(values[self.counted], *message, **values)


def event_fields(event: Event) -> Mapping[str, Any]:
    """Return what stands in the places of most sentences: the fields of the event."""
    return event.values()


def one(message: Message, *, values: Values = event_fields, counted: str = "") -> Sentences:
    """Return the only sentence for a class of events."""
    return Sentences({"always": message}, lambda _: "always", values, counted)


def several(
    choose: Choose, *, values: Values = event_fields, counted: str = "", **messages: Message
) -> Sentences:
    """Return the sentences for a class of events, each by the name that `choose` gives."""
    return Sentences(messages, choose, values, counted)
