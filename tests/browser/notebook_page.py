"""One notebook, open in a browser window."""

import re
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.browser.lab import Lab

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
RUN_SECONDS = 120
WIDTH, HEIGHT = 1400, 1000

OPEN = """async path => {
    await window.jupyterapp.commands.execute("docmanager:open", { path, factory: "Notebook" });
}"""

CLOSE = """async () => {
    const { serviceManager, shell } = window.jupyterapp;
    const notebook = shell.currentWidget;
    await serviceManager.sessions.shutdownAll();
    notebook.context.model.dirty = false;
    notebook.close();
}"""

READY = """path => {
    const notebook = window.jupyterapp?.shell.currentWidget;
    return notebook?.context?.path === path
        && notebook.sessionContext.session?.kernel?.status === "idle";
}"""

RUN_ALL = """async seconds => {
    const late = new Promise((_, reject) => setTimeout(
        () => reject(new Error(`the notebook still runs after ${seconds} s`)), seconds * 1000));
    await Promise.race([window.jupyterapp.commands.execute("notebook:run-all-cells"), late]);
    return window.jupyterapp.shell.currentWidget.content.model.toJSON().cells;
}"""

RUN_CODE = """async code => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const request = kernel.requestExecute({ code });
    let text = "";
    request.onIOPub = message => {
        const { content, header } = message;
        if (header.msg_type === "stream") text += content.text;
        if (header.msg_type === "error") text += content.evalue;
    };
    await request.done;
    return text.trim();
}"""

CHANGE_THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"

CONTENT_HEIGHT = """() => {
    const notebook = window.jupyterapp.shell.currentWidget.node;
    const panel = notebook.querySelector(".jp-WindowedPanel-outer");
    return window.innerHeight - panel.clientHeight + panel.scrollHeight;
}"""


def lab_window(browser: Browser, lab: Lab) -> Page:
    """Open JupyterLab without a notebook; loading it takes far longer than opening one there."""
    page = browser.new_page()
    page.goto(f"{lab.url}/lab")
    page.wait_for_function("window.jupyterapp?.restored.then(() => true)")
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    return page


class NotebookPage:
    """A notebook in a tab of JupyterLab, with a kernel of its own."""

    def __init__(self, page: Page, lab: Lab, path: str) -> None:
        self.page, self.lab, self.path = page, lab, path
        self.console_errors: list[str] = []
        _clear_outputs(lab.folder / path)
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self._open()

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

    def python(self, expression: str) -> str:
        """Evaluate an expression in the kernel and return what printing it gives."""
        return str(self.page.evaluate(RUN_CODE, f"print({expression})"))

    def use_theme(self, theme: str) -> None:
        """Dress the page in the theme 'light' or 'dark'."""
        self.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        self.page.evaluate(CHANGE_THEME, f"JupyterLab {theme.title()}")
        self._wait_for_splash()

    def screenshot(self, name: str) -> list[Path]:
        """Keep pictures of the whole notebook, in the light and in the dark theme."""
        paths = []
        for theme in ("dark", "light"):
            self.use_theme(theme)
            paths.append(self.keep(f"{name}-{theme}"))
        return paths

    def keep(self, name: str) -> Path:
        """Keep a picture of the whole notebook in the present theme."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        height = self.page.evaluate(CONTENT_HEIGHT)
        self.page.set_viewport_size({"width": WIDTH, "height": max(HEIGHT, height)})
        self.page.screenshot(path=path)
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        return path

    def close(self) -> None:
        """Close the tab and shut down the kernel."""
        self._close()

    def reopen(self) -> None:
        """Close it and open it as its file is, with a kernel that has run nothing."""
        self._close()
        self._open()

    def _open(self) -> None:
        self._load()
        self.page.wait_for_function(READY, arg=self.path)
        self._wait_for_splash()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", self._on_error)

    def _load(self) -> None:
        self.page.evaluate(OPEN, self.path)

    def _close(self) -> None:
        # JupyterLab complains of whatever the shutdown of a kernel interrupts.
        self.page.remove_listener("console", self._on_console)
        self.page.remove_listener("pageerror", self._on_error)
        self.page.evaluate(CLOSE)

    def _wait_for_splash(self) -> None:
        # JupyterLab covers its page while it starts and while it loads a theme.
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.console_errors.append(f"{message.text} ({message.location['url']})")

    def _on_error(self, error: Exception) -> None:
        self.console_errors.append(str(error))


class Notebook7Page(NotebookPage):
    """A notebook in a window of Notebook 7, which shows nothing else."""

    def __init__(self, browser: Browser, lab: Lab, path: str) -> None:
        super().__init__(browser.new_page(), lab, path)

    def close(self) -> None:
        """Close the window and shut down the kernel."""
        self._close()
        self.page.close()

    def _load(self) -> None:
        self.page.goto(f"{self.lab.url}/notebooks/{self.path}")


def _clear_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, path)


def _failure(cell: dict[str, Any], output: dict[str, Any]) -> str:
    traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output["traceback"]))
    return f"this cell failed:\n{cell['source']}\n\n{traceback}"
