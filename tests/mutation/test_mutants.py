"""What is changed, and that a change counts for everybody who uses the function."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from tests.mutation import kill
from tests.mutation.mutants import mutants, mutated
from tests.mutation.patch import put_in
from tests.mutation.reach import ROOT, Reach

SOURCE = '''\
"""A module."""
LIMIT = 3


def f(a: int, b: int = 4) -> int:
    """Say it."""
    assert a != 7
    c: int = a + b
    if a < b and not a:
        raise OSError(errno.EINVAL, "code")
    return c if a is None else 0
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
    lines = [f"{PAGES}:{chosen.line}"]

    class Vma:
        vm_start, vm_end = 0, 8192

    def agrees() -> bool:
        return mm.vma_pages(Vma) == 2  # type: ignore[arg-type]

    def outcome(witnesses: kill.Witnesses) -> int:
        return kill.outcome(os.waitpid(kill.begin(chosen, witnesses, lines), 0)[1])

    assert outcome(kill.Witnesses(sequences={lines[0]: [agrees]})) == kill.CORPUS
    assert outcome(kill.Witnesses(sequences={lines[0]: [lambda: True]})) == kill.SURVIVED
    assert outcome(kill.Witnesses()) == kill.UNREACHED
    assert agrees()
    before = mm.vma_pages.__code__
    try:
        put_in(chosen, mutated(ROOT, chosen))
        assert not agrees()
    finally:
        mm.vma_pages.__code__ = before


def test_the_lines_that_a_test_reaches() -> None:
    from vmlab import Machine

    with Reach().of() as lines:
        Machine()
    assert any(line.startswith("vmlab/model/linux/") for line in lines)
    assert not any("/words/" in line for line in lines)
