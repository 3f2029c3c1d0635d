"""The picture in a real browser: safe, linked, reachable by keyboard, animated, saved."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage

pytestmark = pytest.mark.browser

SETUP = """\
from vmlab.diagrams.layout import render_svg
from vmlab.widgets.diagram_view import DiagramView
one = render_svg('digraph { a [id=pfn_1 tooltip="frame 1"] b [id=pfn_2] a -> b [id=line] }')
two = render_svg('digraph { rankdir=LR b [id=pfn_2] c [id=pfn_3] a [id=pfn_1] b -> c -> a }')
named = render_svg('digraph { rankdir=LR b [id=pfn_2] a [id=pfn_1 tooltip="frame 1"] b -> a }')
view = DiagramView(svg=one, label="Two frames", description="Frame 1 points at frame 2.")
told = []
view.on_click(lambda pick: told.append(pick.id + "+shift" * pick.shift))"""

HOSTILE = r"""
hostile = '''<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
     viewBox="0 0 90 90" onload="window.hacked = 'onload'">
  <script>window.hacked = 'script'</script>
  <style>@import url(http://evil.invalid/style.css);</style>
  <foreignObject><body xmlns="http://www.w3.org/1999/xhtml"
     onclick="window.hacked = 1"><img src="x" onerror="window.hacked = 'img'"/></body>
  </foreignObject>
  <image xlink:href="http://evil.invalid/image.png" width="9" height="9"/>
  <use href="http://evil.invalid/use.svg#x"/>
  <g id="pfn_1" class="node"><a xlink:href="javascript:window.hacked='a'" xlink:title="a link"
     onmouseover="window.hacked='over'"><rect width="80" height="80"
     fill="url(http://evil.invalid/fill.svg#f)" style="background:url(http://evil.invalid/css)"/>
     <set attributeName="href" to="javascript:window.hacked='set'"/>
     <text x="9" y="20">\x07\u202etxt.exe &#1; 한국어 &lt;/svg&gt;&lt;script&gt;</text></a></g>
</svg>'''
DiagramView(svg=hostile)"""


MOVING = """() => document.getAnimations()
    .filter(a => a.effect?.target?.closest?.(".vm-stage"))"""


def animations(page: Page) -> int:
    return int(page.evaluate(f"({MOVING})().length"))


def places_at(page: Page, milliseconds: int) -> dict[str, list[float]]:
    """Where the objects of the first view are when their animations have run so long."""
    places: dict[str, list[float]] = page.evaluate(
        f"""time => {{
            for (const animation of ({MOVING})()) {{
                animation.pause();
                animation.currentTime = time;
            }}
            const stage = document.querySelector(".vm-stage");
            return Object.fromEntries([...stage.querySelectorAll("[data-vm-id]")].map(object => {{
                const box = object.getBoundingClientRect();
                return [object.dataset.vmId, [box.x, box.y]];
            }}));
        }}""",
        milliseconds,
    )
    return places


@pytest.fixture
def notebook(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> NotebookPage:
    notebook = notebook_page(lab.add_notebook("diagram.ipynb", f"{SETUP}\nview", "view"))
    notebook.run_all()
    notebook.page.locator(".vm-stage svg").nth(1).wait_for()
    return notebook


@pytest.fixture
def stage(notebook: NotebookPage) -> Locator:
    return notebook.page.locator(".vm-stage").first


def test_two_views_of_one_picture_share_no_id(notebook: NotebookPage) -> None:
    ids = notebook.page.evaluate("[...document.querySelectorAll('.vm [id]')].map(e => e.id)")
    assert len(ids) == len(set(ids)) > 10


def test_hovering_lights_up_every_view_of_the_page(notebook: NotebookPage) -> None:
    page = notebook.page
    page.locator("[data-vm-id=pfn_2]").first.hover()
    assert page.locator("[data-vm-id=pfn_2] > .vm-ring-hover").count() == 2
    page.locator("[data-vm-id=pfn_1]").first.hover()
    assert page.locator("[data-vm-id=pfn_2] > .vm-ring-hover").count() == 0
    page.locator(".vm-title").first.hover()
    assert page.locator(".vm-ring-hover").count() == 0


def test_clicks_and_keys_reach_python(notebook: NotebookPage, stage: Locator) -> None:
    page = notebook.page
    stage.locator("[data-vm-id=pfn_1]").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Home")
    page.keyboard.press("Shift+Space")
    page.wait_for_timeout(100)
    assert notebook.python("told") == "['pfn_1', 'pfn_2', 'pfn_1+shift']"


def test_keys_of_the_picture_are_not_the_notebook_s(notebook: NotebookPage, stage: Locator) -> None:
    stage.locator("[data-vm-id=pfn_1]").focus()
    for key in "ddaabxm":
        notebook.page.keyboard.press(key)
    notebook.page.wait_for_timeout(200)
    assert notebook.page.locator(".jp-CodeCell").count() == 2
    assert notebook.page.locator(".jp-MarkdownCell").count() == 0


def test_there_is_one_tab_stop(stage: Locator) -> None:
    stops = stage.locator("[tabindex='0']")
    assert stops.count() == 1
    stage.locator("[data-vm-id=pfn_2]").focus()
    assert stops.get_attribute("data-vm-id") == "pfn_2"


def test_a_screen_reader_gets_names_and_words(notebook: NotebookPage, stage: Locator) -> None:
    svg = stage.locator("svg")
    assert svg.get_attribute("aria-label") == "Two frames"
    words = notebook.page.locator(f"#{svg.get_attribute('aria-describedby')}")
    assert words.text_content() == "Frame 1 points at frame 2."
    assert stage.get_by_role("button", name="frame 1").get_attribute("data-vm-id") == "pfn_1"


def test_what_stays_glides_and_what_is_new_fades_in(notebook: NotebookPage) -> None:
    page = notebook.page
    notebook.python("setattr(view, 'svg', two)")
    page.locator("[data-vm-id=pfn_3]").first.wait_for()
    assert animations(page) == 0, "the reader asked for reduced motion"
    before = places_at(page, 0)
    page.emulate_media(reduced_motion="no-preference")
    notebook.python("setattr(view, 'duration', 5000), setattr(view, 'svg', one)")
    page.locator("[data-vm-id=pfn_3]").first.wait_for(state="detached")
    page.wait_for_function(f"({MOVING})().length")
    begin, end = places_at(page, 0), places_at(page, 4999)
    for name in ("pfn_1", "pfn_2"):
        assert begin[name] == pytest.approx(before[name], abs=2), "from where it was"
        assert end[name] != pytest.approx(before[name], abs=9), "to another place"
    new = page.evaluate(f"""() => ({MOVING})()
        .filter(a => "opacity" in a.effect.getKeyframes()[0])
        .map(a => a.effect.target.dataset.vmKey)""")
    assert set(new) == {"line"}


def test_what_looks_as_before_keeps_its_element(notebook: NotebookPage, stage: Locator) -> None:
    page = notebook.page
    stage.locator("[data-vm-id=pfn_2]").focus()
    kept = page.evaluate_handle("document.querySelector('.vm-stage [data-vm-id=pfn_1]')")
    notebook.python("setattr(view, 'svg', named)")
    stage.locator("[data-vm-key=line]").wait_for(state="detached")
    assert kept.evaluate("element => element.isConnected")
    assert stage.locator("[data-vm-id=pfn_2]").evaluate("e => e === document.activeElement")
    notebook.python("setattr(view, 'svg', named.replace('frame 1', 'frame one'))")
    stage.get_by_role("button", name="frame one").wait_for()
    assert not kept.evaluate("element => element.isConnected"), "it is called something else"


def test_zoom_and_pan_leave_the_wheel_to_the_notebook(
    notebook: NotebookPage, stage: Locator
) -> None:
    page, svg = notebook.page, stage.locator("svg")
    box = stage.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    fitted = svg.get_attribute("viewBox")
    page.mouse.wheel(0, 120)
    page.wait_for_timeout(100)
    assert svg.get_attribute("viewBox") == fitted
    page.keyboard.down("Control")
    page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    page.wait_for_timeout(100)
    zoomed = svg.get_attribute("viewBox")
    assert zoomed != fitted
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 40, box["y"] + 60, steps=4)
    page.mouse.up()
    assert svg.get_attribute("viewBox") != zoomed
    assert notebook.python("told") == "[]", "a drag is no click"
    page.get_by_role("button", name="Fit the whole picture").first.click()
    assert svg.get_attribute("viewBox") == fitted
    stage.locator("[data-vm-id=pfn_1]").focus()
    page.keyboard.press("+")
    assert svg.get_attribute("viewBox") != fitted
    page.keyboard.press("0")
    assert svg.get_attribute("viewBox") == fitted


def choose(page: Page, action: str) -> None:
    page.get_by_role("button", name="More about this picture").first.click()
    page.get_by_role("button", name=action).first.click()


STYLE = """frame => frame.contentDocument.adoptedStyleSheets
    .flatMap(sheet => [...sheet.cssRules]).map(rule => rule.cssText).join(" ")"""


def test_saving_and_printing(notebook: NotebookPage) -> None:
    page = notebook.page
    page.locator("[data-vm-id=pfn_1]").first.hover()
    for kind, begin in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as download:
            choose(page, f"Save as {kind}")
        assert download.value.suggested_filename == f"two-frames.{kind.lower()}"
        content = download.value.path().read_bytes()
        assert content.startswith(begin)
        if kind == "SVG":
            assert b'id="pfn_1"' in content
            assert b"var(" not in content
            assert b"vm-ring" not in content

    for _ in range(2):
        choose(page, "Print, or save as PDF")
    (paper,) = page.locator("iframe.vm-print").all()
    assert "allow-scripts" not in (paper.get_attribute("sandbox") or "allow-scripts")
    html = str(paper.evaluate("frame => frame.contentDocument.documentElement.outerHTML"))
    assert "<title>two-frames</title>" in html
    assert "<button" not in html
    assert "vm-ring" not in html
    assert page.context.browser is not None
    alone = page.context.browser.new_page(color_scheme="dark")
    alone.set_content(html)
    alone.add_style_tag(content=str(paper.evaluate(STYLE)))
    # The ink is dark and the paper white, whatever theme the notebook wears.
    assert alone.evaluate("getComputedStyle(document.documentElement).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    assert alone.evaluate("getComputedStyle(document.querySelector('text')).fill") == "rgb(0, 0, 0)"
    pdf = alone.pdf(prefer_css_page_size=True)
    alone.close()
    assert pdf.startswith(b"%PDF")
    assert re.findall(rb"/Count (\d+)", pdf) == [b"1"], "one page"


def test_a_hostile_picture_is_harmless(
    lab: Lab, notebook_page: Callable[[str], NotebookPage]
) -> None:
    notebook = notebook_page(lab.add_notebook("hostile.ipynb", SETUP, HOSTILE))
    asked: list[str] = []
    notebook.page.on("request", lambda request: asked.append(request.url))
    notebook.run_all()
    node = notebook.page.locator("[data-vm-id=pfn_1]")
    node.wait_for()
    node.locator("rect").first.hover()
    node.locator("rect").first.click()
    notebook.page.wait_for_timeout(300)
    assert notebook.page.evaluate("window.hacked") is None
    assert [url for url in asked if "evil" in url] == []
    assert "한국어 </svg><script>" in (node.text_content() or "")
    left = notebook.page.evaluate("""() => [...document.querySelectorAll(".vm-stage svg *")]
        .flatMap(e => [e.localName, ...e.getAttributeNames()])""")
    for name in ("script", "style", "foreignObject", "image", "use", "set", "onmouseover"):
        assert name not in left
    assert not [name for name in left if name.endswith("href")]


def test_a_broken_picture_says_so(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> None:
    notebook = notebook_page(
        lab.add_notebook("broken.ipynb", SETUP, "DiagramView(svg='<svg><g></svg>')")
    )
    notebook.run_all()
    alert = notebook.page.locator(".vm-stage [role=alert]")
    alert.wait_for()
    assert (alert.text_content() or "").startswith("This picture cannot be drawn")
