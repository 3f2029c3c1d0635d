"""A few lives, always the same; `python -m tests soak` lives many others."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.soak import run
from tests.soak.arguments import DRAWS
from tests.soak.life import LISTENERS, Life
from tests.soak.operations import OPERATIONS, operation
from tests.soak.run import live, plan, shortest
from tests.soak.tally import Tally
from vmlab.model.abi.calls import ACTIONS
from vmlab.model.abi.kinds import Kind

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGVTALRM"), reason="no alarm here")

SEEDS = range(8)


def listener(seed: int) -> str:
    life = Life(seed, Tally())
    life.close()
    return life.listener


def test_short_lives() -> None:
    tally = Tally()
    for seed in SEEDS:
        chosen = plan(seed, 25, listener(seed), interrupted=False)
        assert live(seed, chosen, tally=tally) is None
    assert tally.operations.total() == 25 * len(SEEDS)
    assert len(tally.calls.keys() & ACTIONS.keys()) > 20
    assert len(tally.answers) > 5
    assert len(tally.events) > 40
    assert "calls never seen" in str(tally)


def test_arguments_of_every_kind_are_drawn() -> None:
    assert {*Kind} == DRAWS.keys() | {Kind.HINT}


def test_among_the_lives_are_those_with_every_listener() -> None:
    assert {listener(seed) for seed in SEEDS} == {*LISTENERS}


@pytest.fixture
def defect() -> Iterator[None]:
    """An operation that breaks the machine once two of its states were kept."""

    @operation(50)
    def breaks(life: Life, chance: object) -> None:
        if len(life.snaps) > 1:
            life.machine.system.next_frame += 1

    yield
    del OPERATIONS["breaks"]


@pytest.mark.usefixtures("defect")
def test_a_failure_is_told_by_the_fewest_operations_that_make_it() -> None:
    found = live(7)
    assert found is not None
    assert len(found.done) > 5
    least = shortest(found)
    assert [name for name, _ in least.done] == ["keep", "keep", "breaks"]
    assert live(least.seed, least.done) is not None
    assert "frames" in str(least)


def test_what_a_seed_chooses_is_always_the_same() -> None:
    chosen = plan(3, 30, "reader", interrupted=False)
    assert chosen == plan(3, 30, "reader", interrupted=False)
    one, other = Tally(), Tally()
    assert live(3, chosen, tally=one) is live(3, chosen, tally=other) is None
    assert str(one) == str(other)


def test_the_command_says_what_it_covered(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--minutes", "0"]) == 0
    said = capsys.readouterr().out
    assert "0 operations in " in said
    assert "events never seen: access_begin, " in said
