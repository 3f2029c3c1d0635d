"""The files of the site's JupyterLab: the lessons as a student gets them, in every language."""

import json
from pathlib import Path

from vmlab.commands.lab import copy_lessons
from vmlab.words.language import ENGLISH, languages

KERNEL = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}


def write(folder: Path) -> None:
    """Copy the lessons without their outputs, each other language into a folder of its code."""
    for code in languages():
        copy_lessons(folder if code == ENGLISH else folder / code, code)
    for lesson in folder.rglob("*.ipynb"):
        lesson.write_text(_for_pyodide(lesson.read_text(encoding="utf-8")), encoding="utf-8")


def _for_pyodide(text: str) -> str:
    # JupyterLite hands a file on as it is, and JupyterLab wants each text as one string then.
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    notebook["metadata"]["kernelspec"] = KERNEL
    return json.dumps(notebook, ensure_ascii=False)
