"""How long it takes from a click on a button until JupyterLab has painted the new pictures.

    python -m benchmarks.click_to_painted [clicks]

A click goes to the kernel, which makes the call on the model, records it, draws the pictures that
are visible and sends them back; the page sanitises them, puts them in and paints. Every click
makes pictures that were not drawn before: it maps a page, or unmaps the one mapped longest ago.
Clicks come one at a time, as from a person, and are over when all that they change is painted.

The first row is what Jupyter itself takes here and now: a Button of ipywidgets whose click gives
an HTML of ipywidgets the SVG of a tree of seven nodes, drawn beforehand. `ratio` is against it.

Besides, the kernel's share of a click (model, recording, pictures, messages), and the private
memory of the kernel after all clicks over that of a kernel that only has ipywidgets. Another
kernel of vmlab runs meanwhile, so this is what one student more costs: V8's library is shared.

Needs a Chromium, and says so if there is none.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.chromium import chromium
from tests.browser.lab import Lab, serve
from tests.browser.notebook_page import NotebookPage, lab_window

CLICKS = 40
WARM_UP = 20  # the page and Graphviz are compiled as they run
PAUSE = 400  # milliseconds between clicks: what glides has come to rest
SIZES = (7, 31, 127)  # VMAs, which are the nodes of the tree
SHOWS = {"tree": ["vma_tree"], "as it opens": None}
BASE, STRIDE = 0x10000000, 0x2000

MEMORY = """\
def private_memory():
    with open("/proc/self/smaps_rollup") as lines:
        return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024
"""
BARE = f"""\
import ipywidgets
{MEMORY}
ipywidgets.IntSlider()"""
FLOOR = """\
import itertools
import ipywidgets
from vmlab import Machine, Map, Prot
from vmlab.diagrams.layout import render_svg
from vmlab.diagrams.vma_tree import vma_tree_dot
process = Machine().spawn()
drawn = []
for number in range(2):
    process.mmap({base}, 4096, Prot(number), Map.MAP_PRIVATE | Map.MAP_ANONYMOUS | Map.MAP_FIXED)
    drawn.append(render_svg(vma_tree_dot(process.machine.snapshot())))
turns = itertools.cycle(drawn)
button, html = ipywidgets.Button(description="go"), ipywidgets.HTML(next(turns))
button.on_click(lambda _: setattr(html, "value", next(turns)))
ipywidgets.VBox([button, html])"""
SETUP = """\
import time
from vmlab import Machine, Map, Prot
from vmlab.widgets.explorer import Explorer
machine = Machine()
process = machine.spawn()
for vma in machine.snapshot().mms[0].mmap:
    process.munmap(vma.vm_start, vma.vm_end - vma.vm_start)
flags = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS | Map.MAP_FIXED
for number in range({vmas}):
    process.mmap({base} + number * {stride}, 4096, Prot.PROT_READ | Prot.PROT_WRITE, flags)
