"""Five hundred clicks leave no widget, no DOM node and no memory behind but the recording."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.browser.explorer_page import drawn
from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage

pytestmark = pytest.mark.browser

WARM_UP, CLICKS = 120, 500  # after a hundred calls the player draws no more ticks
# What may be more after the clicks than before them.
NODES = 100  # also of event listeners
HEAP = 4 << 20  # bytes of JavaScript objects: 8 kB a click
KERNEL = 20 << 20  # bytes of the kernel: 40 kB a click, for the recording keeps every step

SETUP = """\
import comm, gc
from ipywidgets.widgets.widget import _instances
from vmlab import Machine, Recorder
from vmlab.widgets.explorer import Explorer
machine = Machine()
machine.spawn()
explorer = Explorer(machine)
place = {"addr": "0x20000000", "length": "1 page"}
explorer.controls.fill({"mmap": place, "munmap": place})
def memory():
    gc.collect()
    with open("/proc/self/smaps_rollup") as lines:
        sizes = dict(line.split(":") for line in lines if line.startswith("Private"))
    return sum(int(size.split()[0]) for size in sizes.values()) * 1024
def widgets():
    return len(_instances), len(comm.get_comm_manager().comms)
explorer"""

# Ten clicks at a time, faster than anybody clicks; then what the kernel answers is waited for.
CLICK = """async times => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const buttons = [...document.querySelectorAll(".vm-run")];
    const button = name => buttons.find(node => node.textContent === name);
    for (let turn = 0; turn < times; turn++) {
        const press = button(turn % 2 ? "munmap" : "mmap");
        if (press.getAttribute("aria-expanded") === "false") press.click(); // opens its fields
        press.click();
        if (turn % 10 === 9) await kernel.requestExecute({ code: "", silent: true }).done;
    }
}"""


@dataclass
class Held:
    """What the page and the kernel hold."""

    widgets: str  # and comms, in the kernel
    nodes: int
    listeners: int
    heap: int
    kernel: int


def held(notebook: NotebookPage) -> Held:
    devtools = notebook.page.context.new_cdp_session(notebook.page)
    for _ in range(3):  # what one collection sets free may hold what the next one finds
        notebook.page.evaluate("new Promise(requestAnimationFrame)")
        devtools.send("HeapProfiler.collectGarbage")
    dom = devtools.send("Memory.getDOMCounters")
    heap = devtools.send("Runtime.getHeapUsage")["usedSize"]
    devtools.detach()
    return Held(
        notebook.python("widgets()"),
        dom["nodes"],
        dom["jsEventListeners"],
        heap,
        int(notebook.python("memory()")),
    )


def test_many_clicks(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> None:
    notebook = drawn(notebook_page(lab.add_notebook("clicks.ipynb", SETUP)))
    notebook.page.evaluate(CLICK, WARM_UP)
    before = held(notebook)
    notebook.page.evaluate(CLICK, CLICKS)
    after = held(notebook)
    calls = int(notebook.python("len(Recorder.of(machine).calls)"))
    assert calls >= WARM_UP + CLICKS, "every click made its call"
    assert after.widgets == before.widgets
    assert after.nodes - before.nodes <= NODES
    assert after.listeners - before.listeners <= NODES
    assert after.heap - before.heap <= HEAP
    assert after.kernel - before.kernel <= KERNEL
