"""Fixtures that drive the lessons in a real JupyterLab, Notebook 7 and Chromium.

lab
    JupyterLab as `vmlab lab` starts it, on a free port, with copies of the lessons in
    `lab.folder`. `lab.add_notebook(name, *sources)` puts a small notebook of your own there.
notebook_page(path)
    Opens a notebook of that folder, its stored outputs cleared, with a kernel of its own, in the
    one window of JupyterLab that all tests share; the notebook opened before is closed. Gives a
    `NotebookPage`: `run_all()` runs it to its end, `python(expression)` asks its kernel, `page` is
    Playwright's page for everything else, `screenshot(name)` keeps the whole notebook in both
    themes below `build/screenshots`. A test also fails if the browser's console shows an error.
notebook7_page(path)
    The same in a window of Notebook 7.
open_notebook(path)
    Opens a notebook for all tests of a module, which run twice: in JupyterLab and in Notebook 7.
site_folder, address
    The static site, built once for all workers, and where it is: below a folder of a web server.

    def test_fork(notebook_page):
        notebook = notebook_page("00_start_here.ipynb")
        notebook.run_all()
        notebook.page.get_by_role("button", name="fork").click()
        notebook.screenshot("after-fork")

Without a Chromium these tests are skipped, but fail where CI=true.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, Page

from site_build.lite import build
from site_build.parts import SiteError, pyodide
from tests.browser.chromium import chromium
from tests.browser.lab import Lab, serve
from tests.browser.notebook_page import Notebook7Page, NotebookPage, lab_window
from tests.browser.site import SITE, serve_files

Opened = TypeVar("Opened", bound=NotebookPage)


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


@pytest.fixture(scope="session")
def window(browser: Browser, lab: Lab) -> Page:
    return lab_window(browser, lab)


@pytest.fixture(scope="session")
def site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("jupyterlite_core")
    try:
        pyodide()
    except SiteError as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    # Workers have folders of their own, in one that is of the whole run: one builds it for all.
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder = shared / "served" / SITE
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            folder.parent.mkdir(exist_ok=True)
            build(folder)
    return folder


@pytest.fixture(scope="session")
def address(site_folder: Path) -> Iterator[str]:
    with serve_files(site_folder.parent) as url:
        yield f"{url}{SITE.replace(' ', '%20')}/"


@pytest.fixture
def notebook_page(window: Page, lab: Lab) -> Iterator[Callable[[str], NotebookPage]]:
    yield from _one_after_the_other(lambda path: NotebookPage(window, lab, path))


@pytest.fixture(scope="module", params=["JupyterLab", "Notebook 7"])
def open_notebook(
    request: pytest.FixtureRequest, browser: Browser, window: Page, lab: Lab
) -> Iterator[Callable[[str], NotebookPage]]:
    if request.param == "JupyterLab":
        yield from _one_after_the_other(lambda path: NotebookPage(window, lab, path))
    else:
        yield from _one_after_the_other(lambda path: Notebook7Page(browser, lab, path))


@pytest.fixture
def notebook7_page(browser: Browser, lab: Lab) -> Iterator[Callable[[str], Notebook7Page]]:
    yield from _one_after_the_other(lambda path: Notebook7Page(browser, lab, path))


def _one_after_the_other(open_: Callable[[str], Opened]) -> Iterator[Callable[[str], Opened]]:
    opened: list[Opened] = []

    def open_next(path: str) -> Opened:
        if opened:
            opened[-1].close()
        opened.append(open_(path))
        return opened[-1]

    yield open_next
    if opened:
        opened[-1].close()
    assert [error for notebook in opened for error in notebook.console_errors] == []
