"""What people type: full-width letters and digits, and their own words for names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vmlab import language
from vmlab.lessons.answer_kinds import Choice, Number
from vmlab.lessons.question import understand
from vmlab.model.abi.mman import Map, Prot
from vmlab.widgets.call_field import Meaning
from vmlab.widgets.call_fields import file
from vmlab.widgets.call_forms import FORMS
from vmlab.widgets.typed_values import (
    FieldError,
    parse_address,
    parse_flags,
    parse_length,
    parse_map_flags,
    parse_number,
    parse_truth,
)
from vmlab.words.language import translated
from vmlab.words.typed import WORDS, in_words, narrow, plain

NAMES = {"stack": 0x7000, "heap": 0x5000, "data": 0x3000}


@pytest.fixture
def korean() -> Iterator[None]:
    """Speak Korean for a while."""
    language("ko")
    yield
    language("en")


@pytest.mark.parametrize("code", range(0x21, 0x7F))
def test_every_letter_of_full_width_is_read(code: int) -> None:
    assert narrow(chr(code + 0xFEE0)) == chr(code)


def test_what_is_not_of_full_width_stays() -> None:
    assert narrow("①ㅎ힙é\u3000１") == "①ㅎ힙é 1"


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("스택", 0x7000),
        ("힙 + 2 페이지", 0x7000),
        ("힙+２페이지", 0x7000),
        ("[힙]", 0x5000),
        ("데이터", 0x3000),
        ("０ｘ４０４０００", 0x404000),
        ("stack + 1 page", 0x8000),
    ],
)
def test_addresses_in_korean(korean: None, typed: str, address: int) -> None:
    assert parse_address(typed, names=NAMES) == address


def test_other_fields_in_korean(korean: None) -> None:
    assert parse_length("２ 페이지") == 8192
    assert parse_length("６４Ｋ") == 65536
    assert parse_number("－１") == -1
    assert parse_flags("읽기 쓰기", Prot) == Prot.PROT_READ | Prot.PROT_WRITE
    assert parse_map_flags("공유") == Map.MAP_SHARED
    assert parse_truth("예")
    assert not parse_truth("아니요")


def test_words_that_are_none_are_told_as_they_were_typed(korean: None) -> None:
    with pytest.raises(FieldError, match="바닥"):
        parse_address("바닥 + 1 페이지", names=NAMES)


def test_every_word_can_be_typed_as_it_is_shown(korean: None) -> None:
    for word in WORDS:
        assert translated(plain(translated(word))) == translated(word)


def test_korean_words_are_none_in_english() -> None:
    assert plain("스택 ＋ １") == "스택 + 1"


def test_answers_of_lessons_may_be_of_full_width(korean: None) -> None:
    assert understand(Number("n"), "１４") == "14"
    assert understand(Number("n", hexadecimal=True), "０ｘ１ｆ") == "0x1f"
    assert understand(Choice(("EINVAL", "ENOMEM")), "ＥＩＮＶＡＬ") == "EINVAL"


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if 0x21 <= ord(c) < 0x7F else c for c in text)


@pytest.mark.parametrize("code", ["en", "ko"])
@pytest.mark.parametrize("call", FORMS)
def test_every_field_takes_what_an_input_method_gives(code: str, call: str) -> None:
    meaning = Meaning(4096, {**NAMES, "text": 0x1000, "bss": 0x4000, "brk": 0x6000}, 0x6000)
    language(code)
    try:
        for field in FORMS[call].fields:
            for text in {field.text, *field.options} - {""}:
                wanted = field.read(text, meaning)
                assert field.read(in_words(text), meaning) == wanted
                if not isinstance(wanted, bytes):  # the bytes that are stored stay as they are
                    assert field.read(full_width(text), meaning) == wanted
    finally:
        language("en")


def test_a_descriptor_may_be_of_full_width() -> None:
    meaning = Meaning()
    assert file("３", meaning) == 3
    assert file(" －１ ", meaning) == -1
    assert file("/３", meaning) == "/３"
