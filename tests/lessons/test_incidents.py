"""The notebooks about incidents: what a reader pastes into a real machine prints what is told."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks" / "incidents").glob("*.ipynb"))
PASTED = re.compile(r"```sh\n(.*?)```\n\n[^\n]*\n\n```text\n(.*?)```", re.DOTALL)
THREAD = re.compile(r"\(https://github\.com/[\w-]+/[\w-]+/(?:issues|pull)/\d+\)")
OVERCOMMIT = Path("/proc/sys/vm/overcommit_memory")
PICTURE = "image/svg+xml"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_an_incident_has_a_source_and_one_picture(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert THREAD.search(notebook.cells[0].source)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum(PICTURE in output.get("data", {}) for output in outputs) == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks a kernel of Linux")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_real_machine_says_the_same(path: Path) -> None:
    text = "\n\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    (pasted,) = PASTED.findall(text)
    command, told = pasted
    if "overcommit" in command and OVERCOMMIT.read_text() != "0\n":
        pytest.skip("vm.overcommit_memory is not the default here")
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert ran.stdout == told
