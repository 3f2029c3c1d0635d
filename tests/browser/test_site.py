"""The static site: it runs lessons without a server, keeps them, opens links, and asks nobody else.

`python -m tests.site` runs all lessons there.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.notebook_page import SCREENSHOTS
from tests.browser.site import Reader, differences, reader_in_chromium
from vmlab import Explorer, Machine, Recorder
from vmlab.state import link

pytestmark = pytest.mark.browser


@pytest.fixture
def reader(browser: Browser, address: str) -> Iterator[Reader]:
    reader = reader_in_chromium(browser, address)
    yield reader
    assert reader.outside == []
    assert reader.errors == []
    reader.page.context.close()


@pytest.fixture
def korean(browser: Browser, address: str) -> Iterator[Reader]:
    reader = reader_in_chromium(browser, address, "ko-KR")
    yield reader
    assert reader.outside == []
    assert reader.errors == []
    reader.page.context.close()


def keep(reader: Reader, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    reader.page.screenshot(path=SCREENSHOTS / f"site-{name}.png")


def test_a_lesson_runs_and_is_kept(reader: Reader) -> None:
    lesson = "07_fork.ipynb"
    reader.visit(f"lab/?path={lesson}")
    reader.wait_for_kernel(lesson)
    assert differences(lesson, reader.run_all()) == []
    page = reader.page
    page.locator(".vm-stage svg").first.wait_for()
    assert [worker.url.rpartition("/")[2] for worker in page.workers] == ["early.mjs"]
    assert reader.python("'jedi' in __import__('sys').modules") == "False"
    assert reader.python("__import__('jedi').Script('prin').complete()[0].name") == "print"
    assert reader.python("__import__('statistics').median([3, 1, 2])") == "2"
    modules = "(__import__('sys').modules[name] for name in ('vmlab', 'ast', 'IPython'))"
    assert reader.python(f"all(m.__spec__.origin.endswith('.pyc') for m in {modules})") == "True"
    reader.save()
    reader.visit(f"lab/?path={lesson}")
    # No cell has run: these are the pictures that the notebook keeps.
    page.locator(".vm-stage svg").first.wait_for()
    assert page.get_by_text("Loading widget").count() == 0
    keep(reader, "reopened")


def test_a_link_opens_the_machine_that_was_shared(reader: Reader) -> None:
    machine = Machine()
    process = machine.spawn()
    recorder = Recorder(machine)
    process.fork()
    explorer = Explorer(machine)
    reader.visit(f"#vmlab={link.encode(recorder.to_json())}")
    page = reader.page
    page.locator(".vm-stage svg").first.wait_for()
    headline = page.locator(".vm-picture-headline").first.text_content()
    assert headline == explorer.player.headline
    assert "#" not in page.url, "to load the page again would open it again"
    page.get_by_role("button", name="Recording and files").click()
    page.get_by_role("button", name="Share: a link").click()
    shared = page.get_by_label("Link").get_by_role("textbox").input_value()
    assert shared.startswith(f"{reader.url}#vmlab=")
    assert link.decode(shared) == recorder.to_json()
    keep(reader, "shared")


def test_one_notebook_alone(reader: Reader) -> None:
    lesson = "02_read_mm_struct_and_vm_area_struct.ipynb"
    reader.visit(f"notebooks/?path={lesson}")
    reader.wait_for_kernel(lesson)
    assert differences(lesson, reader.run_all()) == []
    keep(reader, "alone")


def test_a_korean_browser_gets_the_korean_lessons(korean: Reader) -> None:
    korean.visit("")
    lesson = "ko/00_start_here.ipynb"
    korean.wait_for_kernel(lesson)
    assert differences(lesson, korean.run_all()) == []
    keep(korean, "korean")


def test_a_link_without_a_machine_says_so_in_the_readers_language(korean: Reader) -> None:
    korean.visit("#vmlab=AAAA")
    korean.page.get_by_text("링크가 손상되었습니다").first.wait_for()
    assert korean.page.get_by_text("Cell In[1]").count() == 1, "it is the reader's first cell"
    keep(korean, "damaged")
