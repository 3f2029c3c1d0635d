"""Answers that are drawn: arrows from pages to the frames behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vmlab.lessons.answer_kinds import NONE, AnswerError, Typed
from vmlab.words.language import say


@dataclass(frozen=True, slots=True)
class Arrows(Typed):
    """At most one arrow from each tail to a head.

    Args:
        tails: names of what arrows begin at, such as 'P0': letters and digits.
        heads: names of what they lead to, such as '12'.
    """

    tails: tuple[str, ...]
    heads: tuple[str, ...]

    @property
    def _example(self) -> str:
        return f"{self.tails[0]}->{self.heads[0]}"

    @property
    def form(self) -> str:
        """What to draw or type."""
        return say("arrows such as {example}, or none", example=self._example)

    @property
    def request(self) -> str:
        """Ask for it."""
        return say(
            "Click where an arrow begins and then where it ends, or type arrows such as {example}.",
            example=self._example,
        )

    def shown(self, answer: str) -> str:
        """Return a canonical answer in the reader's language."""
        return say(NONE) if answer == NONE else answer

    def read(self, text: str) -> str:
        """Bring what was drawn or typed into canonical form."""
        if text.strip().lower() in (NONE, say(NONE).lower()):
            return NONE
        drawn: dict[str, str] = {}
        for word in re.split(r"[\s,]+", re.sub(r"\s*(->|→|>)\s*", "->", text.strip())):
            tail, _, head = word.partition("->")
            if tail.upper() not in self.tails or head not in self.heads:
                raise AnswerError(
                    say(
                        "{text!r} is not an arrow such as {example}",
                        text=word,
                        example=self._example,
                    )
                )
            if drawn.setdefault(tail.upper(), head) != head:
                raise AnswerError(say("two arrows begin at {tail}", tail=tail.upper()))
        return self.joined(drawn)

    def joined(self, drawn: dict[str, str]) -> str:
        """Return arrows, heads by tails, in canonical form."""
        return " ".join(f"{tail}->{drawn[tail]}" for tail in self.tails if tail in drawn) or NONE

    def drawn(self, answer: str) -> dict[str, str]:
        """Return the arrows of a canonical answer: heads by tails."""
        if answer == NONE:
            return {}
        arrows = (arrow.partition("->") for arrow in answer.split())
        return {tail: head for tail, _, head in arrows}

    def wrong(self, given: str, right: str) -> str:
        """Say the first thing that is wrong."""
        mine, theirs = self.drawn(given), self.drawn(right)
        for tail in self.tails:
            if tail in mine and tail not in theirs:
                return say("no arrow begins at {tail}", tail=tail)
            if tail in theirs and tail not in mine:
                return say("an arrow from {tail} is missing", tail=tail)
            if mine.get(tail) != theirs.get(tail):
                return say(
                    "the arrow from {tail} does not lead to {head}", tail=tail, head=mine[tail]
                )
        return ""
