"""The recordings that lessons make: `python -m tests.lesson_recordings LESSON FOLDER` saves them.

Each is a file, named after its lesson, with its number in it.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from vmlab import Recorder

ROOT = Path(__file__).parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def longest(lesson: Path, folder: Path) -> Path | None:
    """Run a lesson in a process of its own; return its recording with most steps, if it has one."""
    command = [sys.executable, "-m", "tests.lesson_recordings", str(lesson), str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=600)
    return max(folder.glob(f"{lesson.stem}.*.json"), key=_steps, default=None)


def _steps(path: Path) -> int:
    return len(json.loads(path.read_text(encoding="utf-8"))["steps"])


def main(lesson: str, folder: str) -> None:
    """Run a lesson and save its recordings."""
    made: list[Recorder] = []
    take = Recorder._take

    def noted(recorder: Recorder, *history: Any) -> None:
        take(recorder, *history)
        made.append(recorder)

    Recorder._take = noted  # type: ignore[method-assign]
    path = Path(lesson)
    shell = InteractiveShell.instance()
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            with contextlib.redirect_stdout(io.StringIO()):
                shell.run_cell("".join(cell["source"]))
    for number, recorder in enumerate(made):
        with contextlib.suppress(ValueError):  # something in it was done by hand
            if recorder.calls:
                text = recorder.to_json()
                file = Path(folder, f"{path.stem}.{number}.json")
                file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
