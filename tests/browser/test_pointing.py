"""Pointing, clicking, keys and fingers in the pictures of an Explorer."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.explorer_page import choose, tab_to
from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage

pytestmark = pytest.mark.browser

START = 0x7FFFF7FF3000
CELL = f"""\
from vmlab import Explorer, Machine, MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE
machine = Machine()
process = machine.spawn()
process.mmap({START:#x}, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS)
process.store({START:#x}, b"a")
process.fork()
explorer = Explorer(machine, show=["address_space", "frames", "vma_tree"])
explorer"""
VMA, PAGE = f"vma_1_{START:x}", f"pte_1_{START:x}"
GAP = "gap_1_406000"


@pytest.fixture(scope="module")
def notebook(lab: Lab, open_notebook: Callable[[str], NotebookPage]) -> NotebookPage:
    notebook = open_notebook(lab.add_notebook("pointing.ipynb", CELL))
    notebook.run_all()
    return notebook


@pytest.fixture
def page(notebook: NotebookPage) -> Page:
    """The Explorer as it was when it opened."""
    page = notebook.page
    page.locator(".vm-stage svg").nth(2).wait_for()
    for call in (
        "explorer.reset()",
        "explorer.controls.fill({'mmap': {'addr': ''}})",
        "setattr(explorer.controls, 'chosen', '')",
    ):
        assert notebook.python(call) == "None"
    expect(page.locator(".vm-count")).to_have_text("0 / 0")
    expect(page.locator(".vm-call")).to_have_count(0)
    return page


def picture(page: Page, name: str) -> Locator:
    return page.locator(".vm-diagram").filter(has_text=name)


def lit(page: Page, kind: str) -> set[str]:
    """The objects that wear a ring."""
    found: list[str] = page.evaluate(
        "kind => [...document.querySelectorAll(`.vm-ring-${kind}`)]"
        ".map(ring => ring.parentNode.dataset.vmId)",
        kind,
    )
    return set(found)


def answer(page: Page) -> Locator:
    return page.locator(".vm-answer")


def field(page: Page, call: str, name: str) -> Locator:
    form = page.get_by_role("form", name=call, exact=True)
    if not form.is_visible():
        choose(page, call)
    return form.get_by_label(name)


def test_what_belongs_together_lights_up_together(page: Page) -> None:
    frames = picture(page, "Frames")
    line = page.locator(f".vm-line[data-vm-id='{VMA}']")

    line.hover()
    expect(line).to_have_class("vm-line vm-lit")
    expect(page.locator(".vm-ring-related").first).to_be_visible()
    assert lit(page, "hover") == {VMA}
    (frame,) = (key for key in lit(page, "related") if key.startswith("pfn_"))
    assert lit(page, "related") == {PAGE, frame}
    for name in ("Address space", "Frames", "VMA tree"):
        assert picture(page, name).locator(f"[data-vm-id='{VMA}'] > .vm-ring-hover").count() == 1

    frames.locator(f"[data-vm-id='{frame}']").first.hover()
    expect(line).to_have_class("vm-line vm-related")
    assert lit(page, "hover") == {frame}
    assert lit(page, "related") == {VMA, PAGE, f"vma_2_{START:x}", f"pte_2_{START:x}"}

    page.locator(".vm-title").first.hover()
    expect(page.locator(".vm-ring")).to_have_count(0)
    expect(page.locator(".vm-line.vm-related")).to_have_count(0)


def test_whoever_shares_a_frame_lights_up_with_its_arrow(page: Page) -> None:
    frames = picture(page, "Frames")
    frames.locator(f"[data-vm-id='{PAGE}']").hover()
    other = f"pte_2_{START:x}"
    for key in (PAGE, other):
        expect(frames.locator(f".vm-lit[data-vm-key='edge_{key}']")).to_have_count(1)
    assert other in lit(page, "related")

    page.locator(".vm-title").first.hover()
    expect(page.locator(".vm-stage .vm-lit")).to_have_count(0)


def test_what_a_click_does_is_said_and_done(page: Page) -> None:
    space = picture(page, "Address space")
    said = space.locator(".vm-status")
    gap, steps = space.locator(f"[data-vm-id={GAP}]"), page.locator(".vm-count")
    begin = steps.inner_text()
    menu = page.locator(".vm-menu:popover-open")

    gap.hover()
    expect(said).to_contain_text("click opens its menu, Shift-click maps there")
    gap.click()
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(field(page, "mmap", "addr")).to_have_value("0x406000")
    tree = picture(page, "VMA tree").locator(f"[data-vm-id={VMA}]")
    tree.click()
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(field(page, "munmap", "addr")).to_have_value(f"{START:#x}")
    expect(field(page, "munmap", "length")).to_have_value("2 pages")
    expect(steps).to_have_text(begin)

    gap.click(modifiers=["Shift"])
    expect(answer(page)).to_contain_text("= 0x406000")
    expect(space.locator("[data-vm-id=gap_1_40a000]")).to_be_visible()
    page.wait_for_timeout(300)  # until the picture has found its size
    space.locator(f"[data-vm-id={PAGE}]").click()
    expect(answer(page)).to_contain_text(f'store({START:#x}, "A") = ok')
    space.locator(f"[data-vm-id={PAGE}]").click(modifiers=["Shift"])
    expect(answer(page)).to_contain_text(f'load({START:#x}, 1) = "A"')
    tree.hover()
    expect(picture(page, "VMA tree").locator(".vm-status")).to_contain_text("Shift-click unmaps")
    tree.click(modifiers=["Shift"])
    expect(answer(page)).to_contain_text(f"munmap({START:#x}, 8192) = 0")
    expect(tree).to_have_accessible_name(re.compile("gone"))
    page.get_by_role("button", name="Undo").click()
    expect(tree).not_to_have_accessible_name(re.compile("gone"))


def test_the_keyboard_alone(page: Page) -> None:
    """From the choice of a process to undo, without a mouse."""

    chooser = page.get_by_label("Process", exact=True)
    chooser.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".vm-maps .vm-title")).to_have_text("/proc/1001/maps")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".vm-maps .vm-title")).to_have_text("/proc/1000/maps")

    tab_to(page, page.locator(".vm-row").get_by_role("button", name="mmap", exact=True))
    page.keyboard.press("Enter")
    expect(field(page, "mmap", "addr")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("3 pages")
    page.keyboard.press("Enter")
    expect(answer(page)).to_contain_text("mmap(NULL, 12288")
    tab_to(page, page.get_by_role("button", name="Undo"))
    page.keyboard.press("Enter")
    expect(answer(page)).to_have_text("mmap is undone.")
    tab_to(page, page.get_by_role("button", name="Redo"))
    page.keyboard.press("Enter")
    expect(page.locator(".vm-count")).not_to_have_text("0 / 0")
    tab_to(page, page.get_by_role("button", name="Previous chapter"))
    page.keyboard.press("Enter")
    expect(page.locator(".vm-chip[aria-current]")).to_have_text("Region grown")
    page.keyboard.press("End")
    space = picture(page, "Address space")
    tab_to(page, space.get_by_role("button", name="More about this picture"))
    page.keyboard.press("Enter")
    expect(space.get_by_role("button", name="Show as text")).to_be_focused()
    page.keyboard.press("Enter")
    words = space.get_by_role("region")
    expect(words).to_contain_text("Address space of pid 1000")
    tab_to(page, space.locator("[data-vm-id][tabindex='0']"))
    page.keyboard.press("Home")
    for _ in range(40):  # down the column, to the gap above the program
        page.keyboard.press("ArrowDown")
        if page.evaluate("document.activeElement.dataset.vmId") == GAP:
            break
    assert page.evaluate("document.activeElement.dataset.vmId") == GAP
    page.keyboard.press("Shift+Enter")
    expect(answer(page)).to_contain_text("= 0x406000")


def test_fingers(page: Page) -> None:
    stage = picture(page, "Address space").locator(".vm-stage")
    svg, zoom = stage.locator("svg"), picture(page, "Address space").locator(".vm-zoom")
    stage.scroll_into_view_if_needed()
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    def middle() -> tuple[float, float]:
        box = stage.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + min(box["height"] / 2, 200)

    def drag(dx: int, dy: int) -> None:
        x, y = middle()
        touch("touchStart", (x, y))
        for part in range(1, 11):
            touch("touchMove", (x + dx * part / 10, y + dy * part / 10))
        touch("touchEnd")
        page.wait_for_timeout(300)

    def scrolled() -> float:
        top: float = page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop")
        return top

    page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 200")
    fitted, before, steps = svg.get_attribute("viewBox"), scrolled(), page.locator(".vm-count")
    begin = steps.inner_text()

    drag(0, 80)
    assert scrolled() < before, "one finger scrolls the page"
    assert svg.get_attribute("viewBox") == fitted

    x, y = middle()
    fit, before = int(zoom.inner_text().rstrip("%")), scrolled()
    touch("touchStart", (x - 30, y))
    touch("touchStart", (x - 30, y), (x + 30, y))
    for part in range(1, 11):
        touch("touchMove", (x - 30 - 3 * part, y - part), (x + 30 + 3 * part, y - part))
    touch("touchEnd")
    expect(zoom).not_to_have_text(f"{fit}%")
    assert int(zoom.inner_text().rstrip("%")) == pytest.approx(2 * fit, abs=4)
    assert scrolled() == before

    zoomed = svg.get_attribute("viewBox")
    drag(60, 0)
    assert svg.get_attribute("viewBox") != zoomed, "one finger pans sideways"
    assert scrolled() == before
    assert steps.inner_text() == begin, "none of this was a click"

    session.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
