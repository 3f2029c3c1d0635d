"""Fixtures that drive the lessons in a real JupyterLab and a real Chromium.

lab
    JupyterLab as `vmlab lab` starts it, on a free port, with copies of the lessons in
    `lab.folder`. `lab.add_notebook(name, *sources)` puts a small notebook of your own there.
notebook_page(path)
    Opens a notebook of that folder, its stored outputs cleared, in a window of its own and with a
    kernel of its own. Gives a `NotebookPage`: `run_all()` runs it to its end, `page` is
    Playwright's page for everything else, `screenshot(name)` keeps the whole notebook in both
    themes below `build/screenshots`. A test also fails if the browser's console shows an error.

    def test_fork(notebook_page):
        notebook = notebook_page("00_start_here.ipynb")
        notebook.run_all()
        notebook.page.get_by_role("button", name="fork").click()
        notebook.screenshot("after-fork")

Without a Chromium these tests are skipped, but fail where CI=true.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import chromium
from tests.browser.lab import Lab, serve
from tests.browser.notebook_page import NotebookPage


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with ExitStack() as stack:
        try:
            running = stack.enter_context(chromium())
        except FileNotFoundError as missing:
            if os.environ.get("CI") == "true":
                pytest.fail(str(missing))
            pytest.skip(str(missing))
        yield running


@pytest.fixture(scope="session")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with serve(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
def notebook_page(browser: Browser, lab: Lab) -> Iterator[Callable[[str], NotebookPage]]:
    opened: list[NotebookPage] = []

    def open_notebook(path: str) -> NotebookPage:
        opened.append(NotebookPage(browser, lab, path))
        return opened[-1]

    yield open_notebook
    # Read first: JupyterLab complains of whatever the shutdown of a kernel interrupts.
    errors = [error for notebook in opened for error in notebook.console_errors]
    for notebook in opened:
        notebook.close()
    assert errors == []
