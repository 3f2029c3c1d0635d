"""What a student sees at a glance: measured on a laptop, a phone, a projector."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.explorer_page import (
    CELLS,
    PICTURE,
    drawn,
    on_a_laptop,
    pictures,
    press,
    recording_menu,
    show_picture,
    tab_to,
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
# What of the first picture is not whole on the screen, but cut off at the edge of its stage.
CUT = """() => {
    const picture = document.querySelector(".vm-panels > :first-child .vm-stage");
    const stage = picture.getBoundingClientRect();
    const isBeyond = ({ left, right, top, bottom }) =>
        left < stage.left - 1 || right > stage.right + 1
        || top < stage.top - 1 || bottom > stage.bottom + 1;
    return [...picture.querySelectorAll("text, .node polygon, path")]
        .filter(part => part.checkVisibility() && isBeyond(part.getBoundingClientRect()))
        .map(part => part.textContent || part.outerHTML);
}"""
FIRST_TEXT = ".vm-panels > :first-child .vm-stage text"
PAGE_OF_CHILD = "[data-vm-id='pte_2_403000']"


@pytest.fixture
def notebook(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> NotebookPage:
    return drawn(notebook_page(lab.add_notebook("one_screen.ipynb", *CELLS, "1 + 1")))


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


def test_every_picture_is_whole_and_legible_on_a_laptop(page: Page) -> None:
    on_a_laptop(page)
    expect(press(page, "fork")).to_contain_text("= 1001")
    expect(press(page, "store", addr="stack + 32 pages", data="hello")).to_contain_text("= ok")
    found = {}
    for name in pictures(page):
        show_picture(page, name)
        page.wait_for_timeout(200)  # until it has found its size
        least = min(page.evaluate(SIZES, FIRST_TEXT))
        cut = page.evaluate(CUT)
        if least < 9.95 or cut:
            found[name] = least, cut
    assert found == {}


def test_zoomed_to_200_percent_text_is_nearly_twice_as_large(page: Page) -> None:
    """The browser's zoom: half as many CSS pixels, each twice as large."""
    on_a_laptop(page)
    expect(press(page, "fork")).to_contain_text("= 1001")
    names = "Sharing", "Address space", "Page table", "VMA tree"

    def least_sizes() -> list[float]:
        page.wait_for_timeout(500)
        sizes = [min(page.evaluate(SIZES, WORDS))]
        for name in names:
            show_picture(page, name)
            page.wait_for_timeout(200)
            sizes.append(min(page.evaluate(SIZES, FIRST_TEXT)))
        return sizes

    before = least_sizes()
    session = page.context.new_cdp_session(page)
    half = {"width": 683, "height": 384, "deviceScaleFactor": 2, "mobile": False}
    session.send("Emulation.setDeviceMetricsOverride", half)
    assert page.evaluate("devicePixelRatio") == 2
    after = [2 * size for size in least_sizes()]
    session.send("Emulation.clearDeviceMetricsOverride")
    session.detach()
    assert [large >= 1.8 * small for small, large in zip(before, after, strict=True)] == [True] * 5


def test_on_a_phone_nothing_sticks_out(page: Page) -> None:
    expect(press(page, "fork")).to_contain_text("= 1001")
    page.set_viewport_size({"width": 375, "height": 812})
    page.wait_for_timeout(300)
    explorer = page.locator(".vm-explorer")
    assert explorer.evaluate("element => element.scrollWidth <= element.clientWidth")
    expect(page.locator(".vm-headline")).to_contain_text("fork: 1001")


def test_six_processes_have_their_names_in_the_picture(page: Page) -> None:
    on_a_laptop(page)
    for pid in range(1001, 1006):
        expect(press(page, "fork")).to_contain_text(f"= {pid}")
    for name in ("Sharing", "Address space", "Processes"):
        show_picture(page, name)
        page.wait_for_timeout(200)
        for pid in range(1000, 1006):
            expect(page.locator(PICTURE)).to_contain_text(str(pid))
        assert page.evaluate(CUT) == [], name


def test_copy_on_write_by_the_keyboard_alone(page: Page) -> None:
    """Fork, write a page of the child, read what it meant, undo it, ask what a region offers."""

    def walk_to(key: str) -> None:
        def here() -> object:
            return page.evaluate("document.activeElement.dataset.vmId")

        page.keyboard.press("Home")
        for arrow in ("ArrowDown", "ArrowRight", "ArrowDown"):
            for _ in range(12):
                if here() == key:
                    return
                page.keyboard.press(arrow)
        raise AssertionError(f"arrow keys do not lead to {key}, but to {here()}")

    headline = page.locator(".vm-headline")
    page.get_by_label("Process", exact=True).focus()
    tab_to(page, page.locator(".vm-row").get_by_role("button", name="fork", exact=True))
    page.keyboard.press("Enter")
    expect(headline).to_contain_text("fork: 1001 shares")
    stop = page.locator(".vm-stage").first.locator("[data-vm-id][tabindex='0']")
    tab_to(page, stop)
    walk_to("pte_2_403000")
    page.keyboard.press("Enter")
    expect(headline).to_contain_text("Copy-on-write: page 0 of data in 1001")
    expect(headline).to_have_role("status")  # a screen reader says it
    assert page.evaluate("document.activeElement.dataset.vmId") == "pte_2_403000"

    undo = page.get_by_role("button", name="Undo", exact=True)
    tab_to(page, undo, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".vm-answer")).to_have_text("store is undone.")
    tab_to(page, stop)
    walk_to("vma_1_403000")
    page.keyboard.press("m")
    menu = page.locator(".vm-menu:popover-open")
    expect(menu.get_by_role("button").first).to_be_focused()
    expect(menu.get_by_role("button", name="Unmap data")).to_be_visible()


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
