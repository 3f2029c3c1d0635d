"""A program beside the pictures, on a laptop: clicked, stopped, looked back at."""

from collections.abc import Callable, Iterator

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.explorer_page import (
    LAPTOP,
    PICTURE,
    PROGRAM_CELLS,
    drawn,
    on_a_laptop,
    pictures,
    show_picture,
    tab_to,
)
from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage
from tests.browser.test_one_screen import CUT, SIZES, inside
from vmlab.widgets.pictures import PICTURES

pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")

pytestmark = pytest.mark.browser

# How long after a press on "stop" it is said that the program was stopped, in milliseconds.
TIME_OF_STOP = """explorer => new Promise(done => {
    const status = explorer.querySelector(".vm-status-line");
    const begun = performance.now();
    const isSaid = () => status.textContent.startsWith("Stopped by you");
    const look = () => isSaid() && done(performance.now() - begun);
    new MutationObserver(look).observe(status, {childList: true, subtree: true});
    [...explorer.querySelectorAll(".vm-run-to")].at(-1).click();
})"""
IN_VIEW = """row => {
    const parts = [row, row.closest(".vm-source-lines")];
    const [mine, lines] = parts.map(part => part.getBoundingClientRect());
    return mine.top >= lines.top && mine.bottom <= lines.bottom + 1;
}"""
OUTPUT = """\
#include <stdio.h>
int main(void)
{
    for (int i = 0;; i++)
        printf("line %d\\n", i);
}
"""
LOOP = """\
int main(void)
{
    for (volatile long i = 0;;) {
        i++;
        i--;
    }
}
"""
ENDLESS = {"loop": LOOP, "output": OUTPUT}


@pytest.fixture
def page(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> Iterator[Page]:
    notebook = drawn(notebook_page(lab.add_notebook("program.ipynb", *PROGRAM_CELLS)))
    on_a_laptop(notebook.page)
    yield notebook.page
    notebook.page.evaluate("window.jupyterapp.shell.collapseLeft()")


def run(page: Page, how: str) -> None:
    page.locator(".vm-run-bar").get_by_role("button").filter(has_text=how).click()


def now(page: Page) -> Locator:
    return page.locator("tr[aria-current=step]")


def test_buttons_story_source_and_a_whole_picture_stand_together(page: Page) -> None:
    names = (".vm-bench", ".vm-story", ".vm-source", ".vm-variables", ".vm-console", ".vm-diagram")
    parts = [page.locator(name).first for name in names]
    for _ in range(3):
        run(page, "line")
        page.wait_for_timeout(300)
        assert inside(page, *parts) == [True] * len(parts)
        assert page.evaluate(CUT) == []
        assert min(page.evaluate(SIZES, ".vm-diagram .vm-stage text")) >= 9.9
    source, picture = page.locator(".vm-source").bounding_box(), parts[-1].bounding_box()
    assert source is not None
    assert picture is not None
    assert source["x"] + source["width"] < picture["x"]
    assert min(page.evaluate(SIZES, ".vm-source-table td, .vm-run-to, .vm-variable-table td")) >= 12


def test_the_line_that_runs_is_marked_and_in_view(page: Page) -> None:
    expect(now(page)).to_contain_text("int numbers[4]")
    assert now(page).evaluate(IN_VIEW)
    page.get_by_role("button", name="Run to line 14").press("Enter")
    expect(now(page)).to_contain_text("total += numbers[i]")
    assert now(page).evaluate(IN_VIEW)
    page.get_by_role("button", name="Previous chapter").click()
    expect(page.locator(".vm-status-line")).to_contain_text("then")


def test_a_click_on_a_line_number_runs_to_it(page: Page) -> None:
    page.get_by_role("button", name="Run to line 30").click()
    expect(page.locator(".vm-status-line")).to_have_text("Stopped at program.c:30.")
    expect(now(page)).to_contain_text("printf")
    counts = page.locator(".vm-source-table tbody tr").nth(21).locator(".vm-tally")
    expect(counts.first).to_have_text("1")


def test_a_line_is_run_to_by_the_keyboard_alone(page: Page) -> None:
    page.get_by_label("Process", exact=True).focus()
    tab_to(page, page.locator("[data-line][tabindex='0']"))
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".vm-status-line")).to_have_text("Stopped at program.c:23.")


