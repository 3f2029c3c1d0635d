"""Every code has words, every word a code, and every place in the words a value."""

from __future__ import annotations

import ast
import re
from collections import Counter
from importlib import import_module
from pkgutil import iter_modules
from string import Formatter

import pytest

from tests.pseudo_language import plain_words, pseudo_language
from tests.words.source import modules, raised_text, strings, takers, uses
from vmlab.codes import Reason, because
from vmlab.model.abi import errno
from vmlab.words import reasons
from vmlab.words.reasons import REASONS

ALL = modules("vmlab")
MODEL = modules("vmlab/model", "vmlab/state")
TAKERS = takers(ALL)
USES = list(uses(ALL, TAKERS))

ROOMS = {
    room.name: import_module(f"vmlab.words.reasons.{room.name}").REASONS
    for room in iter_modules(reasons.__path__)
}


def places(message: str) -> dict[str, str]:
    """The named places of a message, with how the value is written."""
    return {name: spec or "" for _, name, spec, _ in Formatter().parse(message) if name is not None}


def test_the_source_is_understood() -> None:
    assert {"because": 0, "LinuxError": 1, "Segfault": 3, "BusError": 3}.items() <= TAKERS.items()
    assert {"Killed": 1, "KernelBug": 0, "OutOfMemory": 0, "ArgumentError": 0}.items() <= (
        TAKERS.items()
    )
    assert len(USES) > 200


def test_a_code_is_no_prose() -> None:
    prose = [use for use in USES if not re.fullmatch(r"[a-z][a-z0-9_]*|E[A-Z0-9]+", use.code)]
    assert not prose, "\n".join(f"{use.place}: {use.code}" for use in prose)


def test_the_model_raises_codes() -> None:
    found = list(raised_text(MODEL))
    assert not found, "\n".join(found)


def test_every_code_has_words() -> None:
    missing = [use for use in USES if use.code not in REASONS]
    assert not missing, "\n".join(f"{use.place}: {use.code}" for use in missing)


def test_every_place_has_a_value() -> None:
    wrong = [
        f"{use.place}: {use.code} without {', '.join(sorted(lacking))}"
        for use in USES
        if use.values is not None
        and (lacking := places(REASONS.get(use.code, "")).keys() - use.values)
    ]
    assert not wrong, "\n".join(wrong)


def test_all_words_are_used() -> None:
    used = strings(ALL) | set(errno.errorcode.values())
    assert REASONS.keys() - used == set()


def test_a_code_belongs_to_one_room() -> None:
    known = Counter(code for room in ROOMS.values() for code in room)
    assert [code for code, number in known.items() if number > 1] == []
    assert known.keys() == REASONS.keys()


@pytest.mark.parametrize("code", REASONS)
def test_the_words_can_be_said(code: str) -> None:
    values = {
        name: 0x1000 if spec.endswith(("x", "o")) else "value"
        for name, spec in places(REASONS[code]).items()
    }
    words = str(because(code, **values))
    assert words
    assert "{" not in words
    assert not words.endswith(".")


@pytest.mark.parametrize("code", REASONS)
def test_the_words_are_translated(code: str) -> None:
    formats = places(REASONS[code])
    values = {
        name: 0x1000 if form.endswith(("x", "o")) else "name" for name, form in formats.items()
    }
    with pseudo_language():
        assert plain_words(str(because(code, **values))) <= {"name"}


def test_a_reason_in_a_reason_is_said() -> None:
    why = because("vma_has_perms", start=0x1000, end=0x2000, perms="r--p")
    words = "the VMA 0x1000-0x2000 is r--p: the access is refused"
    assert str(because("access_refused", why=why)) == words


def test_no_reason_is_nothing() -> None:
    assert str(Reason("")) == ""


SAMPLE = ast.parse(
    """
class Refused(VmlabError):
    def __init__(self, number: int, why: str | Reason, /, **values: Value) -> None: ...

class Worse(Refused): ...

def need(condition: object, why: str | Reason, **values: Value) -> None: ...

def f(x: int, given: dict[str, int]) -> None:
    need(x, "small" if x else "large", limit=3)
    need(x, "given", **given)
    raise Worse(3, f"{x} is bad")

def g() -> None:
    raise ValueError("some words")
"""
)


def test_codes_are_found() -> None:
    trees = {"f.py": SAMPLE}
    known = takers(trees)
    assert known == {"Refused": 1, "Worse": 1, "need": 1}
    assert [(use.code, use.values) for use in uses(trees, known)] == [
        ("small", {"limit"}),
        ("large", {"limit"}),
        ("given", None),
        ("f'{x} is bad'", set()),
    ]
    assert [place.split(":")[1] for place in raised_text(trees)] == ["12", "15"]
