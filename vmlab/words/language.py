"""The reader's language, and how something is said in it.

English stands where it is said: `say("Frame {pfn} is free.", pfn=3)`. Another language is a folder
of `locale/` with catalogues, whose messages are the English ones; `locale/vmlab.pot` lists them
all. The reader's language is that of the notebook's metadata, else that of the variable VMLAB_LANG,
until `language` chooses another one.
"""

from __future__ import annotations

import gettext
import json
import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any

from vmlab.errors import UsageError
from vmlab.messages import N_ as N_
from vmlab.messages import Nn_ as Nn_
from vmlab.words.catalogue import Catalogue
from vmlab.words.korean import with_particles

ENGLISH = "en"
LOCALE = resources.files("vmlab.words") / "locale"  # what the languages are folders of

VARIABLE = "VMLAB_LANG"  # of the environment
NOTEBOOK = (
    "JPY_SESSION_NAME"  # the variable in which Jupyter gives a kernel the path of its notebook
)

_LANGUAGE_NAME = re.compile(r'^"Language-Name: (.*)\\n"$', re.MULTILINE)
_NO_UTF_8 = re.compile("[\udc80-\udcff]")

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_code = ENGLISH
_is_chosen = False  # by anybody: a variable, a notebook, a call
_callbacks: list[Callable[[], None]] = []


def language(code: str) -> None:
    """Speak a language from now on.

    Args:
        code: 'en', or the name of a folder of `vmlab/words/locale`.

    Raises:
        UsageError: vmlab does not speak it.
    """
    use(_catalogue_of(code))
    global _code, _is_chosen
    _code, _is_chosen = code, True
    for callback in _callbacks:
        callback()


def _catalogue_of(code: str) -> Catalogue:
    known = isinstance(code, str) and code.replace("_", "").isalnum() and code in languages()
    if not known:
        raise UsageError(say("vmlab does not speak {code!r}", code=code))
    return Catalogue(texts(code))


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Say what is said in a block in a language; who follows the reader's language hears nothing.

    Raises:
        UsageError: vmlab does not speak it.
    """
    global _catalogue, _code
    before = _catalogue, _code
    if code != _code:
        _catalogue, _code = _catalogue_of(code), code
    try:
        yield
    finally:
        _catalogue, _code = before


def on_language(callback: Callable[[], None]) -> None:
    """Call `callback` when another language is spoken from now on."""
    _callbacks.append(callback)


def prefer(codes: Iterable[object]) -> None:
    """Speak the first of some languages that vmlab speaks, unless somebody has chosen one.

    Args:
        codes: as a browser has them: 'ko-KR', 'ko', 'en-US'.
    """
    known = (str(code).partition("-")[0] for code in codes)
    code = next((code for code in known if code in languages()), spoken())
    if not _is_chosen and code != spoken():
        language(code)


def name_of(code: str) -> str:
    """Return what a language calls itself; its catalogues say it in their heads."""
    found = next(filter(None, map(_LANGUAGE_NAME.search, texts(code))), None)
    return found[1] if found else "English"


def spoken() -> str:
    """Return the code of the present language."""
    return _code


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that vmlab speaks, English first."""
    return ENGLISH, *sorted(folder.name for folder in LOCALE.iterdir() if folder.is_dir())


def texts(code: str) -> list[str]:
    """Return the catalogues of a language; English has none."""
    if code == ENGLISH:
        return []
    files = sorted((LOCALE / code).iterdir(), key=lambda file: file.name)
    return [file.read_text(encoding="utf-8") for file in files if file.name.endswith(".po")]


def of_notebook() -> str:
    """Return the language that the metadata of the kernel's notebook names, in `vmlab.language`.

    It is '' where there is no notebook, and where the notebook names no language that vmlab speaks.
    """
    try:
        with open(os.environ.get(NOTEBOOK, ""), encoding="utf-8") as file:
            code = json.load(file)["metadata"]["vmlab"]["language"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return code if code in languages() else ""


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
    return legible(_put(text, values)) if values else text


def _put(text: str, values: dict[str, Any]) -> str:
    # Only a translation asks for particles, behind a bar.
    return with_particles(text, values) if "|" in text else text.format(**values)


def say_n(n: int, one: str, many: str, /, **values: Any) -> str:
    """Say a message about a number of things, which stands in it as {n}.

    >>> say_n(1, "{n} page", "{n} pages"), say_n(2, "{n} page", "{n} pages")
    ('1 page', '2 pages')
    """
    return legible(_put(_catalogue.ngettext(one, many, n), {"n": n, **values}))


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


if _asked := of_notebook() or os.environ.get(VARIABLE):
    try:
        language(_asked)
    except UsageError as problem:
        warnings.warn(f"{VARIABLE}: {problem}", stacklevel=1)
