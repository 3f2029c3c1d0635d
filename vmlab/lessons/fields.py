"""Answers of several values under names, as a table that is to be filled in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vmlab.lessons.answer_kinds import AnswerError, Typed
from vmlab.words.language import N_, say, say_n

NOTHING = "-"  # what stands where there is no value
YES, NO = N_("yes"), N_("no")
_FORMS = {
    "number": N_("{name}: a number such as 3"),
    "hex": N_("{name}: a number such as 0x1000"),
    "yes/no": N_("{name}: yes or no"),
}


@dataclass(frozen=True, slots=True)
class Fields(Typed):
    """Named values: numbers, hexadecimal numbers, yes or no; a dash where there is none.

    Args:
        parts: for each value its name and 'number', 'hex' or 'yes/no'.
    """

    parts: tuple[tuple[str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names in the reader's language."""
        return tuple(say(name) for name, _ in self.parts)

    @property
    def forms(self) -> tuple[str, ...]:
        """Return, for each value, what to type."""
        return tuple(say(_FORMS[kind], name=say(name)) for name, kind in self.parts)

    @property
    def form(self) -> str:
        """What to type."""
        return say_n(
            len(self.parts),
            "{n} value, for {names}; - where there is none",
            "{n} values, for {names}; - where there is none",
            names=", ".join(self.names),
        )

    @property
    def request(self) -> str:
        """Ask for it."""
        return say_n(
            len(self.parts),
            "Type {n} value, for {names}; - where there is none.",
            "Type {n} values, for {names}; - where there is none.",
            names=", ".join(self.names),
        )

    def shown(self, answer: str) -> str:
        """Return a canonical answer as the reader would type it."""
        return " ".join(say(word) if word in (YES, NO) else word for word in answer.split())

    def read(self, text: str) -> str:
        """Bring what was typed into canonical form."""
        words = [word for word in re.split(r"[\s,;()]+", text.strip()) if word]
        if len(words) != len(self.parts):
            raise AnswerError(
                say_n(
                    len(words),
                    "that is {n} value, not {form}",
                    "that is {n} values, not {form}",
                    form=self.form,
                )
            )
        pairs = zip(words, self.parts, strict=True)
        return " ".join(_value(word, say(name), kind) for word, (name, kind) in pairs)

    def wrong(self, given: str, right: str) -> str:
        """Say the first thing that is wrong."""
        for name, mine, theirs in zip(self.names, given.split(), right.split(), strict=True):
            if mine == theirs:
                continue
            if mine == NOTHING:
                return say("there is a value for {name}", name=name)
            return say("{name} is not {given}", name=name, given=self.shown(mine))
        return ""


def _value(word: str, name: str, kind: str) -> str:
    if word in (NOTHING, "–"):
        return NOTHING
    if kind == "yes/no":
        said = {answer: (answer, answer[0], say(answer).lower()) for answer in (YES, NO)}
        for answer, spellings in said.items():
            if word.lower() in spellings:
                return answer
    else:
        try:
            value = int(word.lower().replace("_", ""), 0)
        except ValueError:
            value = -1
        if value >= 0:
            return f"{value:#x}" if kind == "hex" else str(value)
    form = say(_FORMS[kind], name=name)
    raise AnswerError(say("{text!r} does not fit {form}", text=word, form=form))