def test_a_click_on_a_variable_marks_its_page_in_the_picture(page: Page) -> None:
    page.locator(".vm-variable", has_text="counter").click()
    row = page.locator("tr.vm-chosen")
    expect(row).to_contain_text("counter")
    key = row.get_attribute("data-vm-id")
    expect(page.locator(f".vm-stage [data-vm-id='{key}']").first).to_be_visible()
    expect(page.locator(".vm-headline")).to_contain_text("This is where the recording begins")


def test_a_typed_line_is_read_and_answered(page: Page) -> None:
    field = page.get_by_label("Type a line for the program")
    field.fill("hello")
    field.press("Enter")
    expect(field).to_have_value("")
    run(page, "end")
    expect(page.locator(".vm-console-text")).to_contain_text("you typed hello")
    expect(page.locator(".vm-status-line")).to_have_text("Process 1000 has ended: exit status 13.")


@pytest.mark.parametrize("name", ENDLESS)
def test_a_program_without_an_end_stops_when_told(
    lab: Lab, notebook_page: Callable[[str], NotebookPage], name: str
) -> None:
    cells = ("%load_ext vmlab", f"%%c\n{ENDLESS[name]}")
    notebook = notebook_page(lab.add_notebook("endless.ipynb", *cells))
    notebook.run_all()
    page = notebook.page
    page.locator(PICTURE).wait_for()
    run(page, "end")
    expect(page.locator(".vm-status-line")).to_contain_text("It runs")
    page.wait_for_timeout(1500)
    page.locator(".vm-explorer").evaluate(TIME_OF_STOP)
    status = page.locator(".vm-status-line")
    expect(status).to_contain_text("Stopped by you: program.c:")
    run(page, "line")
    expect(status).to_contain_text("Stopped at program.c:")


# What the reader of a program that forks does, step by step, and what the headline then says.
AFTER_FORK = (
    ("line", "clone: 1001 shares"),
    ("1001", "clone: 1001 shares"),
    ("Run to line 10", "Copy-on-write"),
    ("line", "Copy-on-write: the page of `x`"),
    ("1000", "Copy-on-write: the page of `x`"),
    ("Run to line 15", "wait: 1000 learns that 1001 ended"),
    ("line", "No copy: the page of `x`"),
    ("line", "bytes appear in the console"),
)


def test_after_fork_every_picture_is_whole_and_the_headline_tells(
    lab: Lab, notebook_page: Callable[[str], NotebookPage]
) -> None:
    source = nbformat.read(lab.folder / "14_fork_in_c.ipynb", 4)
    (program,) = (cell.source for cell in source.cells if cell.source.startswith("%%c"))
    notebook = notebook_page(lab.add_notebook("forked.ipynb", "%load_ext vmlab", program))
    notebook.run_all()
    page = notebook.page
    page.locator(PICTURE).wait_for()
    on_a_laptop(page)
    names, found = pictures(page), {}
    assert len(names) == len(PICTURES)
    for step, words in AFTER_FORK:
        if step == "line":
            run(page, step)
        elif step.isdigit():
            page.get_by_label("Process", exact=True).select_option(step)
        else:
            page.get_by_role("button", name=step, exact=True).click()
        expect(page.locator(".vm-headline")).to_contain_text(words)
        for name in names:
            show_picture(page, name)
            page.wait_for_timeout(300)  # until it has found its size
            least, cut = min(page.evaluate(SIZES, ".vm-diagram .vm-stage text")), page.evaluate(CUT)
            if least < 9.95 or cut:
                found[step, words, name] = least, cut
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    assert found == {}


def test_all_calls_stand_in_one_menu(page: Page) -> None:
    page.get_by_role("button", name="More calls").click()
    menu = page.locator(".vm-more-calls")
    box = menu.bounding_box()
    assert box is not None
    assert box["height"] <= 600
    assert 0 <= box["x"] <= LAPTOP["width"] - box["width"]
    assert menu.evaluate("list => list.scrollHeight <= list.clientHeight + 1")
