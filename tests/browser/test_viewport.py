"""How much of a picture is shown, and how large: on a laptop, zoomed, filling the window."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import figures
from tests.browser.figures import Figure
from tests.browser.screenshots import Mode, open_page, show

pytestmark = pytest.mark.browser

SMALLEST = """async () => {
    for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame); // until it has its size
    return Math.min(...[...document.querySelectorAll(".vm-stage text")].map(text =>
        text.getAttribute("font-size") * text.ownerSVGElement.getScreenCTM().a));
}"""
TABS = ["Sharing", "Address space", "VMA tree", "mm_struct", "Page table", "Frames", "Fault path"]


@pytest.fixture(scope="module")
def drawn() -> dict[str, Figure]:
    return {figure.name: figure for figure in figures.figures()}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = open_page(browser, Mode("laptop", 930, 640, stage=400))
    yield page
    page.close()


def smallest(page: Page) -> float:
    """The size of the smallest text, in CSS pixels."""
    size: float = page.evaluate(SMALLEST)
    return size


def test_no_text_is_too_small_to_read(page: Page, drawn: dict[str, Figure]) -> None:
    for figure in drawn.values():
        show(page, figure)
        if "<text" in figure.svg:
            assert smallest(page) >= 9.99, figure.name


def test_a_picture_that_is_too_large_shows_what_is_marked(
    page: Page, drawn: dict[str, Figure]
) -> None:
    figure = drawn["vma_tree-3000-vmas-one-marked"]
    show(page, figure)
    page.wait_for_timeout(200)
    stage = page.locator(".vm-stage").bounding_box()
    marked = page.locator(".vm-stage [data-vm-id][aria-current=step]").first.bounding_box()
    assert stage is not None
    assert marked is not None
    assert stage["x"] <= marked["x"] <= stage["x"] + stage["width"] - marked["width"]
    assert stage["y"] <= marked["y"] <= stage["y"] + stage["height"] - marked["height"]


def test_with_a_larger_page_text_really_grows(browser: Browser, drawn: dict[str, Figure]) -> None:
    for name in ("frames-after-fork", "vma_tree-after-rotation", "fault_path-copy-on-write"):
        page = open_page(browser, Mode("laptop", 930, 640, stage=400))
        show(page, drawn[name])
        before = smallest(page)
        session = page.context.new_cdp_session(page)
        size = {"width": 465, "height": 320, "deviceScaleFactor": 2, "mobile": False}
        session.send("Emulation.setDeviceMetricsOverride", size)
        page.wait_for_timeout(200)
        assert 2 * smallest(page) >= 1.8 * before, name
        page.close()


@pytest.mark.parametrize("leave", ["Escape", "f", "button"])
def test_a_picture_fills_the_window_and_comes_back(
    page: Page, drawn: dict[str, Figure], leave: str
) -> None:
    headline = "fork: 1001 shares 3 frames with 1000."
    show(page, drawn["frames-after-fork"], headline=headline)
    button = page.get_by_role("button", name="Fill the window")
    focused = page.locator(".vm-stage [data-vm-id]").nth(1)
    frame, told = page.locator(".vm-frame"), page.locator(".vm-picture-headline")
    before, size = frame.bounding_box(), smallest(page)
    expect(told).to_be_hidden()
    focused.focus()
    page.keyboard.press("f")
    expect(told).to_have_text(headline)
    assert frame.bounding_box() == {"x": 0, "y": 0, "width": 930, "height": 640}
    page.wait_for_timeout(100)
    assert smallest(page) >= size
    expect(focused).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
        page.wait_for_timeout(20)
        assert page.evaluate("document.querySelector('.vm-frame').contains(document.activeElement)")
    button.click() if leave == "button" else page.keyboard.press(leave)
    expect(told).to_be_hidden()
    assert frame.bounding_box() == before
    assert smallest(page) == pytest.approx(size)


def test_tabs_stay_in_one_row(page: Page, drawn: dict[str, Figure]) -> None:
    tabs = page.get_by_role("tab")
    for width in (930, 560, 375):
        page.set_viewport_size({"width": width, "height": 640})
        show(page, drawn["frames-after-fork"], tabs=TABS, tab="Frames")
        page.wait_for_timeout(100)
        head = page.locator(".vm-head").bounding_box()
        assert head is not None
        assert head["height"] == 32
        shown = [tab for tab in tabs.all_inner_texts() if tab]
        rest = []
        assert "Frames" in shown
        if width < 930:
            page.get_by_role("button", name="More pictures").click()
            choices = page.locator(".vm-menu:popover-open").get_by_role("button")
            expect(choices.first).to_be_focused()
            rest = choices.all_inner_texts()
            page.keyboard.press("Escape")
        assert sorted(shown + rest) == sorted(TABS)
        for box in (tab.bounding_box() for tab in tabs.all() if tab.is_visible()):
            assert box is not None
            assert box["x"] + box["width"] <= width
