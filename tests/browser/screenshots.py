"""Take screenshots of every picture and of the Explorer, to be looked at.

    python -m tests.browser.screenshots [part of a name ...]

They land in `build/screenshots`: the figures of `figures.py` alone, as they are seen in both
themes, printed without colours, on a phone and on a projector; then the Explorer in JupyterLab.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page
from tqdm import tqdm

from tests.browser.chromium import chromium
from tests.browser.explorer_page import CELLS, PICTURE, PROGRAM_CELLS
from tests.browser.explorer_states import PROGRAMS, STATES, WINDOWS
from tests.browser.figures import Figure, figures
from tests.browser.lab import serve
from tests.browser.notebook_page import HEIGHT, SCREENSHOTS, WIDTH, NotebookPage, lab_window
from vmlab.widgets.base import Frontend, module


@dataclass(frozen=True)
class Mode:
    """One way to look at a figure."""

    name: str
    width: int
    height: int
    stage: int = 4000  # pixels that the picture may be high
    dark: bool = False
    style: str = ""


MODES = (
    Mode("light", 1600, 1000),
    Mode("dark", 1600, 1000, dark=True),
    Mode("print", 1600, 1000, style="body { filter: grayscale(1) }"),
    Mode("phone", 390, 844, stage=620),
    Mode("projector", 1280, 720, stage=600),
)

PAGE = """
<!doctype html>
<style>
  body {{ margin: 0; background: light-dark(#fff, #14171c); color-scheme: light dark }}
  {css}
  .vm.vm-diagram {{ --vm-stage-max: {stage}px }}
  {style}
</style>
<div id="view"></div>
<script type="module">
  const code = {code};
  const url = URL.createObjectURL(new Blob([code], {{ type: "text/javascript" }}));
  const {{ render }} = (await import(url)).default;
  let end;
  // A model as anywidget gives one, but without a kernel behind it.
  window.show = (state) => {{
    end?.();
    const el = document.createElement("div");
    document.getElementById("view").replaceChildren(el);
    const model = {{ get: (name) => state[name], on() {{}}, off() {{}}, send() {{}} }};
    end = render({{ model, el }});
  }};
</script>
"""


def open_page(browser: Browser, mode: Mode) -> Page:
    """Open a page with nothing but a DiagramView."""
    page = browser.new_page(
        viewport={"width": mode.width, "height": mode.height},
        color_scheme="dark" if mode.dark else "light",
        reduced_motion="reduce",
        device_scale_factor=2 if mode.name == "phone" else 1,
    )
    page.set_content(
        PAGE.format(
            stage=mode.stage,
            css=Frontend._css,
            style=mode.style,
            code=json.dumps(module("diagram_view.js")).replace("</", "<\\/"),
        )
    )
    page.wait_for_function("Boolean(window.show)")
    return page


def show(page: Page, figure: Figure, **traits: object) -> None:
    """Show a figure on such a page; the view has these other traits."""
    state = asdict(figure) | {
        "tabs": [],
        "menus": [],
        "without_menu": [],
        "duration": 0,
        "description": figure.label,
    }
    page.evaluate("state => window.show(state)", state | traits)


def take_windows(notebook: NotebookPage, windows: Mapping[str, Callable[[Page], object]]) -> None:
    """Bring an Explorer into some states, and keep each as it stands in its window."""
    for name, state in tqdm(windows.items(), "windows"):
        notebook.run_all()  # a new machine
        notebook.page.locator(PICTURE).wait_for()
        state(notebook.page)
        notebook.page.wait_for_timeout(500)
        notebook.page.screenshot(path=SCREENSHOTS / f"explorer-{name}.png")
        notebook.page.keyboard.press("Escape")
        notebook.page.evaluate("window.jupyterapp.shell.collapseLeft()")
        notebook.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of the names of those to take")
    wanted = parser.parse_args().names

    def chosen(name: str) -> bool:
        return not wanted or any(part in name for part in wanted)

    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        pages = {mode.name: open_page(browser, mode) for mode in MODES}
        for figure in tqdm([figure for figure in figures() if chosen(figure.name)], "figures"):
            for mode, page in pages.items():
                show(page, figure)
                path = SCREENSHOTS / f"{figure.name}-{mode}.png"
                page.locator(".vm-diagram").screenshot(path=path)
        states = {name: state for name, state in STATES.items() if chosen(f"explorer-{name}")}
        windows = {name: state for name, state in WINDOWS.items() if chosen(f"explorer-{name}")}
        programs = {name: state for name, state in PROGRAMS.items() if chosen(f"explorer-{name}")}
        if states or windows or programs:
            with tempfile.TemporaryDirectory() as home, serve(Path(home)) as lab:
                path = lab.add_notebook("explorer.ipynb", *CELLS)
                notebook = NotebookPage(lab_window(browser, lab), lab, path)
                for name, state in tqdm(states.items(), "Explorer"):
                    notebook.run_all()  # a new machine
                    notebook.page.locator(PICTURE).wait_for()
                    state(notebook.page)
                    notebook.screenshot(f"explorer-{name}")
                take_windows(notebook, windows)
                notebook.close()
                path = lab.add_notebook("program.ipynb", *PROGRAM_CELLS)
                notebook = NotebookPage(lab_window(browser, lab), lab, path)
                take_windows(notebook, programs)
                notebook.close()
    sys.stderr.write(f"look into {SCREENSHOTS}\n")


if __name__ == "__main__":
    main()
