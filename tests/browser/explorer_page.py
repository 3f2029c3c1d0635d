"""The Explorer of a notebook, as its reader uses it."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.notebook_page import NotebookPage
from vmlab.widgets.call_forms import FORMS, USUAL

CELLS = (
    "from vmlab import Machine\nfrom vmlab.widgets.explorer import Explorer",
    "machine = Machine()\nprocess = machine.spawn()\nexplorer = Explorer(machine)\nexplorer",
)
PROGRAM = r"""#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int counter = 3;            /* in data */
static char text[8192];     /* in bss */

static int sum(const int *numbers, int n) {
    int total = 0;
    for (int i = 0; i < n; i++)
        total += numbers[i];
    return total;
}

int main(void) {
    int numbers[4] = {1, 2, 3, 4};
    char *page = mmap(0, 8192, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page[0] = 'a';          // a page fault
    strcpy(text, "hello, memory");
    if (fork() == 0) {
        page[0] = 'c';      // copy-on-write
        _exit(0);
    }
    wait(NULL);
    counter += sum(numbers, 4);
    printf("%c %d\n", page[0], counter);
    char line[80];
    if (fgets(line, sizeof line, stdin))
        printf("you typed %s", line);
    return counter;
}
"""
PROGRAM_CELLS = ("%load_ext vmlab", f"%%c\n{PROGRAM}")
PICTURE = ".vm-panels > :first-child .vm-stage svg"  # of the first place
LAPTOP = {"width": 1366, "height": 768}  # of a student, with JupyterLab's list of files open


_STILL = """() => {
    const boxes = [...document.querySelectorAll(".vm-stage svg")].map(
        (svg) => svg.outerHTML + JSON.stringify(svg.getBoundingClientRect()));
    const now = boxes.join();
    if (window.vmSeen?.now !== now) window.vmSeen = { now, since: performance.now() };
    return performance.now() - window.vmSeen.since > 400;
}"""
IN_THE_SAME_ROW = """element => {
    const row = element.closest("[role=toolbar]");
    return row !== null && row === document.activeElement.closest("[role=toolbar]");
}"""


def drawn(notebook: NotebookPage) -> NotebookPage:
    """Run all cells of a notebook with an Explorer; return it once a picture is there."""
    notebook.run_all()
    notebook.page.locator(PICTURE).wait_for()
    return notebook


def press(page: Page, call: str, **texts: str) -> Locator:
    """Press the button of a call, fill its fields, make it; answer where its answer is shown."""
    form = page.get_by_role("form", name=call, exact=True)
    if not form.is_visible():
        choose(page, call)
    if FORMS[call].fields:
        for field, text in texts.items():
            form.get_by_label(field).fill(text)
        form.get_by_role("button", name=call, exact=True).click()
    return page.locator(".vm-answer")


def choose(page: Page, call: str) -> None:
    """Press the button of a call, which may stand behind "more"."""
    row = page.locator(".vm-row")
    if call not in USUAL:
        row.get_by_role("button", name="More calls").click()
    row.get_by_role("button", name=call, exact=True).click()


def open_steps(page: Page) -> None:
    """Go by steps from now on."""
    page.locator(".vm-story .vm-link", has_text="steps").click()
    page.locator(".vm-panel").wait_for()


def on_a_laptop(page: Page) -> None:
    """Make the window as large as a student's, with the list of files open, at the Explorer."""
    page.evaluate("window.jupyterapp.shell.expandLeft()")
    page.set_viewport_size(LAPTOP)
    page.wait_for_timeout(300)
    page.locator(".vm-explorer").evaluate("element => element.scrollIntoView()")


def recording_menu(page: Page, choice: str) -> None:
    """Choose in the menu of the recording: reset, save, load, a lecture."""
    page.locator(".vm-toolbar").first.get_by_role("button", name="Recording and files").click()
    page.locator(".vm-toolbar .vm-choice", has_text=choice).first.click()


def pictures(page: Page) -> list[str]:
    """Return the names of the pictures that the first place offers."""
    return page.locator(".vm-tabs").first.locator(".vm-tab").all_text_contents()


def show_picture(page: Page, name: str) -> None:
    """Choose a picture in the first place, by its tab or behind "more"."""
    place = page.locator(".vm-diagram").first
    tab = place.get_by_role("tab", name=name, exact=True)
    if not tab.is_visible():
        place.get_by_role("button", name="More pictures").click()
        place.locator(".vm-choice", has_text=re.compile(f"^{re.escape(name)}$")).click()
    else:
        tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")
    expect(place.locator(".vm-stage > svg")).to_be_visible()


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Go to an element by the Tab key, and by arrow keys within its row of buttons."""
    for _ in range(40):
        page.keyboard.press(key)
        while not target.evaluate("element => element === document.activeElement"):
            if not target.evaluate(IN_THE_SAME_ROW):
                break
            page.keyboard.press("ArrowRight")
        else:
            return
    raise AssertionError(f"the Tab key does not lead to {target}")


def wait_until_still(page: Page) -> None:
    """Wait until the pictures have not changed, nor moved, for a while."""
    page.wait_for_function(_STILL)
