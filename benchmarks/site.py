"""What the static site costs its reader: bytes, seconds, memory, against what is allowed.

    python -m benchmarks.site [--site FOLDER] [--clicks N]

Builds the site, or takes one that is built, and serves it as a web host does: compressed, and the
browser may keep it. A first visit opens the playground and runs it; then it is saved, and a second
visit opens it again. Then clicks are timed as `benchmarks.click_to_painted` does, on the site and
in JupyterLab. Memory is that of the tab with its worker, private to it.

All seconds are those of a machine as busy as the load says. The CPU time of the whole browser is
told too: where the load is high, it is the figure that stays.
Needs a Chromium, and says so if there is none.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import http.server
import os
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser

from benchmarks.click_to_painted import BASE, SETUP, SHOWS, STRIDE, painted
from site_build.lite import build
from tests.browser.chromium import chromium
from tests.browser.lab import serve
from tests.browser.notebook_page import NotebookPage, lab_window
from tests.browser.site import POLLING, Reader, reader_in_chromium

NOTEBOOK = "playground.ipynb"
LIVE = ".vm-stage svg"
STORED = f".vm-stored img:visible, {LIVE}"  # the picture, until its Explorer is there
COMPRESSED = {".css", ".html", ".ipynb", ".js", ".json", ".mjs", ".svg", ".wasm"}
VMAS = 7
GOALS = {
    "first visit, MB": 15.0,
    "first visit, s to a live picture": 15.0,
    "second visit, s to the stored picture": 4.0,
    "second visit, s to a live picture": 8.0,
    "click to painted, times JupyterLab": 1.5,
    "memory of the tab, MB": 500.0,
}

NEW = """async ([path, source]) => {
    const cell = {cell_type: "code", id: "one", source, metadata: {}, outputs: []};
    const metadata = {kernelspec: {name: "python", display_name: ""}};
    const content = {cells: [cell], metadata, nbformat: 4, nbformat_minor: 5};
    const { contents } = window.jupyterapp.serviceManager;
    await contents.save(path, {type: "notebook", format: "json", content});
}"""
HAS_KERNEL = """() => {
    const notebook = window.jupyterapp?.shell.currentWidget;
    return notebook?.sessionContext?.session?.kernel != null;
}"""
MARK_STORED = f"""() => {{
    for (const svg of document.querySelectorAll("{LIVE}")) svg.dataset.stored = true;
}}"""
RUN = "() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }"


class _Host(http.server.SimpleHTTPRequestHandler):
    # A web host: what can be compressed is, and the browser may keep all of it.
    protocol_version = "HTTP/1.1"
    sent: Counter[str] = Counter()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        tag = f'"{path.stat().st_mtime_ns}"'
        if self.headers["If-None-Match"] == tag:
            self._head(304, path, tag, b"")
            return
        body = _body(path)
        self.sent[_part(path)] += len(body)
        self._head(200, path, tag, body)
        self.wfile.write(body)

    def _head(self, status: int, path: Path, tag: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", self.guess_type(path))
        if path.suffix in COMPRESSED:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.send_header("ETag", tag)
        self.end_headers()


@functools.cache
def _body(path: Path) -> bytes:
    raw = path.read_bytes()
    return gzip.compress(raw) if path.suffix in COMPRESSED else raw


def _part(path: Path) -> str:
    if path.name.startswith("vmlab-"):
        return "vmlab's wheel"
    if path.suffix == ".whl":
        return "other wheels"
    return "Pyodide" if "pyodide" in path.parts else "JupyterLab"


@contextmanager
def host(site: Path) -> Iterator[str]:
    """Serve the site; all files are compressed before anybody asks for one."""
    for path in site.rglob("*"):
        if path.is_file():
            _body(path)
    handler = functools.partial(_Host, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def visit(reader: Reader, found: dict[str, float], name: str, *, stored: bool) -> None:
    """Open the notebook and run it; note the seconds from the address to the pictures."""
    page = reader.page
    begin, spent = time.perf_counter(), cpu_seconds()
    page.goto(f"{reader.url}lab/index.html?path={NOTEBOOK}")
    if stored:
        page.locator(STORED).first.wait_for()
        found[f"{name}, s to the stored picture"] = time.perf_counter() - begin
        page.locator(LIVE).first.wait_for()
    page.wait_for_function(HAS_KERNEL, polling=POLLING)
    page.evaluate(MARK_STORED)  # what is live is another picture than one that was stored
    page.evaluate(RUN)
    page.locator(f"{LIVE}:not([data-stored])").first.wait_for()
    found[f"{name}, s to a live picture"] = time.perf_counter() - begin
    print(f"  {name}: {cpu_seconds() - spent:.1f} s of CPU time")


def _browser() -> list[psutil.Process]:
    return [each for each in psutil.Process().children(recursive=True) if "chrom" in each.name()]


def cpu_seconds() -> float:
    """Return the CPU time that the browser has used."""
    return sum(times.user + times.system for times in (each.cpu_times() for each in _browser()))


def tab_memory() -> float:
    """Return the private memory of the browser's pages, in MB."""
    total = 0
    for process in _browser():
        if "--type=renderer" in process.cmdline():
            total += process.memory_full_info().uss
    return total / 1e6


