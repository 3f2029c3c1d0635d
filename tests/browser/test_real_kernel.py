"""The real kernel beside an Explorer, on a laptop."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.explorer_page import CELLS, drawn, on_a_laptop, press, recording_menu
from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage
from tests.browser.test_one_screen import inside
from tests.host.test_compare import needs_ptrace

pytestmark = [pytest.mark.browser, needs_ptrace]

CHOICE = "Beside it: the real kernel"


def test_the_real_maps_stand_beside_those_of_the_model(
    lab: Lab, notebook_page: Callable[[str], NotebookPage]
) -> None:
    page = drawn(notebook_page(lab.add_notebook("real_kernel.ipynb", *CELLS))).page
    on_a_laptop(page)
    maps = page.locator(".vm-maps-place > .vm-maps")
    expect(maps).to_have_count(1)
    recording_menu(page, CHOICE)
    expect(maps).to_have_count(2)
    expect(press(page, "fork")).to_contain_text("= 1001")
    expect(maps.nth(1).locator(".vm-title")).to_contain_text("fork = 1001; 0 faults")
    lines = [side.locator(".vm-line").all_inner_texts() for side in (maps.nth(0), maps.nth(1))]
    assert lines[0] == lines[1]
    boxes = [maps.nth(at).bounding_box() for at in (0, 1)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    for side in (maps.nth(0), maps.nth(1)):
        text = side.locator(".vm-lines")
        assert text.evaluate("node => node.scrollWidth <= node.clientWidth")
    parts = [page.locator(part).first for part in (".vm-bench", ".vm-story", ".vm-diagram")]
    assert inside(page, *parts) == [True, True, True]
    recording_menu(page, CHOICE)
    expect(maps).to_have_count(1)
