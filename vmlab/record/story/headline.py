"""What a call or an access came to, as a code with values; the words stand in `vmlab.words`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vmlab.codes import Reason
from vmlab.state.places import Place
from vmlab.words.headlines import headline_words

Value = int | str | Place | Reason  # str: of the machine, such as a path or the name of a call


@dataclass(frozen=True, slots=True)
class Headline:
    """One sentence, and what else there is to say, a whole sentence each."""

    code: str
    values: tuple[tuple[str, Value], ...] = ()
    more: tuple[Headline, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.sentence, *map(str, self.more)))

    @property
    def sentence(self) -> str:
        """Say it alone, without what else there is to say."""
        return headline_words(self.code, dict(self.values))

    def and_then(self, last: Headline | None) -> Headline:
        """Return it with one thing more to say, if that is anything."""
        return self if last is None else replace(self, more=(*self.more, last))

    @property
    def plain(self) -> str:
        """Return the codes with their values, as it reads without any words."""
        given = ", ".join(f"{name}={_plain(value)}" for name, value in self.values)
        own = f"{self.code}({given})" if given else self.code
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
