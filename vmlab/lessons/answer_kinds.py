"""Kinds of answers: how each is typed, read and compared.

A comparison names the first thing that is wrong, and says nothing of the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from vmlab.errors import UsageError
from vmlab.state.ids import parse
from vmlab.words.language import N_, say, say_n

NONE = N_("none")


class AnswerError(UsageError):
    """What was typed is not an answer of the kind that was asked for; says what is missing."""


class Typed:
    """Answers for which no object of a picture stands."""

    __slots__ = ()

    def pointed(self, element_id: str) -> str:
        """Return nothing for any object that was clicked."""
        return ""


class AnswerKind(Protocol):
    """One kind of answer.

    Answers are kept in their canonical form: a text that is the same in every language.
    """

    @property
    def form(self) -> str:
        """What to type, for example 'a number such as 3'."""

    @property
    def request(self) -> str:
        """The same as a sentence, for example 'Type a number such as 3.'."""

    def shown(self, answer: str) -> str:
        """Return a canonical answer as the reader would type it."""

    def read(self, text: str) -> str:
        """Bring what was typed into canonical form.

        Raises:
            AnswerError: it cannot be read.
        """

    def wrong(self, given: str, right: str) -> str:
        """Say in a clause the first thing that is wrong with a canonical answer; '' = nothing."""

    def pointed(self, element_id: str) -> str:
        """Return what to type for an object that was clicked in a picture; '' = nothing."""


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, decimal or hexadecimal."""

    what: str  # a name, such as 'vm_start', or a message, such as 'the address'
    hexadecimal: bool = False  # how the answer is shown
    counts: bool = True  # larger and smaller mean something, as they do not for a frame's number
    objects: str = ""  # kind of the objects whose last number may be the answer: 'vma', 'pfn' ...

    @property
    def _example(self) -> str:
        return "0x1000" if self.hexadecimal else "3"

    @property
    def form(self) -> str:
        """What to type."""
        return say("a number such as {example}", example=self._example)

    @property
    def request(self) -> str:
        """Ask for it."""
        return say("Type a number such as {example}.", example=self._example)

    def shown(self, answer: str) -> str:
        """Return a canonical answer as it is."""
        return answer

    def read(self, text: str) -> str:
        """Bring what was typed into canonical form."""
        try:
            value = int(text.strip().lower().replace("_", ""), 0)
        except ValueError:
            raise AnswerError(
                say(
                    "{text!r} is not a number such as {example}",
                    text=text.strip(),
                    example=self._example,
                )
            ) from None
        if value < 0:
            raise AnswerError(say("{what} cannot be negative", what=say(self.what)))
        return f"{value:#x}" if self.hexadecimal else str(value)

    def wrong(self, given: str, right: str) -> str:
        """Say the first thing that is wrong."""
        if given == right:
            return ""
        what = say(self.what)
        if not self.counts:
            return say("{what} is not {given}", what=what, given=given)
        if int(given, 0) > int(right, 0):
            return say("{what} is less than {given}", what=what, given=given)
        return say("{what} is more than {given}", what=what, given=given)

    def pointed(self, element_id: str) -> str:
        """Return the number of an object that was clicked."""
        kind, numbers = parse(element_id) or ("", ())
        return self.read(str(numbers[-1])) if kind and kind == self.objects else ""


@dataclass(frozen=True, slots=True)
class Choice(Typed):
    """One of some words; both what the reader's language calls them and themselves can be typed."""

    options: tuple[str, ...]  # names, such as 'EINVAL', or messages, such as 'no fault'
    meanings: Mapping[str, str] = field(default_factory=dict)  # a clause: when each would be right

    @property
    def words(self) -> tuple[str, ...]:
        """Return the options in the reader's language."""
        return tuple(map(say, self.options))

    @property
    def form(self) -> str:
        """What to type."""
        return say("one of: {options}", options=", ".join(self.words))

    @property
    def request(self) -> str:
        """Ask for it."""
        return say("Type one of: {options}.", options=", ".join(self.words))

    def shown(self, answer: str) -> str:
        """Return a canonical answer in the reader's language."""
        return say(answer)

    def read(self, text: str) -> str:
        """Bring what was typed into canonical form."""
        word = _plain(text)
        for option in self.options:
            if word in (_plain(option), _plain(say(option))):
                return option
        raise AnswerError(
            say(
                "{text!r} is not one of: {options}",
                text=text.strip(),
                options=", ".join(self.words),
            )
        )

    def wrong(self, given: str, right: str) -> str:
        """Say the first thing that is wrong."""
        if given == right:
            return ""
        word, meaning = say(given), say(self.meanings.get(given, ""))
        if not meaning:
            return say("it is not {given!r}", given=word)
        return say("{given!r} would mean that {meaning}", given=word, meaning=meaning)


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("_", " ").split())


def _none_or(answer: str) -> str:
    # A canonical answer in the reader's language, where only none is a word.
    return say(NONE) if answer == NONE else answer


def _is_none(text: str) -> bool:
    return _plain(text) in (NONE, _plain(say(NONE)))


