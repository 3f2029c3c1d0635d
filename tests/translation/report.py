"""What is left to do, or wrong, in the catalogues of a language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from string import Formatter

from babel.messages.catalog import Message as Entry

from tests.catalogue import Message, all_messages
from tests.translation import pages
from tests.translation.catalogues import LOCALE, Places, by_room, entries, forms, read
from tests.translation.glossary import left, strayed
from vmlab.words.korean import PARTICLES

# The kinds of findings, and what each is called.
KINDS = {
    "missing": "said, but not in the catalogue",
    "unused": "in the catalogue, but not said",
    "untranslated": "without a translation",
    "doubtful": "the English changed since (fuzzy)",
    "places": "other places for values than the English",
    "glossary": "other words than the glossary's",
    "latin": "words in Latin letters that the glossary does not keep",
}
AS_IT_IS = "as it is"  # how a comment begins on what is no word, such as bytes of a file
WRONG = ("places", "glossary", "latin")  # those that more translating does not mend


@dataclass(frozen=True)
class Finding:
    """Something about one message."""

    catalogue: str
    kind: str  # one of KINDS
    english: str
    detail: str = ""


def places(*messages: str) -> set[tuple[str | None, ...]]:
    """Return the places for values in some messages, each with how the value is written."""
    parts = [part for message in messages for part in Formatter().parse(message)]
    return {
        (name, (spec or "").partition("|")[0], conversion)
        for _, name, spec, conversion in parts
        if name is not None
    }


def particles(message: str) -> list[str]:
    """Return the particles that places of a message ask for."""
    specs = [spec or "" for _, _, spec, _ in Formatter().parse(message)]
    return [spec.partition("|")[2] for spec in specs if "|" in spec]


def wrong_places(entry: Entry) -> list[str]:
    """Return the translations with other places than the English; a number may be left out."""
    english = places(*((entry.id,) if isinstance(entry.id, str) else entry.id))
    # The browser puts values in as they are.
    known = set() if any(file.endswith(".js") for file, _ in entry.locations) else set(PARTICLES)
    return [
        text
        for text in filter(None, forms(entry))
        if not english - {("n", "", None)} <= places(text) <= english
        or not set(particles(text)) <= known
    ]


def judged(name: str, said: Places, known: Mapping[Message, Entry], code: str) -> Iterator[Finding]:
    """Return what there is to say of a catalogue.

    Args:
        name: of the catalogue.
        said: the messages that it is for.
        known: its entries.
        code: its language.
    """
    for message in said:
        if message not in known:
            yield Finding(name, "missing", str(message))
    for message, entry in known.items():
        english = message if isinstance(message, str) else message[-1]
        if message not in said:
            yield Finding(name, "unused", english)
        elif not all(forms(entry)):
            yield Finding(name, "untranslated", english)
        elif entry.fuzzy:
            yield Finding(name, "doubtful", english)
        for text in wrong_places(entry) if "python-brace-format" in entry.flags else ():
            yield Finding(name, "places", english, text)
        is_kept = entry.fuzzy or any(each.startswith(AS_IT_IS) for each in entry.user_comments)
        for text in () if is_kept else filter(None, forms(entry)):
            for stray in strayed(english, text, code):
                yield Finding(name, "glossary", english, f"{stray}: {text}")
            if words := left(text, code):
                yield Finding(name, "latin", english, f"{', '.join(words)}: {text}")


@cache
def of_language(code: str) -> list[Finding]:
    """Return all that there is to say of the catalogues of a language."""
    found: list[Finding] = []
    for room, said in by_room(all_messages()).items():
        file = LOCALE / code / f"{room}.po"
        known = entries([read(file, code)]) if file.is_file() else {}
        found += judged(room, said, known, code)
    for source in pages.sources():
        file = pages.catalogue_of(source, code)
        known = entries([read(file, code)]) if file.is_file() else {}
        found += judged(source.stem, pages.said_in(source), known, code)
    return found
