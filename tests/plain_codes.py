"""Reasons and events told without words: what a test compares then does not change with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vmlab.codes import because, speak_with
from vmlab.model.trace.event import Event
from vmlab.words import reasons
from vmlab.words.sentences.form import Sentences


def _plain_sentence(told: Sentences, event: Event) -> str:
    # The event, which sentence would be said of it, and with which values.
    return because(f"{event.name}.{told.choose(event)}", **told.values(event)).plain


@contextmanager
def plain_codes() -> Iterator[None]:
    """Let reasons be said as code and values in the block, and events as name and values."""
    tell = Sentences.tell
    speak_with(lambda reason: reason.plain)
    Sentences.tell = _plain_sentence  # type: ignore[method-assign]
    try:
        yield
    finally:
        speak_with(reasons.words)
        Sentences.tell = tell  # type: ignore[method-assign]
