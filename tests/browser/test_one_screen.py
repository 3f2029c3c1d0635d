"""What a student sees at a glance: measured on a laptop, a phone, a projector."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.explorer_page import (
    CELLS,
    PICTURE,
    on_a_laptop,
    press,
    recording_menu,
    show_picture,
)
from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage

pytestmark = pytest.mark.browser

# Sizes of text in CSS pixels, as they are on the screen: of the parts that say so, and in pictures.
SIZES = """selector => [...document.querySelectorAll(selector)]
    .filter(element => element.checkVisibility() && element.textContent.trim())
    .map(element => element.getScreenCTM
        ? parseFloat(element.getAttribute("font-size") ?? 14) * element.getScreenCTM().a
        : parseFloat(getComputedStyle(element).fontSize))"""
WORDS = ".vm-run, .vm-name, .vm-answer code, .vm-headline b, .vm-chip, .vm-link, .vm-tab, .vm-note"
PAGE_OF_CHILD = "[data-vm-id='pte_2_403000']"


@pytest.fixture
def notebook(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> NotebookPage:
    notebook = notebook_page(lab.add_notebook("one_screen.ipynb", *CELLS, "1 + 1"))
    notebook.run_all()
    notebook.page.locator(PICTURE).wait_for()
    return notebook


@pytest.fixture
def page(notebook: NotebookPage) -> Iterator[Page]:
    yield notebook.page
    notebook.page.evaluate("window.jupyterapp.shell.collapseLeft()")


def inside(page: Page, *parts: Locator) -> list[bool]:
    """Say of each part whether all of it is in the window that JupyterLab leaves to cells."""
    window = page.locator(".jp-WindowedPanel-outer").bounding_box()
    assert window is not None
    found = []
    for part in parts:
        box = part.bounding_box()
        found.append(
            box is not None
            and box["y"] >= window["y"] - 1
            and box["y"] + box["height"] <= window["y"] + window["height"] + 1
        )
    return found


def test_calls_story_and_a_picture_stand_together_on_a_laptop(page: Page) -> None:
    on_a_laptop(page)
    expect(press(page, "fork")).to_contain_text("= 1001")
    parts = [page.locator(part).first for part in (".vm-bench", ".vm-story", ".vm-diagram")]
    assert inside(page, *parts) == [True, True, True]
    explorer = page.locator(".vm-explorer").bounding_box()
    assert explorer is not None
    assert 900 <= explorer["width"] <= 960
    assert min(page.evaluate(SIZES, WORDS)) >= 12
    assert min(page.evaluate(SIZES, ".vm-stage text")) >= 9.9


def test_two_clicks_to_copy_on_write(page: Page) -> None:
    on_a_laptop(page)
    panel = page.locator(".jp-WindowedPanel-outer")
    before = panel.evaluate("element => element.scrollTop")
    page.locator(".vm-row").get_by_role("button", name="fork", exact=True).click()
    expect(page.locator(".vm-headline")).to_contain_text("fork: 1001 shares")
    page.locator(f".vm-panels > :first-child {PAGE_OF_CHILD}").first.click()
    expect(page.locator(".vm-headline")).to_contain_text("Copy-on-write: page 0 of data in 1001")
    assert inside(page, page.locator(".vm-story")) == [True]
    assert panel.evaluate("element => element.scrollTop") == before


def test_a_picture_that_lacks_the_step_offers_those_that_show_it(page: Page) -> None:
    on_a_laptop(page)
    place = page.locator(".vm-diagram").first
    line, stage = place.locator(".vm-elsewhere"), place.locator(".vm-stage")
    show_picture(page, "Processes")
    expect(line).to_be_hidden()
    before = stage.bounding_box()
    press(page, "mmap", length="1 page", prot="rw", flags="private")
    expect(line).to_have_text(re.compile("Not in this picture. Shown in:Address space"))
    assert stage.bounding_box() == before
    line.get_by_role("button", name="Address space").press("Enter")
    tab = place.get_by_role("tab", name="Address space")
    expect(tab).to_have_attribute("aria-selected", "true")
    expect(tab).to_be_focused()
    expect(line).to_be_hidden()


def test_the_story_stays_in_sight(page: Page) -> None:
    on_a_laptop(page)
    page.locator(".vm-maps").evaluate("element => element.scrollIntoView({ block: 'end' })")
    page.wait_for_timeout(200)
    assert inside(page, page.locator(".vm-bench"), page.locator(".vm-story")) == [False, True]


def test_two_pictures_on_a_wide_page_and_one_on_a_narrow_one(page: Page) -> None:
    second = page.locator(".vm-second")
    expect(second).to_be_hidden()
    page.set_viewport_size({"width": 1700, "height": 1000})
    expect(second.locator(".vm-stage > svg")).to_be_visible()
    first, other = page.locator(".vm-diagram").first.bounding_box(), second.bounding_box()
    assert first is not None
    assert other is not None
    assert first["y"] == other["y"]
    page.set_viewport_size({"width": 1366, "height": 768})
    expect(second).to_be_hidden()


def test_a_lecture_fills_the_screen(page: Page) -> None:
    expect(press(page, "fork")).to_contain_text("= 1001")
    page.set_viewport_size({"width": 1920, "height": 1080})
    recording_menu(page, "Lecture")
    explorer = page.locator(".vm-explorer")
    expect(explorer).to_have_class(re.compile("vm-lecture"))
    page.wait_for_timeout(500)
    box = explorer.bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 1920, 1080)
    assert min(page.evaluate(SIZES, f"{WORDS}, .vm-stage text")) >= 17.9
    page.keyboard.press("Escape")
    expect(page.locator(".vm-lecture")).to_have_count(0)


def test_zoomed_to_200_percent_nothing_shrinks(page: Page) -> None:
    expect(press(page, "fork")).to_contain_text("= 1001")
    before = page.evaluate(SIZES, WORDS), page.evaluate(SIZES, ".vm-stage text")
    page.set_viewport_size({"width": 683, "height": 384})
    page.wait_for_timeout(500)
    words, texts = page.evaluate(SIZES, WORDS), page.evaluate(SIZES, ".vm-stage text")
    assert min(words) >= min(before[0])
    assert min(texts) >= 9.9


def test_on_a_phone_nothing_sticks_out(page: Page) -> None:
    expect(press(page, "fork")).to_contain_text("= 1001")
    page.set_viewport_size({"width": 375, "height": 812})
    page.wait_for_timeout(300)
    explorer = page.locator(".vm-explorer")
    assert explorer.evaluate("element => element.scrollWidth <= element.clientWidth")
    expect(page.locator(".vm-headline")).to_contain_text("fork: 1001")


def test_six_processes_have_their_names_in_the_picture(notebook: NotebookPage, page: Page) -> None:
    on_a_laptop(page)
    for pid in range(1001, 1006):
        expect(press(page, "fork")).to_contain_text(f"= {pid}")
    show_picture(page, "Processes")
    picture = page.locator(PICTURE)
    for pid in range(1000, 1006):
        expect(picture).to_contain_text(str(pid))


def test_what_a_cell_did_is_shown(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> None:
    cells = (*CELLS, "Explorer(machine, show=['process_tree'])", "child = process.fork()")
    notebook = notebook_page(lab.add_notebook("follow.ipynb", *cells))
    notebook.run_all()
    headlines = notebook.page.locator(".vm-headline")
    for headline in (headlines.first, headlines.last):
        expect(headline).to_contain_text("fork: 1001")
    notebook.page.locator(".vm-row").last.get_by_role("button", name="fork", exact=True).click()
    for headline in (headlines.first, headlines.last):
        expect(headline).to_contain_text("fork: 1002")
