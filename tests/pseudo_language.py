"""A made-up language, in which every message of the catalogue stands in letters of its own.

What is still in plain letters then is a name, or was not said through the catalogue.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from string import ascii_lowercase, ascii_uppercase

from tests.catalogue import all_messages
from vmlab.words import language

_LETTERS = str.maketrans(
    ascii_lowercase + ascii_uppercase,
    "".join(chr(0x1D5BA + n) for n in range(26)) + "".join(chr(0x1D5A0 + n) for n in range(26)),
)
_PLACE = re.compile(r"(\{[^}]*\}|%(?:\(\w+\))?[rs])")  # those with a percent sign are argparse's


def marked(message: str) -> str:
    """Return a message in the made-up language, its places for values as they are."""
    parts = _PLACE.split(message)
    return "".join(part if _PLACE.match(part) else part.translate(_LETTERS) for part in parts)


_messages = cache(lambda: frozenset(all_messages()))


class _Catalogue(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return marked(message) if message in _messages() else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        message = msgid1 if n == 1 else msgid2
        return marked(message) if (msgid1, msgid2) in _messages() else message


@contextmanager
def pseudo_language() -> Iterator[None]:
    """Speak the made-up language in the block."""
    language.use(_Catalogue())
    try:
        yield
    finally:
        language.use(gettext.NullTranslations())


def plain_words(text: str) -> set[str]:
    """Return the words in plain letters; what looks like a hexadecimal number is none."""
    found = re.findall(r"(?<![\w.])[A-Za-z_][\w.]*\w", re.sub("[^\x00-\x7f]", " ", text))
    return {word for word in found if not re.fullmatch("x?[0-9a-f]+", word)}
