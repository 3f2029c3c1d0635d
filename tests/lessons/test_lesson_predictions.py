"""Every prediction in a lesson has a name of its own, is shown, and is judged."""

import ast
from collections import Counter
from pathlib import Path

import nbformat
import pytest

from vmlab.lessons.lesson_rules import python_of

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("[0-9]*.ipynb"))


def sources(path: Path) -> list[str]:
    notebook = nbformat.read(path, as_version=4)
    return [python_of(cell.source) for cell in notebook.cells if cell.cell_type == "code"]


def calls(source: str, name: str) -> list[ast.Call]:
    """Return the calls of a function or method of that name."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        node for node in nodes if getattr(node.func, "attr", getattr(node.func, "id", "")) == name
    ]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_names_begin_with_the_lesson_and_are_used_once(path: Path) -> None:
    names = [ast.literal_eval(call.args[0]) for s in sources(path) for call in calls(s, "predict")]
    assert names
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert [name for name in names if not name.startswith(f"{path.name[:2]}.")] == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_each_is_shown_and_has_an_outcome_before_the_next(path: Path) -> None:
    waits = False
    for source in sources(path):
        if calls(source, "predict"):
            assert not waits, f"no outcome before\n{source}"
            assert source.splitlines()[-1] == "guess"
            waits = True
        if calls(source, "outcome") or calls(source, "case"):
            assert waits, f"an outcome without a question:\n{source}"
            waits = False
    assert not waits
