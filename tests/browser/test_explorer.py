"""The Explorer in a real JupyterLab: clicked, stepped, looked at."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import (
    CELLS,
    PICTURE,
    drawn,
    open_steps,
    pictures,
    press,
    show_picture,
)
from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage
from vmlab.codes import because

pytestmark = pytest.mark.browser


@pytest.fixture
def notebook(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> NotebookPage:
    return drawn(notebook_page(lab.add_notebook("explorer.ipynb", *CELLS)))


@pytest.fixture
def page(notebook: NotebookPage) -> Page:
    return notebook.page


def test_fork_and_store_and_look(notebook: NotebookPage, page: Page) -> None:
    expect(press(page, "fork")).to_contain_text("fork() = 1001")
    expect(page.locator(PICTURE).locator("[data-vm-id=mm_2]").first).to_be_visible()
    expect(page.get_by_label("Process", exact=True)).to_contain_text("1001 a.out")
    headline = page.locator(".vm-headline")
    expect(headline).to_contain_text("fork: 1001 shares 2 frames with 1000")
    expect(press(page, "store", addr="stack + 32 pages", data="hello")).to_contain_text(
        '"hello") = ok'
    )
    expect(headline).to_contain_text("Copy-on-write: page 32 of the stack in 1000 moves")
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


def test_a_call_behind_more(page: Page) -> None:
    expect(press(page, "madvise", addr="stack", length="1 page")).to_contain_text(" = 0")


def test_the_call_is_walked_by_chapters(page: Page) -> None:
    expect(press(page, "brk")).to_contain_text("brk(")
    current = page.locator(".vm-chip[aria-current]")
    chapters = page.locator(".vm-chip").all_text_contents()
    expect(current).to_have_text(chapters[-1])
    page.get_by_role("button", name="Previous chapter").click()
    expect(current).to_have_text(chapters[-2])
    expect(page.locator(".vm-note")).to_contain_text("calls act on the latest state")
    page.keyboard.press("ArrowLeft")
    expect(current).to_have_text(chapters[-3])
    page.locator(".vm-chip").first.click()
    expect(current).to_have_text(chapters[0])
    page.keyboard.press("PageDown")
    expect(current).to_have_text(chapters[-1])
    expect(page.locator(".vm-note")).to_have_text("")


def test_the_recording_is_walked_by_steps(page: Page) -> None:
    expect(press(page, "brk")).to_contain_text("brk(")
    open_steps(page)
    count = page.locator(".vm-count")
    last = int(count.inner_text().split(" / ")[1])
    for button, step in (("Previous step", last - 1), ("Next step", last), ("Next step", last)):
        page.get_by_role("button", name=button).click(force=True)  # it may be said to be disabled
        expect(count).to_have_text(f"{step} / {last}")
    page.get_by_role("slider", name="Step").focus()
    for key, step in (("ArrowLeft", last - 1), ("Home", 0), ("ArrowRight", 1), ("End", last)):
        page.keyboard.press(key)
        expect(count).to_have_text(f"{step} / {last}")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".vm-sentence")).to_contain_text("calls brk(")


def test_it_plays_the_last_call_and_stops(page: Page) -> None:
    expect(press(page, "fork")).to_contain_text("= 1001")
    expect(press(page, "brk")).to_contain_text("brk(")
    chapters = page.locator(".vm-chip").all_text_contents()
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator(".vm-chip[aria-current]")).to_have_text(chapters[0])
    expect(page.get_by_role("button", name="Play")).to_be_visible(timeout=20_000)
    expect(page.locator(".vm-chip[aria-current]")).to_have_text(chapters[-1])
    expect(page.locator(".vm-headline")).to_contain_text("brk")


def test_the_past_calls_lead_there(page: Page) -> None:
    expect(press(page, "fork")).to_contain_text("= 1001")
    expect(press(page, "brk")).to_contain_text("brk(")
    page.get_by_role("button", name="All calls so far").click()
    rows = page.locator(".vm-call-list .vm-choice")
    expect(rows).to_have_count(2)
    expect(rows.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".vm-headline")).to_contain_text("fork: 1001")
    expect(page.locator(".vm-note")).to_contain_text("This is the past")


def test_every_picture(notebook: NotebookPage, page: Page) -> None:
    expect(press(page, "store", addr="stack + 32 pages")).to_contain_text("= ok")
    for theme in ("dark", "light"):
        notebook.use_theme(theme)
        for name in pictures(page):
            show_picture(page, name)
            notebook.keep(f"explorer-{name.lower().replace(' ', '-')}-{theme}")


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
        *("chip", "link", "headline", "fields", "status"),
    )
    cut = page.evaluate(
        """selector => [...document.querySelectorAll(selector)]
            .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1)
            .map(e => `${e.className}: ${e.textContent}`)""",
        ", ".join(f".vm-{name}" for name in names),
    )
    assert cut == []
