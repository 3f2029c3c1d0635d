"""The lessons are stored as they should be: run once from the top, short, without code to hide.

Whether they run and what they print is checked by nbval, which compares nothing in a cell that
has no execution count; so that count is checked here.
"""

import ast
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from tests.lesson_code import python_of
from tests.run_lessons import WIDGET

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
MAX_CELLS = 25
MAX_LINES = 8
MAX_C_LINES = 40
IGNORED = "nbval-ignore-output"


def problems(notebook: NotebookNode) -> list[str]:
    """What is wrong with a notebook, one line each."""
    found = []
    if len(notebook.cells) > MAX_CELLS:
        found.append(f"{len(notebook.cells)} cells, more than {MAX_CELLS}")
    if "widgets" in notebook.metadata:
        found.append("stored widget state")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        found += [f"code cell {number}: {what}" for what in _in_cell(cell, number)]
    return found


def _in_cell(cell: NotebookNode, number: int) -> list[str]:
    found = []
    if cell.execution_count != number:
        found.append(f"execution count {cell.execution_count}: run all cells from the top")
    if any(WIDGET in output.get("data", {}) for output in cell.outputs):
        found.append("a stored widget, which no kernel knows any more")
    is_c = cell.source.startswith("%%c ")
    most = MAX_C_LINES if is_c else MAX_LINES
    if (lines := len(cell.source.splitlines())) > most:
        found.append(f"{lines} lines, more than {most}")
    if ".for_real(" in cell.source and IGNORED not in cell.metadata.get("tags", []):
        found.append(f"shows what differs by computer: needs the tag {IGNORED}")
    for node in ast.walk(ast.parse(python_of(cell.source))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.append(f"defines {node.name}, which belongs in vmlab.lessons")
        elif isinstance(node, ast.Import):
            found += [_foreign(alias.name) for alias in node.names if not _ours(alias.name)]
        elif isinstance(node, ast.ImportFrom) and not _ours(node.module or ""):
            found.append(_foreign(node.module or ""))
    return found


def _ours(module: str) -> bool:
    return module.partition(".")[0] == "vmlab"


def _foreign(module: str) -> str:
    return f"imports {module}, not only vmlab"


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
