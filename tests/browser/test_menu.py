"""The menu of an object: how it opens, what it offers, that a choice is made."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.explorer_page import wait_until_still
from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage

pytestmark = pytest.mark.browser

START = 0x10000000
CELL = f"""\
from vmlab import Explorer, Machine, MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE
machine = Machine()
process = machine.spawn()
for addr in ({START:#x}, {START + 0x3000:#x}):
    process.mmap(addr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS)
process.store({START:#x}, b"a")
process.fork()
explorer = Explorer(machine, show=["address_space", "frames"])
explorer"""
VMA, PAGE = f"vma_1_{START:x}", f"pte_1_{START:x}"
GAP = f"gap_1_{START + 0x1000:x}"


@pytest.fixture(scope="module")
def notebook(lab: Lab, open_notebook: Callable[[str], NotebookPage]) -> NotebookPage:
    notebook = open_notebook(lab.add_notebook("menu.ipynb", CELL))
    notebook.run_all()
    return notebook


@pytest.fixture
def page(notebook: NotebookPage) -> Page:
    """The Explorer as it was when it opened."""
    page = notebook.page
    page.locator(".vm-stage svg").nth(1).wait_for()
    notebook.python("explorer.reset()")
    wait_until_still(page)
    return page


def object_(page: Page, key: str) -> Locator:
    return page.locator(f".vm-stage [data-vm-id='{key}']").first


def menu(page: Page) -> Locator:
    return page.locator(".vm-menu:popover-open")


def offered(page: Page) -> list[str]:
    expect(menu(page)).to_be_visible()
    return menu(page).get_by_role("button").all_inner_texts()


PAGE_MENU = [
    "Write page 0 of the region at 0x10000000",
    "Read page 0 of the region at 0x10000000",
    "Make page 0 of the region at 0x10000000 read-only (mprotect)",
    "Unmap page 0 of the region at 0x10000000",
]


def test_a_right_click_opens_it(notebook: NotebookPage, page: Page) -> None:
    object_(page, PAGE).click(button="right")
    words = offered(page)
    assert set(PAGE_MENU) < set(words)
    expect(page.locator(".lm-Menu")).to_have_count(0)
    notebook.keep("menu-of-a-page")
    menu(page).get_by_role("button", name="Read page 0").click()
    expect(menu(page)).to_have_count(0)
    expect(page.locator(".vm-answer")).to_contain_text("load")


def test_a_click_on_a_gap_opens_it_and_one_more_maps_there(page: Page) -> None:
    object_(page, "more_regions_1").click()
    wait_until_still(page)
    object_(page, GAP).click()
    assert offered(page) == ["Map 2 pages here"]
    page.keyboard.press("Enter")
    expect(page.locator(".vm-answer")).to_contain_text(f"= {START + 0x1000:#x}")
    expect(object_(page, GAP)).to_have_count(0)


def test_the_handle_opens_it(page: Page) -> None:
    object_(page, VMA).hover(position={"x": 3, "y": 3})  # beside the page in it
    page.locator(".vm-handle:visible").click()
    assert "Unmap the region at 0x10000000" in offered(page)
    page.locator(".vm-maps .vm-title").click()
    expect(menu(page)).to_have_count(0)


@pytest.mark.parametrize("key", ["m", "ContextMenu", "Shift+F10"])
def test_keys_open_it_steer_it_and_close_it(page: Page, key: str) -> None:
    object_(page, PAGE).focus()
    page.keyboard.press(key)
    choices = menu(page).get_by_role("button")
    expect(choices.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(choices.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(choices.last).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu(page)).to_have_count(0)
    expect(object_(page, PAGE)).to_be_focused()


def test_a_finger_that_rests_opens_it(page: Page) -> None:
    object_(page, PAGE).scroll_into_view_if_needed()
    box = object_(page, PAGE).bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 1})
    at = [{"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at})
    assert set(PAGE_MENU) < set(offered(page))
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(200)
    expect(menu(page)).to_be_visible()
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    menu(page).get_by_role("button", name="Unmap").click()
    expect(page.locator(".vm-answer")).to_contain_text("munmap")
