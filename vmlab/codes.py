"""Why something happened, or failed, as a code and values: no words.

The model says `because("map_count_limit", limit=65530)`; `vmlab.words` knows the sentence for the
code, in the reader's language, and is asked for it by `str()`. Two reasons are the same if their
codes and values are, whatever the words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Union

Value = Union[int, str, bool, "Reason"]  # str: of the machine, such as a path; never prose


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason."""

    code: str  # '' = none
    values: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        return _speaker.speak(self)

    def __bool__(self) -> bool:
        return bool(self.code)

    @property
    def plain(self) -> str:
        """Return the code with its values, as it reads without any words."""
        given = ", ".join(f"{name}={_plain(value)}" for name, value in self.values)
        return f"{self.code}({given})" if given else self.code


def _plain(value: Value) -> str:
    if isinstance(value, Reason):
        return value.plain
    return f"{value:#x}" if type(value) is int and value >= 0x1000 else repr(value)


NO_REASON = Reason("")


def because(code: str | Reason, /, **values: Value) -> Reason:
    """Return the reason of a code with its values; a reason without further values as it is.

    >>> because("page_cached", index=3).plain
    'page_cached(index=3)'
    """
    if isinstance(code, Reason):
        assert not values
        return code
    return Reason(code, tuple(values.items()))


class _Speaker:
    # What turns a reason into words: a hook that `vmlab.words` fills.
    speak: Callable[[Reason], str] = staticmethod(lambda reason: reason.plain)


_speaker = _Speaker()


def speak_with(speak: Callable[[Reason], str]) -> None:
    """Let reasons be said by a function."""
    _speaker.speak = speak
