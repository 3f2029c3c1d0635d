"""The Explorer in a real JupyterLab: clicked, stepped, looked at."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import CELLS, press
from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage
from vmlab.codes import because

pytestmark = pytest.mark.browser


@pytest.fixture
def notebook(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> NotebookPage:
    notebook = notebook_page(lab.add_notebook("explorer.ipynb", *CELLS))
    notebook.run_all()
    notebook.page.locator(".vm-side .vm-stage svg").wait_for()
    return notebook


@pytest.fixture
def page(notebook: NotebookPage) -> Page:
    return notebook.page


def test_fork_and_store_and_look(notebook: NotebookPage, page: Page) -> None:
    address_space = page.locator(".vm-side .vm-stage")
    expect(press(page, "fork")).to_contain_text("fork() = 1001")
    expect(address_space.locator("[data-vm-id=mm_2]")).to_be_visible()
    expect(page.get_by_label("Process", exact=True)).to_contain_text("1001 a.out")
    expect(press(page, "store", addr="stack + 32 pages", data="hello")).to_contain_text(
        '"hello") = ok'
    )
    expect(page.locator(".vm-sentence")).to_contain_text("is done")
    dark, light = notebook.screenshot("explorer")
    assert dark.read_bytes() != light.read_bytes()


def test_errors_are_shown_and_it_lives_on(notebook: NotebookPage, page: Page) -> None:
    answer = press(page, "munmap", addr="0x1001", length="1 page")
    refused = because("answer", name="EINVAL", meaning=because("EINVAL"))
    expect(answer).to_contain_text(f"munmap(0x1001, 4096) = {refused}")
    press(page, "munmap", addr="401000")
    problem = page.get_by_role("alert").filter(has_text="may be decimal or hexadecimal")
    expect(problem).to_be_visible()
    expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    notebook.screenshot("explorer-problem")
    expect(press(page, "store", addr="0xdead000")).to_contain_text("SIGSEGV (SEGV_MAPERR")
    expect(problem).to_have_count(0)
    expect(press(page, "fork")).to_contain_text(str(because("no_process")))


def test_the_recording_is_walked_by_keyboard_and_by_buttons(page: Page) -> None:
    press(page, "brk")
    count = page.locator(".vm-count")
    expect(count).not_to_have_text("0 / 0")
    last = int(count.inner_text().split(" / ")[1])
    for button, step in (
        *(("Previous step", last - 1), ("First step", 0), ("Previous step", 0)),
        *(("Next step", 1), ("Last step", last), ("Next step", last)),
    ):
        page.get_by_role("button", name=button).click(force=True)  # it may be said to be disabled
        expect(count).to_have_text(f"{step} / {last}")
    page.get_by_role("slider", name="Step").focus()
    for key, step in (("ArrowLeft", last - 1), ("Home", 0), ("ArrowRight", 1), ("End", last)):
        page.keyboard.press(key)
        expect(count).to_have_text(f"{step} / {last}")
    page.keyboard.press("PageUp")
    expect(count).to_have_text(f"1 / {last}")
    expect(page.locator(".vm-sentence")).to_contain_text("calls brk(")
    expect(page.locator(".vm-note")).to_contain_text(f"Viewing step 1 of {last}")


def test_it_plays(page: Page) -> None:
    press(page, "brk")
    page.get_by_label("Speed in steps per second").select_option("8")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_be_visible(timeout=20_000)
    step, last = page.locator(".vm-count").inner_text().split(" / ")
    assert step == last
    page.get_by_role("button", name="Play").click()  # from the beginning, for it was at the end
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_every_tab(notebook: NotebookPage, page: Page) -> None:
    press(page, "store", addr="stack + 32 pages")
    tabs = page.get_by_role("tablist", name="Pictures").last.get_by_role("tab")
    for theme in ("dark", "light"):
        notebook.use_theme(theme)
        for tab in tabs.all():
            name = tab.inner_text().lower().replace(" ", "-")
            tab.click()
            expect(tab).to_have_attribute("aria-selected", "true")
            expect(page.locator(".vm-stage[role=tabpanel] > svg")).to_be_visible()
            notebook.keep(f"explorer-{name}-{theme}")
    tabs.first.focus()
    page.keyboard.press("ArrowLeft")
    expect(tabs.last).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize(("name", "width", "zoom"), [("narrow", 400, 1), ("zoomed", 1400, 2)])
def test_nothing_is_cut_off(
    notebook: NotebookPage, page: Page, name: str, width: int, zoom: int
) -> None:
    press(page, "fork")
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    page.set_viewport_size({"width": width // zoom, "height": 1000 // zoom})
    page.wait_for_timeout(300)
    # Text that is wider than what holds it, where nothing scrolls.
    names = (
        *("head", "title", "tab", "run", "call", "sentence", "path", "answer"),
        *("said", "labelled", "group", "status"),
    )
    cut = page.evaluate(
        """selector => [...document.querySelectorAll(selector)]
            .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1)
            .map(e => `${e.className}: ${e.textContent}`)""",
        ", ".join(f".vm-{name}" for name in names),
    )
    assert cut == []
