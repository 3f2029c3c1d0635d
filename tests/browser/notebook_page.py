"""One notebook, open in a browser window."""

import itertools
import re
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, ConsoleMessage

from tests.browser.lab import Lab

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
RUN_SECONDS = 120
WIDTH, HEIGHT = 1400, 1000

_numbers = itertools.count()

READY = """() => {
    const session = window.jupyterapp?.shell.currentWidget?.sessionContext?.session;
    return session?.kernel?.status === "idle";
}"""

RUN_ALL = """async seconds => {
    const late = new Promise((_, reject) => setTimeout(
        () => reject(new Error(`the notebook still runs after ${seconds} s`)), seconds * 1000));
    await Promise.race([window.jupyterapp.commands.execute("notebook:run-all-cells"), late]);
    return window.jupyterapp.shell.currentWidget.content.model.toJSON().cells;
}"""

CHANGE_THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"

CONTENT_HEIGHT = """() => {
    const notebook = window.jupyterapp.shell.currentWidget.node;
    const panel = notebook.querySelector(".jp-WindowedPanel-outer");
    return window.innerHeight - panel.clientHeight + panel.scrollHeight;
}"""


class NotebookPage:
    """A notebook in a browser window of its own, with a kernel of its own."""

    def __init__(self, browser: Browser, lab: Lab, path: str) -> None:
        _clear_outputs(lab.folder / path)
        self.console_errors: list[str] = []
        self.page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce"
        )
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        # A new workspace, so that JupyterLab restores no tabs of another test.
        self.page.goto(f"{lab.url}/lab/workspaces/test-{next(_numbers)}/tree/{path}")
        self.page.wait_for_function(READY)
        self._wait_for_splash()

    def run_all(self) -> list[dict[str, Any]]:
        """Run all cells, wait for the end and return the cells as a notebook file has them.

        Raises:
            AssertionError: a cell failed that is not tagged raises-exception.
        """
        cells: list[dict[str, Any]] = self.page.evaluate(RUN_ALL, RUN_SECONDS)
        for cell in cells:
            if "raises-exception" in cell["metadata"].get("tags", []):
                continue
            for output in cell.get("outputs", []):
                assert output["output_type"] != "error", _failure(cell, output)
        return cells

    def screenshot(self, name: str) -> list[Path]:
        """Keep pictures of the whole notebook, in the light and in the dark theme."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        height = self.page.evaluate(CONTENT_HEIGHT)
        self.page.set_viewport_size({"width": WIDTH, "height": max(HEIGHT, height)})
        paths = []
        for theme in ("dark", "light"):
            self.page.emulate_media(color_scheme=theme)
            self.page.evaluate(CHANGE_THEME, f"JupyterLab {theme.title()}")
            self._wait_for_splash()
            paths.append(SCREENSHOTS / f"{name}-{theme}.png")
            self.page.screenshot(path=paths[-1])
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        return paths

    def close(self) -> None:
        """Close the window and shut down the kernel."""
        self.page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
        self.page.close()

    def _wait_for_splash(self) -> None:
        # JupyterLab covers its page while it starts and while it loads a theme.
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.console_errors.append(f"{message.text} ({message.location['url']})")


def _clear_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, path)


def _failure(cell: dict[str, Any], output: dict[str, Any]) -> str:
    traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output["traceback"]))
    return f"this cell failed:\n{cell['source']}\n\n{traceback}"
