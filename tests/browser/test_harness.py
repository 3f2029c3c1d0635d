"""The harness itself: a notebook runs, a button reaches Python, a failure is seen."""

from collections.abc import Callable

import pytest

from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage

pytestmark = pytest.mark.browser

BUTTON = """\
import ipywidgets as widgets
button, label = widgets.Button(description="count"), widgets.Label("0")
button.on_click(lambda _: setattr(label, "value", str(int(label.value) + 1)))
widgets.VBox([button, label])"""


def test_a_button_reaches_python(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> None:
    notebook = notebook_page(lab.add_notebook("button.ipynb", "print(6 * 7)", BUTTON))

    cells = notebook.run_all()
    assert cells[0]["outputs"][0]["text"] == "42\n"

    button = notebook.page.get_by_role("button", name="count")
    label = notebook.page.locator(".widget-label")
    for count in ("1", "2"):
        button.click()
        label.get_by_text(count, exact=True).wait_for()

    dark, light = notebook.screenshot("harness")
    assert dark.read_bytes() != light.read_bytes()


@pytest.mark.parametrize("attempt", [1, 2])
def test_every_test_has_a_new_kernel(
    lab: Lab, notebook_page: Callable[[str], NotebookPage], attempt: int
) -> None:
    notebook = notebook_page(lab.add_notebook("fresh.ipynb", "print('x' in globals())\nx = 1"))
    assert notebook.run_all()[0]["outputs"][0]["text"] == "False\n"


def test_a_failing_cell_is_seen(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> None:
    notebook = notebook_page(lab.add_notebook("failing.ipynb", "1 / 0", "print('never')"))
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        notebook.run_all()


def test_an_error_in_the_console_is_seen(
    lab: Lab, notebook_page: Callable[[str], NotebookPage]
) -> None:
    notebook = notebook_page(lab.add_notebook("console.ipynb", "1"))
    notebook.page.evaluate("() => console.error('look here')")
    assert notebook.console_errors.pop().startswith("look here")


def test_a_screenshot_shows_the_whole_notebook(
    lab: Lab, notebook_page: Callable[[str], NotebookPage]
) -> None:
    notebook = notebook_page(lab.add_notebook("long.ipynb", *["1\n" * 8] * 10))
    for path in notebook.screenshot("harness-long"):
        height = int.from_bytes(path.read_bytes()[20:24])  # where a PNG keeps it
        assert height > notebook.page.viewport_size["height"]
