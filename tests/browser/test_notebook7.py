"""The Explorer in Notebook 7."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.explorer_page import CELLS, open_steps, press
from tests.browser.lab import Lab
from tests.browser.notebook_page import Notebook7Page

pytestmark = pytest.mark.browser


def test_the_explorer(lab: Lab, notebook7_page: Callable[[str], Notebook7Page]) -> None:
    """Fork, write a page by a click on it, step by keyboard, in both themes."""
    notebook = notebook7_page(lab.add_notebook("notebook7.ipynb", *CELLS))
    page = notebook.page
    notebook.run_all()
    sharing = page.locator(".vm-panels .vm-stage").first
    sharing.locator("svg").first.wait_for()

    expect(press(page, "fork")).to_contain_text("fork() = 1001")
    expect(sharing.locator("[data-vm-id=mm_2]")).to_be_visible()

    sharing.locator("[data-vm-id=pte_1_403000]").first.click()
    expect(page.locator(".vm-answer")).to_contain_text("store(0x403000")

    open_steps(page)
    count = page.locator(".vm-count")
    last = count.inner_text().split(" / ")[1]
    page.get_by_role("slider", name="Step").focus()
    for key, step in (("Home", "0"), ("ArrowRight", "1"), ("End", last)):
        page.keyboard.press(key)
        expect(count).to_have_text(f"{step} / {last}")
    assert page.locator(".jp-CodeCell").count() == 2, "the keys are not the notebook's"

    background = (
        "getComputedStyle(document.querySelector('.vm-explorer .vm-stage')).backgroundColor"
    )
    colours = []
    for theme in ("light", "dark"):
        notebook.use_theme(theme)
        colours.append(page.evaluate(background))
    assert colours[0] == "rgb(255, 255, 255)"
    assert colours[1] != colours[0]
    notebook.screenshot("notebook7-explorer")


def test_a_tall_explorer_stands_whole_in_the_page(
    lab: Lab, notebook7_page: Callable[[str], Notebook7Page]
) -> None:
    places = "Explorer(machine, show=['address_space', 'vma_tree', 'mm_struct', 'frames'])"
    notebook = notebook7_page(lab.add_notebook("tall.ipynb", *CELLS[:1], f"{CELLS[1]}\n{places}"))
    page = notebook.page
    notebook.run_all()
    page.locator(".vm-stage svg").nth(3).wait_for()
    area = page.locator(".jp-Cell-outputArea").last
    expect(area).to_have_js_property("scrollTop", 0)
    assert area.evaluate("area => area.scrollHeight - area.clientHeight") <= 1