@dataclass(frozen=True, slots=True)
class Names(Typed):
    """The names of some bits of a page-table entry, in any order."""

    names: tuple[str, ...]  # all there are, in the order in which they are compared

    @property
    def form(self) -> str:
        """What to type."""
        return say(
            "names out of {names}, with spaces between them, or none", names=" ".join(self.names)
        )

    @property
    def request(self) -> str:
        """Ask for it."""
        return say(
            "Type names out of {names}, with spaces between them, or none.",
            names=" ".join(self.names),
        )

    def shown(self, answer: str) -> str:
        """Return a canonical answer in the reader's language."""
        return _none_or(answer)

    def read(self, text: str) -> str:
        """Bring what was typed into canonical form."""
        if _is_none(text):
            return NONE
        words = re.split(r"[\s,|+]+", text.strip().upper())
        known = {name.upper(): name for name in self.names}
        for word in words:
            if word not in known:
                raise AnswerError(
                    say(
                        "{word!r} is not a bit: type names out of {names}, with spaces between "
                        "them, or none",
                        word=word,
                        names=" ".join(self.names),
                    )
                )
        found = {known[word] for word in words}
        return " ".join(name for name in self.names if name in found)

    def wrong(self, given: str, right: str) -> str:
        """Say the first thing that is wrong."""
        mine, theirs = set(given.split()), set(right.split())
        for name in self.names:
            if name in mine and name not in theirs:
                return say("bit {name} is not set", name=name)
            if name in theirs and name not in mine:
                return say("bit {name} is missing", name=name)
        return ""


@dataclass(frozen=True, slots=True)
class Numbers(Typed):
    """Several numbers in order, such as the indexes of a page walk."""

    names: tuple[str, ...]  # what each stands for

    @property
    def form(self) -> str:
        """What to type."""
        return say_n(
            len(self.names),
            "{n} number, for {names}",
            "{n} numbers, for {names}",
            names=", ".join(self.names),
        )

    @property
    def request(self) -> str:
        """Ask for it."""
        return say_n(
            len(self.names),
            "Type {n} number, for {names}.",
            "Type {n} numbers, for {names}.",
            names=", ".join(self.names),
        )

    def shown(self, answer: str) -> str:
        """Return a canonical answer as it is."""
        return answer

    def read(self, text: str) -> str:
        """Bring what was typed into canonical form."""
        words = [word for word in re.split(r"[\s,()\[\]]+", text) if word]
        try:
            values = [int(word, 0) for word in words]
        except ValueError:
            raise AnswerError(
                say_n(
                    len(self.names),
                    "{text!r} is not {n} number, for {names}",
                    "{text!r} is not {n} numbers, for {names}",
                    text=text.strip(),
                    names=", ".join(self.names),
                )
            ) from None
        if len(values) != len(self.names):
            raise AnswerError(
                say_n(
                    len(values),
                    "that is {n} number, not {form}",
                    "that is {n} numbers, not {form}",
                    form=self.form,
                )
            )
        return " ".join(map(str, values))

    def wrong(self, given: str, right: str) -> str:
        """Say the first thing that is wrong."""
        for name, mine, theirs in zip(self.names, given.split(), right.split(), strict=True):
            if mine != theirs:
                return say("{what} is not {given}", what=name, given=mine)
        return ""


@dataclass(frozen=True, slots=True)
class MapsLineAnswer(Typed):
    """The beginning of a line of /proc/PID/maps: addresses and rights."""

    @property
    def form(self) -> str:
        """What to type."""
        return say("a line such as 10000000-10004000 rw-p, or none")

    @property
    def request(self) -> str:
        """Ask for it."""
        return say("Type a line such as 10000000-10004000 rw-p, or none.")

    def shown(self, answer: str) -> str:
        """Return a canonical answer in the reader's language."""
        return _none_or(answer)

    def read(self, text: str) -> str:
        """Bring what was typed into canonical form."""
        if _is_none(text):
            return NONE
        number = r"(?:0x)?([0-9a-f]+)"
        line = re.match(rf"\s*{number}\s*-\s*{number}\s+([a-z-]+)", text.lower())
        if line is None:
            raise AnswerError(
                say(
                    "{text!r} is not a line such as 10000000-10004000 rw-p, or none",
                    text=text.strip(),
                )
            )
        if not re.fullmatch("[r-][w-][x-][ps]", line[3]):
            raise AnswerError(say("{text!r} is not four letters such as rw-p", text=line[3]))
        start, end = int(line[1], 16), int(line[2], 16)
        if start >= end:
            raise AnswerError(say("the region ends at {end:#x}, before it starts", end=end))
        if (start | end) & 4095:
            raise AnswerError(say("regions begin and end at pages: the last three digits are 000"))
        return f"{start:08x}-{end:08x} {line[3]}"

    def wrong(self, given: str, right: str) -> str:
        """Say the first thing that is wrong."""
        if given == right:
            return ""
        if given == NONE:
            return say("there is such a line")
        if right == NONE:
            return say("there is no such line")
        (mine, rights), (theirs, expected) = given.split(), right.split()
        (start, end), (right_start, right_end) = mine.split("-"), theirs.split("-")
        if start != right_start:
            return say("the start is not {addr:#x}", addr=int(start, 16))
        if end != right_end:
            return say("the end is not {addr:#x}", addr=int(end, 16))
        letter = next(a for a, b in zip(rights, expected, strict=True) if a != b)
        return say("{letter!r} is in the wrong place in {rights}", letter=letter, rights=rights)
