"""What is changed, and that a change counts for everybody who uses the function."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mutation import kill, order, score, witnesses
from tests.mutation.__main__ import EQUIVALENT
from tests.mutation.mutants import mutants, mutated
from tests.mutation.patch import put_in
from tests.mutation.reach import ROOT, place
from tests.mutation.witnesses import Witness

SOURCE = '''\
"""A module."""
LIMIT = 3


def f(a: int, b: int = 4) -> int:
    """Say it."""
    assert a != 7
    c: int = a + b
    if a < b and not a:
        raise OSError(errno.EINVAL, "code")
    def inner() -> int | None:
        return c if a is None else 0
    return inner()
'''
WAYS = [
    "a + b  ->  a - b",
    "if a < b and (not a):  ->  if True:",
    "if a < b and (not a):  ->  if False:",
    "a < b and (not a)  ->  a < b or not a",
    "a < b  ->  a <= b",
    "not a  ->  a",
    "errno.EINVAL  ->  errno.ENOMEM",
    "c if a is None else 0  ->  c if True else 0",
    "c if a is None else 0  ->  c if False else 0",
    "a is None  ->  a is not None",
    "0  ->  1",
]
PAGES = "vmlab/model/linux/include/mm.py"


def test_operators_constants_and_branches_are_changed(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(SOURCE)
    assert [each.text for each in mutants(tmp_path, "m.py")] == WAYS


def test_a_mutant_differs_in_one_place(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(SOURCE)
    plain = ast.unparse(ast.parse(SOURCE)).splitlines()
    for each in mutants(tmp_path, "m.py"):
        lines = ast.unparse(mutated(tmp_path, each)).splitlines()
        assert sum(a != b for a, b in zip(plain, lines, strict=True)) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_mutant_lives_in_its_own_process() -> None:
    from vmlab.model.linux.include import mm

    chosen = next(each for each in mutants(ROOT, PAGES) if each.function == "vma_pages")

    class Vma:
        vm_start, vm_end = 0, 8192

    def agrees() -> bool:
        return mm.vma_pages(Vma) == 2  # type: ignore[arg-type]

    def outcome(*holds: Callable[[], bool], unit: bool = False) -> tuple[int, str]:
        asked = [Witness(str(number), "", each, unit) for number, each in enumerate(holds)]
        trial = kill.begin(chosen, asked)
        came, witness = trial.ended(os.waitpid(trial.pid, 0)[1])
        return came, witness.name if witness else ""

    def for_ever() -> bool:
        while True:
            pass

    assert outcome(lambda: True, agrees) == (kill.RECORDING, "1")
    assert outcome(agrees, unit=True) == (kill.UNIT, "0")
    assert outcome(lambda: 1 // 0 == 1) == (kill.RECORDING, "0")
    assert outcome(for_ever) == (kill.HANGS, "0")
    assert outcome(lambda: True) == (kill.SURVIVED, "")
    assert outcome() == (kill.UNREACHED, "")
    assert agrees()
    before = mm.vma_pages.__code__
    try:
        put_in(chosen.path, chosen.function, mutated(ROOT, chosen))
        assert not agrees()
    finally:
        mm.vma_pages.__code__ = before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_what_noticed_a_change_before_is_asked_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "_NOTICED", tmp_path / "noticed.json")
    first, other = [each for each in mutants(ROOT, PAGES) if each.function == "vma_pages"][:2]
    from vmlab.model.linux.include import mm

    class Vma:
        vm_start, vm_end = 0, 8192

    own = Witness("tests/model/linux/include/test_mm.py::test_pages", "", lambda: True, True, 3, 2)
    slow = Witness("slow", "", lambda: mm.vma_pages(Vma) == 2, False, 2, 2)  # type: ignore
    quick = Witness("quick", "", lambda: False, False, 1, 2)
    elsewhere = Witness("elsewhere", "", lambda: True, comes_to=1)
    asked, numbers = [slow, elsewhere, quick, own], {place(first): 1}

    assert order.Order(asked, numbers, 9).of(first) == [own, quick, slow]  # its file's, then cheap
    assert order.Order(asked, numbers, 4).of(first) == [own, quick]
    remembered = order.Order(asked, numbers, 9)
    assert remembered.remember(first, slow)
    assert not remembered.remember(first, quick)  # it does not hold without a change
    assert not order.Order(asked, numbers, 9).remember(first, own)  # it does not notice it again
    assert remembered.of(first) == [slow, own]
    remembered.keep()
    assert order.Order(asked, numbers, 9).of(other) == [slow, own, quick]


def test_one_of_each_file_and_way_through_the_function_is_asked_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what would take too long is left out, not what comes behind it."""
    monkeypatch.setattr(order, "_NOTICED", tmp_path / "noticed.json")
    mutant = next(each for each in mutants(ROOT, PAGES) if each.function == "vma_pages")
    numbers = {place(mutant): 1, f"{PAGES}:vma_pages:9": 2, f"{PAGES}:other:1": 3}
    names = {"a": 0b0010, "b": 0b1010, "c": 0b0110, "d": 0b0110, "long": 0b0010}
    names["other/e"] = 0b0010
    asked = {
        name: Witness(name, "", lambda: True, seconds=9 if name == "long" else at, comes_to=places)
        for at, (name, places) in enumerate(names.items())
    }
    found = order.Order([*asked.values()], numbers, 11).of(mutant)
    assert [witness.name for witness in found] == ["a", "c", "other/e", "b", "d"]


