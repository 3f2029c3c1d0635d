"""The page of evidence says what the tests hold."""

from __future__ import annotations

from tests import evidence
from tests.fuzz.kernel import runs
from tests.mutation import score
from vmlab.model.abi.calls import ACCESSES, CALLS


def test_the_page_is_current() -> None:
    assert evidence.PAGE.read_text() == evidence.page()


def test_every_recorded_name_is_a_call_an_access_or_a_text() -> None:
    known = {*CALLS, *ACCESSES, *evidence.TEXTS, "meminfo", "overcommit", "bytes", "word"}
    assert set(evidence.outcomes()) <= known


def test_what_was_never_asked_is_said_to_be_so() -> None:
    asked, _, _ = evidence.page().partition("## Random calls")
    rows = [row for row in asked.splitlines() if row.startswith("| `")]
    names = {row.split("`")[1] for row in rows}
    assert names == {*CALLS, *ACCESSES, *evidence.TEXTS.values()}
    assert all(row.split(" | ")[2][0].isdigit() for row in rows)


def test_the_page_tells_of_every_run_of_random_calls() -> None:
    told = evidence.page().partition("## Random calls")[2].partition("## Mutants")[0]
    rows = [row.split(" | ") for row in told.splitlines() if row.startswith("| ")][2:]
    assert [row[2] for row in rows] == [f"{run.operations:,}" for run in runs.read()]


def test_the_page_tells_of_every_mutant_that_was_stored() -> None:
    stored = score.read()
    told = evidence.page().partition("## Mutants")[2]
    rows = {row.split("`")[1]: row.split(" | ") for row in told.splitlines() if row[:3] == "| `"}
    assert rows.keys() == {*stored, "all"}
    for name, counts in [*stored.items(), ("all", score.total(stored))]:
        changes, noticed, equivalent, survived = map(int, rows[name][1:5])
        assert changes == noticed + equivalent + survived == sum(counts.values())
    assert score.share(score.total(stored)) >= 0.95
