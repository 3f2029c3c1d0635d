"""Answers that are set by pressing: the bits of a page-table entry, pages of a region."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vmlab.lessons.answer_kinds import NONE, AnswerError, Names, Typed
from vmlab.words.language import say

BITS = {"P": 0, "RW": 1, "US": 2, "A": 5, "D": 6, "NX": 63}  # of an entry of x86-64


@dataclass(frozen=True, slots=True)
class EntryBits(Names):
    """The bits of a page-table entry, to be set."""

    names: tuple[str, ...] = tuple(BITS)

    @property
    def labels(self) -> dict[str, str]:
        """Return, for each bit, what stands above it: its place in the entry; the highest first."""
        return {name: str(BITS[name]) for name in sorted(self.names, key=lambda n: -BITS[n])}

    @property
    def request(self) -> str:
        """Ask for it."""
        return say("Set the bits, or press none.")


@dataclass(frozen=True, slots=True)
class PageSet(Typed):
    """Some pages of a region, by number from 0 on."""

    pages: int  # how many the region has

    @property
    def labels(self) -> dict[str, str]:
        """Return, for each page, what stands above it: nothing."""
        return {str(number): "" for number in range(self.pages)}

    @property
    def form(self) -> str:
        """What to type."""
        return say("pages such as 0 2-4, or none")

    @property
    def request(self) -> str:
        """Ask for it."""
        return say("Press the pages, or none.")

    def shown(self, answer: str) -> str:
        """Return a canonical answer in the reader's language."""
        return say(NONE) if answer == NONE else answer

    def read(self, text: str) -> str:
        """Bring what was typed into canonical form."""
        if text.strip().lower() in (NONE, say(NONE).lower()):
            return NONE
        found: set[int] = set()
        for word in re.split(r"[\s,]+", text.strip()):
            span = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", word)
            if span is None:
                raise AnswerError(
                    say("{text!r} is not pages such as 0 2-4, or none", text=text.strip())
                )
            first, last = int(span[1]), int(span[2] or span[1])
            if not first <= last < self.pages:
                raise AnswerError(
                    say("{text!r} is none of the pages 0 to {last}", text=word, last=self.pages - 1)
                )
            found |= {*range(first, last + 1)}
        return " ".join(map(str, sorted(found)))

    def wrong(self, given: str, right: str) -> str:
        """Say the first thing that is wrong."""
        mine, theirs = set(given.split()), set(right.split())
        for number in self.labels:
            if number in mine and number not in theirs:
                return say("page {page} is not one of them", page=number)
            if number in theirs and number not in mine:
                return say("page {page} is missing", page=number)
        return ""
