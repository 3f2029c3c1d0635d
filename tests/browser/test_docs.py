"""The documentation site in Chromium: read by all, searched, and with the lab in its frame."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.notebook_page import READY, RUN_ALL
from tests.browser.site import MILLISECONDS, SECONDS, differences
from tests.docs.site import built

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = [
    "index.html",
    "lessons/07_fork.html",
    "howto/read_maps.html",
    "api/recording.html",
    "evidence.html",
    "instructor_guide.html",
    "ko/index.html",
    "ko/lessons/07_fork.html",
    "search.html?q=fork",
]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = built(tmp_path_factory.mktemp("site")).parent
    (folder / "lab").mkdir()
    (folder / "lab" / "index.html").write_text("<title>lab</title><h1>The lab</h1>")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/docs/"
        server.shutdown()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(("theme", "width"), [("light", 1366), ("dark", 1366), ("dark", 360)])
@pytest.mark.parametrize("path", PAGES)
def test_everybody_can_read_it(
    site: str, browser: Browser, path: str, theme: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 740}, color_scheme=theme, locale="en-GB"
    )
    page = context.new_page()
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: said.type == "error" and errors.append(said.text))
    page.goto(site + path)
    if "search" in path:
        page.locator("#search-results li").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    results = Axe().run(page)
    assert not results.violations_count, results.generate_report()
    assert errors == []
    assert [url for url in asked if not url.startswith((site, "data:"))] == []
    context.close()


def test_a_lesson_opens_in_its_own_page(site: str, page: Page) -> None:
    page.goto(f"{site}lessons/07_fork.html")
    assert page.locator("iframe").count() == 0
    page.get_by_role("link", name="Run live").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="The lab")).to_be_visible()
    assert page.frames[1].url.endswith("/lab/index.html?path=07_fork.ipynb")
    assert page.url == f"{site}lessons/07_fork.html"


def test_a_lesson_runs_in_its_own_page(
    site_folder: Path, address: str, page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    built(tmp_path_factory.mktemp("docs")).rename(site_folder / "docs")
    page.set_default_timeout(MILLISECONDS)
    page.goto(f"{address}docs/lessons/07_fork.html")
    page.get_by_role("link", name="Run live").click()
    page.frame_locator("iframe").get_by_role("heading", name="fork").first.wait_for()
    (frame,) = page.frames[1:]
    frame.wait_for_function(READY, arg="07_fork.ipynb")
    assert differences("07_fork.ipynb", frame.evaluate(RUN_ALL, SECONDS)) == []


def test_one_switch_leads_to_the_other_language_and_back(site: str, page: Page) -> None:
    page.goto(f"{site}lessons/07_fork.html")
    page.get_by_role("link", name="한국어").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    assert page.url == f"{site}ko/lessons/07_fork.html"
    page.get_by_role("link", name="English").click()
    assert page.url == f"{site}lessons/07_fork.html"


@pytest.mark.parametrize(("locale", "opens"), [("ko-KR", "ko/index.html"), ("de-DE", "")])
def test_the_front_page_speaks_the_browsers_language(
    site: str, browser: Browser, locale: str, opens: str
) -> None:
    context = browser.new_context(locale=locale)
    page = context.new_page()
    page.goto(site)
    page.wait_for_load_state("networkidle")
    assert page.url == site + opens
    if opens:  # who chooses the other stays there
        page.get_by_role("link", name="English").click()
        page.wait_for_load_state("networkidle")
        assert page.url == f"{site}index.html"
    context.close()


@pytest.mark.parametrize(
    ("where", "words", "found"),
    [
        ("", "vm_pgoff", "Read mm_struct and vm_area_struct"),
        ("", "pte_set", "Events"),
        ("ko/", "영역", "영역 찾기"),
        ("ko/", "프레임", "페이지 폴트 처리하기"),
    ],
)
def test_search(site: str, page: Page, where: str, words: str, found: str) -> None:
    page.goto(f"{site}{where}search.html?q={words}")
    expect(page.locator("#search-results li a", has_text=found).first).to_be_visible()


def test_pages_are_left_as_they_are_without_scripts(site: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}lessons/07_fork.html")
    page.get_by_role("link", name="Run live").click()
    assert page.url.endswith("/lab/index.html?path=07_fork.ipynb")
    context.close()
