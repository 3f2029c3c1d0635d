"""The pictures of an Explorer as somebody meets them who has never seen one."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

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

PAGE, PAGE_OF_CHILD = "pte_1_403000", "pte_2_403000"  # of data
RINGED = """kind => [...document.querySelectorAll(`.vm-ring-${kind}`)]
    .map(ring => ring.parentNode.dataset.vmId)"""
CUT = "(element, name) => element.style.getPropertyValue(name)"
FOCUSED = "document.activeElement.dataset.vmId"


@pytest.fixture
def page(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> Iterator[Page]:
    notebook = notebook_page(lab.add_notebook("picture_view.ipynb", *CELLS))
    notebook.run_all()
    page = notebook.page
    page.locator(PICTURE).wait_for()
    expect(press(page, "fork")).to_contain_text("= 1001")
    yield page
    page.evaluate("window.jupyterapp.shell.collapseLeft()")


def element(key: str) -> str:
    return f".vm-panels > :first-child [data-vm-id='{key}']"


def ringed(page: Page, kind: str) -> set[str]:
    found: list[str] = page.evaluate(RINGED, kind)
    return set(found)


@pytest.mark.parametrize("size", [(1366, 768), (1280, 720), (1024, 768)])
def test_a_lecture_shows_the_whole_picture_on_any_screen(page: Page, size: tuple[int, int]) -> None:
    recording_menu(page, "Lecture")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_timeout(500)
    stage = page.locator(".vm-stage").first
    words, box = page.locator(".vm-foot").first.bounding_box(), stage.bounding_box()
    assert words is not None
    assert box is not None
    sides = ("left", "top", "right", "bottom")
    cut = [stage.evaluate(CUT, f"--vm-cut-{side}") for side in sides]
    assert cut == ["0px"] * 4
    assert words["y"] + words["height"] <= size[1], "the words below it are seen, too"
    for tab in page.locator(".vm-tab:visible").all():
        name = tab.bounding_box()
        assert name is not None
        assert name["x"] + name["width"] <= box["x"] + box["width"]
    page.keyboard.press("Escape")


def test_what_belongs_to_the_focused_page_is_asked_for_after_a_write(page: Page) -> None:
    page.locator(element(PAGE_OF_CHILD)).first.focus()
    page.wait_for_function(f"kind => ({RINGED})(kind).length > 0", arg="related")
    (shared,) = (key for key in ringed(page, "related") if key.startswith("pfn_"))
    assert PAGE in ringed(page, "related")
    page.keyboard.press("Enter")
    expect(page.locator(".vm-headline")).to_contain_text("Copy-on-write")
    page.wait_for_function(
        f"key => !({RINGED})('related').includes(key)", arg=PAGE
    )  # it has another frame
    assert shared not in ringed(page, "related")
    assert len([key for key in ringed(page, "related") if key.startswith("pfn_")]) == 1
    assert page.evaluate(FOCUSED) == PAGE_OF_CHILD


def test_the_menu_of_a_frame_leads_to_who_maps_it(page: Page) -> None:
    on_a_laptop(page)
    page.locator(element(PAGE_OF_CHILD)).first.focus()
    page.wait_for_function(f"kind => ({RINGED})(kind).length > 0", arg="related")
    (frame,) = (key for key in ringed(page, "related") if key.startswith("pfn_"))
    page.locator(element(frame)).first.click()
    choices = page.locator(".vm-menu:popover-open").get_by_role("button")
    expect(choices).to_have_text(
        ["Go to page 0 of data of process 1000", "Go to page 0 of data of process 1001"]
    )
    choices.last.click()
    expect(page.locator(element(PAGE_OF_CHILD)).first).to_be_focused()
    expect(page.get_by_label("Process", exact=True)).to_have_value("1001")
    assert PAGE_OF_CHILD in ringed(page, "focus")


def test_a_page_table_leads_to_its_process(page: Page) -> None:
    show_picture(page, "Frames")
    table = page.locator(".vm-panels > :first-child [aria-label*='PGD of 1001']").first
    table.click(button="right")
    page.get_by_role("button", name="Go to process 1001: this is its PGD").click()
    expect(page.locator(element("mm_2")).first).to_be_focused()
    expect(page.get_by_label("Process", exact=True)).to_have_value("1001")


def test_words_never_lie_over_the_picture(page: Page) -> None:
    on_a_laptop(page)
    stage = page.locator(".vm-stage").first.bounding_box()
    for key in (PAGE, "vma_1_400000"):
        page.locator(element(key)).first.hover()
        said = page.locator(".vm-status").first.bounding_box()
        assert said is not None
        assert stage is not None
        assert said["y"] >= stage["y"] + stage["height"]
        assert page.locator(".vm-stage").first.bounding_box() == stage


def test_few_tab_stops_lead_from_the_calls_to_the_picture(page: Page) -> None:
    page.get_by_label("Process", exact=True).focus()
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED):
            break
    assert page.evaluate(FOCUSED) is not None


def test_down_leads_from_a_process_row_by_row(page: Page) -> None:
    page.locator(element("mm_1")).first.focus()
    starts = ("7ffff7ffd000", "7ffff7ffb000", "7ffff7ff7000", "404000", "403000")
    regions = [f"vma_1_{start}" for start in starts]
    rows = ["mm_1", "vma_1_7ffffffde000", "pte_1_7fffffffe000", *regions, PAGE]
    for key in rows[1:]:
        page.keyboard.press("ArrowDown")
        assert page.evaluate(FOCUSED) == key
    for key in rows[-2::-1]:
        page.keyboard.press("ArrowUp")
        assert page.evaluate(FOCUSED) == key


def test_ctrl_z_undoes_a_call_and_nothing_of_the_notebook(page: Page) -> None:
    answer = page.locator(".vm-answer")
    cells = page.locator(".jp-Cell").count()
    page.locator(element("mm_1")).first.focus()
    page.keyboard.press("Control+z")
    expect(answer).to_have_text("fork is undone.")
    page.keyboard.press("Control+Shift+z")
    expect(answer).to_have_text("What was undone is back.")
    assert page.locator(".jp-Cell").count() == cells


def test_on_a_phone_the_headline_is_whole_and_the_picture_shows_what_changed(page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 812})
    page.locator(element(PAGE_OF_CHILD)).first.dispatch_event("click", {"detail": 1})
    headline = page.locator(".vm-headline")
    expect(headline).to_contain_text("Copy-on-write")
    page.wait_for_timeout(500)
    assert headline.evaluate("element => element.scrollHeight <= element.clientHeight + 1")
    stage = page.locator(".vm-stage").first.bounding_box()
    assert stage is not None
    marked = page.locator(f"{PICTURE} [aria-current=step]").all()
    begins = [box["x"] for each in marked if (box := each.bounding_box()) is not None]
    assert any(stage["x"] <= x <= stage["x"] + stage["width"] / 2 for x in begins)
    more = page.locator(".vm-tab-row .vm-menu-place").first.bounding_box()
    tabs = page.locator(".vm-tab-row").first.bounding_box()
    assert more is not None
    assert tabs is not None
    assert more["x"] + more["width"] <= tabs["x"] + tabs["width"] + 1
