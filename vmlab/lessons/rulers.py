"""Answers that draw a stretch of pages as a ruler: a letter for each region, a dot for a gap."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby

from vmlab.lessons.answer_kinds import AnswerError, Typed
from vmlab.words.language import say, say_n

_LOOK = "AA..bb"


@dataclass(frozen=True, slots=True)
class Ruler(Typed):
    """One character a page, as `scenarios.read_ruler` draws them."""

    @property
    def form(self) -> str:
        """What to type."""
        return say("a ruler such as {example}", example=_LOOK)

    @property
    def request(self) -> str:
        """Ask for it."""
        return say("Type a ruler such as {example}.", example=_LOOK)

    def shown(self, answer: str) -> str:
        """Return a canonical answer as it is."""
        return answer

    def read(self, text: str) -> str:
        """Bring what was typed into canonical form: letters count the regions from the left."""
        drawn = "".join(text.split())
        if not re.fullmatch(r"[A-Za-z.-]+", drawn):
            raise AnswerError(
                say("{text!r} is not a ruler such as {example}", text=text.strip(), example=_LOOK)
            )
        names = iter("abcdefghijklmnopqrstuvwxyz" * len(drawn))
        pages = ""
        for letter, run in groupby(drawn):
            name = "." if letter == "." else next(names)
            name = "-" if letter == "-" else name.upper() if letter.isupper() else name
            pages += name * len(tuple(run))
        return pages

    def wrong(self, given: str, right: str) -> str:
        """Say the first thing that is wrong."""
        if len(given) != len(right):
            return say_n(
                len(given),
                "that is {n} page, not {pages}",
                "that is {n} pages, not {pages}",
                pages=len(right),
            )
        for page, (mine, theirs) in enumerate(zip(given, right, strict=True)):
            if mine != theirs:
                return say("page {page} is not {given}", page=page, given=mine)
        return ""
