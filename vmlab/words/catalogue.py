"""Read the catalogues of a language: the texts of translators, `.po` files of gettext.

They are read as they are, so nothing is compiled that could be stale, and a language can be tried
where it is edited. `locale/ko/` holds a file for each room of vmlab; together they are one
catalogue.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from gettext import NullTranslations, c2py

_PLURAL_FORMS = re.compile(r"^Plural-Forms:.*?plural=([^;]+);", re.MULTILINE)
_KEYWORD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d+)\])? (".*")$')


@dataclass
class Entry:
    """A message and what it is in another language."""

    english: str = ""
    plural: str = ""  # the English for several; '' = the message counts nothing
    forms: dict[int, str] = field(default_factory=dict)  # by the number of the plural form
    doubtful: bool = False  # the English changed since: gettext's flag "fuzzy"


def entries(text: str) -> Iterator[Entry]:
    """Return the entries of a `.po` file, the one with its headers, of the message '', too.

    Raises:
        ValueError: a line is none of such a file.
    """
    for block in re.split(r"\n[ \t]*\n", text):
        entry, place, said = Entry(), "", False
        for line in block.splitlines():
            if line.startswith("#"):
                entry.doubtful |= line.startswith("#,") and "fuzzy" in line
                continue
            if found := _KEYWORD.match(line):
                place, line, said = found[1] + (found[2] or ""), found[3], True
            elif not line.startswith('"'):
                if line.strip():
                    raise ValueError(line)
                continue
            _add(entry, place, ast.literal_eval(line))
        if said:
            yield entry


def _add(entry: Entry, place: str, text: str) -> None:
    if place == "msgid":
        entry.english += text
    elif place == "msgid_plural":
        entry.plural += text
    else:
        form = int(place.removeprefix("msgstr") or 0)
        entry.forms[form] = entry.forms.get(form, "") + text


class Catalogue(NullTranslations):
    """What vmlab says in one language; what has no translation stays English."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        super().__init__()
        self._forms: dict[str, dict[int, str]] = {}
        self._form_of = c2py("n != 1")
        for text in texts:
            for entry in entries(text):
                if entry.english and not entry.doubtful and all(entry.forms.values()):
                    self._forms[entry.english] = entry.forms
                elif not entry.english and (found := _PLURAL_FORMS.search(entry.forms[0])):
                    self._form_of = c2py(found[1])

    def gettext(self, message: str) -> str:
        """Return a message in the language."""
        forms = self._forms.get(message)
        return forms[0] if forms else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the form for n things in the language."""
        forms = self._forms.get(msgid1)
        return forms[self._form_of(n)] if forms else super().ngettext(msgid1, msgid2, n)
