"""Real processes in a browser: the page that stands alone, and the view that watches one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.lab import Lab
from tests.browser.notebook_page import SCREENSHOTS, NotebookPage
from vmlab import host
from vmlab.host.page import page as page_of

pytestmark = pytest.mark.browser

EVIL = "<img src=x onerror='window.hacked=1'>"
SMAPS = f"""\
00400000-00402000 r-xp 00000000 08:01 5 /bin/x
Rss: 8 kB
Pss: 8 kB
Private_Clean: 8 kB
7f0000000000-7f0000004000 rw-p 00000000 00:00 0
Rss: 16 kB
Pss: 16 kB
Private_Dirty: 16 kB
7f0000008000-7f0000009000 rw-p 00000000 08:01 6 /tmp/{EVIL}
Rss: 4 kB
Pss: 4 kB
Private_Dirty: 4 kB
"""
WATCH = """\
import subprocess, sys
from vmlab import host

child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
watch = host.watch(child.pid, every=0.2)
watch
"""


@pytest.fixture
def page(browser: Browser) -> Page:
    return browser.new_page(viewport={"width": 1366, "height": 768})


def opened(page: Page, file: Path, text: str) -> list[str]:
    """Open a page from a file; return what it asks a network for."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    file.write_text(text, encoding="utf-8")
    page.goto(file.as_uri())
    expect(page.locator(".vm-regions tbody tr").first).to_be_visible()
    return [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]


def test_a_page_is_searched_and_sorted_and_asks_nobody(page: Page, tmp_path: Path) -> None:
    readings = host.load(host.EXAMPLES / "shell.vmproc")
    assert opened(page, tmp_path / "a.html", page_of(host.snapshot(*readings), readings)) == []
    rows = page.locator(".vm-regions tbody tr")
    page.get_by_role("searchbox").fill("heap")
    expect(rows).to_have_count(2)
    page.get_by_role("searchbox").fill("")
    page.get_by_role("button", name="PSS", exact=True).click()
    expect(rows.first).to_contain_text("libc.so.6")
    for tab in ("Address space", "Sharing", "Frames", "Where the memory is"):
        page.get_by_role("tab", name=tab).click()
        expect(page.locator(".vm-stage svg")).to_be_visible()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=SCREENSHOTS / f"real-processes-{scheme}.png")
    assert Axe().run(page).violations_count == 0


def test_a_bar_finds_its_regions(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path / "a.html", page_of(host.snapshot(SMAPS)))
    page.locator("[data-vm-id=vma_1_400000], [data-vm-key=vma_1_400000]").first.click()
    expect(page.get_by_role("searchbox")).to_have_value("/bin/x")
    expect(page.locator(".vm-regions tbody tr")).to_have_count(1)


def test_names_do_no_harm(page: Page, tmp_path: Path) -> None:
    assert opened(page, tmp_path / "a.html", page_of(host.snapshot(SMAPS))) == []
    page.get_by_role("tab", name="Address space").click()
    expect(page.locator(".vm-regions")).to_contain_text(EVIL)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /proc here")
def test_a_process_is_watched_until_its_output_goes(
    lab: Lab, notebook_page: Callable[[str], NotebookPage]
) -> None:
    notebook = notebook_page(lab.add_notebook("watch.ipynb", WATCH))
    notebook.run_all()
    page = notebook.page
    expect(page.locator(".vm-stage svg").first).to_be_visible()
    page.wait_for_timeout(1500)
    assert int(notebook.python("len(watch._samples)")) > 3
    page.get_by_role("tab", name="Address space").click()
    expect(page.locator(".vm-stage svg [data-vm-id^=vma_]").first).to_be_visible()
    notebook.screenshot("watch")
    page.evaluate("window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    page.wait_for_timeout(1500)
    assert notebook.python("watch.running") == "False"
    notebook.python("child.kill()")
