"""The lessons are stored as they should be: run once from the top, short, without code to hide.

Whether they run and what they print is checked by nbval, which compares nothing in a cell that
has no execution count; so that count is checked here.
"""

from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from vmlab.lessons.lesson_rules import MAX_LINES, WIDGET, problems

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.rglob("*.ipynb")), ids=lambda path: path.stem)
def test_notebook(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    found = problems(notebook)
    assert not found, "\n".join(found)


def notebook_of(*sources: str) -> NotebookNode:
    """A notebook as it is after a run of all its cells."""
    cells = [
        nbformat.v4.new_code_cell(source, execution_count=number)
        for number, source in enumerate(sources, start=1)
    ]
    return nbformat.v4.new_notebook(cells=cells)


def test_a_good_notebook_passes() -> None:
    assert problems(notebook_of("from vmlab import Machine", "m = Machine()\n" * MAX_LINES)) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\n" * 9, "9 lines"),
        ("def helper(): pass", "defines helper"),
        ("if True:\n    class Helper: pass", "defines Helper"),
        ("import numpy", "imports numpy"),
        ("from vmlabel import x", "imports vmlabel"),
        ("mmapcopy.for_real(b'')", "shows what differs by computer"),
    ],
)
def test_a_bad_cell_is_found(source: str, expected: str) -> None:
    (problem,) = problems(notebook_of("import vmlab", source))
    assert problem.startswith(f"code cell 2: {expected}")


def test_a_module_beside_the_notebook_may_be_imported() -> None:
    assert problems(notebook_of("import mine, vmlab"), {"mine"}) == []
    assert problems(notebook_of("import mine, vmlab")) != []


def test_a_cell_that_is_no_python_is_found() -> None:
    (problem,) = problems(notebook_of("x = ("))
    assert problem.startswith("code cell 1: is no Python")


@pytest.mark.parametrize("count", [None, 2])
def test_a_cell_not_run_from_the_top_is_found(count: int | None) -> None:
    notebook = notebook_of("1 + 1")
    notebook.cells[0].execution_count = count
    (problem,) = problems(notebook)
    assert problem.startswith(f"code cell 1: execution count {count}")


def test_a_long_notebook_is_found() -> None:
    assert problems(notebook_of(*["1"] * 26)) == ["26 cells, more than 25"]


def test_stored_widget_state_is_found() -> None:
    notebook = notebook_of("1")
    notebook.metadata.widgets = {}
    assert problems(notebook) == ["stored widget state"]


def test_a_stored_widget_is_found() -> None:
    notebook = notebook_of("1")
    data = {WIDGET: {"model_id": "x"}, "text/plain": "x"}
    notebook.cells[0].outputs = [nbformat.v4.new_output("display_data", data)]
    assert problems(notebook) == ["code cell 1: a stored widget, which no kernel knows any more"]
