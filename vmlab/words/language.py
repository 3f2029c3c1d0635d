"""The reader's language, and how something is said in it.

English stands where it is said: `say("Frame {pfn} is free.", pfn=3)`. Another language is a
catalogue of gettext in `locale/`, a folder for each, whose messages are the English ones:
`locale/vmlab.pot` lists them all. The reader's language is that of the variable VMLAB_LANG, until
`language` chooses another one.
"""

from __future__ import annotations

import gettext
import os
import re
from importlib import resources
from typing import Any

from vmlab.errors import UsageError
from vmlab.messages import N_ as N_
from vmlab.messages import Nn_ as Nn_

DOMAIN = "vmlab"
ENGLISH = "en"
LOCALE = resources.files("vmlab.words") / "locale"  # what the languages are folders of

_NO_UTF_8 = re.compile("[\udc80-\udcff]")

_catalogue: gettext.NullTranslations = gettext.NullTranslations()


def language(code: str) -> None:
    """Speak a language from now on.

    Args:
        code: 'en', or the name of a folder of `vmlab/words/locale`.

    Raises:
        UsageError: vmlab does not speak it.
    """
    if not isinstance(code, str) or not code.replace("_", "").isalnum():
        raise UsageError(say("vmlab does not speak {code!r}", code=code))
    if code == ENGLISH:
        use(gettext.NullTranslations())
        return
    file = LOCALE / code / "LC_MESSAGES" / f"{DOMAIN}.mo"
    if not file.is_file():
        raise UsageError(say("vmlab does not speak {code!r}", code=code))
    with file.open("rb") as stream:
        use(gettext.GNUTranslations(stream))


def use(catalogue: gettext.NullTranslations) -> None:
    """Take words from a catalogue from now on."""
    global _catalogue
    _catalogue = catalogue


def translated(message: str) -> str:
    """Return a message in the reader's language, its places for values as they are."""
    return _catalogue.gettext(message) if message else ""


def say(message: str, /, **values: Any) -> str:
    """Say a message in the reader's language.

    Args:
        message: English, with a place in braces for each value, as `str.format` has it.
        values: by name; a reason among them is said in the same language.

    >>> say("Frame {pfn} holds {addr:#x}.", pfn=3, addr=4096)
    'Frame 3 holds 0x1000.'
    """
    text = translated(message)
    return legible(text.format(**values)) if values else text


def say_n(n: int, one: str, many: str, /, **values: Any) -> str:
    """Say a message about a number of things, which stands in it as {n}.

    >>> say_n(1, "{n} page", "{n} pages"), say_n(2, "{n} page", "{n} pages")
    ('1 page', '2 pages')
    """
    return legible(_catalogue.ngettext(one, many, n).format(n=n, **values))


def legible(text: str) -> str:
    r"""Spell out the bytes of a path that are not UTF-8: such a text cannot be printed.

    >>> legible("/a\udcff")
    '/a\\xff'
    """
    return text if text.isascii() else _NO_UTF_8.sub(_spelled, text)


def _spelled(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]) - 0xDC00:02x}"


def sentence_of(clause: object) -> str:
    """Return a clause, such as the words of a reason, as a sentence of its own.

    >>> sentence_of("the length is 0")
    'The length is 0.'
    """
    words = str(clause)
    return say("{clause}.", clause=words[:1].upper() + words[1:])


language(os.environ.get("VMLAB_LANG") or ENGLISH)
