"""Every kind of answer: right, wrong, malformed."""

import pytest

from vmlab.lessons.answer_kinds import (
    AnswerError,
    AnswerKind,
    Choice,
    MapsLineAnswer,
    Names,
    Number,
    Numbers,
)

BITS = Names(("P", "RW", "US", "NX"))
WALK = Numbers(("PGD", "PTE"))
LINE = "10000000-10002000 rw-p"


@pytest.mark.parametrize(
    ("kind", "typed", "canonical"),
    [
        (Number("count"), " 12 ", "12"),
        (Number("count"), "0xc", "12"),
        (Number("address", hexadecimal=True), "4096", "0x1000"),
        (Number("address", hexadecimal=True), "0x1_000", "0x1000"),
        (Choice(("new frame", "SEGV_MAPERR")), "segv_maperr", "SEGV_MAPERR"),
        (Choice(("new frame", "SEGV_MAPERR")), " New   Frame", "new frame"),
        (BITS, "us,p nx", "P US NX"),
        (BITS, "P|RW", "P RW"),
        (BITS, "none", "none"),
        (WALK, "(1, 0x2)", "1 2"),
        (MapsLineAnswer(), LINE, LINE),
        (MapsLineAnswer(), "0x10000000-0x10002000 RW-P 00000000 00:00 0  /x", LINE),
        (MapsLineAnswer(), " none", "none"),
    ],
)
def test_read(kind: AnswerKind, typed: str, canonical: str) -> None:
    assert kind.read(typed) == canonical
    assert kind.wrong(canonical, canonical) == ""
    assert kind.read(canonical) == canonical


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        (Number("count"), "many", "'many' is not a number"),
        (Number("count"), "-1", "cannot be negative"),
        (Number("count"), "none", "is not a number"),
        (Choice(("yes", "no")), "maybe", "one of: yes, no"),
        (BITS, "P Q", "'Q' is not a bit"),
        (WALK, "1", "that is 1 number, not 2 numbers, for PGD, PTE"),
        (WALK, "1 x", "is not 2 numbers"),
        (MapsLineAnswer(), "heap", "is not a line such as"),
        (MapsLineAnswer(), "10000000-10002000 rwxq", "four letters"),
        (MapsLineAnswer(), "10002000-10000000 rw-p", "before it starts"),
        (MapsLineAnswer(), "10000000-10002fff rw-p", "end at pages"),
    ],
)
def test_what_cannot_be_read_is_said(kind: AnswerKind, typed: str, words: str) -> None:
    with pytest.raises(AnswerError, match=words):
        kind.read(typed)


@pytest.mark.parametrize(
    ("kind", "given", "right", "words"),
    [
        (Number("count"), "3", "2", "count is less than 3"),
        (Number("address", hexadecimal=True), "0x1", "0x2", "address is more than 0x1"),
        (Number("frame", counts=False), "3", "2", "frame is not 3"),
        (Choice(("yes", "no")), "yes", "no", "it is not 'yes'"),
        (Choice(("yes", "no"), {"yes": "it is"}), "yes", "no", "'yes' would mean that it is"),
        (BITS, "P NX", "P RW", "bit RW is missing"),
        (BITS, "P NX", "P", "bit NX is not set"),
        (BITS, "none", "P", "bit P is missing"),
        (WALK, "1 2", "1 3", "PTE is not 2"),
        (WALK, "2 2", "1 3", "PGD is not 2"),
        (MapsLineAnswer(), LINE, "10001000-10003000 r--p", "the start is not 0x10000000"),
        (MapsLineAnswer(), LINE, "10000000-10003000 r--p", "the end is not 0x10002000"),
        (MapsLineAnswer(), LINE, "10000000-10002000 r--p", "'w' is in the wrong place"),
        (MapsLineAnswer(), LINE, "none", "there is no such line"),
        (MapsLineAnswer(), "none", LINE, "there is such a line"),
    ],
)
def test_the_first_thing_wrong_is_named(
    kind: AnswerKind, given: str, right: str, words: str
) -> None:
    assert kind.wrong(given, right).startswith(words)
