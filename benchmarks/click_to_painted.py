"""How long it takes from a click on a button until JupyterLab has painted the new picture.

    python -m benchmarks.click_to_painted [clicks]

A click goes to the kernel, which makes the call on the model, records it, draws the picture and
sends it back; the page sanitises it, puts it in and paints. Clicks come one at a time, as from a
person. Needs a Chromium, and says so if there is none.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM_FLAGS
from tests.browser.lab import Lab, serve
from tests.browser.notebook_page import NotebookPage, lab_window
from vmlab.doctor import CHROMIUM_NAMES, find_program

CLICKS = 40
PAUSE = 150  # milliseconds between clicks
SIZES = (7, 31, 127)  # VMAs, which are the nodes of the tree
SHOWS = {"tree": ["vma_tree"], "default": None}

SETUP = """\
from vmlab import Machine
from vmlab.model.kernel.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE
from vmlab.widgets.explorer import SHOW, Explorer
machine = Machine()
process = machine.spawn()
for number in range({vmas} - process.mm.map_count):
    process.mmap(0x10000000 + number * 0x2000, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
explorer = Explorer(machine, show={show} or SHOW, calls=["mmap", "munmap"])
place = {{"addr": "0x20000000", "length": "1 page"}}
explorer.controls.fill({{"mmap": place, "munmap": place}})
explorer"""

CLICK = """async ([call, pause]) => {
    await new Promise(done => setTimeout(done, pause));
    const form = [...document.querySelectorAll(".vm-call")]
        .find(form => form.getAttribute("aria-label") === call);
    const stage = document.querySelector(".vm-stage");
    const painted = new Promise(done => new MutationObserver((changes, observer) => {
        observer.disconnect();
        requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => done(performance.now() - begin);
            port2.postMessage(0);
        });
    }).observe(stage, { childList: true }));
    const begin = performance.now();
    form.querySelector("button").click();
    return await Promise.race([painted, new Promise(done => setTimeout(() => done(null), 5000))]);
}"""


def measure(page: Page, clicks: int) -> list[float]:
    """Click mmap and munmap in turn; return milliseconds until each picture was painted."""
    times = [
        page.evaluate(CLICK, ["munmap" if turn % 2 else "mmap", PAUSE])
        for turn in range(clicks + 4)
    ]
    if None in times:
        raise RuntimeError("a click changed no picture within 5 seconds")
    return [float(time) for time in times[4:]]


def main() -> int:
    """Print a table: what is shown, nodes of the tree, median and 95th percentile."""
    clicks = int(sys.argv[1]) if len(sys.argv) > 1 else CLICKS
    chromium = find_program(*CHROMIUM_NAMES)
    if chromium is None:
        print(f"click_to_painted needs a browser: none of {', '.join(CHROMIUM_NAMES)} is installed")
        return 1
    print(f"{'pictures':<10} {'nodes':>5} {'median':>9} {'95th':>9}   ({clicks} clicks each)")
    with (
        tempfile.TemporaryDirectory() as home,
        serve(Path(home)) as lab,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        window = lab_window(browser, lab)
        for name, show in SHOWS.items():
            for vmas in SIZES:
                times = sorted(_run(window, lab, SETUP.format(vmas=vmas, show=show), clicks))
                median, late = statistics.median(times), times[int(0.95 * len(times))]
                print(f"{name:<10} {vmas:>5} {median:>6.1f} ms {late:>6.1f} ms", flush=True)
        browser.close()
    return 0


def _run(window: Page, lab: Lab, source: str, clicks: int) -> list[float]:
    notebook = NotebookPage(window, lab, lab.add_notebook("benchmark.ipynb", source))
    notebook.run_all()
    notebook.page.locator(".vm-stage svg").first.wait_for()
    try:
        return measure(notebook.page, clicks)
    finally:
        notebook.close()


if __name__ == "__main__":
    sys.exit(main())