def test_what_a_property_is_set_by_stays() -> None:
    path = "vmlab/model/linux/include/structs.py"
    from vmlab.model.linux.include.structs import TaskStruct

    got = TaskStruct.__dict__["rip"]
    assert sum(each.function == "TaskStruct.rip" for each in mutants(ROOT, path)) == 0
    before = got.fget.__code__
    try:
        put_in(path, "TaskStruct.rip", ast.parse((ROOT / path).read_text()))
        assert got.fget.__code__ is not before
        assert got.fget.__code__.co_varnames == before.co_varnames
    finally:
        got.fget.__code__ = before


def test_the_statements_that_a_test_reaches() -> None:
    program = f"""
from tests.mutation.reach import Reach
from vmlab.model.linux.include import mm
reach = Reach(["{PAGES}"])
class Vma: vm_start, vm_end = 0, 8192
mm.vma_pages(Vma)
print([reach.places[number] for number in reach.numbers()])
reach.forget()
print([*reach.numbers()])
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True)
    where = place(next(each for each in mutants(ROOT, PAGES) if each.function == "vma_pages"))
    assert ran.stdout.decode().split("\n") == [str([where]), "[]", ""]


def test_what_comes_to_another_function_than_before_is_run_anew() -> None:
    numbers = {"f:1": 0, "f:2": 1, "g:1": 2}
    runs = {"f": ("", 0.0, "3"), "both": ("", 0.0, "5"), "g": ("", 0.0, "4"), "no": ("", 0.0, "0")}

    def left(**new: str) -> set[str]:
        known = witnesses.Known({"f": "1", "g": "1", witnesses.REST: "1"}, numbers, runs.copy())
        known.forget({"f": "1", "g": "1", witnesses.REST: "1"} | new)
        return set(known.of)

    assert left() == set(runs)
    assert left(g="2") == {"f"}
    assert left(**{witnesses.REST: "2"}) == set()


def test_equivalent_mutants_are_mutants() -> None:
    explained = json.loads(EQUIVALENT.read_text())
    files = {name.partition(":")[0] for name in explained}
    assert set(explained) <= {each.name for path in files for each in mutants(ROOT, path)}
    assert all(explained.values())


def test_counts_of_some_files_are_stored_beside_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score, "STORED", tmp_path / "score.json")
    score.store({"b": {score.KILLED: 1}, "a": {score.KILLED: 3, score.SURVIVED: 1}})
    score.store({"b": {score.KILLED: 4, score.EQUIVALENT: 2}})
    assert list(score.read()) == ["a", "b"]
    assert score.share(score.total(score.read())) == 7 / 8
