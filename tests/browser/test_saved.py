"""A notebook from somebody else, opened without a kernel: the pictures are there."""

from collections.abc import Callable

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser.explorer_page import CELLS
from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage

pytestmark = pytest.mark.browser

SAVE = "window.jupyterapp.commands.execute('docmanager:save').then(() => null)"
OPEN_WITHOUT_KERNEL = """async path => {
    const kernelPreference = { shouldStart: false, canStart: false };
    const options = { path, factory: "Notebook", kernelPreference };
    await window.jupyterapp.commands.execute("docmanager:open", options);
}"""


def test_the_pictures_are_shown(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> None:
    cells = (*CELLS, "from vmlab import show\nshow(machine, 'vma_tree')")
    notebook = notebook_page(lab.add_notebook("saved.ipynb", *cells))
    page = notebook.page
    notebook.run_all()
    page.locator(".vm-side .vm-stage svg").wait_for()
    page.evaluate(SAVE)
    saved = nbformat.read(lab.folder / "saved.ipynb", as_version=4)
    outputs = [output.data for cell in saved.cells for output in cell.outputs]
    assert outputs[0]["text/plain"] == "Explorer(address_space, vma_tree and 8 more)"

    # Changed outside JupyterLab, it is no longer trusted.
    saved.cells[0].source += "\n# from somebody else"
    nbformat.write(saved, lab.folder / "from_elsewhere.ipynb")
    page.evaluate(OPEN_WITHOUT_KERNEL, "from_elsewhere.ipynb")
    images = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea-output img")
    expect(images).to_have_count(2)
    for image, words in zip(
        images.all(), ("Address space of pid 1000", "Red-black tree of mm 1"), strict=True
    ):
        expect(image).to_be_visible()
        assert image.evaluate("image => image.naturalWidth") > 200
        assert words in (image.get_attribute("alt") or "")
    page.evaluate("window.jupyterapp.shell.currentWidget.close()")
    # ipywidgets itself stumbles over a notebook without a session.
    assert {error for error in notebook.console_errors if "'kernel'" not in error} == set()
    notebook.console_errors.clear()
