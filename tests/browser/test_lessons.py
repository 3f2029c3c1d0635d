"""Every lesson runs to its end in a real browser."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.notebook_page import NotebookPage

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.browser
@pytest.mark.parametrize("name", [lesson.name for lesson in LESSONS])
def test_a_lesson_runs(name: str, notebook_page: Callable[[str], NotebookPage]) -> None:
    notebook = notebook_page(name)
    notebook.run_all()
    notebook.screenshot(Path(name).stem)
