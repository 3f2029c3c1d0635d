"""The catalogues of a language, a file for each room of vmlab, and how they are brought up to date.

A message stands in the catalogue of the room that says it first. When the English changes, the
translation of what was most like it is kept and marked as doubtful (gettext: fuzzy): vmlab speaks
English there until a translator has looked.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.pofile import read_po, write_po

from tests.catalogue import ROOT, Message, all_messages

LOCALE = ROOT / "vmlab" / "words" / "locale"
# A catalogue, and where what it has is said. The first that fits.
ROOMS = {
    "reasons": "vmlab/words/reasons/",
    "words": "vmlab/words/",
    "widgets": "vmlab/widgets/",
    "diagrams": "vmlab/diagrams/",
    "exercises": "vmlab/lessons/",
    "model": "vmlab/model/",
    "programs": "vmlab/programs/",
    "record": "vmlab/record/",
    "vmlab": "vmlab/",
    "lessons": "notebooks/",
}
LIKENESS = 0.8  # of a changed message to what it was, at least

Places = Mapping[Message, list[str]]  # messages, and the files that say each


def languages() -> list[str]:
    """Return the codes of the languages that have catalogues."""
    return sorted(folder.name for folder in LOCALE.iterdir() if folder.is_dir())


def room_of(place: str) -> str:
    """Return the room that a file belongs to."""
    return next(room for room, folder in ROOMS.items() if place.startswith(folder))


def by_room(said: Places) -> dict[str, Places]:
    """Return messages by the room that says each first."""
    return {
        room: {message: places for message, places in said.items() if room_of(places[0]) == room}
        for room in ROOMS
    }


def read(file: Path, code: str) -> Catalog:
    """Return a catalogue of a language."""
    return read_po(io.BytesIO(file.read_bytes()), locale=code)


def entries(catalogues: Iterable[Catalog]) -> dict[Message, Entry]:
    """Return what stands in some catalogues, without their heads."""
    return {entry.id: entry for catalogue in catalogues for entry in catalogue if entry.id}


def forms(entry: Entry) -> tuple[str, ...]:
    """Return what an entry says in its language: a text, or one for each plural form."""
    return (entry.string,) if isinstance(entry.string, str) else tuple(entry.string)


def renewed(
    said: Places, known: Mapping[Message, Entry], gone: Collection[Entry], code: str
) -> Catalog:
    """Return a catalogue of messages.

    Args:
        said: the messages.
        known: the entries there were.
        gone: those of them whose message is said no more, for messages that are like it.
        code: the language.
    """
    catalogue = Catalog(locale=code)
    for message, places in said.items():
        flags = {"python-brace-format"} if "{" in "".join(message) else set()
        entry = known.get(message)
        if entry is None and (entry := _like(message, gone)):
            flags.add("fuzzy")
        locations = [(place, 0) for place in dict.fromkeys(places)]
        if entry is None:
            catalogue.add(message, None, locations, flags)
            continue
        flags |= entry.flags & {"fuzzy"}
        catalogue.add(message, entry.string, locations, flags, user_comments=entry.user_comments)
    for entry in catalogue:
        entry.flags.discard("python-format")  # a percent sign is one
    return catalogue


def _like(message: Message, gone: Collection[Entry]) -> Entry | None:
    alike = {_first(e.id): e for e in gone if isinstance(e.id, str) == isinstance(message, str)}
    found = difflib.get_close_matches(_first(message), alike, 1, LIKENESS)
    return alike[found[0]] if found else None


def _first(message: Message) -> str:
    return message if isinstance(message, str) else message[0]


def head(what: str, code: str) -> str:
    """Return how a catalogue begins: no dates, so that it changes with words only."""
    return (
        f"# {what}, in the language {code}. `python -m tests words` says what is missing;\n"
        "# `python -m tests.translation --update` brings it up to date.\n#\n"
        'msgid ""\nmsgstr ""\n"Project-Id-Version: vmlab\\n"\n'
        f'"Language: {code}\\n"\n"Language-Name: {Locale.parse(code).display_name}\\n"\n'
        f'"Plural-Forms: {Catalog(locale=code).plural_forms}\\n"\n'
        '"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n\n'
    )


def text_of(catalogue: Catalog) -> str:
    """Return a catalogue as the text of a file, without its head."""
    text = io.BytesIO()
    write_po(text, catalogue, width=100, omit_header=True, include_lineno=False)
    return text.getvalue().decode()


def update(code: str) -> None:
    """Bring the catalogues of a language up to date; a language that is new begins here."""
    folder = LOCALE / code
    folder.mkdir(exist_ok=True)
    known = entries(read(file, code) for file in sorted(folder.glob("*.po")))
    said = all_messages()
    gone = [entry for message, entry in known.items() if message not in said and any(forms(entry))]
    for room, messages in by_room(said).items():
        text = text_of(renewed(messages, known, gone, code))
        file = folder / f"{room}.po"
        file.write_text(head(f"What {ROOMS[room]} says", code) + text, encoding="utf-8")
