"""A notebook opened before a kernel has run its cells: the pictures are there."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, Locator, expect

from tests.browser.explorer_page import CELLS, PICTURE, drawn, press
from tests.browser.lab import Lab
from tests.browser.notebook_page import SCREENSHOTS, NotebookPage
from vmlab.widgets.pictures import PICTURES

pytestmark = pytest.mark.browser

SAVE = "window.jupyterapp.commands.execute('docmanager:save').then(() => null)"
CLEAR = "window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs').then(() => null)"
# ipywidgets looks for a widget every 100 ms, and gives up after two seconds.
LOOK_SELDOM = """() => {
    const { setTimeout: often } = window;
    window.setTimeout = (act, time, ...rest) => often(act, time === 100 ? 2050 : time, ...rest);
    window.lookOften = () => { window.setTimeout = often; };
}"""
DIRTY = "window.jupyterapp.shell.currentWidget.context.model.dirty"
OPEN_WITHOUT_KERNEL = """async path => {
    const kernelPreference = { shouldStart: false, canStart: false };
    const options = { path, factory: "Notebook", kernelPreference };
    await window.jupyterapp.commands.execute("docmanager:open", options);
}"""


APPEARS = 15_000  # milliseconds


def forget_late_widgets(notebook: NotebookPage) -> None:
    """Drop what ipywidgets says when it gave up a widget, which then came."""
    errors = notebook.console_errors
    errors[:] = [error for error in errors if "widget model not found" not in error]


@pytest.fixture(scope="module")
def notebook(lab: Lab, open_notebook: Callable[[str], NotebookPage]) -> NotebookPage:
    return open_notebook(lab.add_notebook("kept.ipynb", *CELLS))


def test_the_last_picture_is_kept(notebook: NotebookPage) -> None:
    page = notebook.page
    notebook.run_all()
    press(page, "fork")
    child = page.locator(".vm-panels .vm-stage [data-vm-id=mm_2]")
    child.wait_for()
    seen = [page.locator(part).text_content() for part in (".vm-count", ".vm-headline", ".vm-maps")]
    page.evaluate(SAVE)

    for _ in range(2):  # it is not lost when it is only looked at and saved
        notebook.reopen()
        expect(child).to_be_visible(timeout=APPEARS)
        saved = page.locator(".vm-explorer.jupyter-widgets-disconnected")
        expect(saved).to_be_visible()
        said = saved.evaluate("element => getComputedStyle(element, '::before').content")
        assert said.startswith('"Run this cell to play.')
        assert not page.evaluate(DIRTY), "only looked at"
        expect(page.locator(".vm-answer")).to_contain_text("fork() = 1001")
        for part, text in zip((".vm-count", ".vm-headline", ".vm-maps"), seen, strict=True):
            assert page.locator(part).text_content() == text
        page.evaluate(SAVE)
    notebook.keep("saved")
    forget_late_widgets(notebook)


def test_nothing_can_be_operated(notebook: NotebookPage) -> None:
    page = notebook.page
    for button in page.locator(".vm-explorer button").all():
        button.dispatch_event("click")
    page.locator("[data-vm-id=pte_1_403000]").first.dispatch_event("click")
    expect(page.locator(".vm-answer")).to_contain_text("fork() = 1001")
    step, last = (page.locator(".vm-count").text_content() or "").split(" / ")
    assert step == last


def test_what_is_no_longer_shown_is_forgotten(lab: Lab, notebook: NotebookPage) -> None:
    notebook.page.evaluate(SAVE)
    path = lab.folder / "kept.ipynb"
    assert "widgets" in nbformat.read(path, as_version=4).metadata
    notebook.page.evaluate(CLEAR)
    notebook.page.evaluate(SAVE)
    assert "widgets" not in nbformat.read(path, as_version=4).metadata


def test_a_widget_that_ipywidgets_gave_up_is_shown(
    lab: Lab, notebook_page: Callable[[str], NotebookPage]
) -> None:
    notebook = notebook_page(lab.add_notebook("late.ipynb", *CELLS))
    page = notebook.page
    notebook.run_all()
    picture = page.locator(PICTURE)
    picture.wait_for()
    page.evaluate(SAVE)
    page.evaluate(LOOK_SELDOM)
    notebook.reopen()
    expect(picture).to_be_visible(timeout=APPEARS)
    page.evaluate("window.lookOften()")
    assert not page.evaluate(DIRTY)
    forget_late_widgets(notebook)


@pytest.fixture
def saved(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> NotebookPage:
    """A notebook that was run and saved, with an Explorer and a picture in it."""
    cells = (*CELLS, "from vmlab import show\nshow(machine, 'vma_tree')")
    notebook = drawn(notebook_page(lab.add_notebook("saved.ipynb", *cells)))
    notebook.page.evaluate(SAVE)
    return notebook


def seen_as_images(images: Locator) -> None:
    """Say that there are two pictures, of the Explorer and of the tree, which can be read."""
    expect(images).to_have_count(2)
    words = ("Physical memory:\n  frame 9: stack page 32", "Red-black tree of mm 1")
    for image, beginning in zip(images.all(), words, strict=True):
        expect(image).to_be_visible()
        assert image.evaluate("image => image.naturalWidth") > 200
        assert (image.get_attribute("alt") or "").startswith(beginning)


def test_an_explorer_at_work_hides_its_stored_picture(saved: NotebookPage) -> None:
    expect(saved.page.locator(".vm-stored")).to_have_count(1)
    expect(saved.page.locator(".vm-stored")).to_be_hidden()


def test_a_notebook_from_somebody_else(lab: Lab, saved: NotebookPage) -> None:
    page = saved.page
    kept = nbformat.read(lab.folder / "saved.ipynb", as_version=4)
    outputs = [output.data for cell in kept.cells for output in cell.outputs]
    assert (
        outputs[0]["text/plain"] == f"Explorer({next(iter(PICTURES))} and {len(PICTURES) - 1} more)"
    )

    # Changed outside JupyterLab, it is no longer trusted.
    kept.cells[0].source += "\n# from somebody else"
    nbformat.write(kept, lab.folder / "from_elsewhere.ipynb")
    page.evaluate(OPEN_WITHOUT_KERNEL, "from_elsewhere.ipynb")
    seen_as_images(page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea-output img"))
    page.evaluate("window.jupyterapp.shell.currentWidget.close()")
    # ipywidgets itself stumbles over a notebook without a session.
    assert {error for error in saved.console_errors if "'kernel'" not in error} == set()
    saved.console_errors.clear()


def test_a_page_made_of_it_shows_the_pictures_without_a_network(
    lab: Lab, saved: NotebookPage, browser: Browser, tmp_path: Path
) -> None:
    kept = nbformat.read(lab.folder / "saved.ipynb", as_version=4)
    assert "widgets" in kept.metadata
    html, _ = HTMLExporter().from_notebook_node(kept)
    (tmp_path / "saved.html").write_text(html)
    page = browser.new_page()
    page.context.set_offline(True)
    with page.expect_event("requestfailed", lambda request: "jupyter-widgets" in request.url):
        page.goto((tmp_path / "saved.html").as_uri())
    seen_as_images(page.locator(".jp-OutputArea-output img"))
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "exported.png", full_page=True)
    page.close()