explorer = Explorer(machine, show={show}, calls=["mmap", "munmap"])
explorer.controls.fill({{call: {{"length": "1 page"}} for call in ("mmap", "munmap")}})
def milliseconds(call, addr):
    explorer.controls.fill({{call: {{"addr": addr}}}})
    begin = time.perf_counter()
    getattr(explorer, call)()
    return (time.perf_counter() - begin) * 1000
{memory}
explorer"""
NEIGHBOUR = """\
from vmlab import Machine
from vmlab.widgets.explorer import Explorer
machine = Machine()
machine.spawn()
Explorer(machine)
input()"""

# Clicks `button`, and counts until every node of `changing` has changed and `ready()`.
PRESS = """
const press = (button, changing, ready) => {
    const waiting = new Set(changing);
    const painted = new Promise(done => {
        const observer = new MutationObserver(changes => {
            for (const { target } of changes) {
                waiting.delete(changing.find(node => node.contains(target)));
            }
            if (waiting.size || !ready()) return;
            observer.disconnect();
            requestAnimationFrame(() => {
                const { port1, port2 } = new MessageChannel();
                port1.onmessage = () => done(performance.now() - begin);
                port2.postMessage(0);
            });
        });
        const all = { childList: true, attributes: true, subtree: true };
        for (const node of changing) observer.observe(node, all);
    });
    const begin = performance.now();
    button.click();
    return Promise.race([painted, new Promise(done => setTimeout(() => done(null), 5000))]);
};
const wait = pause => new Promise(done => setTimeout(done, pause));
"""
CLICK = f"""async ([call, addr, pause]) => {{
    {PRESS}
    const opener = [...document.querySelectorAll(".vm-run")]
        .find(node => node.textContent === call);
    if (opener.getAttribute("aria-expanded") === "false") opener.click();
    const form = document.querySelector(".vm-call");
    const answer = document.querySelector(".vm-answer");
    const input = form.querySelector("input");
    input.value = addr;
    input.dispatchEvent(new Event("change", {{ bubbles: true }}));
    await wait(pause);
    return await press(
        form.querySelector("button"),
        [answer, ...document.querySelectorAll(".vm-stage")].filter(node => node.checkVisibility()),
        () => answer.textContent.includes(addr),
    );
}}"""
CLICK_FLOOR = f"""async pause => {{
    {PRESS}
    await wait(pause);
    const html = document.querySelector(".widget-html-content");
    return await press(document.querySelector(".widget-button"), [html], () => true);
}}"""


def calls(vmas: int, turns: range) -> list[tuple[str, str]]:
    """Return what to click and where: map the next page, unmap the one mapped longest ago."""
    return [
        ("munmap", hex(BASE + turn // 2 * STRIDE))
        if turn % 2
        else ("mmap", hex(BASE + (vmas + turn // 2) * STRIDE))
        for turn in turns
    ]


def painted(page: Page, vmas: int, clicks: int) -> list[float]:
    """Click; return milliseconds until everything was painted."""
    asked = calls(vmas, range(WARM_UP + clicks))
    return _counted([page.evaluate(CLICK, [call, addr, PAUSE]) for call, addr in asked])


def painted_by_ipywidgets(page: Page, clicks: int) -> list[float]:
    """Click the button that only shows a picture drawn before; return milliseconds as above."""
    return _counted([page.evaluate(CLICK_FLOOR, PAUSE) for _ in range(WARM_UP + clicks)])


def _counted(times: list[float | None]) -> list[float]:
    if None in times:
        raise RuntimeError("a click changed no picture within 5 seconds")
    return [float(time) for time in times[WARM_UP:] if time is not None]


def in_kernel(notebook: NotebookPage, vmas: int, clicks: int) -> list[float]:
    """Make further calls without the page; return milliseconds that each took in the kernel."""
    asked = calls(vmas, range(WARM_UP + clicks, WARM_UP + 2 * clicks))
    return [float(notebook.python(f"milliseconds({call!r}, {addr!r})")) for call, addr in asked]


def main() -> None:
    """Print a table: what is shown, nodes of the tree, median and 95th percentile."""
    clicks = int(sys.argv[1]) if len(sys.argv) > 1 else CLICKS
    with (
        tempfile.TemporaryDirectory() as home,
        serve(Path(home)) as lab,
        chromium() as browser,
        _neighbour(),
    ):
        window = lab_window(browser, lab)
        with _opened(window, lab, BARE) as notebook:
            bare = _memory(notebook)
        with _opened(window, lab, FLOOR.format(base=BASE)) as notebook:
            notebook.page.locator(".widget-html-content svg").wait_for()
            floor = painted_by_ipywidgets(notebook.page, clicks)
        print(f"{'':17} click to painted              in the kernel          private memory")
        print(
            f"pictures    nodes    median  ratio     95th    median      95th    ({clicks} clicks)"
        )
        print(f"{'ipywidgets':<11} {7:>5}   {_summary(floor, floor)}", flush=True)
        for name, show in SHOWS.items():
            for vmas in SIZES:
                source = SETUP.format(vmas=vmas, show=show, base=BASE, stride=STRIDE, memory=MEMORY)
                with _opened(window, lab, source) as notebook:
                    notebook.page.locator(".vm-stage svg").first.wait_for()
                    spans = painted(notebook.page, vmas, clicks)
                    computed = in_kernel(notebook, vmas, clicks)
                    memory = _memory(notebook) - bare
                columns = f"{_summary(spans, floor)}   {_summary(computed)}   {memory:>6.0f} MB"
                print(f"{name:<11} {vmas:>5}   {columns}", flush=True)
        print(f"private memory over that of ipywidgets alone, {bare:.0f} MB")


@contextmanager
def _neighbour() -> Iterator[None]:
    command = [sys.executable, "-c", NEIGHBOUR]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        try:
            yield
        finally:
            process.terminate()


@contextmanager
def _opened(window: Page, lab: Lab, source: str) -> Iterator[NotebookPage]:
    notebook = NotebookPage(window, lab, lab.add_notebook("benchmark.ipynb", source))
    window.emulate_media(reduced_motion="no-preference")  # what moves, moves
    notebook.run_all()
    yield notebook
    notebook.close()


def _memory(notebook: NotebookPage) -> float:
    return float(notebook.python("private_memory()"))  # MB


def _summary(times: list[float], floor: list[float] | None = None) -> str:
    middle, late = statistics.median(times), sorted(times)[int(0.95 * len(times))]
    ratio = f" {middle / statistics.median(floor):>5.1f}x" if floor else ""
    return f"{middle:>4.0f} ms{ratio} {late:>6.0f} ms"


if __name__ == "__main__":
    main()
