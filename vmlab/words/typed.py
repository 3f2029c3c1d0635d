"""What people type in their own language, as vmlab reads it."""

from __future__ import annotations

import re
from unicodedata import normalize

from vmlab.words.language import N_, translated

# Names of places, units, flags and answers, which can be typed as the reader's language shows them.
WORDS = (
    N_("stack"),
    N_("heap"),
    N_("text"),
    N_("data"),
    N_("page"),
    N_("pages"),
    N_("private"),
    N_("shared"),
    N_("anonymous"),
    N_("read"),
    N_("write"),
    N_("any"),
    N_("unlimited"),
    N_("yes"),
    N_("no"),
)
# Letters, digits and signs of ASCII at full width, and the space between them.
_FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000]+")
# Those that are no names of Linux; what begins fields has them in the reader's language.
_PLAIN = re.compile(r"\b(?:pages?|any|unlimited|yes|no)\b")
_FOREIGN = re.compile(r"[^\x00-\x7f\s]+")


def narrow(text: str) -> str:
    """Return a text with letters, digits and signs of full width as those of ASCII.

    >>> narrow("０ｘ１０００　＋ 1")
    '0x1000 + 1'
    """
    return text if text.isascii() else _FULL_WIDTH.sub(lambda f: normalize("NFKC", f[0]), text)


def in_words(text: str) -> str:
    """Return what can be typed, such as '2 pages', in the reader's language; flags stay."""
    return _PLAIN.sub(lambda found: translated(found[0]), text)


def plain(text: str) -> str:
    """Return what was typed into a field with the reader's words in English, narrow.

    >>> plain("stack + ２ pages")
    'stack + 2 pages'
    """
    if text.isascii():
        return text
    known = {translated(word): word for word in WORDS}
    return _FOREIGN.sub(lambda found: known.get(found[0], found[0]), narrow(text))
