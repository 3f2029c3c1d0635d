"""The static site in a browser: served as any web server would, below a folder."""

from __future__ import annotations

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

from tests.browser.driven import DrivenPage
from tests.browser.notebook_page import CLOSE, OPEN, READY, RUN_ALL, RUN_CODE
from vmlab.commands.lab import _IN_CHECKOUT as LESSONS

WINDOW: ViewportSize = {"width": 1366, "height": 768}
SITE = "vmlab site"  # a folder of the server
MILLISECONDS = 120_000
SECONDS = 300  # for a lesson
POLLING = 100  # milliseconds
VIEW = "application/vnd.jupyter.widget-view+json"
MISSING = "Failed to load resource: the server responded with a status of 404"
IGNORED = "nbval-ignore-output"

SAVE = """async () => {
    await window.jupyterapp.commands.execute("docmanager:save");
    return await window.jupyterapp.shell.currentWidget.context.ready;
}"""


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serve_files(folder: Path) -> Iterator[str]:
    """Hand out the files of a folder as `python -m http.server` does; give the address."""
    handler = functools.partial(_Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class Reader:
    """Somebody who visits the site in a browser of their own.

    Attributes:
        page: of Chromium, or of another browser (`readers.py`).
        errors: what its console showed as errors.
    """

    def __init__(
        self, page: Page | DrivenPage, url: str, requests: list[str], errors: list[str]
    ) -> None:
        self.page, self.url, self._requests, self.errors = page, url, requests, errors

    @property
    def outside(self) -> list[str]:
        """The addresses at other hosts that were asked for."""
        here = self.url[: self.url.index("/", len("http://")) + 1]
        ours = (here, "data:", "blob:", "about:")
        return [address for address in self._requests if not address.startswith(ours)]

    def visit(self, address: str) -> None:
        """Load a page of the site, and wait until JupyterLab is there."""
        self.page.goto("about:blank")  # only the fragment may differ
        self.page.goto(self.url + address)
        self._wait_for("() => window.jupyterapp?.restored.then(() => true)")

    def _wait_for(self, function: str, arg: str | None = None) -> None:
        # To ask at each frame would keep the browser busier than the start of a kernel does.
        self.page.wait_for_function(function, arg=arg, polling=POLLING)

    def open(self, path: str) -> None:
        """Open a notebook in JupyterLab, and wait for its kernel."""
        self.page.evaluate(OPEN, path)
        self.wait_for_kernel(path)

    def wait_for_kernel(self, path: str) -> None:
        """Wait until a notebook is the one that is seen, and its kernel can run cells."""
        self._wait_for(READY, path)

    def run_all(self) -> list[dict[str, Any]]:
        """Run all cells; return them as a notebook file has them."""
        cells: list[dict[str, Any]] = self.page.evaluate(RUN_ALL, SECONDS)
        return cells

    def python(self, expression: str) -> str:
        """Evaluate an expression in the kernel; return what printing it gives."""
        return str(self.page.evaluate(RUN_CODE, f"print({expression})"))

    def save(self) -> None:
        """Save the notebook in the browser's storage."""
        self.page.evaluate(SAVE)

    def close_notebook(self) -> None:
        """Close it and shut down the kernel."""
        errors = [*self.errors]
        self.page.evaluate(CLOSE)
        self.page.wait_for_timeout(500)
        self.errors[:] = errors  # JupyterLab complains of whatever the shutdown interrupts


def reader_in_chromium(browser: Browser, url: str, locale: str = "en-US") -> Reader:
    """Open a page with storage of its own."""
    context = browser.new_context(viewport=WINDOW, locale=locale, reduced_motion="reduce")
    requests: list[str] = []
    errors: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        # JupyterLite looks for files that may be there; what must be there is missed elsewhere.
        if message.type == "error" and MISSING not in message.text:
            errors.append(f"{message.text} ({message.location['url']})")

    # JupyterLite's kernel asks the page's service worker for files as if it were a server.
    context.on("request", lambda request: requests.append(request.url))
    context.on("console", on_console)
    page = context.new_page()
    page.set_default_timeout(MILLISECONDS)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return Reader(page, url, requests, errors)


def differences(lesson: str, cells: list[dict[str, Any]]) -> list[str]:
    """Return where the outputs of cells are not those that the lesson is stored with.

    A cell with the tag `nbval-ignore-output` shows what differs by computer: it must only not fail.
    """
    stored = json.loads((LESSONS / lesson).read_text(encoding="utf-8"))["cells"]
    return [
        f"{lesson}, cell {number}, {kind}: {_short(here)} is not {_short(there)}"
        for number, (new, old) in enumerate(zip(cells, stored, strict=True))
        for kind, here, there in _compared(_outputs(new), _outputs(old))
        if kind == "error" or IGNORED not in old["metadata"].get("tags", [])
    ]


def _compared(
    new: dict[str, list[Any]], old: dict[str, list[Any]]
) -> Iterator[tuple[str, list[Any] | None, list[Any] | None]]:
    for kind in sorted({*new, *old}):
        if new.get(kind) != old.get(kind):
            yield kind, new.get(kind), old.get(kind)


def _outputs(cell: dict[str, Any]) -> dict[str, list[Any]]:
    # By kind; what is printed in pieces is one text.
    found: dict[str, list[Any]] = {}
    for output in cell.get("outputs", []):
        kind = output["output_type"]
        if kind == "stream":
            text = found.setdefault(output["name"], [""])
            text[0] += "".join(output["text"])
        elif kind == "error":
            found.setdefault("error", []).append(f"{output['ename']}: {output['evalue']}")
        else:
            for mime, value in output["data"].items():
                if mime != VIEW:
                    found.setdefault(mime, []).append(_joined(value))
    return found


def _joined(value: Any) -> Any:
    return "".join(value) if isinstance(value, list) else value


def _short(value: object) -> str:
    return repr(value)[:300]