def clicks_on_site(reader: Reader, clicks: int) -> float:
    """Return the median of milliseconds from a click to what is painted, on the site."""
    source = _source()
    reader.page.evaluate(NEW, ["benchmark.ipynb", source])
    reader.open("benchmark.ipynb")
    reader.run_all()
    reader.page.locator(LIVE).first.wait_for()
    return statistics.median(painted(reader.page, VMAS, clicks))


def clicks_in_lab(browser: Browser, clicks: int) -> float:
    """Return the same of JupyterLab."""
    with tempfile.TemporaryDirectory() as home, serve(Path(home)) as lab:
        window = lab_window(browser, lab)
        notebook = NotebookPage(window, lab, lab.add_notebook("benchmark.ipynb", _source()))
        notebook.run_all()
        window.locator(LIVE).first.wait_for()
        times = painted(window, VMAS, clicks)
        window.close()
    return statistics.median(times)


def _source() -> str:
    show = SHOWS["as it opens"]
    return SETUP.format(vmas=VMAS, show=show, base=BASE, stride=STRIDE, memory="")


def measure(site: Path, clicks: int) -> dict[str, float]:
    """Return what was found, under the names of the goals."""
    found: dict[str, float] = {}
    with host(site) as url, chromium() as browser:
        reader = reader_in_chromium(browser, url)
        visit(reader, found, "first visit", stored=False)
        reader.wait_for_kernel(NOTEBOOK)
        found["first visit, MB"] = _Host.sent.total() / 1e6
        found["memory of the tab, MB"] = tab_memory()
        for part, size in _Host.sent.most_common():
            print(f"  {part:<14} {size / 1e6:5.1f} MB")
        reader.save()
        visit(reader, found, "second visit", stored=True)
        reader.wait_for_kernel(NOTEBOOK)
        reader.close_notebook()
        on_site = clicks_on_site(reader, clicks)
        reader.page.context.close()
        in_lab = clicks_in_lab(browser, clicks)
        print(f"  click to painted: {on_site:.0f} ms on the site, {in_lab:.0f} ms in JupyterLab")
        found["click to painted, times JupyterLab"] = on_site / in_lab
    return found


def main() -> None:
    """Measure, and print each figure beside what is allowed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--site", type=Path, help="one that is built already")
    parser.add_argument("--clicks", type=int, default=20, help="how many (default 20)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = args.site or Path(folder, "site")
        if not args.site:
            begin = time.perf_counter()
            build(site)
            print(f"built in {time.perf_counter() - begin:.0f} s")
        before = os.getloadavg()[0]
        print(f"load {before:.1f} on {os.cpu_count()} cores at the beginning; of the first visit:")
        found = measure(site, args.clicks)
    print(f"load {os.getloadavg()[0]:.1f} at the end")
    for name, goal in GOALS.items():
        print(f"{name:<40} {found[name]:7.1f}   at most {goal:5.1f}")


if __name__ == "__main__":
    main()
