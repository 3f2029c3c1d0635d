"""The static site in Firefox and WebKit, where they are installed.

`python -m tests.site --browser firefox` runs all lessons there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.browser.notebook_page import SCREENSHOTS
from tests.browser.readers import READERS
from tests.browser.site import Reader, differences
from vmlab import Machine, Recorder
from vmlab.state import link

pytestmark = pytest.mark.browser

LESSON = "14_fork_in_c.ipynb"
PICTURE = ".vm-stage svg"

HAS = "selector => document.querySelector(selector) !== null"
# The lesson that was read before is open too.
HERE = """document.querySelector(".jp-NotebookPanel:not(.lm-mod-hidden) .vm-explorer")"""
OPEN_AND_DRAWN = f"""() => window.jupyterapp.shell.currentWidget?.title.label.startsWith("shared-")
    && {HERE}?.querySelector("{PICTURE}") != null"""
SHOWN = f"() => {HERE}?.querySelector('{PICTURE}')?.outerHTML"
CHANGED = f"before => ({SHOWN})() !== before"
PRESS = f"""name => [...{HERE}.querySelectorAll("button")].find((button) =>
    [button.textContent, button.ariaLabel].includes(name)).click()"""
TEXT = "() => document.body.textContent"


@pytest.fixture(scope="module", params=["firefox", "webkit"])
def reader(request: pytest.FixtureRequest, address: str) -> Iterator[Reader]:
    with ExitStack() as stack:
        try:
            reader = stack.enter_context(READERS[request.param](address))
        except FileNotFoundError as missing:
            pytest.skip(str(missing))
        yield reader
        assert reader.outside == []
        assert reader.errors == []


def test_a_lesson_runs_and_is_kept(reader: Reader) -> None:
    reader.visit(f"lab/?path={LESSON}")
    reader.wait_for_kernel(LESSON)
    assert differences(LESSON, reader.run_all()) == []
    reader.page.wait_for_function(HAS, arg=PICTURE)
    reader.save()
    reader.visit(f"lab/?path={LESSON}")
    reader.page.wait_for_function(HAS, arg=PICTURE)  # no cell has run: the notebook keeps it
    assert "Loading widget" not in reader.page.evaluate(TEXT)


def test_a_link_opens_a_machine_that_is_played_and_goes_on(
    reader: Reader, request: pytest.FixtureRequest
) -> None:
    machine = Machine()
    process = machine.spawn()
    recorder = Recorder(machine)
    process.fork()
    reader.visit(f"#vmlab={link.encode(recorder.to_json())}")
    page = reader.page
    page.wait_for_function(OPEN_AND_DRAWN)
    for button in ("fork", "Play"):
        before = page.evaluate(SHOWN)
        page.evaluate(PRESS, button)
        page.wait_for_function(CHANGED, arg=before)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"site-{request.node.callspec.id}.png")
