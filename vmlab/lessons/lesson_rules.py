"""What is asked of the form of a lesson: run once from the top, short, without code to hide."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from vmlab.words.language import say, say_n

MAX_CELLS = 25
MAX_LINES = 8
MAX_C_LINES = 40
IGNORED = "nbval-ignore-output"
WIDGET = "application/vnd.jupyter.widget-view+json"
_LOAD = "%load_ext vmlab\n"


def python_of(source: str) -> str:
    """Return the Python of a cell: none of one in C, and without loading what knows such cells."""
    return "" if source.startswith("%%c ") else source.removeprefix(_LOAD)


def problems(notebook: Mapping[str, Any], beside: Collection[str] = ()) -> list[str]:
    """Return what is wrong with a notebook, one clause each.

    Args:
        notebook: as its JSON has it.
        beside: modules that may be imported besides vmlab: those that lie in its folder.
    """
    found = []
    cells: Sequence[Mapping[str, Any]] = notebook["cells"]
    if len(cells) > MAX_CELLS:
        found.append(
            say_n(
                len(cells),
                "{n} cell, more than {most}",
                "{n} cells, more than {most}",
                most=MAX_CELLS,
            )
        )
    if "widgets" in notebook["metadata"]:
        found.append(say("stored widget state"))
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    for number, cell in enumerate(code, start=1):
        found += [
            say("code cell {number}: {what}", number=number, what=what)
            for what in _in_cell(cell, number, {"vmlab", *beside})
        ]
    return found


def _in_cell(cell: Mapping[str, Any], number: int, modules: Collection[str]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["execution_count"] != number:
        yield say(
            "execution count {count}: run all cells from the top", count=cell["execution_count"]
        )
    if any(WIDGET in output.get("data", {}) for output in cell["outputs"]):
        yield say("a stored widget, which no kernel knows any more")
    most = MAX_C_LINES if source.startswith("%%c ") else MAX_LINES
    if (lines := len(source.splitlines())) > most:
        yield say_n(lines, "{n} line, more than {most}", "{n} lines, more than {most}", most=most)
    if ".for_real(" in source and IGNORED not in cell["metadata"].get("tags", []):
        yield say("shows what differs by computer: needs the tag {tag}", tag=IGNORED)
    try:
        tree = ast.parse(python_of(source))
    except SyntaxError as problem:
        yield say("is no Python that vmlab can read: {problem}", problem=problem)
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield say("defines {name}, which belongs into a module", name=node.name)
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            if name.partition(".")[0] not in modules:
                yield say("imports {module}, not only vmlab", module=name)
