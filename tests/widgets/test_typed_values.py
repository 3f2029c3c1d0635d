"""What a person types is read as meant, or refused with words that help."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmlab.model.abi.mman import Madv, Prot
from vmlab.widgets.typed_values import (
    FieldError,
    parse_address,
    parse_bytes,
    parse_flags,
    parse_length,
    parse_limit,
    parse_map_flags,
    parse_number,
    parse_signal,
    parse_text,
    parse_truth,
    parse_words,
)
from vmlab.words.language import speaking

NAMES = {"heap": 0x40C000, "brk": 0x42D000, "stack": 0x7FFFFFFDE000}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0x401000", 0x401000),
        (" 0X40_1000 ", 0x401000),
        ("00401000", 0x401000),
        ("40c000", 0x40C000),
        ("7ffff7fc1000", 0x7FFFF7FC1000),
        ("7ffff7fc1000-7ffff7fc5000 rw-p 00000000 00:00 0  [heap]", 0x7FFFF7FC1000),
        ("0", 0),
        ("heap", 0x40C000),
        ("[heap]", 0x40C000),
        ("Heap + 2 pages", 0x40E000),
        ("brk - 64K + 0x10", 0x41D010),
        ("7ffff7fc1000+1page", 0x7FFFF7FC2000),
        ("+1 page", 0x42E000),
        ("-1p", 0x42C000),
        ("0x7ff..", 0x7FFFFFFDE000),
        ("0x42…", 0x42D000),
    ],
)
def test_addresses(text: str, address: int) -> None:
    assert parse_address(text, names=NAMES, base=NAMES["brk"]) == address


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "an address (such as 0x401000, stack, stack + 2 pages) is missing"),
        ("0x", "'0x' is not an address"),
        ("401000", "'401000' may be decimal or hexadecimal: write 0x401000"),
        ("foo", "the names are brk, heap, stack"),
        ("heap + 2 pagez", "'pagez' is not a unit: use pages, K, M or G"),
        ("heap 2", "'heap 2' is not an address"),
        ("heap +", "is not an address"),
        ("- 1G", "outside the 64 bits"),
        ("0x1ffffffffffffffff", "outside the 64 bits"),
        ("0x4..", "begins 0x40c000, 0x42d000"),
        ("0x9..", "none begins so"),
    ],
)
def test_bad_addresses(text: str, words: str) -> None:
    with pytest.raises(FieldError) as caught:
        parse_address(text, names=NAMES)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("8192", 8192),
        ("0x2000", 8192),
        ("1 page", 4096),
        ("2 pages", 8192),
        ("3p", 12288),
        ("64K", 65536),
        ("64 kB", 65536),
        ("64KiB", 65536),
        ("1M + 1 page", 1052672),
        ("2G", 1 << 31),
        ("5 bytes", 5),
        ("0", 0),
    ],
)
def test_lengths(text: str, length: int) -> None:
    assert parse_length(text) == length


def test_a_page_has_the_size_of_the_machine() -> None:
    assert parse_length("3 pages", page=16) == 48
    assert parse_address("0x10 + 1 page", page=16) == 0x20


@pytest.mark.parametrize("text", ["", "-5", "1.5M", "two pages", "heap", "4 5"])
def test_bad_lengths(text: str) -> None:
    with pytest.raises(FieldError, match="a length"):
        parse_length(text)


@pytest.mark.parametrize(
    ("text", "prot"),
    [
        ("rw", 3),
        ("r-x", 5),
        ("---", 0),
        ("none", 0),
        ("RWX", 7),
        ("read write", 3),
        ("PROT_READ|PROT_EXEC", 5),
        ("PROT_READ | w", 3),
        ("0x7", 7),
    ],
)
def test_protections(text: str, prot: int) -> None:
    assert parse_flags(text, Prot) == prot


def test_flags_of_other_calls() -> None:
    assert parse_flags("dontneed", Madv) == Madv.MADV_DONTNEED
    with pytest.raises(FieldError, match="'rq' is none of: r, w, x, none, read"):
        parse_flags("rq", Prot)
    with pytest.raises(FieldError, match=r"MADV_\.\. is missing"):
        parse_flags(" ", Madv)


@pytest.mark.parametrize(
    ("text", "flags"),
    [("", 0x02), ("shared", 0x01), ("private fixed", 0x12), ("MAP_SHARED|MAP_ANONYMOUS", 0x21)],
)
def test_mmap_is_private_unless_said(text: str, flags: int) -> None:
    assert parse_map_flags(text) == flags


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("A", b"A"),
        ('"two words"', b"two words"),
        (r"line\n\0\x41\\", b"line\n\0A\\"),
        (r"\xff", b"\xff"),
        ("0x4142", b"AB"),
        ("0x de_ad be ef", b"\xde\xad\xbe\xef"),
        ("é", b"\xc3\xa9"),
    ],
)
def test_bytes(text: str, data: bytes) -> None:
    assert parse_bytes(text) == data


@pytest.mark.parametrize("text", ["", '""', "0x414", "0xzz", "0x"])
def test_bad_bytes(text: str) -> None:
    with pytest.raises(FieldError):
        parse_bytes(text)


def test_numbers() -> None:
    assert [parse_number(text) for text in ("0", "-1", "0x10")] == [0, -1, 16]
    with pytest.raises(FieldError, match="'ten' is not a whole number"):
        parse_number("ten")


def test_words_limits_signals_truths() -> None:
    assert parse_words(" a.out 'two words' ") == ["a.out", "two words"]
    assert parse_limit("unlimited") == (1 << 64) - 1
    assert parse_limit("2 pages") == 8192
    assert [parse_signal(text) for text in ("SIGSEGV", "segv", "11", " bus ")] == [11, 11, 11, 7]
    assert [parse_truth(text) for text in ("yes", "No", "1", "false")] == [True, False, True, False]


@pytest.mark.parametrize(
    ("read", "text", "words"),
    [
        (parse_words, "a 'b", "a quotation mark that is not closed"),
        (parse_limit, "much", "'much' is not a length"),
        (parse_signal, "SIGFOO", "'SIGFOO' is not a signal"),
        (parse_truth, "perhaps", "'perhaps' is neither yes nor no"),
        (parse_number, str(1 << 64), "is outside the 64 bits of a number"),
        (parse_number, hex(-1 - (1 << 63)), "is outside the 64 bits of a number"),
        (parse_map_flags, "shared|0x10000000000000000", "is outside the 64 bits of a number"),
        (parse_text, "/a\0b", "'/a.x00b' has a zero byte"),
        (parse_words, "ls a\0b", "has a zero byte"),
    ],
)
def test_what_is_none_of_them(read: Callable[[str], object], text: str, words: str) -> None:
    with pytest.raises(FieldError, match=words):
        read(text)


@given(st.text())
def test_nothing_typed_raises_anything_else(text: str) -> None:
    for read in (
        *(parse_address, parse_length, parse_number, parse_bytes, parse_map_flags),
        *(parse_words, parse_limit, parse_signal, parse_truth),
    ):
        with contextlib.suppress(FieldError):
            read(text)


@pytest.mark.parametrize(
    ("parse", "typed"),
    [
        (lambda text: parse_address(text, names={"brk": 1}), "힙"),
        (parse_length, "힙 + 2 페이지"),
        (lambda text: parse_flags(text, Prot), "스택"),
        (parse_number, "３ 페이지"),
    ],
)
def test_what_is_wrong_is_said_of_the_text_as_it_was_typed(
    parse: Callable[[str], object], typed: str
) -> None:
    with speaking("ko"), pytest.raises(FieldError, match=re.escape(repr(typed))):
        parse(typed)
