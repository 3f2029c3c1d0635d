"""Kinds of answers: how each is typed, read and compared.

A comparison names the first thing that is wrong, and says nothing of the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class AnswerError(ValueError):
    """What was typed is not an answer of the kind that was asked for; says what is missing."""


class Kind(Protocol):
    """One kind of answer. Right answers are kept in their canonical form, as text."""

    @property
    def form(self) -> str:
        """How to type it."""

    def read(self, text: str) -> str:
        """Bring what was typed into canonical form.

        Raises:
            AnswerError: it cannot be read.
        """

    def wrong(self, given: str, right: str) -> str:
        """Say the first thing that is wrong with a canonical answer; '' = nothing."""


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, decimal or hexadecimal."""

    what: str  # 'vm_start', 'the address'
    hexadecimal: bool = False  # how the answer is shown
    counts: bool = True  # larger and smaller mean something, as they do not for a frame's number
    none: str = ""  # a word that is an answer too

    @property
    def form(self) -> str:
        """How to type it."""
        example = "0x1000" if self.hexadecimal else "3"
        return f"a number such as {example}" + (f", or {self.none}" if self.none else "")

    def read(self, text: str) -> str:
        """Bring what was typed into canonical form."""
        word = text.strip().lower().replace("_", "")
        if self.none and word == self.none:
            return self.none
        try:
            value = int(word, 0)
        except ValueError:
            raise AnswerError(f"{text.strip()!r} is not {self.form}") from None
        if value < 0:
            raise AnswerError(f"{self.what} cannot be negative")
        return f"{value:#x}" if self.hexadecimal else str(value)

    def wrong(self, given: str, right: str) -> str:
        """Say the first thing that is wrong."""
        if given == right:
            return ""
        if self.none in (given, right) or not self.counts:
            return f"{self.what} is not {given}"
        return f"{self.what} is {'less' if int(given, 0) > int(right, 0) else 'more'} than {given}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    options: tuple[str, ...]
    meanings: Mapping[str, str] = field(default_factory=dict)  # when each option would be right

    @property
    def form(self) -> str:
        """How to type it."""
        return "one of: " + ", ".join(self.options)

    def read(self, text: str) -> str:
        """Bring what was typed into canonical form."""
        word = " ".join(text.lower().replace("_", " ").split())
        for option in self.options:
            if word == option.lower().replace("_", " "):
                return option
        raise AnswerError(f"{text.strip()!r} is not {self.form}")

    def wrong(self, given: str, right: str) -> str:
        """Say the first thing that is wrong."""
        if given == right:
            return ""
        meaning = self.meanings.get(given)
        return f"{given!r} would mean that {meaning}" if meaning else f"it is not {given!r}"


@dataclass(frozen=True, slots=True)
class Names:
    """A set of names in any order, such as the bits of a page-table entry."""

    names: tuple[str, ...]  # all there are, in the order in which they are compared
    what: str = "bit"

    @property
    def form(self) -> str:
        """How to type it."""
        return f"names out of {' '.join(self.names)}, with spaces between them, or none"

    def read(self, text: str) -> str:
        """Bring what was typed into canonical form."""
        words = re.split(r"[\s,|+]+", text.strip().upper())
        if words == ["NONE"]:
            return "none"
        known = {name.upper(): name for name in self.names}
        for word in words:
            if word not in known:
                raise AnswerError(f"{word!r} is no {self.what}: type {self.form}")
        found = {known[word] for word in words}
        return " ".join(name for name in self.names if name in found)

    def wrong(self, given: str, right: str) -> str:
        """Say the first thing that is wrong."""
        mine, theirs = set(given.split()), set(right.split())
        for name in self.names:
            if name in mine and name not in theirs:
                return f"{self.what} {name} is not set"
            if name in theirs and name not in mine:
                return f"{self.what} {name} is missing"
        return ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Several numbers in order, such as the indexes of a page walk."""

    names: tuple[str, ...]  # what each stands for

    @property
    def form(self) -> str:
        """How to type it."""
        return f"{len(self.names)} numbers, for {', '.join(self.names)}"

    def read(self, text: str) -> str:
        """Bring what was typed into canonical form."""
        words = [word for word in re.split(r"[\s,()\[\]]+", text) if word]
        try:
            values = [int(word, 0) for word in words]
        except ValueError:
            raise AnswerError(f"{text.strip()!r} is not {self.form}") from None
        if len(values) != len(self.names):
            raise AnswerError(f"that is {len(values)} numbers, not {self.form}")
        return " ".join(map(str, values))

    def wrong(self, given: str, right: str) -> str:
        """Say the first thing that is wrong."""
        for name, mine, theirs in zip(self.names, given.split(), right.split(), strict=True):
            if mine != theirs:
                return f"{name} is not {mine}"
        return ""


@dataclass(frozen=True, slots=True)
class MapsLineAnswer:
    """The beginning of a line of /proc/PID/maps: addresses and rights."""

    @property
    def form(self) -> str:
        """How to type it."""
        return "a line such as 10000000-10004000 rw-p, or none"

    def read(self, text: str) -> str:
        """Bring what was typed into canonical form."""
        if text.strip().lower() == "none":
            return "none"
        number = r"(?:0x)?([0-9a-f]+)"
        line = re.match(rf"\s*{number}\s*-\s*{number}\s+([a-z-]+)", text.lower())
        if line is None:
            raise AnswerError(f"{text.strip()!r} is not {self.form}")
        if not re.fullmatch("[r-][w-][x-][ps]", line[3]):
            raise AnswerError(f"{line[3]!r} is not four letters such as rw-p")
        start, end = int(line[1], 16), int(line[2], 16)
        if start >= end:
            raise AnswerError(f"the region ends at {end:#x}, before it starts")
        if (start | end) & 4095:
            raise AnswerError("regions begin and end at pages: the last three digits are 000")
        return f"{start:08x}-{end:08x} {line[3]}"

    def wrong(self, given: str, right: str) -> str:
        """Say the first thing that is wrong."""
        if given == right:
            return ""
        if "none" in (given, right):
            return "there is such a line" if given == "none" else "there is no such line"
        (mine, rights), (theirs, expected) = given.split(), right.split()
        names = ("start", "end")
        for name, a, b in zip(names, mine.split("-"), theirs.split("-"), strict=True):
            if a != b:
                return f"the {name} is not {int(a, 16):#x}"
        return next(
            f"{what!r} stands where it should not be, in {rights}"
            for what, other in zip(rights, expected, strict=True)
            if what != other
        )
