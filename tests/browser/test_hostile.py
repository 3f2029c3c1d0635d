"""No picture runs anything or asks for anything, shown, pointed at, saved or printed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.hostile import pictures
from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage
from tests.browser.test_diagram_view import choose

pytestmark = pytest.mark.browser

SETUP = """\
import json, pathlib
from vmlab.widgets.diagram_view import DiagramView
hostile = json.loads(pathlib.Path("hostile.json").read_text())
view = DiagramView(svg="", label="Hostile")
view"""
COME = """number => {
    const text = document.querySelector(".vm-diagram")?.textContent ?? "";
    return text.includes(`number ${number} `) || /cannot be (drawn|shown)/.test(text);
}"""
HARMED = """() => [
    window.hacked, ...[...document.querySelectorAll("iframe")].map(frame => {
        try { return frame.contentWindow.hacked; } catch { return "another page"; }
    })].filter(found => found !== undefined)"""


def test_hostile_pictures_are_harmless(
    lab: Lab, notebook_page: Callable[[str], NotebookPage], tmp_path: Path
) -> None:
    (lab.folder / "hostile.json").write_text(json.dumps(pictures()))
    notebook = notebook_page(lab.add_notebook("corpus.ipynb", SETUP))
    page = notebook.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    assert page.context.browser is not None
    alone = page.context.browser.new_page()
    alone.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: dialog.dismiss())
    notebook.run_all()
    view = page.locator(".vm-diagram")
    view.wait_for()
    shown = 0
    for number in range(len(pictures())):
        notebook.python(f"setattr(view, 'svg', hostile[{number}])")
        page.wait_for_function(COME, arg=number)
        if f"number {number} " not in (view.text_content() or ""):
            continue
        shown += 1
        for rect in view.locator("svg rect").all()[:1]:
            rect.hover(force=True)
            rect.click(force=True)
        saved = tmp_path / f"{number}.svg"
        with page.expect_download() as download:
            choose(page, "Save as SVG")
        download.value.save_as(saved)
        alone.goto(saved.as_uri())
        assert alone.evaluate("window.hacked") is None, number
        if number % 8 == 0:
            with page.expect_download():
                choose(page, "Save as PNG")
        choose(page, "Print, or save as PDF")
        page.locator("iframe.vm-print").wait_for(state="attached")
        assert page.evaluate(HARMED) == [], number
    assert shown > 80
    assert [url for url in asked if "evil" in url] == []
