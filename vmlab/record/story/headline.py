"""What a call or an access came to, as a code with values; the words stand in `vmlab.words`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vmlab.codes import Reason
from vmlab.state.places import Place
from vmlab.words.headlines import headline_words
from vmlab.words.headlines.sources import at_line

Value = int | str | Place | Reason  # str: of the machine, such as a path or the name of a call


@dataclass(frozen=True, slots=True)
class At:
    """A line of a program's source, as it is shown."""

    line: str  # file and number
    text: str  # what stands there; '' = unknown
    variable: str  # that the line touches, if the headline does not name it

    def say(self, sentence: str) -> str:
        """Say a sentence as one about the line."""
        return at_line(self.line, self.text, self.variable, sentence)

    @property
    def plain(self) -> str:
        """Return it without any words."""
        return f"{self.line}[{self.variable}]" if self.variable else self.line


@dataclass(frozen=True, slots=True)
class Headline:
    """One sentence, and what else there is to say, a whole sentence each."""

    code: str
    values: tuple[tuple[str, Value], ...] = ()
    more: tuple[Headline, ...] = ()
    at: At | None = None  # the line of a program's source that it is about

    def __str__(self) -> str:
        return " ".join((self.sentence, *map(str, self.more)))

    @property
    def sentence(self) -> str:
        """Say it alone, without what else there is to say."""
        words = headline_words(self.code, dict(self.values))
        return self.at.say(words) if self.at is not None else words

    def and_then(self, last: Headline | None) -> Headline:
        """Return it with one thing more to say, if that is anything."""
        return self if last is None else replace(self, more=(*self.more, last))

    @property
    def plain(self) -> str:
        """Return the codes with their values, as it reads without any words."""
        given = ", ".join(f"{name}={_plain(value)}" for name, value in self.values)
        own = f"{self.code}({given})" if given else self.code
        if self.at is not None:
            own = f"{self.at.plain} {own}"
        return " + ".join((own, *(headline.plain for headline in self.more)))

    @property
    def codes(self) -> tuple[str, ...]:
        """Return its code, and those of what else is said."""
        return self.code, *(code for headline in self.more for code in headline.codes)


def headline(code: str, /, *more: Headline | None, **values: Value) -> Headline:
    """Return a headline, with what else there is to say; None among that says nothing."""
    return Headline(code, tuple(values.items()), tuple(each for each in more if each is not None))


def _plain(value: Value) -> str:
    if isinstance(value, Place | Reason):
        return value.plain
    return f"{value:#x}" if type(value) is int and value >= 0x1000 else str(value)
