"""A few mutants of each kind, always the same, and those that once broke something.

`python -m tests.fuzz` tries others by the thousand.
"""

from __future__ import annotations

import signal

import pytest

from tests.fuzz.mutate import GONE, changed
from tests.fuzz.run import KINDS, Mutant, kept, mutant

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGVTALRM"), reason="no alarm here")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_changed_is_right_itself(kind: str) -> None:
    for base in KINDS[kind].bases():
        if (kind, base) != ("answers", "none"):
            assert Mutant(kind, base, [], 1).attempt() == "loaded"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(40))
def test_a_mutant_is_refused_or_goes_on(kind: str, seed: int) -> None:
    assert mutant(kind, seed).attempt() in ("refused", "loaded")


@pytest.mark.parametrize("chosen", kept(), ids=lambda chosen: f"{chosen.kind}-{chosen.seed}")
def test_what_once_broke_something(chosen: Mutant) -> None:
    assert chosen.attempt() in ("refused", "loaded")


def test_a_change_copies_what_it_changes() -> None:
    data = {"a": [1, {"b": 2}], "c": 3}
    assert changed(data, [(("a", 1, "b"), 5), (("c",), GONE)]) == {"a": [1, {"b": 5}]}
    assert changed(data, [(("a", 7), 5), (("c", "x"), 5), (("z", 0), 5)]) == data
    assert data == {"a": [1, {"b": 2}], "c": 3}
