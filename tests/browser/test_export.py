"""An exported recording plays from a file: no Python, no server, no network, no harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.notebook_page import SCREENSHOTS
from tests.browser.test_hostile_names import injected
from vmlab import Machine, Map, Prot, Recorder, export
from vmlab.widgets.export import link_to

pytestmark = pytest.mark.browser

NAMES = (
    "<script>window.hacked=1<\u2215script>",
    "<img src=x onerror='window.hacked=2'>",
    "]]>--><!--&#1;\"'`${window.hacked=3}",
    "photo\u202egpj.exe",
    "שלום עולם",
    "한국어 파일",
)
SIZES = {"slide": (960, 540), "phone": (390, 780), "laptop": (1366, 768)}
VIOLATIONS = """() => {
    window.violations = [];
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
        window.violations.push(`${violatedDirective} ${blockedURI}`));
}"""


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    """A fork, its copy on write, and files with names that were made to do harm."""
    machine = Machine()
    process = machine.spawn()
    with Recorder(machine) as recorder:
        addr = process.mmap(
            None, 4096, Prot.PROT_READ | Prot.PROT_WRITE, Map.MAP_PRIVATE | Map.MAP_ANONYMOUS
        )
        process.store(addr, b"x")
        process.fork().store(addr, b"y")
        for name in NAMES:
            machine.fs.write("/" + name, b"x")
            process.mmap(None, 4096, Prot.PROT_READ, Map.MAP_SHARED, process.open("/" + name))
    return recorder


@pytest.fixture(scope="module")
def folder(recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    export(recorder, folder / "play.html", by="chapters")
    export(recorder, folder / "hostile.html", by="chapters", title="".join(NAMES))
    export(None, folder / "player.html")
    return folder


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page of its own, which may ask for nothing else; nothing may go wrong in it."""
    pages = []
    problems: list[str] = []

    def opened(address: str, **options: object) -> Page:
        page = browser.new_page(**options)  # type: ignore[arg-type]
        pages.append(page)
        page.add_init_script(f"({VIOLATIONS})()")
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda asked: asked.is_navigation_request() or problems.append(asked.url[:200]),
        )
        page.goto(address)
        page.locator(".vm-stage svg, [role=alert]").first.wait_for()
        return page

    yield opened
    for page in pages:
        problems += page.evaluate("window.violations")
        assert page.evaluate("window.hacked") is None
        page.close()
    assert problems == []


def headline(page: Page) -> str:
    return page.locator(".vm-headline").inner_text()


def test_keys_go_through_all_of_it(folder: Path, open_page: Callable[..., Page]) -> None:
    page = open_page((folder / "play.html").as_uri())
    expect(page.locator("h1")).to_have_text("Recording: mmap, store, fork, fs.write …")
    count = int(page.locator("progress").get_attribute("max") or "0")
    told, pictures = {headline(page)}, set()
    for _ in range(count):
        page.keyboard.press("ArrowRight")
        told.add(headline(page))
        pictures.add(page.locator(".vm-stage").inner_html())
        assert page.locator(".vm-diagram [role=alert]").count() == 0
    assert page.locator("progress").evaluate("bar => bar.value") == count
    assert len(told) > 20
    assert len(pictures) > 20
    page.keyboard.press("Home")
    assert headline(page) == "This is where the recording begins."
    page.keyboard.press("PageDown")
    assert headline(page).startswith("mmap")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    expect(page.locator("progress")).to_have_js_property("value", count)
    page.get_by_role("button", name="All calls so far").click()
    page.locator(".vm-call-list button", has_text="fork()").click()
    assert headline(page).startswith("fork: 1001 shares")


def test_it_can_be_read_in_both_themes_and_all_sizes(
    folder: Path, open_page: Callable[..., Page]
) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for size, (width, height) in SIZES.items():
        for theme in ("light", "dark"):
            page = open_page(
                (folder / "play.html").as_uri(),
                viewport={"width": width, "height": height},
                color_scheme=theme,
            )
            page.keyboard.press("PageDown")
            page.screenshot(path=SCREENSHOTS / f"export-{size}-{theme}.png")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            frame = page.locator(".vm-frame").bounding_box()
            assert frame is not None
            assert frame["y"] + frame["height"] <= height + 1, f"{size}: all is seen at once"
            results = Axe().run(page)
            assert results.violations_count == 0, results.generate_report()


def test_hostile_names_are_read_and_harmless(folder: Path, open_page: Callable[..., Page]) -> None:
    page = open_page((folder / "hostile.html").as_uri())
    page.keyboard.press("End")
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
        assert injected(page) == []
    page.get_by_role("button", name="All calls so far").click()
    said = page.locator("body").inner_text()
    for words in (
        "<script>window",
        "<img src=x",
        r"photo\u202egpj.exe",
        "שלום עולם",
        "한국어 파일",
    ):
        assert words in said


def test_pictures_are_saved_and_printed(folder: Path, open_page: Callable[..., Page]) -> None:
    page = open_page((folder / "play.html").as_uri())
    for kind, begin in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        page.get_by_role("button", name="More about this picture").click()
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Save as {kind}").click()
        assert download.value.path().read_bytes().startswith(begin)
    page.get_by_role("button", name="More about this picture").click()
    page.get_by_role("button", name="Print, or save as PDF").click()
    paper = page.locator("iframe.vm-print")
    paper.wait_for(state="attached")
    margin = "frame => getComputedStyle(frame.contentDocument.body).margin"
    assert paper.evaluate(margin) == "0px", "its styles are let in"


def test_a_link_plays_in_a_page_without_a_recording(
    folder: Path, recorder: Recorder, open_page: Callable[..., Page]
) -> None:
    machine = Machine()
    process = machine.spawn()
    short = Recorder(machine)
    process.fork()
    address = (folder / "player.html").as_uri()
    page = open_page(link_to(address, short, by="chapters"))
    page.keyboard.press("End")
    assert headline(page).startswith("fork: 1001 shares")
    broken = open_page(f"{address}#vmlab-player=AAAA")
    assert "There is no recording to play here" in broken.locator("[role=alert]").inner_text()


def test_it_stands_in_a_frame_without_rights(
    folder: Path, browser: Browser, open_page: Callable[..., Page]
) -> None:
    around = folder / "slide.html"
    around.write_text(
        '<!doctype html><iframe src="play.html#play" title="fork" sandbox="allow-scripts"></iframe>'
    )
    page = browser.new_page()
    page.goto(around.as_uri())
    inner = page.frame_locator("iframe")
    expect(inner.locator(".vm-headline")).to_contain_text("mmap", timeout=10_000)
    page.close()
