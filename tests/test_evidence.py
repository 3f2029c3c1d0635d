"""The page of evidence says what the tests hold."""

from __future__ import annotations

from tests import evidence
from vmlab.model.abi.calls import ACCESSES, CALLS


def test_the_page_is_current() -> None:
    assert evidence.PAGE.read_text() == evidence.page()


def test_every_recorded_name_is_a_call_an_access_or_a_text() -> None:
    known = {*CALLS, *ACCESSES, *evidence.TEXTS, "meminfo", "overcommit", "bytes", "word"}
    assert set(evidence.outcomes()) <= known


def test_what_was_never_asked_is_said_to_be_so() -> None:
    rows = [row for row in evidence.page().splitlines() if row.startswith("| `")]
    names = {row.split("`")[1] for row in rows}
    assert names == {*CALLS, *ACCESSES, *evidence.TEXTS.values()}
    assert all(row.split(" | ")[2][0].isdigit() for row in rows)
