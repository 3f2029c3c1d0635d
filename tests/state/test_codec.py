"""Values as JSON data and back: here the reasons, which the fields of events hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.refused import refused
from vmlab import StateError
from vmlab.codes import NO_REASON, Reason, because
from vmlab.model.trace.events.process import SchedProcessFork
from vmlab.state.codec import decode, encode

names = st.text("abcdefgh_", min_size=1, max_size=8)
texts = st.text("a/0x \n\0가", max_size=9)
plain = st.one_of(st.booleans(), st.integers(-(1 << 63), (1 << 64) - 1), texts)


def reasons(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Reason]:
    given = st.dictionaries(names, values, max_size=3)
    return st.builds(lambda code, values: because(code, **values), names, given)


@given(reasons(st.recursive(plain, reasons, max_leaves=4)))
def test_there_and_back(reason: Reason) -> None:
    data = json.loads(json.dumps(encode(reason, "reason")))
    again = decode(Reason, data, "reason")
    assert again == reason
    assert json.dumps(encode(again)) == json.dumps(encode(reason))


def test_how_a_reason_is_written() -> None:
    assert encode(NO_REASON) == ""
    assert encode(because("page_cached")) == "page_cached"
    nested = because("refused", addr=0x10000, path="/a", again=True, why=because("range_empty"))
    assert encode(nested) == {
        "code": "refused",
        "values": {
            "addr": 0x10000,
            "path": "/a",
            "again": True,
            "why": {"code": "range_empty", "values": {}},
        },
    }


def test_an_event_has_its_reason_by_its_annotation() -> None:
    event = SchedProcessFork(1, 1000, because("kernel_thread"))
    assert encode(event) == {"pid": 1, "child": 1000, "reason": "kernel_thread"}
    assert decode(SchedProcessFork, encode(event), "values") == event


def test_text_stays_text_and_numbers_stay_numbers() -> None:
    reason = because("x", one="0x1000", two=0x1000, three=1, four=True)
    values = dict(decode(Reason, encode(reason), "").values)
    assert [(value, type(value)) for value in values.values()] == [
        ("0x1000", str),
        (0x1000, int),
        (1, int),
        (True, bool),
    ]


def nested(depth: int) -> dict[str, Any]:
    reason: dict[str, Any] = {"code": "x", "values": {}}
    for _ in range(depth):
        reason = {"code": "x", "values": {"why": reason}}
    return reason


@pytest.mark.parametrize(
    ("data", "at", "code"),
    [
        (5, "reason", "must_be_reason"),
        (None, "reason", "must_be_reason"),
        (["x"], "reason", "must_be_reason"),
        ("\ud800", "reason", "not_valid_text"),
        ({"code": "x"}, "reason.values", "field_missing"),
        ({"code": "x", "values": {}, "more": 1}, "reason.more", "field_unknown"),
        ({"code": 1, "values": {}}, "reason.code", "must_be_text"),
        ({"code": "x", "values": []}, "reason.values", "must_be_object"),
        ({"code": "x", "values": {"a": None}}, "reason.values.a", "must_be_value"),
        ({"code": "x", "values": {"a": [1]}}, "reason.values.a", "must_be_value"),
        ({"code": "x", "values": {"a": 1 << 64}}, "reason.values.a", "out_of_range"),
        ({"code": "x", "values": {"a": "\ud800"}}, "reason.values.a", "not_valid_text"),
        ({"code": "x", "values": {"\ud800": 1}}, "reason.values", "not_valid_text"),
        ({"code": "x", "values": {"a": {}}}, "reason.values.a.code", "field_missing"),
        (nested(8), "reason" + ".values.why" * 8, "nested_too_deeply"),
    ],
)
def test_what_is_not_a_reason(data: Any, at: str, code: str) -> None:
    with refused(StateError, code, at=at):
        decode(Reason, data, "reason")


def test_reasons_may_be_eight_deep() -> None:
    assert encode(decode(Reason, nested(7), "reason")) == nested(7)
