"""Reasons told by their codes: what a test compares then does not change with their words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vmlab.codes import speak_with
from vmlab.words import reasons


@contextmanager
def plain_codes() -> Iterator[None]:
    """Let reasons be said as code and values in the block."""
    speak_with(lambda reason: reason.plain)
    try:
        yield
    finally:
        speak_with(reasons.words)
