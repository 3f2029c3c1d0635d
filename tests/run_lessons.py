"""Run lessons from the top and store them as they should be: `python -m tests.run_lessons FILE...`.

What depends on the run is left out: widgets (a kernel that is gone leaves an error in their
place; the picture and the text that come with them stay) and how the output was cut into pieces.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from vmlab.lessons.lesson_rules import WIDGET


def run(path: Path) -> None:
    """Run one notebook and write it back."""
    notebook = nbformat.read(path, as_version=4)
    metadata = {name: value for name, value in notebook.metadata.items() if name != "widgets"}
    NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        store_widget_state=False,
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    notebook.metadata = nbformat.from_dict(metadata)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
            for output in cell.outputs:
                output.get("data", {}).pop(WIDGET, None)
    nbformat.write(notebook, path)


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    # What was printed to one stream without anything between, in one piece.
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and last.output_type == output.output_type == "stream" and last.name == output.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


if __name__ == "__main__":
    for name in sys.argv[1:]:
        run(Path(name))
