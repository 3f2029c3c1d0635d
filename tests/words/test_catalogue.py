"""The catalogues: the template of all messages, and the languages that there are."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tests.catalogue import TEMPLATE, Message, all_messages, messages, template
from tests.translation.catalogues import forms, languages, read
from tests.translation.report import WRONG, of_language, wrong_places
from vmlab import language as spoken
from vmlab.codes import because
from vmlab.errors import UsageError
from vmlab.words import language
from vmlab.words.catalogue import entries as read_entries
from vmlab.words.language import say, say_n

LATIN = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "the length is 0"
msgstr "longitudo nulla est"

msgid "Frame {pfn} is copied to frame {new_pfn} for {addr:#x}: {reason}."
msgstr "Propter {addr:#x} in {new_pfn} scribitur quod in {pfn} est: {reason}."

msgid "{n} page"
msgid_plural "{n} pages"
msgstr[0] "{n} pagina"
msgstr[1] "{n} paginae"
"""


def test_the_template_is_current() -> None:
    assert TEMPLATE.read_text(encoding="utf-8") == template(), "run python -m tests.catalogue"


def test_a_message_has_one_plural() -> None:
    known: dict[str, set[Message]] = defaultdict(set)
    for message in all_messages():
        known[message if isinstance(message, str) else message[0]].add(message)
    assert [message for message, forms in known.items() if len(forms) > 1] == []


def test_messages_are_found_wherever_they_stand() -> None:
    source = "f'{say(\"a \" \"b\", x=say(\"c\"))} {say(d)}', N_('e'), x.say_n(2, 'f', 'g'), y('h')"
    assert messages("python", source) == ["a b", "c", "e", ("f", "g")]
    assert messages("javascript", 'say("a", { b: say("c") }); other("d"); say(e)') == ["a", "c"]


def test_messages_of_lessons_are_what_predict_says() -> None:
    code = """
kinds = ("no fault", "copy", "EINVAL")
guess = predict("06.x", "What does it cause?", kinds)
guess.case("page {n}", kinds[0], f"map_count {count}", n=3)
print("frames in use:", 3)
for words, path in (("a read", 1), ("rw", 2)):
    pass
"""
    cells = [{"cell_type": "code", "source": code}, {"cell_type": "markdown", "source": "a b"}]
    cells.append({"cell_type": "code", "source": "%%magic a b"})
    found = ["no fault", "copy", "What does it cause?", "page {n}", "a read"]
    assert messages("lesson", json.dumps({"cells": cells})) == found


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("", ""),
        ("in {new_pfn}", "in {pfn}"),
        ("{addr:#x} in", "{addr} in"),
        ('{n} pagina"', '{m} pagina"'),
    ],
)
def test_places_for_values_are_compared(right: str, wrong: str) -> None:
    translated = LATIN.replace(right, wrong) if right else LATIN
    catalogue = read_po(io.BytesIO(translated.encode()))
    found = [text for entry in catalogue if entry.id for text in wrong_places(entry)]
    assert bool(found) == bool(wrong)


@pytest.mark.parametrize("code", languages())
def test_translations_have_the_places_and_the_terms_of_the_english(code: str) -> None:
    wrong = [one for one in of_language(code) if one.kind in WRONG]
    assert wrong == []


@pytest.mark.parametrize("code", languages())
def test_the_catalogues_of_a_language_have_what_the_template_has(code: str) -> None:
    strange = [one for one in of_language(code) if one.kind in ("missing", "unused")]
    assert strange == [], "run python -m tests.translation --update"


@pytest.mark.parametrize("code", languages())
def test_catalogues_are_read_as_babel_reads_them(code: str) -> None:
    for file in sorted((TEMPLATE.parent / code).glob("*.po")):
        said = {entry.english: entry for entry in read_entries(file.read_text(encoding="utf-8"))}
        for entry in read(file, code):
            if entry.id:
                english = entry.id if isinstance(entry.id, str) else entry.id[0]
                assert tuple(said[english].forms.values()) == forms(entry)
                assert said[english].doubtful == entry.fuzzy


@pytest.fixture
def latin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the catalogue of a language."""
    folder = tmp_path / "la"
    folder.mkdir()
    (folder / "all.po").write_text(LATIN, encoding="utf-8")
    monkeypatch.setattr(language, "LOCALE", tmp_path)
    return tmp_path


def test_a_catalogue_is_spoken(latin: Path) -> None:
    why = because("length_zero")
    copied = "Frame {pfn} is copied to frame {new_pfn} for {addr:#x}: {reason}."
    spoken("la")
    try:
        assert str(why) == "longitudo nulla est"
        assert say(copied, pfn=3, new_pfn=4, addr=0x1000, reason=why) == (
            "Propter 0x1000 in 4 scribitur quod in 3 est: longitudo nulla est."
        )
        pages = [say_n(n, "{n} page", "{n} pages") for n in (0, 1, 2)]
        assert pages == ["0 paginae", "1 pagina", "2 paginae"]
        assert say("what has no translation") == "what has no translation"
    finally:
        spoken("en")
    assert str(why) == "the length is 0"


@pytest.mark.parametrize("code", ["fr", "", "..", "../la", "la/../la"])
def test_a_language_that_there_is_not_is_refused(latin: Path, code: str) -> None:
    with pytest.raises(UsageError) as refusal:
        spoken(code)
    assert repr(code) in str(refusal.value)


@pytest.mark.parametrize("code", ["", "en", "fr", "ko_KR.UTF-8"])
def test_a_variable_names_the_language_at_first(code: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "from vmlab.words.language import spoken\nassert spoken() == 'en'"],
        env={**os.environ, "VMLAB_LANG": code},
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    is_known = code in ("", "en")
    assert (f"VMLAB_LANG: vmlab does not speak '{code}'" in ran.stderr) != is_known


@pytest.mark.parametrize(
    ("metadata", "variable", "code"),
    [
        ({"vmlab": {"language": "ko"}}, "", "ko"),
        ({"vmlab": {"language": "ko"}}, "en", "ko"),
        ({"vmlab": {"language": "fr"}}, "", "en"),
        ({"vmlab": "ko"}, "", "en"),
        ({}, "ko", "ko"),
    ],
)
def test_a_notebook_names_its_language(
    metadata: dict[str, object], variable: str, code: str, tmp_path: Path
) -> None:
    notebook = tmp_path / "a.ipynb"
    notebook.write_text(json.dumps({"cells": [], "metadata": metadata}), encoding="utf-8")
    environment = {"VMLAB_LANG": variable, "JPY_SESSION_NAME": str(notebook)}
    assert spoken_in(environment) == code


@pytest.mark.parametrize("text", ["", "{", "[]", '{"metadata": 1}'])
def test_a_notebook_that_cannot_be_read_names_none(text: str, tmp_path: Path) -> None:
    notebook = tmp_path / "a.ipynb"
    notebook.write_text(text, encoding="utf-8")
    assert spoken_in({"VMLAB_LANG": "", "JPY_SESSION_NAME": str(notebook)}) == "en"
    assert spoken_in({"VMLAB_LANG": "", "JPY_SESSION_NAME": str(tmp_path / "none.ipynb")}) == "en"


def spoken_in(environment: dict[str, str]) -> str:
    """The language that vmlab begins with."""
    code = "from vmlab.words.language import spoken\nprint(spoken())"
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.strip()
