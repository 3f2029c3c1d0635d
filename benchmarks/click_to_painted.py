"""How long it takes from a click on a button until JupyterLab has painted the new pictures.

    python -m benchmarks.click_to_painted [clicks]

A click goes to the kernel, which makes the call on the model, records it, draws the pictures that
are visible and sends them back; the page sanitises them, puts them in and paints. Every click
makes pictures that were not drawn before: it maps a page, or unmaps the one mapped longest ago.
Clicks come one at a time, as from a person, and are over when all that they change is painted.

Besides, the kernel's share of a click (model, recording, pictures, messages), and the private
memory of the kernel after all clicks, against a kernel that only has ipywidgets: what it wrote,
and the pages of files that it alone uses now. The latter are nearly all of V8's library, which all
kernels of one machine share.

Needs a Chromium, and says so if there is none.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.chromium import chromium
from tests.browser.lab import Lab, serve
from tests.browser.notebook_page import NotebookPage, lab_window

CLICKS = 40
WARM_UP = 30  # the page and Graphviz are compiled as they run
PAUSE = 150  # milliseconds between clicks
SIZES = (7, 31, 127)  # VMAs, which are the nodes of the tree
SHOWS = {"tree": ["vma_tree"], "all ten": None}
BASE, STRIDE = 0x10000000, 0x2000

MEMORY = """\
def private_memory(kind):
    with open("/proc/self/smaps_rollup") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(kind)) / 1024
"""
BARE = f"""\
import ipywidgets
{MEMORY}
ipywidgets.IntSlider()"""
SETUP = """\
import time
from vmlab import Machine, Map, Prot
from vmlab.widgets.explorer import SHOW, Explorer
machine = Machine()
process = machine.spawn()
for vma in machine.snapshot().mms[0].mmap:
    process.munmap(vma.vm_start, vma.vm_end - vma.vm_start)
flags = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS | Map.MAP_FIXED
for number in range({vmas}):
    process.mmap({base} + number * {stride}, 4096, Prot.PROT_READ | Prot.PROT_WRITE, flags)
explorer = Explorer(machine, show={show} or SHOW, calls=["mmap", "munmap"])
explorer.controls.fill({{call: {{"length": "1 page"}} for call in ("mmap", "munmap")}})
def milliseconds(call, addr):
    explorer.controls.fill({{call: {{"addr": addr}}}})
    begin = time.perf_counter()
    getattr(explorer, call)()
    return (time.perf_counter() - begin) * 1000
{memory}
explorer"""

CLICK = """async ([call, addr, pause]) => {
    await new Promise(done => setTimeout(done, pause));
    const form = [...document.querySelectorAll(".vm-call")]
        .find(form => form.getAttribute("aria-label") === call);
    const answer = document.querySelector(".vm-answer");
    const waiting = new Set(document.querySelectorAll(".vm-stage"));
    const painted = new Promise(done => {
        const observer = new MutationObserver(changes => {
            for (const change of changes) waiting.delete(change.target);
            if (waiting.size || !answer.textContent.includes(addr)) return;
            observer.disconnect();
            requestAnimationFrame(() => {
                const { port1, port2 } = new MessageChannel();
                port1.onmessage = () => done(performance.now() - begin);
                port2.postMessage(0);
            });
        });
        for (const node of [...waiting, answer]) observer.observe(node, { childList: true });
    });
    const begin = performance.now();
    form.querySelector("input").value = addr;
    form.querySelector("button").click();
    return await Promise.race([painted, new Promise(done => setTimeout(() => done(null), 5000))]);
}"""


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
    times = [page.evaluate(CLICK, [call, addr, PAUSE]) for call, addr in asked]
    if None in times:
        raise RuntimeError("a click changed no picture within 5 seconds")
    return [float(time) for time in times[WARM_UP:]]


def in_kernel(notebook: NotebookPage, vmas: int, clicks: int) -> list[float]:
    """Make further calls without the page; return milliseconds that each took in the kernel."""
    asked = calls(vmas, range(WARM_UP + clicks, WARM_UP + 2 * clicks))
    return [float(notebook.python(f"milliseconds({call!r}, {addr!r})")) for call, addr in asked]


def main() -> None:
    """Print a table: what is shown, nodes of the tree, median and 95th percentile."""
    clicks = int(sys.argv[1]) if len(sys.argv) > 1 else CLICKS
    with tempfile.TemporaryDirectory() as home, serve(Path(home)) as lab, chromium() as browser:
        window = lab_window(browser, lab)
        bare = _opened(window, lab, BARE)
        bare_memory = _memory(bare)
        bare.close()
        print(f"{'':16} click to painted       in the kernel          private memory")
        print(f"pictures   nodes    median      95th    median      95th    ({clicks} clicks each)")
        for name, show in SHOWS.items():
            for vmas in SIZES:
                source = SETUP.format(vmas=vmas, show=show, base=BASE, stride=STRIDE, memory=MEMORY)
                notebook = _opened(window, lab, source)
                notebook.page.locator(".vm-stage svg").first.wait_for()
                spans = painted(notebook.page, vmas, clicks), in_kernel(notebook, vmas, clicks)
                written, files = (
                    now - before for now, before in zip(_memory(notebook), bare_memory, strict=True)
                )
                notebook.close()
                columns = "   ".join(map(_summary, spans))
                print(
                    f"{name:<10} {vmas:>5}   {columns}   {written:>3.0f} + {files:.0f} MB",
                    flush=True,
                )
        print(
            "private memory over that of ipywidgets alone, {:.0f} + {:.0f} MB".format(*bare_memory)
        )


def _opened(window: Page, lab: Lab, source: str) -> NotebookPage:
    notebook = NotebookPage(window, lab, lab.add_notebook("benchmark.ipynb", source))
    notebook.run_all()
    return notebook


def _memory(notebook: NotebookPage) -> tuple[float, float]:
    # Written and of files, in MB.
    written, files = (
        float(notebook.python(f"private_memory('Private_{kind}')")) for kind in ("Dirty", "Clean")
    )
    return written, files


def _summary(times: list[float]) -> str:
    late = sorted(times)[int(0.95 * len(times))]
    return f"{statistics.median(times):>4.0f} ms {late:>6.0f} ms"


if __name__ == "__main__":
    main()
