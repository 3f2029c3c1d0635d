"""The catalogues: the template of all messages, and a language that is compiled from one."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections import defaultdict
from gettext import GNUTranslations
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.catalogue import TEMPLATE, Message, all_messages, messages, template
from vmlab import language as spoken
from vmlab.codes import because
from vmlab.errors import UsageError
from vmlab.words import language
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


def compiled(catalogue: Catalog) -> bytes:
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def places(*messages: str) -> set[tuple[str | None, ...]]:
    """The places for values in some messages, each with how the value is written."""
    parts = [part for message in messages for part in Formatter().parse(message)]
    return {tuple(part[1:]) for part in parts if part[1] is not None}


def wrong_places(catalogue: Catalog) -> list[str]:
    """The translations that have other places than the English; a number may be left out."""
    wrong = []
    for message in catalogue:
        english = places(*((message.id,) if isinstance(message.id, str) else message.id))
        told = (message.string,) if isinstance(message.string, str) else message.string
        for text in filter(None, told if message.id else ()):
            if not english - {("n", "", None)} <= places(text) <= english:
                wrong.append(text)
    return wrong


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
    assert bool(wrong_places(catalogue)) == bool(wrong)


def test_translations_are_whole_and_compiled() -> None:
    for file in TEMPLATE.parent.glob("*/LC_MESSAGES/vmlab.po"):
        catalogue = read_po(io.BytesIO(file.read_bytes()))
        assert wrong_places(catalogue) == [], file
        now, wanted = (
            vars(GNUTranslations(io.BytesIO(binary)))["_catalog"]
            for binary in (file.with_suffix(".mo").read_bytes(), compiled(catalogue))
        )
        assert now == wanted, f"run pybabel compile: {file}"


@pytest.fixture
def latin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the compiled catalogue of a language."""
    folder = tmp_path / "la" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = read_po(io.BytesIO(LATIN.encode()))
    (folder / "vmlab.mo").write_bytes(compiled(catalogue))
    monkeypatch.setattr(language, "LOCALE", tmp_path)
    return tmp_path


def test_a_compiled_catalogue_is_spoken(latin: Path) -> None:
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


@pytest.mark.parametrize(("code", "status"), [("", 0), ("en", 0), ("fr", 1)])
def test_a_variable_names_the_language_at_first(code: str, status: int) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "import vmlab"],
        env={**os.environ, "VMLAB_LANG": code},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert ran.returncode == status
    assert status == 0 or ran.stderr.endswith("vmlab does not speak 'fr'\n")
